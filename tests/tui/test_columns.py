"""Every list of every screen in three widths: nothing is cut or left out while there is room for it."""

from collections.abc import AsyncIterator, Iterator
from typing import Any, NamedTuple

import pytest
from rich.cells import cell_len

from swarm_console.panes.frame import Frame
from swarm_console.panes.grid import GAP, Cell, Column
from swarm_console.panes.pane import Pane
from swarm_console.screens.paned import PanedScreen
from tests.tui.conftest import Open, Stage
from tests.tui.scenes import pictures

SIZES = {"60": (60, 20), "200": (200, 60), "640": (640, 180)}
WIDEST = SIZES["640"]
SCENES = (
    *("building-120x36", "blocked-120x36", "risk-120x36", "cluster", "package-waiting-120x36"),
    *("package-staged-120x36", "node-building-120x36", "node-refused", "releases-120x36"),
    *("release-contents-120x36", "release-difference-120x36", "release-risk", "sessions"),
)
"""Between them every list there is, each with something in it."""
PICTURES = pictures()


class Drawn(NamedTuple):
    """A list as it stands on the screen: its columns with their widths, its rows, what it may take."""

    name: str
    columns: list[tuple[Column, int]]
    rows: list[tuple[Cell, ...]]
    room: int

    @property
    def taken(self) -> int:
        """Of the room, with the gaps."""
        return width_of([width for _, width in self.columns if width])

    def cut(self) -> Iterator[tuple[Column, str]]:
        """Titles and cells that do not show in full."""
        for place, (column, width) in enumerate(self.columns):
            texts = [column.title, *(row[place].text for row in self.rows)]
            yield from ((column, text) for text in texts if 0 < width < cell_len(text))


def width_of(widths: list[int]) -> int:
    return sum(widths) + GAP * (len(widths) - 1)


async def every_list(stage: Stage) -> AsyncIterator[Drawn]:
    """Those of all panes, one after the other where one shows at a time."""
    screen = stage.app.screen
    if not screen.has_class("-small") or not isinstance(screen, PanedScreen):
        for each in lists(stage):
            yield each
        return
    for pane in screen.PANES:
        await stage.press(pane.DIGIT)
        for each in lists(stage):
            yield each


def lists(stage: Stage) -> list[Drawn]:
    """Those that can be seen."""
    found: list[Drawn] = []
    for pane in stage.app.screen.query(Pane):
        table: Any = pane.table
        if table.size.height > 1:
            columns = list(zip(table.columns, table._strips.widths, strict=True))
            room = table.scrollable_content_region.width - 2
            found.append(Drawn(type(pane).__name__, columns, list(table._drawn), room))
    return found


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("name", SCENES)
async def test_nothing_is_cut_or_left_out_while_there_is_room(
    name: str, size: tuple[int, int], open_console: Open
) -> None:
    scene = PICTURES[name]
    async with open_console(scene.begin(), size=size, **scene.answers) as stage:
        await scene.act(stage)
        seen = [each async for each in every_list(stage)]
        assert seen
        for each in seen:
            shown = [column for column, width in each.columns if width]
            assert each.taken <= each.room, each
            left_out = [column for column, width in each.columns if not width]
            if left_out:
                first = min(left_out, key=lambda column: column.spare)
                least = width_of([column.width for column in (*shown, first)])
                assert least > each.room, f"{first.title} would fit: {each}"
                assert first.spare > max(column.spare for column in shown), "the least needed go first"
            for column, text in each.cut():
                assert column.flex, f"{text!r} of a column that never grows: {each}"
                assert each.taken == each.room, f"{text!r} while there is room: {each}"
            if size == WIDEST:
                assert not list(each.cut()) and len(shown) == len(each.columns), each
            elif any(column.flex for column in shown):
                assert each.taken > each.room // 2, f"half of it is empty: {each}"


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("name", ["building-120x36", "package-staged-120x36", "node-building-120x36"])
async def test_panes_leave_no_part_of_the_screen_empty(
    name: str, size: tuple[int, int], open_console: Open
) -> None:
    scene = PICTURES[name]
    async with open_console(scene.begin(), size=size, **scene.answers) as stage:
        await scene.act(stage)
        screen = stage.app.screen
        assert isinstance(screen, PanedScreen)
        whole = screen.query_one("#panes").region
        frames = [pane.region for pane in screen.query(Frame) if pane.region.area]
        assert whole.width == size[0]
        assert sum(frame.area for frame in frames) == whole.area
        assert size[0] == 60 or len(frames) == len(screen.PANES), "where there is room all show"
