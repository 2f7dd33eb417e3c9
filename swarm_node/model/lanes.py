"""Attempts node by node in the order of time: an index over a state, kept in step whatever its length."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Final

from swarm_node.model.state import Attempt, State

BAD: Final = ("failed", "lost")


def end_of(attempt: Attempt, now: float) -> float:
    """When an attempt was over, `now` while it is open; never before it began."""
    return max(attempt.opened, now if attempt.ended is None else attempt.ended)


def expected_end(attempt: Attempt, now: float) -> float:
    """When an attempt was over; of an open one when it should be, never in the past."""
    if attempt.ended is not None:
        return end_of(attempt, now)
    return max(now, attempt.opened + attempt.expected)


class Lane:
    """One node's attempts, the earliest first; it does one thing at a time, so only the last may be open."""

    def __init__(self, node: str) -> None:
        self.node = node
        self.attempts: list[Attempt] = []
        self._begins: list[float] = []
        self._busy: list[float] = []
        """Seconds of all attempts before each."""
        self._bad: list[int] = []
        """How many before each failed or were lost."""

    def add(self, attempt: Attempt) -> None:
        """The node was given another attempt; the one before it is over."""
        busy, bad, begin = 0.0, 0, attempt.opened
        if self.attempts:
            before = self.attempts[-1]
            busy = self._busy[-1] + end_of(before, attempt.opened) - before.opened
            bad = self._bad[-1] + (before.outcome in BAD)
            begin = max(begin, self._begins[-1])  # a clock set back must not upset the order
        self.attempts.append(attempt)
        self._begins.append(begin)
        self._busy.append(busy)
        self._bad.append(bad)

    def busy(self, now: float) -> float:
        """Seconds that the node has worked."""
        if not self.attempts:
            return 0.0
        last = self.attempts[-1]
        return self._busy[-1] + end_of(last, now) - last.opened

    def bad(self, start: int, stop: int) -> int:
        """How many of the attempts of these places failed or were lost."""
        if start >= stop:
            return 0
        counted = self._bad[stop] if stop < len(self.attempts) else self.bad_in_all
        return counted - self._bad[start]

    @property
    def bad_in_all(self) -> int:
        """How many attempts failed or were lost."""
        return self._bad[-1] + (self.attempts[-1].outcome in BAD) if self.attempts else 0

    def place(self, moment: float) -> int:
        """The place of the last attempt that began by then; -1 before the first."""
        return bisect_right(self._begins, moment) - 1

    def next_from(self, moment: float) -> int:
        """The place of the first attempt that began then or later."""
        return bisect_left(self._begins, moment)

    def before(self, attempt: Attempt) -> Attempt | None:
        """What the node did before this one."""
        place = bisect_left(self.attempts, attempt.number, key=lambda each: each.number) - 1
        return self.attempts[place] if place >= 0 else None


class Lanes:
    """The lanes of a state's session; `follow` takes in what is new since the last time."""

    def __init__(self) -> None:
        self.by_node: dict[str, Lane] = {}
        self.of_build: dict[str, list[Attempt]] = {}
        """The tries of each build, the first one first."""
        self._attempts: dict[int, Attempt] = {}
        self._session = -1
        self._next = 1
        self._shown: tuple[int, Sequence[Lane]] = (0, ())

    def follow(self, state: State) -> "Lanes":
        """Be in step with a state; answers itself."""
        if state.attempts is not self._attempts or state.session.number != self._session:
            self.by_node, self.of_build, self._shown = {}, {}, (0, ())
            self._attempts, self._session = state.attempts, state.session.number
            self._add(list(state.attempts.values()))
        elif state.next_attempt != self._next:
            new = (state.attempts.get(number) for number in range(self._next, state.next_attempt))
            self._add([attempt for attempt in new if attempt is not None])
        self._next = state.next_attempt
        self._welcome(state)
        return self

    def _add(self, attempts: list[Attempt]) -> None:
        for attempt in attempts:
            lane = self.by_node.get(attempt.node)
            if lane is None:
                lane = self.by_node[attempt.node] = Lane(attempt.node)
            lane.add(attempt)
            self.of_build.setdefault(attempt.build, []).append(attempt)

    def _welcome(self, state: State) -> None:
        """A drone that is up has a lane before it has built anything."""
        for name, node in state.nodes.items():
            if name not in self.by_node and node.up and node.facts.role == "drone":
                self.by_node[name] = Lane(name)

    @property
    def all(self) -> Sequence[Lane]:
        """Every lane in the order of the nodes' names."""
        if self._shown[0] != len(self.by_node):
            self._shown = len(self.by_node), sorted(self.by_node.values(), key=lambda lane: lane.node)
        return self._shown[1]
