"""Long polls: nodes wait here, and work that appears goes to the best of them at once."""

import asyncio
import logging
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

log = logging.getLogger(__name__)

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
        """Record a node's result and give it the next work in the same commit. Raises: Refused.

        A late word on another attempt does not end the one that the node works on by now.
        """
        directive = directive_for(self._swarm.state, node)
        known = self._swarm.state.nodes.get(node)
        ask = RequestWork(node=node, holding=known.attempt if known is not None else None)
        commands = (result,) if directive is not None else (result, ask)
        events = await self._swarm.submit(*commands)
        work = directive or self._order(node) or nothing_for(self._swarm.state, node)
        return events, work

    def _order(self, node: str, holding: int | None = None) -> Work | None:
        """The attempt that the node was given and has not begun yet."""
        number = self._swarm.state.nodes[node].attempt
        if number is None or number == holding or self._begun(node):
            return None
        return order_for(self._swarm.state, number)

    def _begun(self, node: str) -> bool:
        number = self._swarm.state.nodes[node].attempt
        return number is not None and self._swarm.state.attempts[number].started is not None

    def waits(self, node: str) -> bool:
        """Whether a poll of the node is parked here: it is there, though it says nothing."""
        return node in self._waiting

    def wait(self, node: str) -> asyncio.Future[Work]:
        """A future that `run` fills as soon as there is work for the node; a newer poll replaces an older."""
        self._answer(self._waiting.get(node), nothing_for(self._swarm.state, node))
        future: asyncio.Future[Work] = asyncio.get_running_loop().create_future()
        self._waiting[node] = future
        self._woken.set()
        return future

    def leave(self, node: str, poll: "asyncio.Future[Work]") -> None:
        """One poll of the node is over; a newer one stays."""
        if self._waiting.get(node) is poll:
            del self._waiting[node]

    async def run(self) -> None:
        """Serve waiting nodes whenever something changed, fastest first; runs until cancelled."""
        while True:
            try:
                async with asyncio.timeout(PULSE):
                    await self._woken.wait()
            except TimeoutError:
                pass
            self._woken.clear()
            try:
                await asyncio.gather(*[self._serve(node) for node in self._candidates()])
            except Exception:
                log.exception("a fault of our own; whoever waits for work is served at the next look")

    async def _serve(self, node: str) -> None:
        """Try one waiting node. A poll that ended meanwhile loses nothing: the order is offered again."""
        poll = self._waiting.get(node)
        if poll is None:
            return
        if poll.done() or self._begun(node):
            self._end(node, poll, None)
            return
        try:
            work = await self.next_work(node)
        except Refused as refused:
            self.leave(node, poll)
            if not poll.done():
                poll.set_exception(refused)
            return
        if work is not None:
            self._end(node, poll, work)

    def _end(self, node: str, poll: "asyncio.Future[Work]", work: Work | None) -> None:
        self.leave(node, poll)
        self._answer(poll, work or nothing_for(self._swarm.state, node))

    @staticmethod
    def _answer(poll: "asyncio.Future[Work] | None", work: Work) -> None:
        if poll is not None and not poll.done():
            poll.set_result(work)

    def _candidates(self) -> Iterable[str]:
        """Whom to try: everybody while builds are ready, else only nodes with a directive."""
        state = self._swarm.state
        if len(state.queue.ready):
            return sorted(self._waiting, key=lambda name: (-speed_of(state.history, name), name))
        asked = {d.node for d in state.directives.values() if d.finished is None}
        return [name for name in self._waiting if name in asked or not state.nodes[name].up]

    def _hear(self, records: Sequence[Record]) -> None:
        if any(not isinstance(record.event, _QUIET) for record in records):
            self._woken.set()
