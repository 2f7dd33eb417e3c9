"""What the rules of diagnosis say of a log that the swarm has not diagnosed: its build runs, or was lost.

A long log is read at its ends first, and whole only where they prove too little; no more of it is kept than
an excerpt holds.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Final

from swarm_console.background import in_thread
from swarm_console.logs.rules import rules
from swarm_console.logs.source import Source
from swarm_node.model.circumstances import Circumstances
from swarm_node.model.diagnosis import diagnose
from swarm_node.model.excerpt import HEAD, TAIL, WINDOW, Excerpt, ends, excerpt
from swarm_node.model.failure import Rule
from swarm_node.model.work import Diagnosis

WHOLE: Final = 8 << 20
"""Bytes up to which a log is read whole."""
SURE: Final = 0.6
"""A diagnosis of the ends of a longer one that is as sure as this is believed."""


class Opinion:
    """Formed by `form`, which tells how far it has come; `found` is None where no rule proves anything."""

    def __init__(self, source: Source, known: Circumstances, tell: Callable[[], None]) -> None:
        """`tell` is called as more of the log has been read."""
        self._source, self._known, self._tell = source, known, tell
        self.found: Diagnosis | None = None
        self.size = 0
        """How long the log was."""
        self.looking = False
        self._read = 0

    @property
    def progress(self) -> float:
        """The share of the log that has been read, from 0 to 1."""
        return min(self._read / self.size, 1.0) if self.size else 1.0

    @property
    def marks(self) -> list[int]:
        """The offsets of the lines that it goes by."""
        return [place.offset for place in self.found.places] if self.found is not None else []

    async def form(self, size: int) -> None:
        """Read a log that is so long. Raises: Refused, Usage."""
        self.size, self.looking = size, True
        told = partial(asyncio.get_running_loop().call_soon_threadsafe, self._told)
        try:
            self.found = await in_thread(partial(self._formed, told))
        finally:
            self.looking = False

    def _told(self) -> None:
        if self.looking:
            self._tell()

    def _formed(self, tell: Callable[[], object]) -> Diagnosis | None:
        """Blocks."""
        proving = [rule for rule in rules() if rule.patterns]
        if self.size > WHOLE:
            found = self._judged(self._ends(), proving)
            if found is not None and found.confidence >= SURE:
                return found
        return self._judged(excerpt(self._pieces(tell)), proving)

    def _judged(self, log: Excerpt, proving: Sequence[Rule]) -> Diagnosis | None:
        try:
            return diagnose(log, proving, self._known)
        except LookupError:
            return None

    def _ends(self) -> Excerpt:
        begin = self.size - TAIL
        return ends(self._source.read(0, HEAD).data, self._source.read(begin, TAIL).data, begin)

    def _pieces(self, tell: Callable[[], object]) -> Iterator[bytes]:
        """The whole log, as long as anybody waits for it."""
        while self.looking and (piece := self._source.read(self._read, WINDOW).data):
            self._read += len(piece)
            with suppress(RuntimeError):  # the loop is closed, nobody waits
                tell()
            yield piece
