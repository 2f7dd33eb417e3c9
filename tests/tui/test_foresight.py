"""What one is likely to open next is ready before, and looks as if nobody had foreseen it."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import pytest
from textual.screen import Screen

from swarm_console import foresight
from swarm_console.foresight import Foresight
from swarm_console.known.picture import Picture
from swarm_console.panes.blocked import BlockedPane
from swarm_console.panes.lines import LogLines
from swarm_console.panes.nodes import NodesPane
from swarm_console.panes.queue import QueuePane
from swarm_console.screens import depth, doors
from swarm_console.screens.depth import DepthScreen
from swarm_console.screens.package import PackageScreen
from tests.tui import patience, test_package
from tests.tui.conftest import Open
from tests.tui.scenes.package import CURL, MPV, failing
from tests.tui.story import Story
from tests.tui.test_again import (
    NODE,
    PACKAGE,
    WAITING,
    Opened,
    foresee,
    foreseen,
    heads,
    leave,
    looks,
    looks_when_new,
    ready,
)

SCENES = pytest.mark.parametrize(("scene", "opened", "before", "then"), [PACKAGE, WAITING, NODE])


@pytest.fixture(autouse=True)
def by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is foreseen by itself, and on a slow machine too it is not too old when it is opened."""
    monkeypatch.setattr(foresight, "GONE", -1.0)
    monkeypatch.setattr(depth, "STALE", 3600.0)


@pytest.mark.parametrize("steps", [1, 2, 5, 9, 12, 22])
@SCENES
async def test_so_does_one_of_which_a_key_kept_the_rest_from_being_done(
    scene: Callable[[], Story], opened: Opened, before: str, then: str, steps: int, open_console: Open
) -> None:
    size = (120, 36)
    wanted = [await looks_when_new(scene, opened, each, size, open_console) for each in (then, before)]
    async with open_console(scene(), size=size) as stage:
        await ready(stage)
        assert len([*islice(foreseen(stage, opened, then), steps)]) == steps
        seen = [looks(stage, await opened(stage, then))]
        await leave(stage)
        assert len([*islice(foreseen(stage, opened, then), steps)]) == steps
        seen.append(looks(stage, await opened(stage, before)))
        assert seen == wanted


async def test_opening_it_draws_nothing_and_shows_all_of_it_in_the_first_frame(
    open_console: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_console(failing()) as stage:
        await ready(stage)
        foresee(stage, test_package.opened, MPV)
        await stage.pilot.pause()
        frames: list[tuple[list[tuple[str, int, int]], str]] = []
        display = stage.app._display

        def watched(screen: Screen[Any], painted: Any) -> None:
            display(screen, painted)
            if isinstance(screen, PackageScreen):
                frames.append((heads(screen), stage.text()))

        drawn: list[Picture] = []
        kept = stage.app.get_screen("PackageScreen", PackageScreen)
        parts = kept.parts

        def noted(picture: Picture) -> Iterator[None]:
            drawn.append(picture)
            return parts(picture)

        monkeypatch.setattr(stage.app, "_display", watched)
        monkeypatch.setattr(kept, "parts", noted)
        doors.package(stage.app, MPV)
        assert not drawn
        await stage.settle()
        assert MPV in frames[0][1]
        assert frames[0][0] == frames[-1][0]


async def test_what_is_too_old_is_drawn_before_it_shows(
    open_console: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_console(failing()) as stage:
        await ready(stage)
        foresee(stage, test_package.opened, CURL)
        monkeypatch.setattr(depth, "STALE", -1.0)
        stage.app.mirror.state.builds.pop(CURL)
        doors.package(stage.app, CURL)
        await stage.pilot.pause()
        assert "it is not in the queue" in stage.text()


async def test_nothing_is_asked_of_the_swarm_before_it_shows(open_console: Open) -> None:
    async with open_console(failing()) as stage:
        await ready(stage)
        foresee(stage, test_package.opened, MPV)
        await stage.settle()
        kept = stage.app.get_screen("PackageScreen", PackageScreen)
        lines = kept.query_one(LogLines)
        assert lines.reader is not None and not lines.reader.opened
        assert kept.dossier.past.waiting and not kept.dossier.past.running
        await test_package.opened(stage, MPV)
        await patience.until(stage.pilot, lambda: lines.reader is not None and lines.reader.opened)


@pytest.mark.parametrize(
    ("pane", "name"), [(QueuePane, "PackageScreen"), (NodesPane, "NodeScreen"), (BlockedPane, "")]
)
async def test_it_is_what_enter_would_open_from_here(pane: type[Any], name: str, open_console: Open) -> None:
    async with open_console(failing()) as stage:
        await ready(stage)
        await stage.press(pane.DIGIT)
        for _ in stage.app.about.foresee():
            pass
        screens = ("PackageScreen", "NodeScreen")
        kept = {each: stage.app.get_screen(each, DepthScreen) for each in screens}
        assert [each for each in screens if kept[each]._foreseen is not None] == [*filter(None, [name])]
        if name:
            assert kept[name]._foreseen == (stage.app.about.marked, None)


async def test_nobody_looks_ahead_while_keys_are_pressed_or_nobody_is_there(
    open_console: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_console(failing()) as stage:
        await ready(stage)
        await stage.press("2")
        kept = stage.app.get_screen("PackageScreen", DepthScreen)
        for pause, gone, looked in ((3600.0, 7200.0, False), (-2.0, -1.0, False), (-1.0, 3600.0, True)):
            monkeypatch.setattr(foresight, "PAUSE", pause)
            monkeypatch.setattr(foresight, "GONE", gone)
            await Foresight(stage.app).look()
            assert (kept._foreseen is not None) is looked
