"""A recorded session: its events in order, and a state that goes to any of them and back."""

import gc
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import Final

from msgspec import Raw, Struct
from msgspec.json import Decoder

from swarm_console.replay.player import Mark
from swarm_node.model.apply import apply
from swarm_node.model.copies import copy_of
from swarm_node.model.delta import Delta, catch_up, turn
from swarm_node.model.events import QueueOrdered, Record
from swarm_node.model.recorded import Recorded
from swarm_node.model.state import State

STOPS: Final = 128
"""Places that the state can be taken to without folding; between them lie at least so many events:"""
SHORTEST: Final = 250
LONG_QUEUE: Final = 500
"""Builds from which on the ordering of the queue takes long: one stops before it and after it."""
FAILURES: Final = ("BuildFailed", "AttemptLost")
RELEASES: Final = ("ReleasePublished", "ReleaseRolledBack")


class _Happened(Struct):
    event: str
    at: float


class _Stamp(Struct):
    """As much of a record as tells when it was, and of what kind."""

    seq: int
    event: _Happened


_pages = Decoder(list[Raw]).decode
_stamp = Decoder(_Stamp).decode
_record = Decoder(Record).decode


class Reel:
    """A session's state, right after it was opened at first, and every event after that, as it was stored."""

    def __init__(self, recorded: Recorded, state: State) -> None:
        self.recorded, self.state = recorded, state
        self.times: list[float] = []
        """When each event was, never falling, whatever the clock did."""
        self.marks: list[Mark] = []
        self._raw: list[Raw] = []
        self._stops: list[int] = [0]
        self._deltas: list[Delta] = []
        """What differs from each stop to the next."""

    def __len__(self) -> int:
        return len(self._raw)

    @property
    def last(self) -> int:
        """Sequence number of the last event that is there."""
        return self.recorded.first + len(self._raw)

    @property
    def index(self) -> int:
        """How many events have happened in the state."""
        return self.state.seq - self.recorded.first

    def add(self, page: bytes) -> int:
        """Take in the next events, a JSON list of records; how many of them belong to the session.

        Raises: msgspec.MsgspecError, ValueError for a page that does not follow.
        """
        before = len(self)
        for raw in _pages(page):
            if self.last == self.recorded.last:
                break
            stamp = _stamp(raw)
            if stamp.seq != self.last + 1:
                raise ValueError(f"event {stamp.seq} follows {self.last}")
            self._raw.append(raw)
            latest = self.times[-1] if self.times else self.recorded.opened
            self.times.append(max(stamp.event.at, latest))
            self._mark(stamp.event.event)
        return len(self) - before

    def _mark(self, kind: str) -> None:
        if kind in FAILURES:
            self.marks.append(Mark(len(self), "failure"))
        elif kind in RELEASES:
            self.marks.append(Mark(len(self), "release"))

    def prepare(self, done: Callable[[int], None] = lambda events: None) -> None:
        """Fold it all once, so that every place can be gone to quickly; `done` is told how far it is.

        Raises: msgspec.MsgspecError, KeyError for events that this version does not know or cannot place.
        """
        every = max(SHORTEST, len(self) // STOPS)
        shadow, state = copy_of(self.state), copy_of(self.state)

        def stop(number: int) -> None:
            if number > self._stops[-1]:
                self._stops.append(number)
                self._deltas.append(catch_up(shadow, state))
                done(number)

        for number in range(1, len(self) + 1):
            event = self.record(number).event
            slow = isinstance(event, QueueOrdered) and len(state.builds) > LONG_QUEUE
            if slow:
                stop(number - 1)
            apply(state, event)
            if slow or number % every == 0 or number == len(self):
                stop(number)
        gc.collect()
        gc.freeze()  # what is kept here stays, and looking through it again and again costs pauses

    def record(self, number: int) -> Record:
        """The event of a number, counted from 1 at the first after the opening."""
        return _record(self._raw[number - 1])

    def records(self, start: int, stop: int) -> tuple[Record, ...]:
        """The events after so many, up to so many."""
        return tuple(_record(raw) for raw in self._raw[max(start, 0) : stop])

    def go(self, index: int) -> State:
        """Take the state to where so many events have happened; it is the same object, changed."""
        collecting = gc.isenabled()
        gc.disable()
        try:
            self._turn(index)
            self._fold(index)
        finally:
            if collecting:
                gc.enable()
        return self.state

    def _turn(self, index: int) -> None:
        """To the last stop before that, unless folding leads there sooner."""
        goal = bisect_right(self._stops, index) - 1
        if self.index <= index and bisect_right(self._stops, self.index) - 1 == goal:
            return
        here = bisect_left(self._stops, self.index)
        self._fold(self._stops[here])
        turn(self.state, self._deltas[min(here, goal) : max(here, goal)], back=goal < here)

    def _fold(self, index: int) -> None:
        for record in self.records(self.index, index):
            apply(self.state, record.event)
