"""Reading the screens in depth: which frames show, and what stands in them whether it shows or not."""

from collections.abc import Callable
from typing import Any

from textual.screen import Screen

from swarm_console.panes.frame import Frame
from swarm_console.panes.prose import LABEL, Prose
from swarm_console.screens.paned import PanedScreen
from tests.tui import patience
from tests.tui.conftest import Stage


async def until(stage: Stage, true: Callable[[], bool]) -> None:
    """Wait for what a thread brings, then draw it."""

    def drawn() -> bool:
        stage.app.feed.draw()
        return true()

    await patience.until(stage.pilot, drawn)
    await stage.settle()


def frames(screen: Screen[Any]) -> list[Frame]:
    """Those that show."""
    return [frame for frame in screen.query(Frame) if frame.size and frame.is_on_screen]


async def digits_bring_frames(stage: Stage, screen: PanedScreen) -> None:
    """Every digit brings its frame to the front and the focus into it, beside others where there is room."""
    small = screen.has_class("-small")
    for pane in screen.PANES:
        await stage.press(pane.DIGIT)
        assert screen.present == pane.__name__
        assert screen.query_one(pane) in frames(screen)
        assert len(frames(screen)) == (1 if small else len(screen.PANES))
        assert stage.app.focused is not None
        assert screen.query_one(pane) in stage.app.focused.ancestors_with_self


def text_of(screen: Screen[Any], pane: type[Frame]) -> str:
    """Every line of a frame's texts."""
    lines = [line for prose in screen.query_one(pane).query(Prose) for line in prose._lines]
    return "\n".join("".join(text for text, _ in line) for line in lines)


def lines_of(screen: Screen[Any], pane: type[Frame]) -> dict[str, str]:
    """The named facts of a frame's text."""
    lines = text_of(screen, pane).splitlines()
    return {line[:LABEL].strip(): line[LABEL + 2 :] for line in lines if len(line) > LABEL}


def rows(screen: Screen[Any], pane: type[Frame]) -> list[tuple[str, ...]]:
    """The cells of a frame's table, row by row."""
    table: Any = screen.query_one(pane)
    return [tuple(cell.text for cell in table.cells(item)) for item in table.items(table.picture)]
