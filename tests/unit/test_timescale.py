"""Stretches of time on rows of cells: zoom, scrolling, ticks, and lanes as pieces of a row."""

import time
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_console.panes.bars import Piece, Scope, below, label, pieces
from swarm_console.words.timescale import (
    SHORTEST,
    Window,
    cell,
    fitted,
    moment,
    moved,
    shown,
    ticks,
    within,
    zoomed,
)
from swarm_node.model.lanes import Lane
from swarm_node.model.state import Attempt

DAY = Window(1_795_000_000.0, 86_400.0)
windows = st.builds(Window, st.floats(0, 86_000).map(DAY.left.__add__), st.floats(SHORTEST, 86_400.0)).map(
    lambda window: within(window, DAY)
)


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@given(windows, st.floats(0.01, 100.0), st.floats(0, 1))
def test_the_zoom_keeps_its_place_and_stays_in_the_whole(window: Window, factor: float, share: float) -> None:
    around = window.left + share * window.seconds
    found = zoomed(window, DAY, factor, around)
    assert SHORTEST <= found.seconds <= DAY.seconds
    assert DAY.left - 1e-3 <= found.left
    assert found.right <= DAY.right + 1e-3
    touches = found.left <= DAY.left + 1e-3 or found.right >= DAY.right - 1e-3
    assert touches or (around - found.left) / found.seconds == pytest.approx(share, abs=1e-3)


@given(windows, st.floats(-3, 3))
def test_scrolling_goes_no_further_than_the_ends(window: Window, share: float) -> None:
    found = moved(window, DAY, share)
    assert found.seconds == window.seconds
    assert DAY.left - 1e-3 <= found.left <= DAY.right - found.seconds + 1e-3


@given(windows, st.floats(0, 86_400), st.floats(0, 86_400))
def test_a_bar_comes_in_sight(window: Window, start: float, length: float) -> None:
    begin = DAY.left + start
    end = min(begin + length, DAY.right)
    found = shown(window, DAY, begin, end)
    assert found.seconds == window.seconds
    assert found.left <= begin + 1e-3 or begin > DAY.right - found.seconds
    assert begin <= found.right + 1e-3
    assert end <= found.right + 1e-3 or end - begin > found.seconds or found.left == pytest.approx(begin)


def test_a_window_that_fits_grows_in_steps() -> None:
    lengths = {fitted(0.0, float(end), 100).seconds for end in range(1000, 1100)}
    assert len(lengths) <= 11
    assert all(fitted(0.0, float(end), 100).seconds > end for end in range(0, 100_000, 777))


@given(windows, st.integers(20, 300))
def test_ticks_are_round_and_leave_room_for_their_labels(window: Window, width: int) -> None:
    found = ticks(window, width)
    assert all(tick.cell >= 0 and tick.cell + len(tick.label) < width for tick in found)
    assert all(one.cell + len(one.label) < other.cell for one, other in pairwise(found))
    assert found or width < 40


def test_ticks_name_the_clock() -> None:
    hour = Window(DAY.left - DAY.left % 3600, 3600.0)
    assert [tick.label for tick in ticks(hour, 80)][:3] == ["11:10", "11:20", "11:30"]
    assert ticks(hour._replace(seconds=60.0), 80)[0].label == "11:00:10"[:6] + "10"
    days = Window(DAY.left, 20 * 86_400.0)
    assert all(tick.label[-3:].isalpha() for tick in ticks(days, 120))


# -- lanes as pieces


def lane(*spans: tuple[float, float | None, str]) -> Lane:
    made = Lane("izar")
    for number, (begin, end, outcome) in enumerate(spans, 1):
        made.add(
            Attempt(number, f"app-misc/p{number}-1", "izar", 1, begin, ended=end, outcome=outcome)  # type: ignore[arg-type]
        )
    return made


def scope(left: float, seconds: float, width: int, end: float = 100.0, now: float = 100.0) -> Scope:
    return Scope(Window(left, seconds), width, 0.0, end, now)


def drawn(found: list[Piece]) -> list[tuple[int, str]]:
    return [(piece.cells, piece.kind) for piece in found]


def test_bars_and_the_idle_time_between() -> None:
    found = pieces(lane((10.0, 30.0, "staged"), (50.0, 60.0, "failed")), scope(0, 120, 12), 0.0)
    assert drawn(found) == [
        (1, "idle"),
        (2, "staged"),
        (2, "idle"),
        (1, "failed"),
        (4, "idle"),
        (2, "blank"),
    ]


def test_an_open_attempt_shows_what_it_should_still_take() -> None:
    found = pieces(lane((80.0, None, "open")), scope(0, 120, 12), 115.0)
    assert drawn(found) == [(8, "idle"), (2, "open"), (2, "rest")]
    assert below(found[1], scope(0, 120, 12), 115.0) == ""
    wide = scope(0, 120, 120)
    rest = pieces(lane((80.0, None, "open")), wide, 115.0)
    assert [below(piece, wide, 115.0) for piece in rest[1:3]] == [" 0:20", " 0:15"]


def test_what_began_or_ended_out_of_sight_is_cut() -> None:
    long = lane((0.0, 90.0, "staged"), (90.0, 95.0, "lost"))
    assert drawn(pieces(long, scope(20, 40, 10), 0.0)) == [(10, "staged")]
    assert drawn(pieces(long, scope(95, 10, 5, end=95.0), 0.0)) == [(5, "blank")]
    assert drawn(pieces(lane(), scope(0, 100, 10), 0.0)) == [(10, "idle")]


def test_many_that_share_a_cell_say_whether_any_failed() -> None:
    quick = [(float(n), n + 0.9, "failed" if n == 12 else "staged") for n in range(20)]
    found = pieces(lane(*quick), scope(0, 100, 10), 0.0)
    assert [piece.kind for piece in found[:2]] == ["many", "many"]
    assert sum(piece.bad for piece in found) == 1
    assert [label(piece, False) for piece in found if piece.kind == "many"].count("✗") == 1


def test_a_bar_of_no_length_is_seen() -> None:
    assert drawn(pieces(lane((50.0, 50.0, "recalled")), scope(0, 100, 10), 0.0))[1] == (1, "recalled")
    begun = scope(50.0, 100, 10, end=50.0, now=50.0)
    assert drawn(pieces(lane((50.0, None, "open")), begun, 80.0)) == [(1, "open"), (2, "rest"), (7, "blank")]


@given(
    st.lists(st.tuples(st.floats(0, 20), st.floats(0, 20)), max_size=40),
    st.floats(-50, 500),
    st.floats(1, 600),
    st.integers(1, 120),
    st.booleans(),
)
def test_pieces_fill_the_row_and_bars_keep_their_order(
    spans: list[tuple[float, float]], left: float, seconds: float, width: int, running: bool
) -> None:
    made, at = [], 0.0
    for gap, length in spans:
        made.append((at + gap, at + gap + length, "staged"))
        at += gap + length
    if running and made:
        made[-1] = (made[-1][0], None, "open")  # type: ignore[assignment]
    found = pieces(lane(*made), scope(left, seconds, width, end=at, now=at), at + 30.0)
    assert sum(piece.cells for piece in found) == width
    assert all(piece.cells > 0 for piece in found)
    numbers = [p.attempt.number for p in found if p.attempt is not None and p.kind != "rest"]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize(
    ("cells", "on_path", "text"),
    [
        (1, False, "✓"),
        (1, True, "◆"),
        (2, True, "✓◆"),
        (5, False, "✓"),
        (6, False, "✓ p1-1"),
        (30, True, "✓◆ app-misc/p1-1"),
    ],
)
def test_labels_say_what_there_is_room_for(cells: int, on_path: bool, text: str) -> None:
    attempt = Attempt(1, "app-misc/p1-1", "izar", 1, 0.0, ended=1.0, outcome="staged")
    assert label(Piece(cells, "staged", attempt), on_path) == text


@given(windows, st.integers(1, 300), st.floats(0, 1))
def test_cells_and_moments_agree(window: Window, width: int, share: float) -> None:
    at = window.left + share * window.seconds
    assert moment(window, width, cell(window, width, at)) == pytest.approx(at, abs=window.seconds / width)
