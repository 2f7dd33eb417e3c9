"""The live stream: a snapshot, then every event with its number, and what nodes say of their progress.

Messages are JSON texts of one object each. {"snapshot": State, "generation", "seq"} comes first; of a long
state it is preceded by {"preview": Preview}, counts its "instalments" and is followed by as many
{"instalment": Instalment}. Then {"events": [Record]} as they happen, and a few times a second what nodes say:
{"words": [Progress], "logs": {attempt: size}}. A client that reconnects with ?after=SEQ&generation= gets the
events it missed instead of a snapshot while they are at hand.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress

import msgspec
from aiohttp import WSMsgType, web

from swarm_node.http.connection import STOPPING
from swarm_node.http.json import Body, query
from swarm_node.model.events import Record
from swarm_node.model.instalments import emptied, instalments, is_long, preview
from swarm_node.model.messages import Progress
from swarm_node.orchestrator.swarm import Swarm

REMEMBERED = 20_000
"""Events kept at hand for reconnecting clients."""
FAREWELL_SECONDS = 1.0
"""How long a client's own word of parting is waited for."""
SLOWEST = 2_000
"""Messages that may wait for one client before it is sent away to start over."""
WORDS_SECONDS = 0.1
"""How long what nodes say is gathered: a thousand of them say more than anyone can see."""

_encode = msgspec.json.Encoder().encode


class StreamQuery(Body, frozen=True):
    after: int | None = None
    generation: int | None = None


class Stream:
    """All who listen, each with a queue of its own."""

    def __init__(self, swarm: Swarm) -> None:
        self._swarm = swarm
        self._recent: deque[Record] = deque(maxlen=REMEMBERED)
        self._queues: set[asyncio.Queue[bytes]] = set()
        self._generation = swarm.generation
        self._said: dict[str, Progress] = {}
        """The newest word of each node."""
        self._words: dict[int, Progress] = {}
        self._sizes: dict[int, int] = {}
        self._gathering: asyncio.TimerHandle | None = None
        swarm.listen(self._hear)

    def tell(self, word: Progress) -> None:
        """Pass on a node's progress; of what it says in a short while only the last."""
        self._said[word.node] = self._words[word.attempt] = word
        self._gather()

    def tell_log(self, attempt: int, size: int) -> None:
        """Say that a log has grown."""
        self._sizes[attempt] = size
        self._gather()

    def _gather(self) -> None:
        if self._gathering is None:
            self._gathering = asyncio.get_running_loop().call_later(WORDS_SECONDS, self._pass_on)

    def _pass_on(self) -> None:
        self._gathering = None
        self._send(_encode({"words": list(self._words.values()), "logs": self._sizes}))
        self._words.clear()
        self._sizes.clear()

    def _hear(self, records: Sequence[Record]) -> None:
        if not records:
            self._generation = self._swarm.generation
            self._recent.clear()
            for queue in tuple(self._queues):
                self._drop(queue)
            return
        self._recent.extend(records)
        self._send(b'{"events":' + _encode(records) + b"}")

    def _send(self, message: bytes) -> None:
        for queue in tuple(self._queues):
            if queue.full():
                self._drop(queue)
            else:
                queue.put_nowait(message)

    def _drop(self, queue: asyncio.Queue[bytes]) -> None:
        """Send a client away once it has read what waits for it: it comes back for a snapshot."""
        self._queues.discard(queue)
        if queue.empty():
            queue.put_nowait(b"")

    def opening(self) -> list[bytes]:
        """The present state as messages, and what was last heard of what is being built."""
        state = self._swarm.state
        if not is_long(state):
            return [_encode({**self._head(), "snapshot": state}), *self._last_words()]
        parts = [_encode({"instalment": part}) for part in instalments(state)]
        first = {**self._head(), "snapshot": emptied(state), "instalments": len(parts)}
        return [_encode({"preview": preview(state)}), *self._last_words(), _encode(first), *parts]

    def _head(self) -> dict[str, int]:
        return {"generation": self._generation, "seq": self._swarm.state.seq}

    def _last_words(self) -> list[bytes]:
        nodes = self._swarm.state.nodes
        words = [
            word for name, word in self._said.items() if name in nodes and nodes[name].attempt == word.attempt
        ]
        return [_encode({"words": words})] if words else []

    def _update(self, wanted: StreamQuery) -> list[bytes]:
        """What brings a client up to date; taken in the same step as its queue, so nothing falls between."""
        missed = self._missed(wanted)
        if missed is None:
            return self.opening()
        return [_encode({**self._head(), "events": missed}), *self._last_words()]

    def _missed(self, wanted: StreamQuery) -> list[Record] | None:
        if wanted.after is None or wanted.generation != self._generation:
            return None
        if wanted.after == self._swarm.state.seq:
            return []
        if not self._recent or self._recent[0].seq > wanted.after + 1 or wanted.after > self._recent[-1].seq:
            return None
        return [record for record in self._recent if record.seq > wanted.after]

    async def show(self, request: web.Request) -> web.StreamResponse:
        """GET /api/v1/opening: with which messages the stream would begin, one a line."""
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        messages = self.opening()
        await response.prepare(request)
        with suppress(ConnectionError):  # who asked needs no more of it, and has gone
            for message in messages:
                await response.write(message + b"\n")
            await response.write_eof()
        return response

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """GET /api/v1/stream as WebSocket."""
        wanted = query(request, StreamQuery)
        socket = web.WebSocketResponse(heartbeat=20, compress=False, timeout=FAREWELL_SECONDS)
        await socket.prepare(request)
        queue: asyncio.Queue[bytes] = asyncio.Queue(SLOWEST)
        update = self._update(wanted)
        self._queues.add(queue)
        sending = asyncio.create_task(self._pump(socket, queue, update))
        closing = asyncio.create_task(_ended(socket))
        stopping = asyncio.create_task(request.app[STOPPING].wait())
        try:
            await asyncio.wait({sending, closing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._queues.discard(queue)
            for task in (sending, closing, stopping):
                task.cancel()
            await asyncio.gather(sending, closing, stopping, return_exceptions=True)
            await socket.close()
        return socket

    async def _pump(
        self, socket: web.WebSocketResponse, queue: "asyncio.Queue[bytes]", update: list[bytes]
    ) -> None:
        for message in update:
            await socket.send_str(message.decode())
        while queue in self._queues or not queue.empty():
            if not (message := await queue.get()):
                return
            await socket.send_str(message.decode())


async def _ended(socket: web.WebSocketResponse) -> None:
    """Nothing is expected from the client; reading is how its leaving shows."""
    async for message in socket:
        if message.type in (WSMsgType.ERROR, WSMsgType.CLOSE):
            return
