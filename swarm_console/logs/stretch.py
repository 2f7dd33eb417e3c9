"""One stretch of a log searched: which of its rows match, and how many line feeds each of its pages has."""

from array import array
from collections.abc import Iterator
from typing import Final, NamedTuple

from swarm_console.logs.pages import PAGE
from swarm_console.logs.pattern import Budget, Pattern, TooCostly
from swarm_console.logs.rows import BREAK, CUT, TAB, row_at, text_of
from swarm_console.logs.source import Source
from swarm_console.words.harmless import harmless

STRETCH: Final = 1 << 20
"""Bytes that are searched at once: the rows that begin in so many."""
SECONDS: Final = 4.0
"""What searching a stretch may take; a pattern that takes longer is given up."""
CLEAN: Final = bytes([0x0A, *range(0x20, 0x7F)])
"""Bytes that are drawn as they are."""


class Stretch(NamedTuple):
    """What was found in one stretch while the log had `size` bytes; `rows` are offsets of rows."""

    number: int
    size: int
    rows: "array[int]"
    feeds: dict[int, int]
    """Line feeds by page, of pages that were read whole."""

    @property
    def whole(self) -> bool:
        """Whether nothing can come to it any more."""
        return self.size > (self.number + 1) * STRETCH + 2 * CUT


class Slice:
    """Bytes of a log from an offset on, to be read by rows."""

    def __init__(self, offset: int, data: bytes, size: int) -> None:
        self.offset, self.data, self.size = offset, data, size

    def read(self, begin: int, end: int) -> bytes:
        return self.data[max(begin - self.offset, 0) : max(end - self.offset, 0)]


def search(source: Source, number: int, pattern: Pattern) -> Stretch:
    """Read and search a stretch; blocks. Raises: TooCostly, Refused."""
    first = max(number * STRETCH - 2 * CUT, 0)
    piece = source.read(first, (number + 1) * STRETCH + 2 * CUT + 1 - first)
    part = Slice(first, piece.data, min(piece.size, first + len(piece.data)))
    begin, end = (_row_from(part, (number + more) * STRETCH) for more in (0, 1))
    rows = array("Q")
    if begin < end:
        rows.extend(_matching(part, begin, end, pattern, Budget(SECONDS)))
    return Stretch(number, part.size, rows, _feeds(part, number))


def _row_from(part: Slice, offset: int) -> int:
    """The first row that begins at an offset or behind it."""
    if offset >= part.size:
        return part.size
    row = row_at(part, offset)
    return row.begin if row.begin == offset else row.end


def _feeds(part: Slice, number: int) -> dict[int, int]:
    pages = range(number * STRETCH // PAGE, min((number + 1) * STRETCH, part.size) // PAGE)
    start = part.offset
    return {p: part.data.count(b"\n", p * PAGE - start, (p + 1) * PAGE - start) for p in pages}


def _matching(part: Slice, begin: int, end: int, pattern: Pattern, budget: Budget) -> Iterator[int]:
    """The offsets of the rows between that match."""
    data = part.read(begin, end)
    starts: list[int] = []
    for line, sure in _lines(_drawn(data), pattern, budget):
        starts = starts or [0, *(found.end() for found in BREAK.finditer(data)), len(data)]
        first, last = begin + starts[line], begin + starts[line + 1]
        if last - first <= CUT:
            yield first
            continue
        found = list(_pieces(part, first, last, pattern, budget))
        yield from found or ([first] if sure else [])


def _drawn(data: bytes) -> str:
    """Lines as they are drawn, but long ones uncut; one for each break."""
    text = data.decode(errors="replace")
    return harmless(text).expandtabs(TAB) if data.translate(None, CLEAN) else text


def _pieces(part: Slice, first: int, last: int, pattern: Pattern, budget: Budget) -> Iterator[int]:
    """The rows of a long line that match."""
    while first < last:
        row = row_at(part, first)
        if pattern.search(text_of(part, row), budget) is not None:
            yield row.begin
        first = row.end


def _lines(text: str, pattern: Pattern, budget: Budget) -> Iterator[tuple[int, bool]]:
    """The numbers of the lines in which the pattern is found, and whether that is sure.

    Where it can be, all lines are searched at once, which is many times faster than one by one.
    """
    at, line, together, trial = 0, 0, pattern.local, Budget(budget.left / 4)
    while at < len(text):
        found = len(text) + 1
        if together:
            try:
                span = pattern.search(text, trial, at)
            except TooCostly:
                together = False
                continue
            if span is None:
                return
            line += text.count("\n", at, span[0])
            at = text.rfind("\n", at, span[0]) + 1 or at
            found = span[1]
            if at == len(text):
                return
        stop = text.find("\n", at)
        stop = len(text) if stop < 0 else stop
        if found <= stop:
            yield line, True
        elif stop - at > 2 * CUT:
            yield line, False
        elif pattern.search(text[at:stop], budget) is not None:
            yield line, True
        at, line = stop + 1, line + 1
