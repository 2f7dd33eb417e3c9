"""The cursor among rows that change between what one sees and what one presses."""

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from swarm_console.panes.events import EventsPane
from swarm_console.panes.grid import Cell
from swarm_console.panes.queue import QueuePane
from swarm_console.panes.table import Table
from swarm_console.screens.package import PackageScreen
from swarm_node.model.state import Build
from tests.tui.conftest import Open, Stage
from tests.tui.story import building

IZAR, TARN = "drone-Izar", "drone-Tarn"


def queue(stage: Stage) -> Table[Build]:
    """The table of the queue."""
    return stage.app.query_one(QueuePane).table


def behind_the_picture(stage: Stage, *nodes: str) -> None:
    """Let nodes hand in what they build, known to the console and not drawn by itself."""
    stage.app.workers.cancel_group(stage.app, "draw")
    seen = stage.story.state.seq
    for node in nodes:
        stage.story.stage(node)
    news = [record for record in stage.story.told if record.seq > seen]
    stage.app.mirror.take(msgspec.json.encode({"events": news}))


async def test_what_one_sees_marked_is_what_is_meant(open_console: Open) -> None:
    async with open_console(building()) as stage:
        await stage.press("2", "down", "down")
        table = queue(stage)
        seen = table._seen[2]
        behind_the_picture(stage, IZAR)
        assert table._key(table._items[table.cursor]) != seen
        assert table.marked is not None
        assert (table.marked.id, stage.app.about.marked) == (seen, seen)
        await stage.pilot.press("enter")
        await stage.settle()
        assert isinstance(stage.app.screen, PackageScreen)
        assert stage.app.screen.build == seen


async def test_down_goes_to_the_row_below_though_the_marked_one_is_far_away_by_now(
    open_console: Open,
) -> None:
    async with open_console(building()) as stage:
        await stage.press("2")
        table = queue(stage)
        first, second = table._seen[:2]
        node = stage.story.state.attempts[stage.story.state.builds[first].attempt or 0].node
        behind_the_picture(stage, node)
        assert table._place_of(first, 0) > 2
        await stage.pilot.press("down")
        assert table.marked is not None
        assert table.marked.id == second


async def test_a_page_down_is_one_from_where_most_rows_are(open_console: Open) -> None:
    async with open_console(building(), size=(60, 16)) as stage:
        await stage.press("2")
        table = queue(stage)
        stage.app.workers.cancel_group(stage.app, "draw")
        here, page = 1, table.size.height - 2
        table.action_move(here)
        wanted = [build.id for build in table._items][here + page]
        assert wanted not in table._seen
        moved = list(table._items)
        moved.append(moved.pop(here))
        table._items = moved
        table.action_move(page)
        assert table.marked is not None
        assert table.marked.id == wanted, "not a page from where the marked one is by now"


@pytest.mark.parametrize("goes", ["to the end", "to the head", "away"])
@pytest.mark.parametrize(("here", "by"), [(-1, 1), (-1, 4), (-2, 3), (3, 9), (0, -1), (1, -3), (-1, -9)])
async def test_out_of_sight_it_is_the_row_that_follows_what_one_sees(
    goes: str, here: int, by: int, open_console: Open
) -> None:
    async with open_console(building(), size=(60, 16)) as stage:
        await stage.press("2")
        stage.app.workers.cancel_group(stage.app, "draw")
        table: Table[Any] = stage.app.query_one(QueuePane).table
        names = [f"cat/row-{number}" for number in range(60)]
        rows = [SimpleNamespace(id=name) for name in names]
        table.show(rows, lambda row: [Cell(row.id)] * len(table.columns))
        table.action_move(names.index("cat/row-30"))
        await stage.pilot.pause()
        marked = table._seen[here]
        table.action_move(names.index(marked) - table.cursor)
        wanted = names[names.index(marked) + by]
        assert table._name == marked and table._drawn_as[0] > 2
        left = rows.pop(names.index(marked))
        if goes != "away":
            rows.insert(len(rows) if goes == "to the end" else 0, left)
        table.action_move(by)
        assert table.marked is not None
        assert table.marked.id == wanted


@pytest.mark.parametrize("marked", [0, 3, -1])
@pytest.mark.parametrize("pages", [1, -1])
@pytest.mark.parametrize("long", [140, 300, 30_000])
@pytest.mark.parametrize("ended", ["most in sight", "all in sight", "more than that"])
async def test_though_most_rows_end_at_once_a_page_goes_to_what_follows_the_others(
    ended: str, long: int, marked: int, pages: int, open_console: Open
) -> None:
    async with open_console(building()) as stage:
        await stage.press("2")
        stage.app.workers.cancel_group(stage.app, "draw")
        table: Table[Any] = stage.app.query_one(QueuePane).table
        rows = [SimpleNamespace(id=f"cat/row-{number}") for number in range(long)]
        table.show(rows, lambda row: [Cell(row.id)] * len(table.columns))
        await stage.pilot.pause()
        table.action_move(60)
        await stage.pilot.pause()
        seen, by = list(table._seen), pages * len(table._seen)
        first, last = {"most": (2, -2), "all ": (0, 0), "more": (-8, 8)}[ended[:4]]
        top = table._drawn_as[0]
        over = {row.id for row in rows[top + first : top + len(seen) + last]}
        assert len(over) > len(seen) / 2 and top > len(seen) and top + 3 * len(seen) < long
        table.action_move([row.id for row in rows].index(seen[marked]) - table.cursor)
        others = [row.id for row in rows if row.id == seen[marked] or row.id not in over]
        wanted = others[others.index(seen[marked]) + by]
        rows[:] = [row for row in rows if row.id not in over] + [row for row in rows if row.id in over]
        table.action_move(by)
        assert table.marked is not None
        assert table.marked.id == wanted


async def test_the_thumb_goes_back_to_the_top_with_the_rows_of_a_filter(open_console: Open) -> None:
    async with open_console(building()) as stage:
        await stage.press("2")
        stage.app.workers.cancel_group(stage.app, "draw")
        table: Table[Any] = stage.app.query_one(QueuePane).table
        rows = [SimpleNamespace(id=f"cat/row-{number}") for number in range(30_000)]
        table.show(rows, lambda row: [Cell(row.id)] * len(table.columns))
        await stage.pilot.pause()
        table.action_move(table.size.height + 2)
        table.action_jump(0)
        table.show(rows[:60], lambda row: [Cell(row.id)] * len(table.columns))
        await stage.pilot.pause()
        bar = table.vertical_scrollbar
        assert table.scroll_y == 0 and bar.window_virtual_size == 61
        assert bar.position < 1


async def test_a_click_marks_what_one_sees(open_console: Open) -> None:
    async with open_console(building()) as stage:
        table = queue(stage)
        seen = table._seen[5]
        behind_the_picture(stage, IZAR, TARN)
        await stage.pilot.click(table, offset=(5, 6))
        assert table.marked is not None
        assert table.marked.id == seen


async def test_what_is_newest_at_the_head_is_not_what_one_sees(open_console: Open) -> None:
    async with open_console(building()) as stage:
        await stage.press("5")
        table = stage.app.query_one(EventsPane).table
        first, second = table._seen[:2]
        behind_the_picture(stage, IZAR)
        table._items = stage.app.mirror.newest(500)
        assert table._key(table._items[0]) != first
        assert table.marked is not None
        assert table._key(table.marked) == first
        await stage.pilot.press("down")
        assert table.marked is not None
        assert table._key(table.marked) == second


async def test_what_is_gone_is_not_marked_and_no_other_in_its_place(
    open_console: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen: list[str] = []
    monkeypatch.setattr(QueuePane, "opened", lambda pane, key: chosen.append(key))
    async with open_console(building()) as stage:
        await stage.press("2")
        table = queue(stage)
        seen = table._seen[0]
        table._items = [build for build in table._items if build.id != seen]
        assert table.marked is None
        table.action_choose()
        await stage.pilot.pause()
    assert chosen == [seen]
