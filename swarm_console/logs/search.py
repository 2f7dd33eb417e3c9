"""A search through a log, stretch by stretch in any order: how many rows match, and where the next is."""

import asyncio
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from swarm_console.background import in_thread
from swarm_console.logs.lines import LineCount
from swarm_console.logs.pattern import Pattern
from swarm_console.logs.source import Source
from swarm_console.logs.stretch import STRETCH, Stretch, search

KEPT: Final = 200_000
"""Offsets of matching rows that are remembered; others are looked up again when somebody goes there."""


class Search:
    """What is known of where a pattern is found in a log."""

    def __init__(
        self, source: Source, pattern: Pattern, lines: LineCount, tell: Callable[[], None] = lambda: None
    ) -> None:
        """`tell` is called whenever more of the log has been searched."""
        self.source, self.pattern, self._tell = source, pattern, tell
        self.total = 0
        """Matching rows so far."""
        self._lines = lines
        self._seen: dict[int, int] = {}
        """Size of the log when a stretch that may grow was searched; 0 for whole ones."""
        self._counts: dict[int, int] = {}
        self._rows: dict[int, array[int]] = {}
        self._kept = 0
        self._lock = asyncio.Lock()

    def progress(self, size: int) -> float:
        """The share of the log that has been searched, from 0 to 1."""
        stretches = -(-size // STRETCH)
        return len(self._counts) / stretches if stretches else 1.0

    def done(self, size: int) -> bool:
        """Whether all of the log has been searched."""
        return next(self._todo(size), None) is None

    async def advance(self, size: int) -> None:
        """Search the first stretch that has not been. Raises: TooCostly, Refused."""
        for number in self._todo(size):
            await self._rows_of(number, size)
            return

    def ordinal(self, row: int) -> int | None:
        """The how manyth match the row is, from 1; None while that is not known."""
        own = row // STRETCH
        before = [self._counts.get(number) for number in range(own)]
        if own not in self._rows or None in before:
            return None
        return sum(filter(None, before)) + bisect_right(self._rows[own], row)

    async def next(self, offset: int, size: int, down: bool) -> int | None:
        """The nearest matching row below (or above) an offset. Raises: TooCostly, Refused."""
        last = max(size - 1, 0) // STRETCH
        own = max(min(offset // STRETCH, last), 0)
        for number in range(own, last + 1) if down else range(own, -1, -1):
            rows = await self._rows_of(number, size)
            at = bisect_right(rows, offset) if down else bisect_left(rows, offset) - 1
            if 0 <= at < len(rows):
                return rows[at]
        return None

    def _todo(self, size: int) -> Iterator[int]:
        return (number for number in range(-(-size // STRETCH)) if self._is_due(number, size))

    def _is_due(self, number: int, size: int) -> bool:
        """Whether a stretch was never searched, or has grown since."""
        seen = self._seen.get(number, -1)
        return seen != 0 and seen < size

    async def _rows_of(self, number: int, size: int) -> "array[int]":
        """The matching rows of a stretch; whoever else wants them meanwhile waits."""
        async with self._lock:
            if not self._is_due(number, size):
                rows = self._rows.get(number)
                if rows is not None or not self._counts[number]:
                    return rows or array("Q")
            found = await in_thread(partial(search, self.source, number, self.pattern))
            self._take(found, size)
        self._tell()
        return found.rows

    def _take(self, found: Stretch, size: int) -> None:
        number = found.number
        self._lines.take(found.feeds)
        self.total += len(found.rows) - self._counts.get(number, 0)
        self._counts[number] = len(found.rows)
        self._seen[number] = 0 if found.whole else max(found.size, size)
        self._kept -= len(self._rows.pop(number, ()))
        if self._kept + len(found.rows) <= KEPT:
            self._rows[number] = found.rows
            self._kept += len(found.rows)
