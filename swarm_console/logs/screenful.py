"""What of a log fits on the screen, from any place on or up to it, wrapped or not."""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from rich.cells import chop_cells

from swarm_console.logs.rows import Bytes, Row, after, before, overwritten, row_at, text_of


class Place(NamedTuple):
    """Where a line of the screen is: its row's first byte, and which line of that row it is."""

    offset: int
    part: int = 0


class Line(NamedTuple):
    """A line of the screen: a row, or one line of it where rows are wrapped."""

    row: Row
    part: int
    text: str
    last: bool = True
    """Whether its row ends with it."""
    overwritten: bool = False
    """Whether a terminal would have written over it."""

    @property
    def place(self) -> Place:
        return Place(self.row.begin, self.part)

    @property
    def stop(self) -> int:
        """The offset up to which everything has been shown."""
        return self.row.end if self.last else self.row.begin


class Shape(NamedTuple):
    """How a log is to be cut up: so many lines, and so many cells a line (None: rows are not wrapped)."""

    height: int
    width: int | None = None


def screenful(pages: Bytes, top: Place, shape: Shape) -> list[Line]:
    """The lines from `top` on; where the log ends too early, those before it as well. Raises: Missing."""
    lines = list(islice(forward(pages, top, shape), shape.height))
    lack = shape.height - len(lines)
    if not lack:
        return lines
    begin = lines[0].place if lines else Place(pages.size)
    return [*reversed(list(islice(backward(pages, begin, shape), lack))), *lines]


def ending(pages: Bytes, shape: Shape) -> list[Line]:
    """The last lines of the log. Raises: Missing."""
    return screenful(pages, Place(pages.size), shape)


def moved(pages: Bytes, top: Place, by: int, shape: Shape) -> list[Line]:
    """The lines that show after moving down (or up, where `by` is negative). Raises: Missing."""
    lines = forward(pages, top, shape) if by > 0 else backward(pages, top, shape)
    passed = list(islice(lines, by + 1 if by > 0 else -by))
    return screenful(pages, passed[-1].place if passed else top, shape)


def around(pages: Bytes, offset: int, shape: Shape) -> list[Line]:
    """The lines with the row of an offset in their upper third. Raises: Missing."""
    if not pages.size:
        return []
    row = row_at(pages, min(max(offset, 0), pages.size - 1))
    return moved(pages, Place(row.begin), -(shape.height // 3), shape)


def forward(pages: Bytes, place: Place, shape: Shape) -> Iterator[Line]:
    """The lines from a place on."""
    row = row_at(pages, place.offset) if place.offset < pages.size else None
    part = place.part
    while row is not None:
        yield from _lines(pages, row, shape)[part:]
        row, part = after(pages, row), 0


def backward(pages: Bytes, place: Place, shape: Shape) -> Iterator[Line]:
    """The lines before a place, the nearest first."""
    if place.part:
        yield from reversed(_lines(pages, row_at(pages, place.offset), shape)[: place.part])
    offset = place.offset
    while (row := before(pages, offset)) is not None:
        yield from reversed(_lines(pages, row, shape))
        offset = row.begin


def _lines(pages: Bytes, row: Row, shape: Shape) -> list[Line]:
    text = text_of(pages, row)
    parts = [text] if shape.width is None else _wrapped(text, shape.width)
    last, gone = len(parts) - 1, overwritten(pages, row)
    return [Line(row, number, part, number == last, gone) for number, part in enumerate(parts)]


def _wrapped(text: str, width: int) -> list[str]:
    """A text in lines of so many cells, an empty one in one line."""
    if text.isascii():
        return [text[at : at + width] for at in range(0, len(text), width)] or [""]
    return chop_cells(text, max(width, 2)) or [""]
