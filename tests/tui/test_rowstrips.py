"""A row of a table is made into a strip once, wherever it stands, until it looks otherwise."""

from typing import Any

import pytest

from swarm_console.panes.queue import QueuePane
from swarm_console.panes.rowstrips import KEPT, RowStrips
from tests.tui.conftest import Open
from tests.tui.story import building


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The rows for which strips were made, by what stands in them."""
    found, make = list[str](), RowStrips._made

    def noted(self: RowStrips, cells: Any, part: str, mark: str) -> Any:
        found.append(" ".join(cell.text for cell in cells))
        return make(self, cells, part, mark)

    monkeypatch.setattr(RowStrips, "_made", noted)
    return found


async def test_rows_that_scroll_are_not_made_again(open_console: Open, made: list[str]) -> None:
    async with open_console(building(), size=(60, 16)) as stage:
        table = stage.app.query_one(QueuePane).table
        await stage.press("2")
        shown = len(table._drawn)
        assert shown < len(table._items), "there is something to scroll to"
        made.clear()
        for _ in range(3):
            table.scroll_to(y=1, animate=False)
            await stage.pilot.pause()
            table.scroll_to(y=0, animate=False)
            await stage.pilot.pause()
        assert len(made) == 1, "the one that came into sight"


async def test_a_bar_that_moves_makes_the_two_rows_it_is_on(open_console: Open, made: list[str]) -> None:
    async with open_console(building()) as stage:
        await stage.press("2")
        made.clear()
        await stage.press("down")
        first, second = (" ".join(cell.text for cell in cells) for cells in table_rows(stage)[:2])
        assert made == [first, second]
        await stage.press("up", "down")
        assert made == [first, second]


async def test_another_theme_makes_all_rows_anew(open_console: Open, made: list[str]) -> None:
    async with open_console(building()) as stage:
        await stage.press("2")
        made.clear()
        stage.app.theme = next(name for name in stage.app.available_themes if name != stage.app.theme)
        await stage.settle()
        rows = {" ".join(cell.text for cell in cells) for cells in table_rows(stage)}
        assert rows <= set(made)


async def test_no_more_are_kept_than_one_may_come_back_to(open_console: Open, made: list[str]) -> None:
    async with open_console(building(), size=(60, 16)) as stage:
        table = stage.app.query_one(QueuePane).table
        await stage.press("2")
        room = table.size.height - 1
        for number in range(50 * KEPT):
            stage.story.now += 61.0
            await stage.press("end" if number % 2 else "home")
            assert len(table._strips._kept) <= KEPT * room + 1
        assert len(made) > KEPT * room + 1


def table_rows(stage: Any) -> list[Any]:
    """What stands in the queue."""
    return list(stage.app.query_one(QueuePane).table._drawn)
