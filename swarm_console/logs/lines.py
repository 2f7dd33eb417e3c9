"""Numbers of lines, as far as the log was read from its beginning on without a gap."""

from array import array
from functools import partial
from typing import Final

from swarm_console.background import in_thread
from swarm_console.logs.pages import PAGE, Missing
from swarm_console.logs.rows import Bytes
from swarm_console.logs.source import Source

COUNTED: Final = 8 << 20
"""Bytes of a log whose lines are counted unasked; of longer ones, only as far as they are searched."""
AT_ONCE: Final = 1 << 20


class LineCount:
    """Line feeds of whole pages, and so the number of every line whose page is known."""

    def __init__(self) -> None:
        self._feeds: dict[int, int] = {}
        self._before = array("Q", [0])
        """Line feeds before each page, of the pages up to the first unknown one."""

    @property
    def counted(self) -> int:
        """Bytes up to which all is known."""
        return (len(self._before) - 1) * PAGE

    def take(self, feeds: dict[int, int]) -> None:
        """Note the line feeds of pages."""
        self._feeds.update(feeds)
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

    def is_due(self, size: int) -> bool:
        """Whether more of a log of that size is to be counted."""
        return self.counted + PAGE <= size <= COUNTED

    async def count(self, source: Source) -> bool:
        """Count some more; whether there was any. Raises: Refused."""
        begin = self.counted
        piece = await in_thread(partial(source.read, begin, AT_ONCE))
        whole, first = range(len(piece.data) // PAGE), begin // PAGE
        self.take({first + page: piece.data.count(b"\n", page * PAGE, (page + 1) * PAGE) for page in whole})
        return bool(whole)
