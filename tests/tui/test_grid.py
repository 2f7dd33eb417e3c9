"""Columns share a width, cells keep to it, bars and curves say what they should."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from swarm_console.panes.grid import GAP, MOST, Column, fit
from swarm_console.words.fitting import placed
from swarm_console.words.meters import bar, sparkline
from swarm_console.words.spans import crop, length

COLUMNS = st.lists(
    st.builds(
        Column,
        title=st.just("x"),
        width=st.integers(1, 40),
        flex=st.integers(0, 4),
        spare=st.integers(0, 5),
    ),
    min_size=1,
    max_size=8,
)


@given(COLUMNS, st.integers(0, 300))
def test_columns_fit(columns: list[Column], width: int) -> None:
    widths = fit(columns, width)
    shown = [wide for wide in widths if wide]
    assert len(widths) == len(columns)
    assert all(wide >= 0 for wide in widths)
    if width >= sum(column.width for column in columns) + GAP * (len(columns) - 1):
        assert all(wide >= column.width for wide, column in zip(widths, columns, strict=True))
    if width >= GAP * len(columns) + len(columns):
        assert sum(shown) + GAP * (len(shown) - 1) <= width


@given(COLUMNS, st.integers(40, 300))
def test_flexible_columns_fill_the_line(columns: list[Column], width: int) -> None:
    widths = fit(columns, width)
    shown = [number for number, wide in enumerate(widths) if wide]
    if any(columns[number].flex for number in shown):
        filled = sum(widths) + GAP * (len(shown) - 1)
        room = [
            columns[n].width + MOST * columns[n].flex for n in shown if columns[n].flex and n != shown[-1]
        ]
        full = [widths[n] for n in shown if columns[n].flex and n != shown[-1]]
        assert filled == width or (filled < width and full == room)


def test_what_is_spare_goes_first() -> None:
    columns = (Column("a", 10), Column("b", 10, spare=1), Column("c", 10, spare=2))
    assert fit(columns, 34) == (10, 10, 10)
    assert fit(columns, 33) == (10, 10, 0)
    assert fit(columns, 21) == (10, 0, 0)
    assert fit(columns, 6) == (6, 0, 0)


@given(st.text(max_size=60), st.integers(1, 50), st.booleans())
def test_a_cell_takes_exactly_its_width(text: str, width: int, right: bool) -> None:
    assert cell_len(placed(text, width, right)) == width


def test_a_cut_shows() -> None:
    assert placed("www-client-firefox", 8) == "www-cli…"
    assert placed("● www-client/firefox", 16) == "● www-c…/firefox"
    assert placed("www-client/firefox-140.0@desktop", 20) == "…/firefox-140.0@des…"
    assert placed("日本語版", 6) == "日本… "
    assert placed("12", 5, right=True) == "   12"


@given(st.lists(st.tuples(st.text(max_size=20), st.just("")), max_size=6), st.integers(0, 60))
def test_spans_are_cut_to_a_width(spans: list[tuple[str, str]], width: int) -> None:
    assert length(crop(spans, width)) <= width


def test_bars() -> None:
    assert bar(0.5, 4) == "━━╌╌"
    assert bar(-1, 3) == "╌╌╌"
    assert bar(7, 3) == "━━━"


def test_curves() -> None:
    assert sparkline([0, 4, 8], 3, top=8.0) == "▁▄█"
    assert sparkline([16], 2, top=8.0) == " █"
    assert sparkline([], 3) == "   "
