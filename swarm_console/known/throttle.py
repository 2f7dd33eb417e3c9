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
    """A figure of a state at a moment (Unix seconds), a little old where it is costly.

    It is never older than the last change of what `about` says that it is about.
    """

    def __init__(
        self, figure: Callable[[State, float], T], about: Callable[[], object] = lambda: None
    ) -> None:
        self._figure, self._about = figure, about
        self._value: T | None = None
        self._subject: object = None
        self._cost = self._until = 0.0

    def __call__(self, state: State, now: float) -> T:
        subject = self._about()
        fresh = subject == self._subject and 0.0 <= self._until - now <= self._cost * SHARE
        if self._value is None or self._cost < CHEAP or not fresh:
            self._subject = subject
            begin = thread_time()
            self._value = self._figure(state, now)
            self._cost = thread_time() - begin
            self._until = now + self._cost * SHARE
        return self._value
