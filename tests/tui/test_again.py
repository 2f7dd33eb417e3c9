"""A screen in depth that was left is shown again for another subject, and looks as one newly made."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from textual.screen import Screen

from swarm_console import foresight
from swarm_console.panes.lines import LogLines
from swarm_console.screens import depth, doors
from swarm_console.screens.depth import DepthScreen
from swarm_console.screens.package import PackageScreen
from tests.tui import patience, test_node, test_package
from tests.tui.conftest import Open, Stage
from tests.tui.scenes.node import used
from tests.tui.scenes.package import CURL, FIREFOX, MPV, failing, held_up
from tests.tui.story import Story

Opened = Callable[[Stage, str], Awaitable[DepthScreen]]
PACKAGE = (failing, test_package.opened, MPV, CURL)
WAITING = (held_up, test_package.opened, "mail-client/thunderbird-140.0", FIREFOX)
NODE = (used, test_node.opened, test_node.IZAR, "drone-Tarn")
BUSY = {
    "nothing": (),
    "another pane": ("3",),
    "a filter": ("3", "slash", "z", "z", "enter"),
    "a bad filter": ("3", "slash", "left_square_bracket"),
    "a mark": ("3", "end"),
    "all of it": ("1", "end", "2", "home", "3", "down", "z"),
}


async def leave(stage: Stage) -> None:
    """Back to the dashboard, however deep."""
    while len(stage.app.screen_stack) > 1:
        await stage.press("escape")


def looks(stage: Stage, screen: DepthScreen) -> tuple[str, str, str, type[object]]:
    """What it is about, the pane one is in, all that stands there, and what has the focus."""
    return screen.marked, screen.present, stage.text(), type(stage.app.focused)


async def looks_when_new(
    scene: Callable[[], Story], opened: Opened, subject: str, size: tuple[int, int], open_console: Open
) -> tuple[str, str, str, type[object]]:
    """The same of the first one in a console of its own."""
    async with open_console(scene(), size=size) as stage:
        return looks(stage, await opened(stage, subject))


def foreseen(stage: Stage, opened: Opened, subject: str) -> Iterator[None]:
    """The steps in which a package or a node is made ready."""
    ahead = doors.foresee_node if opened is test_node.opened else doors.foresee_package
    return ahead(stage.app, subject)


def foresee(stage: Stage, opened: Opened, subject: str) -> None:
    """All of them."""
    for _ in foreseen(stage, opened, subject):
        pass


@pytest.mark.parametrize("ahead", [False, True], ids=["opened", "foreseen"])
@pytest.mark.parametrize("size", [(120, 36), (60, 16)], ids=["wide", "small"])
@pytest.mark.parametrize("keys", BUSY.values(), ids=BUSY)
@pytest.mark.parametrize(("scene", "opened", "before", "then"), [PACKAGE, WAITING, NODE])
async def test_nothing_is_left_of_what_was_there_before(
    scene: Callable[[], Story],
    opened: Opened,
    before: str,
    then: str,
    keys: tuple[str, ...],
    size: tuple[int, int],
    ahead: bool,
    open_console: Open,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(depth, "STALE", 3600.0)
    wanted = await looks_when_new(scene, opened, then, size, open_console)
    async with open_console(scene(), size=size) as stage:
        first = await opened(stage, before)
        await stage.press(*keys)
        await leave(stage)
        if ahead:
            foresee(stage, opened, then)
        again = await opened(stage, then)
        assert again is first
        assert looks(stage, again) == wanted


@pytest.mark.parametrize("size", [(120, 36), (60, 16)], ids=["wide", "small"])
@pytest.mark.parametrize(("scene", "opened", "before", "then"), [PACKAGE, WAITING, NODE])
async def test_one_made_before_it_is_wanted_looks_as_any_other(
    scene: Callable[[], Story],
    opened: Opened,
    before: str,
    then: str,
    size: tuple[int, int],
    open_console: Open,
) -> None:
    wanted = await looks_when_new(scene, opened, then, size, open_console)
    async with open_console(scene(), size=size) as stage:
        await stage.pilot.resize_terminal(200, 60)
        made = await ready(stage)
        stage.app.theme = "swarm-light"
        await stage.pilot.resize_terminal(*size)
        await stage.settle()
        first = await opened(stage, then)
        assert first in made
        assert looks(stage, first) == wanted
        colour = first.query_one(".about").styles.color
        first.update_node_styles(animate=False)
        assert colour == first.query_one(".about").styles.color


async def test_the_next_are_made_while_no_key_is_pressed_and_once(
    open_console: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_console(failing()) as stage:
        installed, ahead = stage.app._installed_screens, foresight.Foresight(stage.app)
        await ahead.look()
        assert not installed
        monkeypatch.setattr(foresight, "LULL", -1.0)
        await ahead.look()
        made = dict(installed)
        assert set(made) == {"PackageScreen", "NodeScreen"}
        await foresight.Foresight(stage.app).look()
        assert installed == made


async def ready(stage: Stage) -> list[Screen[Any]]:
    """The screens that are made before they are wanted, mounted."""
    doors.make_ready(stage.app)
    made = [stage.app.get_screen(name) for name in ("PackageScreen", "NodeScreen")]
    await patience.until(stage.pilot, lambda: all(each.is_mounted for each in made))
    return made


async def test_one_that_lies_below_is_left_alone(open_console: Open) -> None:
    async with open_console(held_up()) as stage:
        below = await test_package.opened(stage, FIREFOX)
        await stage.press("3", "slash", "r")
        seen = stage.text()
        above = await test_package.opened(stage, "dev-lang/rust-1.88.0")
        assert above is not below
        assert (below.build, above.build) == (FIREFOX, "dev-lang/rust-1.88.0")
        await stage.press("escape")
        assert stage.text() == seen


@pytest.mark.parametrize("again", [False, True], ids=["the first time", "another time"])
async def test_keys_that_come_before_it_shows_do_no_harm(again: bool, open_console: Open) -> None:
    async with open_console(failing()) as stage:
        if again:
            await test_package.opened(stage, MPV)
            await leave(stage)
        for number in (CURL, MPV):
            doors.package(stage.app, number)
        first, second = stage.app.screen_stack[-2:]
        assert first is not second
        stage.app.pop_screen()
        stage.app.pop_screen()
        doors.package(stage.app, CURL)
        await stage.settle()
        shown = await test_package.opened(stage, MPV)
        assert shown.build == MPV
        assert f"{MPV}   " in stage.text()
        await stage.press("escape")
        assert f"{CURL}   " in stage.text()
        await stage.press("escape")
        assert len(stage.app.screen_stack) == 1


async def test_a_theme_and_a_size_that_came_meanwhile_are_its_own(open_console: Open) -> None:
    async with open_console(failing()) as stage:
        first = await test_package.opened(stage, MPV)
        await leave(stage)
        stage.app.theme = "swarm-light"
        await stage.pilot.resize_terminal(60, 20)
        await stage.settle()
        again = await test_package.opened(stage, CURL)
        assert again is first
        assert again.has_class("-small")
        colours = (
            again.query_one(".about").styles.color,
            again.query_one("#WhyPane").styles.border_title_color,
        )
        seen = stage.text()
        for part in again.walk_children(with_self=True):
            part.refresh()
        again.update_node_styles(animate=False)
        await stage.settle()
        assert stage.text() == seen
        assert colours == (
            again.query_one(".about").styles.color,
            again.query_one("#WhyPane").styles.border_title_color,
        )


async def test_nothing_more_of_its_log_is_read_once_it_is_left(open_console: Open) -> None:
    async with open_console(failing()) as stage:
        screen = await test_package.opened(stage, MPV)
        lines = screen.query_one(LogLines)
        assert lines.reader is not None
        await leave(stage)
        assert lines.reader is None


async def test_its_first_frame_is_right(open_console: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_console(failing()) as stage:
        await test_package.opened(stage, CURL)
        await leave(stage)
        screens = []
        display = stage.app._display

        def watched(screen: Screen[Any], painted: Any) -> None:
            display(screen, painted)
            if isinstance(screen, PackageScreen):
                screens.append(heads(screen))

        monkeypatch.setattr(stage.app, "_display", watched)
        await test_package.opened(stage, MPV)
        assert screens[0] == screens[-1]


def heads(screen: Screen[Any]) -> list[tuple[str, int, int]]:
    """On which row each part stands, and its height; a scroll bar may come a frame later."""
    parts = screen.query(".about, .finding, Choice, Frame")
    return [(str(part), part.region.y, part.region.height) for part in parts]
