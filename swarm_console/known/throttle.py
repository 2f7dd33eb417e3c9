"""Figures that take long over a long queue, looked up only as often as does not hold up the screen."""

from collections.abc import Callable
from time import thread_time
from typing import Final, Generic, TypeVar

from swarm_node.model.state import State

T = TypeVar("T")
CHEAP: Final = 0.005
"""Seconds below which a figure is worked out for every picture."""
SHARE: Final = 50
"""Costlier ones take at most one part in so many of the time."""


class Throttled(Generic[T]):
    """A figure of a state at a moment (Unix seconds), a little old where it is costly."""

    def __init__(self, figure: Callable[[State, float], T]) -> None:
        self._figure = figure
        self._value: T | None = None
        self._cost = self._until = 0.0

    def __call__(self, state: State, now: float) -> T:
        fresh = 0.0 <= self._until - now <= self._cost * SHARE
        if self._value is None or self._cost < CHEAP or not fresh:
            begin = thread_time()
            self._value = self._figure(state, now)
            self._cost = thread_time() - begin
            self._until = now + self._cost * SHARE
        return self._value
