"""Figures over a long queue, worked out a slice for every picture, so that no key waits for them."""

from collections.abc import Callable, Generator
from math import inf
from time import thread_time
from typing import Final, Generic, TypeVar

from swarm_console.known.throttle import CHEAP, SHARE
from swarm_node.model.state import State

T = TypeVar("T")
Steps = Generator[None, None, T]
"""Work that yields after every few thousandths of a second; one that never yields is done at once."""
SLICE: Final = 0.0025
"""Seconds of work for one picture."""
FIRST: Final = 0.015
"""The same while there is no figure at all."""


class Sliced(Generic[T]):
    """A figure of a state at a moment (Unix seconds); the one before stands until the next is complete.

    It does not rest while what `about` says that it is about has changed.
    """

    def __init__(
        self, work: Callable[[State, float], Steps[T]], about: Callable[[], object] = lambda: None
    ) -> None:
        self._make, self._about = work, about
        self._state: State | None = None
        self._subject: object = None
        self._steps: Steps[T] | None = None
        self._value: T | None = None
        self._cost = self._until = 0.0

    def __call__(self, state: State, now: float, spare: float = inf) -> T | None:
        """The newest complete figure; None for as long as there never was one of this state.

        `spare` is how many seconds this picture has for it; without any, what is begun does not go on.
        """
        if state is not self._state:
            self.forget()
            self._state = state
        elif not spare and (self._value is not None or self._steps is not None):
            return self._value
        if self._steps is None and not self._rests(now):
            self._subject = self._about()
            self._steps, self._cost = self._make(state, now), 0.0
        if self._steps is not None:
            self._go_on(self._steps, now, SLICE if self._value is not None else max(SLICE, min(spare, FIRST)))
        return self._value

    def whole(self, state: State, now: float, spare: float = inf) -> T:
        """The same, but where there is no figure at all it is worked out at once."""
        found = self(state, now, spare)
        while found is None:
            assert self._steps is not None
            found = self._go_on(self._steps, now, inf)
        return found

    def forget(self) -> None:
        """Let go of the figure, of the work under way and of the state that both look at."""
        self._state = self._subject = self._steps = self._value = None
        self._cost = 0.0

    def _rests(self, now: float) -> bool:
        costly = self._cost >= CHEAP and 0.0 < self._until - now <= self._cost * SHARE
        return costly and self._about() == self._subject

    def _go_on(self, steps: Steps[T], now: float, enough: float) -> T | None:
        begin = thread_time()
        if (end := gone_on(steps, enough)) is not None:
            (self._value,), self._steps = end, None
        self._cost += thread_time() - begin
        self._until = now + self._cost * SHARE
        return self._value


def gone_on(steps: Steps[T], enough: float) -> tuple[T] | None:
    """What work comes to, if it comes to its end within so many seconds of the processor."""
    begin = thread_time()
    while thread_time() - begin < enough:
        try:
            next(steps)
        except StopIteration as end:
            return (end.value,)
    return None
