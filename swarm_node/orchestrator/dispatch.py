"""Long polls: nodes wait here, and work that appears goes to the best of them at once."""

import asyncio
from collections.abc import Iterable, Sequence

from swarm_node.model.commands import Command, RequestWork
from swarm_node.model.estimate import speed_of
from swarm_node.model.events import (
    BuildAssigned,
    BuildStarted,
    Event,
    Record,
    ResultIgnored,
    StagingVerified,
)
from swarm_node.model.refusal import Refused
from swarm_node.model.work import Work
from swarm_node.orchestrator.orders import directive_for, nothing_for, order_for
from swarm_node.orchestrator.swarm import Swarm

PULSE = 1.0
"""Seconds between looks that no event asks for: backoffs end, estimates run out."""

_QUIET = (BuildAssigned, BuildStarted, ResultIgnored, StagingVerified)
"""Events that cannot give a waiting node anything to do."""


class Dispatch:
    """Nodes that wait for work, each with the future that its poll is parked on."""

    def __init__(self, swarm: Swarm) -> None:
        self._swarm = swarm
        self._waiting: dict[str, asyncio.Future[Work]] = {}
        self._woken = asyncio.Event()
        swarm.listen(self._hear)

    async def next_work(self, node: str, holding: int | None = None) -> Work | None:
        """What the node should do right now; None when there is nothing yet. Raises: Refused."""
        directive = directive_for(self._swarm.state, node)
        if directive is not None and holding is None:
            return directive
        for _ in range(3):
            granted = await self._swarm.submit(RequestWork(node=node, holding=holding))
            work = self._order(node, holding)
            if work is not None or not granted:
                return work
        return None

    async def finish(self, node: str, result: Command) -> tuple[list[Event], Work]:
        """Record a node's result and give it the next work in the same commit. Raises: Refused."""
        directive = directive_for(self._swarm.state, node)
        commands = (result,) if directive is not None else (result, RequestWork(node=node))
        events = await self._swarm.submit(*commands)
        work = directive or self._order(node) or nothing_for(self._swarm.state, node)
        return events, work

    def _order(self, node: str, holding: int | None = None) -> Work | None:
        """The attempt that the node was given and does not hold yet."""
        number = self._swarm.state.nodes[node].attempt
        if number is None or number == holding:
            return None
        return order_for(self._swarm.state, number)

    def wait(self, node: str) -> asyncio.Future[Work]:
        """A future that `run` fills as soon as there is work for the node; a newer poll replaces an older."""
        self.leave(node)
        future: asyncio.Future[Work] = asyncio.get_running_loop().create_future()
        self._waiting[node] = future
        self._woken.set()
        return future

    def leave(self, node: str) -> None:
        """The node's poll is over: answer it with nothing if it still waits."""
        waiting = self._waiting.pop(node, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(nothing_for(self._swarm.state, node))

    async def run(self) -> None:
        """Serve waiting nodes whenever something changed, fastest first; runs until cancelled."""
        while True:
            try:
                async with asyncio.timeout(PULSE):
                    await self._woken.wait()
            except TimeoutError:
                pass
            self._woken.clear()
            await self._serve()

    async def _serve(self) -> None:
        for node in self._candidates():
            future = self._waiting.get(node)
            if future is None or future.done():
                self._waiting.pop(node, None)
                continue
            try:
                work = await self.next_work(node)
            except Refused as refused:
                self._fail(node, refused)
                continue
            if work is not None:
                self._give(node, future, work)

    def _candidates(self) -> Iterable[str]:
        """Whom to try: everybody while builds are ready, else only nodes with a directive."""
        state = self._swarm.state
        if len(state.queue.ready):
            return sorted(self._waiting, key=lambda name: (-speed_of(state.history, name), name))
        asked = {d.node for d in state.directives.values() if d.finished is None}
        return [name for name in self._waiting if name in asked or not state.nodes[name].up]

    def _give(self, node: str, future: "asyncio.Future[Work]", work: Work) -> None:
        """A poll that ended meanwhile loses nothing: the same order is offered again at the next."""
        self._waiting.pop(node, None)
        if not future.done():
            future.set_result(work)

    def _fail(self, node: str, refused: Refused) -> None:
        future = self._waiting.pop(node, None)
        if future is not None and not future.done():
            future.set_exception(refused)

    def _hear(self, records: Sequence[Record]) -> None:
        if any(not isinstance(record.event, _QUIET) for record in records):
            self._woken.set()
