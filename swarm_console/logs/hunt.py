"""Looking for something in a log: to the next match at once, and all of them counted beside."""

from collections.abc import Callable

from swarm_console.errors import explained
from swarm_console.logs.lines import LineCount
from swarm_console.logs.pattern import Pattern, TooCostly
from swarm_console.logs.search import Search
from swarm_console.logs.source import Source
from swarm_console.words.spans import Span


class Hunt:
    """A pattern looked for in one log; `found` is the row where it was found last."""

    def __init__(self, source: Source, pattern: Pattern, lines: LineCount, tell: Callable[[], None]) -> None:
        """`tell` is called whenever there is something new to say."""
        self.pattern = pattern
        self.found: int | None = None
        self.trouble = ""
        self.looking = False
        """Whether the way to a match is not over yet."""
        self._search = Search(source, pattern, lines, tell)
        self._around = ""
        """Said of a match that lies beyond an end of the log."""

    def done(self, size: int) -> bool:
        """Whether all matches have been counted, or never will be."""
        return bool(self.trouble) or self._search.done(size)

    async def jump(self, offset: int, size: int, down: bool) -> int | None:
        """The next match below (or above) an offset; behind the log's end it goes on at the other one."""
        self.looking = True
        try:
            row = await self._search.next(offset, size, down)
            self._around = ""
            if row is None:
                self._around = "  from the top again" if down else "  from the end again"
                row = await self._search.next(-1 if down else size, size, down)
        except Exception as error:
            self._fail(error)
            return None
        finally:
            self.looking = False
        self.found = row
        return row

    async def count(self, size: Callable[[], int]) -> None:
        """Count all matches of a log that may grow meanwhile."""
        try:
            while not self.done(size()):
                await self._search.advance(size())
        except Exception as error:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        if isinstance(error, TooCostly):
            self.trouble = "it takes too long: make it simpler"
        else:
            self.trouble = str(explained(error)[0]["error"]["message"])

    def progress(self, size: int) -> float:
        """The share of the log that has been searched, from 0 to 1."""
        return self._search.progress(size)

    def words(self, size: int) -> list[Span]:
        """What came of it so far."""
        return [*self._outcome(size), (self._around, "dim"), ("  ", ""), (f" {self.pattern.text} ", "key")]

    def _outcome(self, size: int) -> list[Span]:
        if self.trouble:
            return [(f"✗ {self.trouble}", "attention")]
        total = self._search.total
        if self.progress(size) < 1:
            return [(f"⌕ {total:,} so far, {self.progress(size):.0%} searched", "wait")]
        if not total:
            return [("✗ nothing found", "wait")]
        which = self._search.ordinal(self.found) if self.found is not None else None
        return [(f"⌕ {which:,} of {total:,}" if which is not None else f"⌕ {total:,} found", "bold")]
