"""Rows of logs of any content: the same from wherever one comes, bounded, and harmless."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_console.logs.pages import PAGE, Missing, Pages
from swarm_console.logs.rows import CUT, Row, after, before, overwritten, row_at, text_of
from swarm_console.logs.screenful import Place, Shape, around, ending, moved, screenful

words = st.sampled_from(
    [b"\n", b"\r", b"\r\n", b"a", b"\xc3\xa9", b"\xff", b"\x00", b"\x1b[31m", b"x" * 3000]
)
logs = st.lists(words, max_size=40).map(b"".join)


def at_hand(data: bytes) -> Pages:
    pages = Pages(kept=1 << 20)
    pages.put(0, data)
    return pages


def rows_of(pages: Pages) -> list[Row]:
    rows, row = [], row_at(pages, 0) if pages.size else None
    while row is not None:
        rows.append(row)
        row = after(pages, row)
    return rows


@given(logs)
def test_rows_are_the_same_from_everywhere(data: bytes) -> None:
    pages = at_hand(data)
    rows = rows_of(pages)
    assert "".join(f"{row.begin}-{row.end} " for row in rows) == "".join(
        f"{begin}-{row.end} " for begin, row in zip([0, *(row.end for row in rows)], rows, strict=False)
    ), "rows follow each other without a gap"
    assert (rows[-1].end if rows else 0) == len(data)
    for row in rows:
        assert row_at(pages, row.begin) == row_at(pages, row.end - 1) == row
        assert row.end - row.begin <= 2 * CUT
    backwards, offset = [], len(data)
    while (row := before(pages, offset)) is not None:
        backwards.append(row)
        offset = row.begin
    assert backwards == rows[::-1]


@given(logs)
def test_every_line_has_its_row(data: bytes) -> None:
    pages = at_hand(data)
    starts = {row.begin for row in rows_of(pages)}
    at = data.find(b"\n")
    while at >= 0:
        assert at + 1 in starts or at + 1 == len(data)
        at = data.find(b"\n", at + 1)


@given(logs, st.integers(1, 9), st.sampled_from([None, 3, 40]), st.integers(-12, 12), st.integers(0, 9000))
def test_a_screenful_is_full_where_there_is_enough(
    data: bytes, height: int, width: int | None, by: int, offset: int
) -> None:
    pages, shape = at_hand(data), Shape(height, width)
    last = ending(pages, shape)
    assert len(last) <= height
    assert not data or last[-1].stop == len(data)
    seen = around(pages, offset, shape)
    assert len(seen) == len(last)
    if seen:
        assert len(moved(pages, seen[0].place, by, shape)) == len(last)
        there = moved(pages, seen[0].place, by, shape)
        assert screenful(pages, there[0].place, shape) == there
        assert screenful(pages, Place(0), shape) == moved(pages, seen[0].place, -10_000, shape)
    assert not {"\n", "\r", "\x1b", "\x00"} & set("".join(line.text for line in last))


TEXTS = {
    "plain": (b"one\ntwo\n", ["one", "two"]),
    "no end": (b"one\ntwo", ["one", "two"]),
    "DOS": (b"one\r\ntwo\r\n", ["one", "two"]),
    "overwritten": (b" 1%\r 2%\rdone\n", [" 1%", " 2%", "done"]),
    "empty lines": (b"\n\na\n", ["", "", "a"]),
    "colour": (b"\x1b[1;31merror:\x1b[0m no\n", ["error: no"]),
    "clipboard": (b"a\x1b]52;c;aGk=\x07b\n", ["ab"]),
    "right to left": ("a\u202eb\n".encode(), ["a\ufffdb"]),
    "NUL and no UTF-8": (b"a\x00b\xff\xc3\n", ["a\ufffdb\ufffd\ufffd"]),
    "tabs": (b"a\tb\n", ["a       b"]),
    "breaks of another kind": ("a\u2028b\x0bc\x85\n".encode(), ["a\ufffdb\ufffdc\ufffd"]),
}


@pytest.mark.parametrize(("data", "texts"), TEXTS.values(), ids=TEXTS)
def test_texts(data: bytes, texts: list[str]) -> None:
    pages = at_hand(data)
    assert [text_of(pages, row) for row in rows_of(pages)] == texts


def test_what_would_be_overwritten_is_known() -> None:
    pages = at_hand(b" 1%\rdone\r\n")
    assert [overwritten(pages, row) for row in rows_of(pages)] == [True, False]


def test_a_character_is_not_cut() -> None:
    text = "x" + "é" * 10_000
    pages = at_hand(text.encode())
    rows = rows_of(pages)
    assert len(rows) > 3
    assert [row.inside for row in rows] == [False] + [True] * (len(rows) - 1)
    assert "".join(text_of(pages, row) for row in rows) == text


def test_what_is_not_at_hand_is_asked_for() -> None:
    pages = Pages()
    pages.grow(3 * PAGE)
    with pytest.raises(Missing) as missing:
        pages.read(PAGE + 5, 2 * PAGE)
    assert (missing.value.offset, missing.value.length) == (PAGE, PAGE)
    pages.put(PAGE, b"x" * 10)
    assert pages.read(PAGE + 5, PAGE + 10) == b"x" * 5
    with pytest.raises(Missing) as missing:
        pages.read(PAGE + 5, PAGE + 11)
    assert (missing.value.offset, missing.value.length) == (PAGE + 10, PAGE - 10)


def test_a_page_grows_with_its_log() -> None:
    pages = Pages()
    pages.put(0, b"one\n")
    pages.grow(8)
    pages.put(4, b"two\n")
    assert pages.read(0, 100) == b"one\ntwo\n"
    pages.put(2, b"e")
    assert pages.read(0, 100) == b"one\ntwo\n", "less than is known changes nothing"
    pages.grow(3)
    with pytest.raises(Missing):
        pages.read(0, 3)


def test_the_least_recently_used_page_goes_first() -> None:
    pages = Pages(kept=2)
    pages.put(0, b"a" * PAGE + b"b" * PAGE)
    pages.read(0, 1)
    pages.put(2 * PAGE, b"c" * PAGE)
    assert pages.read(0, 1) == b"a"
    with pytest.raises(Missing):
        pages.read(PAGE, PAGE + 1)


def test_an_entry_in_the_middle_reads_little(tmp_path: Path) -> None:
    class Counting(Pages):
        bytes_read = 0

        def read(self, begin: int, end: int) -> bytes:
            type(self).bytes_read += max(0, min(end, self.size) - max(begin, 0))
            return b"x" * max(0, min(end, self.size) - max(begin, 0))

    pages = Counting()
    pages.grow(100_000_000)
    assert row_at(pages, 50_000_000) == Row(50_000_000 // CUT * CUT, 50_000_000 // CUT * CUT + CUT, True)
    assert len(ending(pages, Shape(40))) == 40
    assert Counting.bytes_read < 2 << 20
