"""The pages of a log that are at hand, the least recently used dropped first."""

from collections import OrderedDict
from typing import Final

PAGE: Final = 64 << 10
"""Bytes that are fetched at once."""
KEPT: Final = 64
"""Pages at hand; more than the largest screen shows."""


class Missing(Exception):
    """These bytes of the log must be fetched first."""

    def __init__(self, offset: int, length: int) -> None:
        super().__init__(f"{length} bytes from {offset} on")
        self.offset, self.length = offset, length


class Pages:
    """Bytes of a log by offset; `size` is how many it is known to have."""

    def __init__(self, kept: int = KEPT) -> None:
        self.size = 0
        self._kept = kept
        self._pages: OrderedDict[int, bytes] = OrderedDict()

    def grow(self, size: int) -> None:
        """The log is so long now; one that became shorter is another log."""
        if size < self.size:
            self._pages.clear()
        self.size = size

    def put(self, offset: int, data: bytes) -> None:
        """Keep what was fetched; what does not join on to its page's beginning is of no use."""
        self.size = max(self.size, offset + len(data)) if data else self.size
        for begin in range(0, len(data), PAGE):
            self._put(offset + begin, data[begin : begin + PAGE])

    def _put(self, offset: int, data: bytes) -> None:
        number, start = divmod(offset, PAGE)
        room = PAGE - start
        if len(data) > room:
            self._put(offset + room, data[room:])
        known = self._pages.pop(number, b"")
        if start <= len(known) < start + len(data):
            known = known[:start] + data[:room]
        if known:
            self._pages[number] = known
        while len(self._pages) > self._kept:
            self._pages.popitem(last=False)

    def read(self, begin: int, end: int) -> bytes:
        """The bytes between, as far as the log has them. Raises: Missing."""
        begin, end = max(begin, 0), min(end, self.size)
        parts = []
        while begin < end:
            number, start = divmod(begin, PAGE)
            first, page = number * PAGE, self._pages.get(number, b"")
            stop = min(end - first, PAGE)
            if len(page) < stop:
                raise Missing(first + len(page), min(PAGE, self.size - first) - len(page))
            self._pages.move_to_end(number)
            parts.append(page[start:stop])
            begin = first + stop
        return b"".join(parts)
