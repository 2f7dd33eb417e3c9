"""Searching logs: every matching row counted and found, in bounded time and memory, whatever the pattern."""

import re
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_console.logs import search as searching
from swarm_console.logs import stretch as stretches
from swarm_console.logs.lines import COUNTED, LineCount
from swarm_console.logs.pages import PAGE, Pages
from swarm_console.logs.pattern import Budget, Pattern, TooCostly
from swarm_console.logs.rows import CUT, Row, after, row_at, text_of
from swarm_console.logs.search import Search
from swarm_console.logs.source import Piece
from swarm_console.words.sieve import BadSieve

RUNAWAY = r"(a|aa)+$"
"""Takes for ever on a line of a's that ends with anything else."""


class Text:
    """A log in memory that counts what is read of it."""

    attempt = 1

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.reads: list[tuple[int, int]] = []

    def read(self, offset: int, length: int) -> Piece:
        self.reads.append((offset, length))
        return Piece(self.data[offset : offset + length], len(self.data))


def rows_of(data: bytes) -> list[tuple[Row, str]]:
    pages = Pages(kept=1 << 20)
    pages.put(0, data)
    rows, row = [], row_at(pages, 0) if data else None
    while row is not None:
        rows.append((row, text_of(pages, row)))
        row = after(pages, row)
    return rows


async def searched(source: Text, pattern: str) -> Search:
    search = Search(source, Pattern(pattern), LineCount())
    while not search.done(len(source.data)):
        await search.advance(len(source.data))
    return search


async def walked(search: Search, size: int, down: bool = True) -> list[int]:
    """Every match, one after the other from an end of the log."""
    found: list[int] = []
    at: int | None = -1 if down else size
    while (at := await search.next(at, size, down)) is not None:
        found.append(at)
    return found


WORDS = (b"\n", b"\r", b"\r\n", b"error", b" of ", b"\xc3\xa9", b"\xff\x00", b"\x1b[31m", b"\t", b"x" * 3000)
PATTERNS = (
    "error",
    "ERROR",
    "é",
    r"^\s*of",
    r"x$",
    r"error\s",
    r"[^x]x",
    r"(?<!x)error",
    "^$",
    "a|of",
)
logs = st.lists(st.sampled_from(WORDS), max_size=60).map(b"".join)


@given(data=logs, pattern=st.sampled_from(PATTERNS))
async def test_rows_are_found_as_one_by_one(data: bytes, pattern: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for module in (stretches, searching):
            patch.setattr(module, "STRETCH", PAGE)
        search = await searched(Text(data), pattern)
        found = await walked(search, len(data))
        assert await walked(search, len(data), down=False) == found[::-1]
    plain = re.compile(pattern, 0 if pattern != pattern.lower() else re.IGNORECASE)
    rows = rows_of(data)
    assert search.total == len(found)
    assert set(found) <= {row.begin for row, _ in rows}
    wanted = {row.begin for row, text in rows if plain.search(text)}
    short = {row.begin for row, _ in rows if not row.inside and row.end - row.begin < CUT}
    assert set(found) & short == wanted & short
    if pattern in ("error", "é"):
        assert wanted <= set(found), "in pieces of long lines as well"


async def test_a_match_across_a_cut_is_not_missed() -> None:
    data = b"x" * (3 * CUT - 3) + b"error: no\n"
    assert not any("error: no" in text for _, text in rows_of(data))
    assert (await searched(Text(data), "error: no")).total == 1


async def test_matches_are_counted_and_numbered() -> None:
    data = b"".join(b"line %d\n" % number for number in range(400_000))
    source = Text(data)
    search = await searched(source, r"7$")
    assert search.total == 40_000
    assert search.progress(len(data)) == 1.0
    row = await search.next(len(data) // 2, len(data), True)
    assert row is not None
    line = data.count(b"\n", 0, row)
    assert data[row:].startswith(b"line %d\n" % line)
    assert search.ordinal(row) == line // 10 + 1


async def test_more_matches_than_are_kept_are_looked_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "KEPT", 200)
    data = b"".join(b"line %d\n" % number for number in range(400_000))
    search = await searched(Text(data), "line")
    assert search.total == 400_000
    assert await search.next(data.index(b"line 333333\n"), len(data), True) == data.index(b"line 333334\n")
    assert await search.next(data.index(b"line 333333\n"), len(data), False) == data.index(b"line 333332\n")


async def test_the_next_match_is_found_before_all_is_searched() -> None:
    data = (b"x" * 99 + b"\n") * 100_000 + b"error\n" + (b"x" * 99 + b"\n") * 100_000
    source = Text(data)
    search = Search(source, Pattern("error"), LineCount())
    assert await search.next(len(data) // 2 - 1000, len(data), True) == 10_000_000
    assert len(source.reads) == 1
    assert search.ordinal(10_000_000) is None, "nobody has looked before it yet"


async def test_a_log_that_grows_is_searched_on() -> None:
    source = Text(b"error one\nerr")
    search = await searched(source, "error")
    assert search.total == 1
    source.data += b"or two\n"
    assert not search.done(len(source.data))
    await search.advance(len(source.data))
    assert search.total == 2
    assert search.done(len(source.data))


async def test_lines_are_counted_by_the_way() -> None:
    data = b"".join(b"line %d\n" % number for number in range(200_000))
    pages = Pages(kept=1000)
    pages.put(0, data)
    lines = LineCount()
    assert lines.number(0, pages) == 1
    assert lines.number(data.index(b"line 150000\n"), pages) is None
    search = Search(Text(data), Pattern("no such thing"), lines)
    while not search.done(len(data)):
        await search.advance(len(data))
    for number in (0, 1, 7000, 150_000, 199_999):
        assert lines.number(data.index(b"line %d\n" % number) + 3, pages) == number + 1


async def test_lines_of_a_log_that_is_not_long_are_counted_unasked() -> None:
    data = b"".join(b"line %d\n" % number for number in range(200_000))
    pages, lines, source = Pages(kept=1000), LineCount(), Text(data)
    pages.put(0, data)
    while lines.is_due(len(data)):
        assert await lines.count(source)
    assert lines.last(len(data), pages) == (200_000, True)
    assert lines.is_whole(len(data))
    assert len(source.reads) == 3
    assert lines.is_due(len(data) + PAGE)
    assert not lines.is_due(1 << 30), "a longer one is not"
    assert not lines.is_whole(1 << 30)
    grown = Pages()
    grown.grow(len(data) + 1)
    assert lines.last(grown.size, grown) == (200_000, False), "what came since is not at hand"


async def test_what_comes_to_a_long_log_is_counted_on() -> None:
    data = b"".join(b"line %d\n" % number for number in range(800_000))
    pages, lines, source = Pages(kept=1000), LineCount(), Text(data)
    assert len(data) > COUNTED
    assert not lines.is_due(len(data))
    search = Search(source, Pattern("no such thing"), lines)
    while not search.done(len(data)):
        await search.advance(len(data))
    source.data += data
    assert lines.is_due(len(data) + PAGE)
    source.reads.clear()
    assert await lines.count(source)
    pages.put(0, source.data)
    assert lines.number(source.data.index(b"line 3\n", len(data)), pages) == 800_004
    assert not lines._feeds, "what is counted is not kept twice"


async def test_a_gap_in_what_is_counted_is_closed() -> None:
    data = b"line\n" * 300_000
    lines = LineCount()
    search = Search(Text(data), Pattern("line"), lines)
    await search.next(len(data) - 10, len(data), True)
    assert lines.counted == 0
    while lines.is_due(len(data)):
        await lines.count(Text(data))
    assert lines.is_whole(len(data))
    assert not await LineCount().count(Text(b"short")), "nothing to go on with"


ENDLESS = (b"a" * 4000 + b"!\n", (b"a" * 60 + b"!\n") * 20_000, b"a" * 3_000_000 + b"!")


@pytest.mark.parametrize("data", ENDLESS, ids=["a line", "many lines", "a long line"])
async def test_a_pattern_that_runs_away_is_given_up(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stretches, "SECONDS", 1.0)
    alive = 0
    ended = threading.Event()

    def beside() -> None:
        nonlocal alive
        while not ended.wait(0.005):
            alive += 1

    thread = threading.Thread(target=beside)
    thread.start()
    try:
        with pytest.raises(TooCostly):
            await searched(Text(data), RUNAWAY)
    finally:
        ended.set()
        thread.join()
    assert alive > 5, "others had their turn"


def test_highlights_are_bounded_in_time() -> None:
    pattern = Pattern("error|é")
    assert pattern.spans("an error, é", Budget(1)) == [(3, 8), (10, 11)]
    assert Pattern("x*").spans("axxb", Budget(1)) == [(1, 3)]
    begin = time.monotonic()
    assert Pattern(RUNAWAY).spans("a" * 4000 + "!", Budget(0.05)) == []
    assert time.monotonic() - begin < 20


BAD = ("(", "[a", "*", r"(?P<n>a)(?P<n>b)", "((((a{100}){100}){100}){100})", "x" * 1001, "a{99999999999}")


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_pattern_is_said(text: str) -> None:
    with pytest.raises(BadSieve):
        Pattern(text)


def test_case_counts_only_with_capitals() -> None:
    assert Pattern("error").search("ERROR", Budget(1)) == (0, 5)
    assert Pattern("Error").search("ERROR", Budget(1)) is None
