"""Rows of a log: its lines, those that would be overwritten, and pieces of lines that are too long.

Where a row begins depends on nothing but the few KiB before it, so a log is entered anywhere: behind a line
feed, behind a carriage return (what it would have overwritten stays), and within a long line at every
multiple of CUT that lies at least CUT behind the line's beginning.
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple, Protocol

from swarm_console.words.harmless import harmless

CUT: Final = 4096
"""A row is never longer than two of these, in bytes."""
TAB: Final = 8
BREAK: Final = re.compile(rb"\n|\r(?!\n)")
_CONTINUED: Final = re.compile(rb"[\x80-\xbf]{0,3}")
"""The rest of a character that was begun before."""


class Bytes(Protocol):
    """Part of a log, or all of it, by offset."""

    @property
    def size(self) -> int:
        """Bytes of the whole log."""
        ...

    def read(self, begin: int, end: int) -> bytes:
        """The bytes between, as far as the log has them. Raises: Missing."""
        ...


class Row(NamedTuple):
    """Bytes from `begin` to `end`, where the next row begins; `inside` when it begins within a line."""

    begin: int
    end: int
    inside: bool = False


def row_at(pages: Bytes, offset: int) -> Row:
    """The row that the byte at an offset is in. Raises: Missing."""
    begin, inside = _begin(pages, offset)
    return Row(begin, _end(pages, begin, inside), inside)


def after(pages: Bytes, row: Row) -> Row | None:
    """The next row, None behind the last. Raises: Missing."""
    return row_at(pages, row.end) if row.end < pages.size else None


def before(pages: Bytes, offset: int) -> Row | None:
    """The row that ends where another begins, None before the first. Raises: Missing."""
    return row_at(pages, offset - 1) if offset > 0 else None


def _begin(pages: Bytes, offset: int) -> tuple[int, bool]:
    low = max(0, offset - 2 * CUT)
    text = pages.read(low, offset + 1)
    at = _last_break(text, offset - low)
    cut = offset // CUT * CUT
    if at < 0 and low:
        return cut, True
    line = low + at + 1
    return (cut, True) if cut - line >= CUT else (line, False)


def _last_break(text: bytes, stop: int) -> int:
    """Where the last byte before `stop` stands that ends a row; -1 for none."""
    feed = text.rfind(b"\n", 0, stop)
    back = text.rfind(b"\r", feed + 1, stop)
    if back >= 0 and text[back + 1 : back + 2] == b"\n":
        back = text.rfind(b"\r", feed + 1, back)
    return max(feed, back)


def _end(pages: Bytes, begin: int, inside: bool) -> int:
    cut = begin + CUT if inside else -(-(begin + CUT) // CUT) * CUT
    text = pages.read(begin, cut + 1)
    found = BREAK.search(text)
    if found is not None and begin + found.end() <= cut:
        return begin + found.end()
    return min(cut, pages.size)


def text_of(pages: Bytes, row: Row) -> str:
    """A row as it may be drawn, without its end and with spaces for tabs. Raises: Missing."""
    data = pages.read(row.begin, row.end)
    return drawn(data, row.inside, _rest(pages, row, data))


def overwritten(pages: Bytes, row: Row) -> bool:
    """Whether a terminal would have written over the row. Raises: Missing."""
    return pages.read(row.end - 1, row.end) == b"\r"


def _rest(pages: Bytes, row: Row, data: bytes) -> bytes:
    """What belongs to the last character of a row that ends within a line."""
    if data.endswith((b"\n", b"\r")) or data[-1:] < b"\x80":
        return b""
    found = _CONTINUED.match(pages.read(row.end, row.end + 3))
    return found[0] if found is not None else b""


@lru_cache(maxsize=256)
def drawn(data: bytes, inside: bool = False, rest: bytes = b"") -> str:
    """The text of a row's bytes; `rest` are the first of the next row's that belong to it."""
    if inside and (found := _CONTINUED.match(data)) is not None:
        data = data[found.end() :]
    text = (data.rstrip(b"\r\n") + rest).decode(errors="replace")
    return harmless(text).expandtabs(TAB)
