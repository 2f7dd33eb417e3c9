"""A scroll bar is painted anew only where its thumb has moved as far as one can see, and then it is right."""

from hypothesis import example, given, settings
from hypothesis import strategies as st
from textual.scrollbar import ScrollBarRender

from swarm_console.panes.thumb import EIGHTHS, settled


def seen(position: float, rows: int, window: int, height: int) -> list[tuple[str, bool]]:
    """The bar, top to bottom: what stands in each cell, and whether it is the thumb's."""
    bar = ScrollBarRender.render_bar(height, rows, window, int(position * EIGHTHS) / EIGHTHS, 1)
    return [(text, bool(style and style.reverse)) for text, style, _ in bar.segments]


@settings(max_examples=500)
@given(st.integers(1, 60), st.integers(1, 60_000), st.integers(0, 60_000))
@example(8, 137, 137)
def test_it_looks_as_it_would_at_the_position_itself(window: int, beyond: int, position: int) -> None:
    rows, position = window + beyond, min(position, beyond)
    drawn = settled(position, rows, window, window)
    assert seen(drawn, rows, window, window) == seen(position, rows, window, window)


def test_of_a_long_list_few_positions_differ() -> None:
    found = {settled(position, 50_000, 20, 20) for position in range(50_000 - 20 + 1)}
    assert len(found) == 19 * EIGHTHS + 1


def test_of_a_short_list_and_of_none_each_does() -> None:
    assert [settled(position, 30, 20, 20) for position in (0, 1, 10)] == [0, 1, 10]
    assert settled(0, 0, 20, 20) == 0
    assert settled(3, 50, 20, 0) == 3
