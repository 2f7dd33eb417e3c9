"""When what shows of a log arrived, as far as the orchestrator noted it."""

from bisect import bisect_right
from functools import partial
from typing import Final

from swarm_console.background import in_thread
from swarm_console.logs.source import Arrivals, Source

ENTRIES: Final = 1_000
"""Entries that are asked for at once: about a quarter of an hour of a log that never pauses."""


class Times:
    """The entries of one part of a log, from `_begin` to `_end`."""

    def __init__(self) -> None:
        self._offsets: list[int] = []
        self._moments: list[float] = []
        self._begin = self._end = 0

    def covers(self, begin: int, end: int) -> bool:
        """Whether everything between has been asked for."""
        return self._begin <= begin and end <= self._end

    def at(self, offset: int) -> float | None:
        """When the byte at an offset arrived (Unix seconds); None where nobody knows."""
        number = bisect_right(self._offsets, offset) - 1
        known = number >= 0 and self._begin <= offset < self._end
        return self._moments[number] if known else None

    def take(self, begin: int, found: Arrivals) -> None:
        """Keep what was answered for an offset."""
        self._offsets = [offset for offset, _ in found.times]
        self._moments = [moment for _, moment in found.times]
        self._begin = begin
        self._end = found.size if len(found.times) < ENTRIES else self._offsets[-1]

    async def fetch(self, source: Source, begin: int) -> None:
        """Ask from an offset on. Raises: Refused."""
        self.take(begin, await in_thread(partial(source.times, begin, ENTRIES)))
