"""Numbers of lines, as far as the log was read from its beginning on without a gap."""

from array import array

from swarm_console.logs.pages import PAGE, Missing
from swarm_console.logs.rows import Bytes


class LineCount:
    """Line feeds of whole pages, and so the number of every line whose page is known."""

    def __init__(self) -> None:
        self._feeds: dict[int, int] = {}
        self._before = array("Q", [0])
        """Line feeds before each page, of the pages up to the first unknown one."""

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
