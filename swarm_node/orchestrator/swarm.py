"""The imperative shell round the pure model: decide, apply, append durably, then answer and publish."""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import cast

import msgspec

from swarm_node.journal.base import Journal, JournalError, JournalFull, Snapshot
from swarm_node.journal.writer import Writer
from swarm_node.model.apply import apply, fold
from swarm_node.model.commands import Command
from swarm_node.model.decide import decide
from swarm_node.model.events import AnyEvent, Event, Record, SessionOpened
from swarm_node.model.refusal import Refused
from swarm_node.model.state import State

log = logging.getLogger(__name__)

SNAPSHOT_EVERY = 10_000
"""Events between two snapshots while running; a graceful stop takes one as well."""

Listener = Callable[[Sequence[Record]], None]


class Swarm:
    """The one holder of the state. All changes go through `submit`.

    Raises: JournalError on construction when the log cannot be read.
    """

    def __init__(self, journal: Journal, clock: Callable[[], float] = time.time) -> None:
        self.journal = journal
        self.state = load(journal)
        self._clock = clock
        self._writer = Writer(journal, self._refold)
        self._listeners: list[Listener] = []
        self._snapshot_at = self.state.seq
        self._astray = False
        self.generation = secrets.randbits(32)
        """Changes when the state had to be folded anew, here or by a restart: subscribers start over."""

    def now(self) -> float:
        return self._clock()

    def listen(self, listener: Listener) -> None:
        """Call `listener` with every group of records once they are durable, in order.

        An empty group says that the state was folded anew.
        """
        self._listeners.append(listener)

    async def submit(self, *commands: Command) -> list[Event]:
        """Grant commands one after the other; returns when everything they rest on is durable.

        Raises: Refused when the rules refuse a command (those before it stand) or the log cannot be written.
        """
        if self._astray:
            self._refold(None)
        events: list[Event] = []
        first = self.state.seq + 1
        refused: Refused | None = None
        beginning: Snapshot | None = None
        for command in commands:
            try:
                granted = decide(self.state, command, self._clock())
            except Refused as no:
                refused = no
                break
            fold(self.state, granted)
            events += granted
            if any(isinstance(event, SessionOpened) for event in granted):
                beginning = self._snapshot()
        await self._settle(cast("list[AnyEvent]", events), first)
        if beginning is not None:
            await self.keep(beginning)
        if refused is not None:
            raise refused
        return events

    async def until(self, true: Callable[[State], bool], seconds: float) -> bool:
        """Wait until something is true of the state; False when the time ran out first."""
        changed = asyncio.Event()

        def hear(_: Sequence[Record]) -> None:
            changed.set()

        self._listeners.append(hear)
        try:
            async with asyncio.timeout(seconds):
                while not true(self.state):
                    await changed.wait()
                    changed.clear()
        except TimeoutError:
            return true(self.state)
        finally:
            self._listeners.remove(hear)
        return True

    async def _settle(self, events: list[AnyEvent], first: int) -> None:
        """Even an answer without events waits: what it rests on may still be on its way to the disk.

        Listeners hear of what is durable even if nobody waits for the answer any more.
        """
        durable = self._writer.append(events)
        durable.add_done_callback(partial(self._publish, events, first))
        try:
            await asyncio.shield(durable)
        except JournalFull as error:
            raise Refused("disk_full", str(error), error.hint) from error
        except JournalError as error:
            raise Refused("log_unavailable", str(error), error.hint) from error
        if self.state.seq - self._snapshot_at >= SNAPSHOT_EVERY:
            await self.save_snapshot()

    def _publish(self, events: list[AnyEvent], first: int, durable: "asyncio.Future[None]") -> None:
        if events and not durable.cancelled() and durable.exception() is None:
            self._tell([Record(first + place, event) for place, event in enumerate(events)])

    def _tell(self, records: Sequence[Record]) -> None:
        for listener in tuple(self._listeners):
            listener(records)

    def _refold(self, error: Exception | None) -> None:
        """The log refused events that were applied already: go back to what it holds.

        While it cannot be read either, nothing is decided. Raises: Refused, unless the writer calls.
        """
        if error is not None:
            log.error("the log could not be written, going back to what it holds: %s", error)
        try:
            self.state = load(self.journal)
        except JournalError as trouble:
            self._astray = True
            if error is None:
                raise Refused("log_unavailable", str(trouble), trouble.hint) from trouble
            return
        self._astray = False
        self._snapshot_at = min(self._snapshot_at, self.state.seq)
        self.generation += 1
        self._tell(())

    async def save_snapshot(self) -> None:
        """Write the present state beside the log, for a fast start."""
        snapshot = self._snapshot()
        self._snapshot_at = snapshot.seq
        await self._save(snapshot)

    async def keep(self, beginning: Snapshot) -> None:
        """Write how a session began beside the log for good, for who looks back at it."""
        await self._save(beginning, lasting=True)

    def _snapshot(self) -> Snapshot:
        return Snapshot(self.state.seq, msgspec.json.encode(self.state))

    async def _save(self, snapshot: Snapshot, lasting: bool = False) -> None:
        try:
            await self._writer.save_snapshot(snapshot, lasting)
        except JournalError as error:
            log.warning("no snapshot: %s", error)

    async def close(self) -> None:
        """Finish writing, leave a snapshot, let go of the log."""
        await self._writer.idle()
        if self.state.seq != self._snapshot_at:
            await self.save_snapshot()
        await self._writer.close()
        self.journal.close()


def load(journal: Journal, upto: int | None = None) -> State:
    """Fold the log, up to a sequence number if one is given: a snapshot, then every event after it.

    Raises: JournalError.
    """
    state = _from_snapshot(journal.snapshot(upto))
    for record in journal.read(after=state.seq):
        if upto is not None and record.seq > upto:
            break
        apply(state, record.event)
    return state


def _from_snapshot(snapshot: Snapshot | None) -> State:
    """A snapshot that this version cannot read costs time, not truth: the whole log is folded instead."""
    if snapshot is None:
        return State()
    try:
        return msgspec.json.decode(snapshot.body, type=State)
    except msgspec.DecodeError as error:
        log.warning(
            "the snapshot at %d is of another version (%s): folding the whole log", snapshot.seq, error
        )
        return State()
