"""What lies below another screen: seen through a dialog it stays true, below an opaque screen it waits."""

import pytest
from textual.screen import Screen
from textual.widgets._toast import Toast

from swarm_console.screens import doors
from tests.tui import patience, test_package
from tests.tui.conftest import Open, Stage
from tests.tui.scenes.package import CURL, MPV, failing

WIDE, SMALL = (120, 36), (60, 20)


def painted(stage: Stage) -> list[str]:
    """The names of the screens that are painted from now on."""
    names: list[str] = []
    display = stage.app._display

    def watched(screen: Screen[object], update: object) -> None:
        names.append(type(screen).__name__)
        display(screen, update)  # type: ignore[arg-type]

    stage.app._display = watched  # type: ignore[method-assign, assignment]
    return names


async def test_what_changes_below_two_dialogs_shines_through_both(open_console: Open) -> None:
    async with open_console(failing()) as stage:
        await stage.press("R", "question_mark")
        assert [type(screen).__name__ for screen in stage.app.screen_stack] == [
            "Dashboard",
            "Confirm",
            "HelpScreen",
        ]
        stage.app.orders.busy["reset"] = "Turning it over"
        stage.app.feed.draw()
        await stage.pilot.pause()
        assert "Turning it over" in stage.app.export_screenshot(simplify=True).replace("&#160;", " ")


async def test_nothing_below_an_opaque_screen_is_painted(open_console: Open) -> None:
    async with open_console(failing()) as stage:
        await test_package.opened(stage, MPV)
        assert stage.app._background_screens == []
        names = painted(stage)
        stage.app.orders.busy["reset"] = "Turning it over"
        stage.app.feed.draw()
        await stage.pilot.pause()
        assert set(names) == {"PackageScreen"}
        names.clear()
        await stage.press("escape")
        assert names[0] == "Dashboard"
        assert "Turning it over" in stage.text()


@pytest.mark.parametrize("deep", [1, 2])
@pytest.mark.parametrize(("first", "then"), [(WIDE, SMALL), (SMALL, WIDE)], ids=["smaller", "larger"])
async def test_a_size_that_came_meanwhile_is_that_of_the_first_frame(
    deep: int, first: tuple[int, int], then: tuple[int, int], open_console: Open
) -> None:
    async with open_console(failing(), size=then) as stage:
        wanted = stage.text()
    async with open_console(failing(), size=first) as stage:
        for build in (MPV, CURL)[:deep]:
            doors.package(stage.app, build)
            await stage.settle()
        await stage.pilot.resize_terminal(*then)
        await stage.settle()
        for _ in range(deep):
            await stage.press("escape")
        assert stage.text() == wanted


async def test_what_was_said_stands_on_the_uppermost_screen_alone(open_console: Open) -> None:
    async with open_console(failing()) as stage:
        stage.app.tell("a word")
        await patience.until(stage.pilot, lambda: toasts(stage.app.screen))
        below = stage.app.screen
        await stage.press("question_mark")
        await patience.until(stage.pilot, lambda: toasts(stage.app.screen) and not toasts(below))
        stage.app.clear_notifications()
        await patience.until(stage.pilot, lambda: not toasts(stage.app.screen))
        stage.app.tell("another word")
        await stage.press("escape")
        await patience.until(stage.pilot, lambda: toasts(below) == ["another word"])


def toasts(screen: Screen[object]) -> list[str]:
    """What is said on a screen."""
    return [toast._notification.message for toast in screen.query(Toast)]
