"""What of a build log a diagnosis reads: its head, its tail, and between them the lines that tell of trouble.

Works on a stream of bytes of any content and length, in memory that does not grow with the log.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Final, NamedTuple

HEAD, HEAD_LINES = 256 << 10, 5_000
TAIL, TAIL_LINES = 512 << 10, 10_000
"""Bytes at either end that are kept, if they are not more lines than that."""
WINDOW: Final = 1 << 20
"""Bytes that are searched at once."""
PIECE: Final = 4096
"""Bytes of a line; a longer one is cut into several of the same number."""
FOLLOWING: Final = 2
"""Lines kept behind one that tells of trouble: messages are wrapped."""
MOST: Final = 200
"""Lines that one mark may pick: a log that repeats itself is not told apart by more of the same."""

MARKS: Final = (
    b"rror:",
    b"ERROR",
    b"CMake Error",
    b"!!! ",
    b"FAILED",
    b"*** [",
    b"ndefined reference",
    b"multiple definition",
    b"annot ",
    b"ould not ",
    b"No space left",
    b"DENIED",
)
"""Words of which every failure far from both ends of a log has one; few, since each costs a pass."""

ESCAPES: Final = re.compile(
    rb"(?:\x1b|\^\[)(?:\[[0-9;:?]{0,40}[ -/]?[@-~]|\][^\x07\x1b\n]{0,400}(?:\x07|\x1b\\))|[\x00\x08]|\r\Z"
)


class Line(NamedTuple):
    """A line, or a piece of a long one: its number from 1, the bytes before it, its text without colours."""

    number: int
    offset: int
    text: bytes


class Excerpt(NamedTuple):
    """Lines of a log in their order, and the same as one text."""

    lines: tuple[Line, ...]
    text: bytes
    starts: tuple[int, ...]
    """Where in the text each line starts."""


class Window(NamedTuple):
    """A part of a log that ends where a line does, unless that line is longer than a window."""

    number: int
    offset: int
    data: bytes


def excerpt(chunks: Iterable[bytes]) -> Excerpt:
    """The excerpt of a log that comes in chunks of any size."""
    kept: dict[int, Line] = {}
    counts = dict.fromkeys(MARKS, 0)
    last: deque[Window] = deque()
    for window in _windows(chunks):
        if window.offset < HEAD and len(kept) < HEAD_LINES:
            _keep(kept, window, 0, min(HEAD - window.offset, _after(window.data, HEAD_LINES)))
        for start in _marked(window, counts):
            _keep(kept, window, start, start + 1, FOLLOWING)
        last.append(window)
        while sum(len(other.data) for other in last) - len(last[0].data) >= TAIL:
            last.popleft()
    if last:
        tail = Window(last[0].number, last[0].offset, b"".join(window.data for window in last))
        _keep(kept, tail, max(len(tail.data) - TAIL, _before(tail.data, TAIL_LINES)), len(tail.data))
    return _joined(kept)


def ends(head: bytes, tail: bytes, offset: int) -> Excerpt:
    """The excerpt of a log's two ends, the second from an offset on; its lines are counted from there."""
    kept: dict[int, Line] = {}
    begin = tail.find(b"\n") + 1
    tail, offset = tail[begin:], offset + begin
    _keep(kept, Window(1, 0, head), 0, _after(head, HEAD_LINES))
    _keep(kept, Window(1, offset, tail), _before(tail, TAIL_LINES), len(tail))
    return _joined(kept)


def _joined(kept: dict[int, Line]) -> Excerpt:
    lines = tuple(kept[offset] for offset in sorted(kept))
    starts = tuple(accumulate((len(line.text) + 1 for line in lines), initial=0))
    return Excerpt(lines, b"".join(line.text + b"\n" for line in lines), starts[:-1])


def _windows(chunks: Iterable[bytes]) -> Iterator[Window]:
    number, offset, rest = 1, 0, b""
    for chunk in chunks:
        data = rest + chunk
        end = data.rfind(b"\n") + 1
        if not end and len(data) >= WINDOW:
            end = len(data)
        if end:
            yield Window(number, offset, data[:end])
            number += data.count(b"\n", 0, end)
            offset += end
        rest = data[end:]
    if rest:
        yield Window(number, offset, rest)


def _after(data: bytes, lines: int) -> int:
    """Where so many lines from the start are over."""
    at = 0
    for _ in range(lines):
        at = data.find(b"\n", at) + 1
        if not at:
            return len(data)
    return at


def _before(data: bytes, lines: int) -> int:
    """Where the last so many lines begin."""
    at = len(data)
    for _ in range(lines + 1):
        at = data.rfind(b"\n", 0, at)
        if at < 0:
            return 0
    return at + 1


def _marked(window: Window, counts: dict[bytes, int]) -> list[int]:
    """Where in a window marks stand, one a line and mark, until each mark has had its share."""
    data, found = window.data, set[int]()
    for mark in MARKS:
        at = data.find(mark) if counts[mark] < MOST else -1
        while at >= 0:
            found.add(at)
            counts[mark] += 1
            line_end = data.find(b"\n", at)
            at = data.find(mark, line_end) if line_end >= 0 and counts[mark] < MOST else -1
    return sorted(found)


def _keep(kept: dict[int, Line], window: Window, start: int, stop: int, more: int = 0) -> None:
    """Keep the lines of a window that touch `start` to `stop`, and some more; of a long line, the pieces."""
    data = window.data
    begin = data.rfind(b"\n", 0, start) + 1
    number = window.number + data.count(b"\n", 0, begin)
    while begin < len(data) and (begin < stop or more > 0):
        more -= begin >= stop
        end = data.find(b"\n", begin)
        end = len(data) if end < 0 else end
        first = begin + max(start - begin, 0) // PIECE * PIECE
        for at in range(first, max(end, first + 1), PIECE):
            if at < stop or at == begin:
                text = data[at : min(at + PIECE, end)]
                kept[window.offset + at] = Line(number, window.offset + at, ESCAPES.sub(b"", text))
        begin, number = end + 1, number + 1
