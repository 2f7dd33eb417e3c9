"""Only what changed is painted again, and nothing that changed is forgotten."""

import asyncio
from collections.abc import Callable

import msgspec
import pytest
from textual.geometry import Region

from swarm_console import feed, turns
from swarm_console.panes.queue import QueuePane
from swarm_console.panes.table import Table
from swarm_console.screens import doors
from swarm_node.model import commands as c
from tests.tui.conftest import Open, Stage
from tests.tui.story import KERNEL, Story, building, busy, facts


async def same_as_painted_anew(stage: Stage) -> None:
    """What stands on the screen is what would if all of it were painted now."""
    await stage.settle()
    seen = stage.text()
    for widget in stage.app.screen.walk_children(with_self=True):
        widget.refresh()
    await stage.pilot.pause()
    assert seen.splitlines() == stage.text().splitlines()


CHANGES: dict[str, Callable[[Story], object]] = {
    "words of nodes": busy,
    "a package is staged": lambda story: story.stage("drone-Izar"),
    "and the next one begun": lambda story: story.work("drone-Izar"),
    "a package is blocked": lambda story: story.fail("drone-Tarn", KERNEL),
    "a node is drained": lambda story: story.tell(c.HoldNode(name="drone-Tarn", held=True, reason="dust")),
    "a node comes": lambda story: story.tell(c.SeeNode(name="drone-Aa", facts=facts(2, trees={}))),
    "a longer name": lambda story: story.tell(c.SeeNode(name="drone-Longshadow", facts=facts(2))),
    "time passes": lambda story: setattr(story, "now", story.now + 61.0),
    "a node is lost": lambda story: story.tell(c.Sweep(silent={"drone-Meridian": 500.0})),
    "unblocked": lambda story: story.tell(c.Unblock()),
    "from nothing": lambda story: story.tell(c.OpenSession(clear=True), c.EnterPhase(phase="idle")),
}


@pytest.mark.parametrize("size", [(120, 36), (60, 16)], ids=["wide", "small"])
async def test_after_every_change_and_key_the_screen_is_whole(
    size: tuple[int, int], open_console: Open
) -> None:
    async with open_console(building(), size=size) as stage:
        for change in CHANGES.values():
            change(stage.story)
            await same_as_painted_anew(stage)
            for key in ("down", "pagedown", "1", "up", "2", "end"):
                await stage.press(key)
                await same_as_painted_anew(stage)


async def test_a_word_of_one_node_paints_one_row(open_console: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Region, ...]] = []
    async with open_console(building()) as stage:
        busy(stage.story)
        await stage.settle()
        refresh = Table.refresh

        def noted(self: Table[object], *regions: Region, **other: bool) -> object:
            asked.append(regions)
            return refresh(self, *regions, **other)

        monkeypatch.setattr(Table, "refresh", noted)
        stage.story.progress("drone-Tarn", "install", 0.5, 3.0)
        await stage.settle()
        painted = [*asked]
    rows = {region.y for regions in painted for region in regions}
    assert all(len(regions) == 1 and regions[0].height == 1 for regions in painted), "never a whole table"
    assert 1 <= len(rows) <= 2, "the node's row, and the row of what it builds"


async def test_a_click_on_the_header_is_harmless(open_console: Open) -> None:
    async with open_console(building()) as stage:
        for table in stage.app.query(Table):
            before = table.cursor
            for times in (1, 2):
                await stage.pilot.click(table, offset=(3, 0), times=times)
                await stage.settle()
            assert table.cursor == before
            assert len(stage.app.screen_stack) == 1


async def test_a_click_below_the_last_row_is_harmless(open_console: Open) -> None:
    async with open_console(building()) as stage:
        for table in stage.app.query(Table):
            before = table.cursor
            await stage.pilot.click(table, offset=(3, table.size.height - 1), times=2)
            await stage.settle()
            if len(table._items) < table.size.height - 1:
                assert table.cursor == before
                assert len(stage.app.screen_stack) == 1


async def test_a_key_moves_from_the_row_that_one_sees(open_console: Open) -> None:
    async with open_console(building()) as stage:
        table = stage.app.query_one(QueuePane).table
        await stage.press("2", "down", "down")
        names, seen = [build.id for build in table._items], stage.story.state.seq
        stage.story.stage("drone-Izar")
        news = [record for record in stage.story.told if record.seq > seen]
        stage.app.mirror.take(msgspec.json.encode({"events": news}))
        assert [build.id for build in table._items] != names, "what stood above it is gone before it is drawn"
        table.action_move(1)
        assert table.marked is not None and table.marked.id == names[3]
        assert [cells[1].text for cells in table._drawn][:3] == names[1:4]
        await same_as_painted_anew(stage)


async def test_a_wheel_that_shows_newer_rows_leaves_the_bar_on_its_own(open_console: Open) -> None:
    async with open_console(building(), size=(60, 16)) as stage:
        table = stage.app.query_one(QueuePane).table
        await stage.press("2", "down", "down", "down")
        marked, seen = table.marked, stage.story.state.seq
        stage.story.stage("drone-Izar")
        news = [record for record in stage.story.told if record.seq > seen]
        stage.app.mirror.take(msgspec.json.encode({"events": news}))
        table.scroll_to(y=1, animate=False, immediate=True)
        lines = [strip.text for strip in table.render_lines(table.size.region)]
        assert marked is not None
        assert [line.split()[2] for line in lines if line.startswith("▌")] == [marked.id]


async def test_a_picture_in_parts_is_whole_and_may_lose_its_screen(
    open_console: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "ENOUGH", -1.0)
    monkeypatch.setattr(turns, "BREATH", 0.0)
    async with open_console(building()) as stage:
        stage.story.stage("drone-Izar")
        await stage.settle()
        await stage.app.feed._draw()
        await same_as_painted_anew(stage)
        await stage.press("2", "enter")
        depth = len(stage.app.screen_stack)
        drawing = asyncio.create_task(stage.app.feed._draw())
        await asyncio.sleep(0)
        stage.app.pop_screen()
        await drawing
        assert len(stage.app.screen_stack) == depth - 1
        await same_as_painted_anew(stage)


async def test_a_screen_left_while_those_below_it_are_drawn_is_drawn_no_more(open_console: Open) -> None:
    async with open_console(building()) as stage:
        await stage.press("2", "enter")
        doors.package(stage.app, stage.app.about.marked)  # a second one is not kept for another time
        await stage.settle()
        left = stage.app.screen
        parts = stage.app.feed._parts()
        next(parts)
        await stage.app.pop_screen()
        assert left not in stage.app.screen_stack
        assert left.is_mounted
        assert not left.children
        for _ in parts:
            pass
        await same_as_painted_anew(stage)


async def test_a_console_that_ends_while_it_is_drawn_just_ends(open_console: Open) -> None:
    async with open_console(building()) as stage:
        parts = stage.app.feed._parts()
        next(parts)
        screen = stage.app.screen
    assert not screen.children
    assert list(parts) == []
