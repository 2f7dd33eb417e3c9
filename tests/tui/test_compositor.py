"""What reaches the terminal in pieces is what all parts would paint, and none paints more than it must."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest
from rich.cells import cell_len
from rich.style import Style
from textual._compositor import ChopsUpdate, Compositor, LayoutUpdate
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from swarm_console.app import SwarmConsole
from swarm_console.panes.queue import QueuePane
from swarm_console.panes.table import Table
from swarm_console.panes.top import Top
from swarm_console.screens.compositor import ThriftyCompositor
from tests.tui.conftest import Open, Stage
from tests.tui.story import building
from tests.tui.test_repaint import CHANGES

Cell = tuple[str, Style | None]
KEYS = (
    *("2", "down", "pagedown", "end", "slash", "d", "e", "escape"),
    *("enter", "2", "down", "4", "end", "home", "escape"),
    *("1", "enter", "1", "pagedown", "question_mark", "down", "n", "escape", "escape"),
    *("R", "tab", "escape", "ctrl+p", "t", "down", "escape", "f", "down", "escape", "w", "escape", "5", "up"),
)


class Grid:
    """A terminal, as far as it is written to piece by piece."""

    def __init__(self) -> None:
        self.cells: dict[tuple[int, int], Cell] = {}
        self.pieces = 0

    def take(self, update: object) -> None:
        if isinstance(update, LayoutUpdate):
            for y, strips in enumerate(update.strips):
                self._put(0, y, Strip.join(strips))
        elif isinstance(update, ChopsUpdate):
            for y, left, right in update.spans:
                for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
                    if x < right and left < end:
                        assert strip is not None, f"nobody painted line {y} from {x}"
                        self._put(x, y, strip.crop(0, min(end, right) - x))
                        self.pieces += 1

    def _put(self, x: int, y: int, strip: Strip) -> None:
        for cell in cells(strip):
            self.cells[x, y] = cell
            x += 1


def cells(strip: Strip) -> Iterator[Cell]:
    """Text and style, column by column."""
    for text, style, _ in strip:
        look = style.clear_meta_and_links() if style else None
        for letter in text:
            yield letter, look
            yield from [("", look)] * (cell_len(letter) - 1)


@pytest.fixture
def grid(monkeypatch: pytest.MonkeyPatch) -> Grid:
    """The terminal of the console that is opened next."""
    found, display = Grid(), SwarmConsole._display

    def shown(self: SwarmConsole, screen: Screen[Any], update: Any) -> None:
        if not self._batch_count:
            found.take(update)
        display(self, screen, update)

    monkeypatch.setattr(SwarmConsole, "_display", shown)
    return found


def painted_by_all(screen: Screen[Any]) -> dict[tuple[int, int], Cell]:
    """What Textual's own compositor makes of the screen, when every part of it paints itself anew."""
    for widget in screen.walk_children(with_self=True):
        widget._styles_cache.clear()
        if isinstance(widget, Table):
            widget._strips.clear()
    size = screen.app.size
    lines = Compositor._render_chops(screen._compositor, size.region, lambda y: True)
    return {
        (x, y): cell
        for y, line in enumerate(lines[: size.height])
        for x, cell in enumerate(cells(Strip.join(line.values())))
    }


async def is_whole(stage: Stage, grid: Grid) -> None:
    await stage.settle()
    wanted = painted_by_all(stage.app.screen)
    shown = {place: grid.cells.get(place) for place in wanted}
    assert {place: (shown[place], cell) for place, cell in wanted.items() if shown[place] != cell} == {}


@pytest.mark.parametrize("size", [(120, 36), (200, 60), (60, 16)], ids=["usual", "large", "small"])
async def test_after_every_change_and_key_the_terminal_shows_what_all_parts_would(
    size: tuple[int, int], open_console: Open, grid: Grid
) -> None:
    async with open_console(building(), size=size) as stage:
        assert isinstance(stage.app.screen._compositor, ThriftyCompositor)
        await is_whole(stage, grid)
        keys = iter(KEYS)
        for change in CHANGES.values():
            change(stage.story)
            await is_whole(stage, grid)
            for key in islice(keys, 4):
                await stage.press(key)
                await is_whole(stage, grid)
        for key in keys:
            await stage.press(key)
            await is_whole(stage, grid)
    assert grid.pieces > 500


def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[Widget]:
    """How many lines each part paints from now on; tables do it in their own way."""
    painted: Counter[Widget] = Counter()
    for kind in (Widget, Table):

        def noted(self: Any, crop: Region, render: Any = kind.render_lines) -> list[Strip]:
            painted[self] += crop.height
            return render(self, crop)

        monkeypatch.setattr(kind, "render_lines", noted)
    return painted


async def test_a_figure_on_top_and_a_row_paint_themselves_and_nothing_else(
    open_console: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_console(building()) as stage:
        table, top = stage.app.query_one(QueuePane).table, stage.app.query_one(Top)
        painted = counted(monkeypatch)
        top.refresh(Region(0, 1, 10, 1))
        table._refresh_row(3)
        await stage.pilot.pause()
    assert painted == {table: 1, top: 1}


async def test_what_lies_behind_others_paints_nothing(
    open_console: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_console(building()) as stage:
        painted = counted(monkeypatch)
        stage.app.screen.refresh()
        await stage.pilot.pause()
        assert stage.app.query_one(QueuePane) in painted
        assert stage.app.screen.query_one("#panes") not in painted, "its panes leave nothing of it in sight"
