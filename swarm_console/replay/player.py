"""Where a replay is: position, speed, whether it plays. No screen, no clock: time passes when it is told."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

SPEEDS: Final = (1, 10, 60, 600, 3600)
"""Seconds of the session in one second."""
LULL: Final = 3.0
"""Seconds for which one waits for the next event; a longer lull is cut short."""
STRIDES: Final = (1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400)
"""Seconds of one step through time: the longest that is at most a hundredth of the session."""
BRISK: Final = 120.0
"""Seconds that a whole session should take at most at the speed that it begins with."""


class Mark(NamedTuple):
    """An event that is worth going to: its number, counted from 1, and what it is."""

    number: int
    kind: Literal["failure", "release"]


class Player:
    """A position in a session whose events were at `times` (Unix seconds, never falling).

    `index` of them have happened; `opened` is the time before the first one.
    """

    def __init__(self, opened: float, times: Sequence[float], marks: Sequence[Mark] = ()) -> None:
        self.opened, self.times, self.marks = opened, times, marks
        self.index = 0
        self.at = opened
        self.playing = False
        length = self.end - opened
        self._gear = next((n for n, s in enumerate(SPEEDS) if length / s <= BRISK), len(SPEEDS) - 1)
        self.stride = max((s for s in STRIDES if s <= length / 100), default=STRIDES[0])

    @property
    def end(self) -> float:
        return self.times[-1] if self.times else self.opened

    @property
    def speed(self) -> int:
        return SPEEDS[self._gear]

    @property
    def over(self) -> bool:
        """Whether everything has happened."""
        return self.index == len(self.times)

    @property
    def share(self) -> float:
        """How far it is, 0 to 1."""
        return self.share_of(self.at)

    def share_of(self, at: float) -> float:
        """How far a moment is, 0 to 1."""
        length = self.end - self.opened
        return min(max((at - self.opened) / length, 0.0), 1.0) if length > 0 else 1.0

    def time(self, index: int) -> float:
        """When the event happened that is the last of so many."""
        return self.times[index - 1] if index else self.opened

    # -- time passes

    def pass_time(self, seconds: float) -> None:
        """So many seconds have passed for whoever looks."""
        if not self.playing:
            return
        if not self.over:
            self.at = max(self.at, self.times[self.index] - LULL * self.speed)
        self.at = min(self.at + seconds * self.speed, self.end)
        self.index = max(self.index, bisect_right(self.times, self.at))
        self.playing = not self.over

    def toggle(self) -> None:
        """Play, or stand still; at the end, play again from the beginning."""
        if not self.playing and self.over:
            self.go_to_event(0)
        self.playing = not self.playing and not self.over

    def shift(self, by: int) -> None:
        """Faster, or slower."""
        self._gear = max(0, min(self._gear + by, len(SPEEDS) - 1))

    # -- going elsewhere

    def go_to(self, at: float) -> None:
        """To a moment: everything up to then has happened."""
        self.at = min(max(at, self.opened), self.end)
        self.index = bisect_right(self.times, self.at)
        self.playing = self.playing and not self.over

    def skip(self, strides: int) -> None:
        """So many steps on through time, or back."""
        self.go_to(self.at + strides * self.stride)

    def go_to_event(self, index: int) -> None:
        """So many events have happened, and the last of them just now."""
        self.index = max(0, min(index, len(self.times)))
        self.at = self.time(self.index)
        self.playing = self.playing and not self.over

    def step(self, events: int) -> None:
        """So many events on, or back; it stands still then."""
        self.playing = False
        self.go_to_event(self.index + events)

    def go_to_mark(self, by: int) -> None:
        """To the next failure or release, or to the one before; without one, to the end or the beginning."""
        numbers = [mark.number for mark in self.marks]
        place = bisect_right(numbers, self.index) if by > 0 else bisect_left(numbers, self.index) - 1
        outside = len(self.times) if by > 0 else 0
        self.go_to_event(numbers[place] if 0 <= place < len(numbers) else outside)
