"""Numbers of lines, as far as the log was read from its beginning on without a gap."""

from array import array
from functools import partial
from typing import Final

from swarm_console.background import in_thread
from swarm_console.logs.pages import PAGE, Missing
from swarm_console.logs.rows import Bytes
from swarm_console.logs.source import Source

COUNTED: Final = 8 << 20
"""Bytes of a log whose lines are counted unasked, behind what has been counted; more, only by a search."""
AT_ONCE: Final = 1 << 20


class LineCount:
    """Line feeds of whole pages, and so the number of every line whose page is known."""

    def __init__(self) -> None:
        self._feeds: dict[int, int] = {}
        self._before = array("Q", [0])
        """Line feeds before each page, of the pages up to the first unknown one."""
        self._last = 0

    @property
    def counted(self) -> int:
        """Bytes up to which all is known."""
        return (len(self._before) - 1) * PAGE

    def take(self, feeds: dict[int, int]) -> None:
        """Note the line feeds of pages."""
        self._feeds.update({page: count for page, count in feeds.items() if page + 1 >= len(self._before)})
        while (count := self._feeds.pop(len(self._before) - 1, None)) is not None:
            self._before.append(self._before[-1] + count)

    def number(self, offset: int, log: Bytes) -> int | None:
        """The number, from 1, of the line that an offset is in; None where nobody has counted."""
        page = offset // PAGE
        if page >= len(self._before):
            return None
        try:
            return self._before[page] + log.read(page * PAGE, offset).count(b"\n") + 1
        except Missing:
            return None

    def last(self, size: int, log: Bytes) -> tuple[int, bool]:
        """The number of the last line, or of one before it, and whether it is the last one's."""
        number = self.number(size - 1, log)
        self._last = max(self._last, self._before[-1]) if number is None else number
        return self._last, number is not None

    def is_whole(self, size: int) -> bool:
        """Whether every line of a log of that size has a number."""
        return self.counted + PAGE > size

    def is_due(self, size: int) -> bool:
        """Whether more of a log of that size is to be counted."""
        return PAGE <= size - self.counted <= COUNTED

    async def count(self, source: Source) -> bool:
        """Count some more; whether there was any. Raises: Refused."""
        begin = self.counted
        piece = await in_thread(partial(source.read, begin, AT_ONCE))
        whole, first = range(len(piece.data) // PAGE), begin // PAGE
        self.take({first + page: piece.data.count(b"\n", page * PAGE, (page + 1) * PAGE) for page in whole})
        return bool(whole)
