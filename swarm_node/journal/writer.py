"""Group commit: many events wait for one fsync, off the event loop."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from swarm_node.journal.base import Journal, Snapshot
from swarm_node.model.events import AnyEvent


class Writer:
    """The one way into a journal while it runs; everything goes through a single thread."""

    def __init__(self, journal: Journal, on_failure: Callable[[Exception], None] | None = None) -> None:
        self._journal = journal
        self._on_failure = on_failure
        self._thread = ThreadPoolExecutor(1, "journal")
        self._waiting: list[tuple[Sequence[AnyEvent], asyncio.Future[None]]] = []
        self._busy: asyncio.Task[None] | None = None

    def append(self, events: Sequence[AnyEvent]) -> asyncio.Future[None]:
        """Queue events in the order of the calls; done once they are durable, or failed with JournalError."""
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((events, done))
        if self._busy is None:
            self._busy = asyncio.create_task(self._drain())
        return done

    async def save_snapshot(self, snapshot: Snapshot, lasting: bool = False) -> None:
        """Keep a snapshot of what was true after all that is queued now. Raises: JournalError."""
        await self.append(())
        await self._run(lambda: self._journal.save_snapshot(snapshot, lasting))

    async def idle(self) -> None:
        """Return when everything queued is durable or has failed."""
        while self._busy is not None:
            await asyncio.wait([self._busy])

    async def close(self) -> None:
        """Finish what was queued, then stop the thread."""
        await self.idle()
        self._thread.shutdown()

    async def _run(self, call: Callable[[], object]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, call)

    async def _drain(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting, []
            events = [event for part, _ in group for event in part]
            try:
                if events:
                    await self._run(partial(self._journal.append, events))
            except Exception as error:
                self._fail([*group, *self._waiting], error)
            else:
                for _, done in group:
                    if not done.done():
                        done.set_result(None)
        self._busy = None

    def _fail(self, group: list[tuple[Sequence[AnyEvent], asyncio.Future[None]]], error: Exception) -> None:
        """What was queued after a failed group was decided on a state that never came true: it fails too."""
        self._waiting = []
        try:
            if self._on_failure is not None:
                self._on_failure(error)
        finally:
            for _, done in group:
                if not done.done():
                    done.set_exception(error)
