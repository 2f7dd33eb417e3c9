"""The live stream: a snapshot, then every event with its number, then whatever nodes say of their progress.

Messages are JSON texts of one object each: {"snapshot": State}, {"events": [Record]}, {"progress": Progress},
{"log": {"attempt", "size"}}. A client that reconnects with ?after=SEQ gets the events it missed instead of a
snapshot while they are at hand.
"""

import asyncio
from collections import deque
from collections.abc import Sequence

import msgspec
from aiohttp import WSMsgType, web

from swarm_node.http.connection import STOPPING
from swarm_node.http.json import Body, query
from swarm_node.model.events import Record
from swarm_node.model.messages import Progress
from swarm_node.orchestrator.swarm import Swarm

REMEMBERED = 20_000
"""Events kept at hand for reconnecting clients."""
FAREWELL_SECONDS = 1.0
"""How long a client's own word of parting is waited for."""
SLOWEST = 2_000
"""Messages that may wait for one client before it is sent away to start over."""

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
        swarm.listen(self._hear)

    def tell(self, word: Progress) -> None:
        """Pass on a node's progress; never stored."""
        self._send(b'{"progress":' + _encode(word) + b"}")

    def tell_log(self, attempt: int, size: int) -> None:
        """Say that a log has grown."""
        self._send(_encode({"log": {"attempt": attempt, "size": size}}))

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

    def _opening(self, wanted: StreamQuery) -> bytes:
        """What brings a client up to date; taken in the same step as its queue, so nothing falls between."""
        head = {"generation": self._generation, "seq": self._swarm.state.seq}
        missed = self._missed(wanted)
        body = {"snapshot": self._swarm.state} if missed is None else {"events": missed}
        return _encode({**head, **body})

    def _missed(self, wanted: StreamQuery) -> list[Record] | None:
        if wanted.after is None or wanted.generation != self._generation:
            return None
        if wanted.after == self._swarm.state.seq:
            return []
        if not self._recent or self._recent[0].seq > wanted.after + 1 or wanted.after > self._recent[-1].seq:
            return None
        return [record for record in self._recent if record.seq > wanted.after]

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """GET /api/v1/stream as WebSocket."""
        wanted = query(request, StreamQuery)
        socket = web.WebSocketResponse(heartbeat=20, compress=False, timeout=FAREWELL_SECONDS)
        await socket.prepare(request)
        queue: asyncio.Queue[bytes] = asyncio.Queue(SLOWEST)
        opening = self._opening(wanted)
        self._queues.add(queue)
        sending = asyncio.create_task(self._pump(socket, queue, opening))
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
        self, socket: web.WebSocketResponse, queue: "asyncio.Queue[bytes]", opening: bytes
    ) -> None:
        await socket.send_str(opening.decode())
        while queue in self._queues or not queue.empty():
            if not (message := await queue.get()):
                return
            await socket.send_str(message.decode())


async def _ended(socket: web.WebSocketResponse) -> None:
    """Nothing is expected from the client; reading is how its leaving shows."""
    async for message in socket:
        if message.type in (WSMsgType.ERROR, WSMsgType.CLOSE):
            return
