"""The releases: the list, any two compared, one in depth, and going back; every key."""

from collections.abc import Callable
from typing import Any

import pytest

from swarm_console.panes.changes import ChangesPane
from swarm_console.panes.contents import ContentsPane
from swarm_console.panes.pane import Pane
from swarm_console.panes.releases import ReleasesPane
from swarm_console.screens.confirm import Confirm
from swarm_console.screens.dashboard import Dashboard
from swarm_console.screens.release import ReleaseScreen
from swarm_console.screens.releases import ReleasesScreen
from swarm_node.model import commands as c
from swarm_node.model.refusal import Refused
from tests.tui import patience
from tests.tui.catalogue import answers, contents, package, released
from tests.tui.conftest import Open, Stage
from tests.tui.story import Story, empty
from tests.tui.test_hostile import NAMES, check
from tests.tui.test_keys import act, toasts

TOLD = answers()


async def until(stage: Stage, true: Callable[[], object]) -> None:
    """Wait for what is read beside the screen, then draw it."""
    await patience.until(stage.pilot, true)
    stage.app.feed.draw()
    await stage.pilot.pause()


def pair(stage: Stage) -> tuple[int, int] | None:
    """The releases whose difference is shown."""
    found = stage.app.screen.query_one(ChangesPane).difference
    return (found.older, found.newer) if found is not None else None


def kinds(stage: Stage) -> set[str]:
    """The kinds of changes that are listed."""
    return {change.kind for change in stage.app.screen.query_one(ChangesPane).table._items}


async def test_r_opens_the_releases_and_escape_leaves_them(open_console: Open) -> None:
    async with open_console(released(), **TOLD) as stage:
        await act(stage, "r")
        assert isinstance(stage.app.screen, ReleasesScreen)
        text = stage.text()
        assert "▲ live" in text and "! given up" in text and "· forgotten" in text
        await act(stage, "r")
        assert sum(isinstance(screen, ReleasesScreen) for screen in stage.app.screen_stack) == 1
        await act(stage, "escape")
        assert isinstance(stage.app.screen, Dashboard)


async def test_beside_the_list_is_what_changed_since_the_release_before(open_console: Open) -> None:
    async with open_console(released(), **TOLD) as stage:
        await act(stage, "r")
        await until(stage, lambda: pair(stage) == (4, 6))
        assert "1.86.0 → 1.88.0" in stage.text()
        await act(stage, "down", "down")
        await until(stage, lambda: pair(stage) == (3, 4))
        assert "! forced: CVE-2026-4242 cannot wait" in stage.text()
        assert "10  x11-drivers/nvidia-drivers" in stage.text()
        await act(stage, "down")
        await until(stage, lambda: pair(stage) == (0, 3))
        assert "before → 3" in stage.text()
        await act(stage, "down")
        assert "release 2 is forgotten" in stage.text()
        assert pair(stage) is None


async def test_any_two_are_compared(open_console: Open) -> None:
    async with open_console(released(), **TOLD) as stage:
        await act(stage, "r", "down", "down", "down", "space", "home")
        await until(stage, lambda: pair(stage) == (3, 6))
        assert "◆ 3" in stage.text()
        await act(stage, "equals_sign")
        assert isinstance(stage.app.screen, ReleaseScreen)
        await until(stage, lambda: pair(stage) == (3, 6))
        assert "3 → 6" in stage.text()
        await act(stage, "escape", "space", "down", "down", "down")
        await until(stage, lambda: pair(stage) == (6, 3))
        assert "▼ downgraded" in stage.text()
        await act(stage, "home", "space")
        assert "◆" not in stage.text()
        await until(stage, lambda: pair(stage) == (4, 6))


async def test_the_mark_is_not_compared_with_itself(open_console: Open) -> None:
    async with open_console(released(), **TOLD) as stage:
        await act(stage, "r", "space")
        await until(stage, lambda: pair(stage) == (4, 6))


async def test_a_release_in_depth(open_console: Open) -> None:
    async with open_console(released(), **TOLD) as stage:
        await act(stage, "r", "enter")
        assert isinstance(stage.app.screen, ReleaseScreen)
        await until(stage, lambda: stage.app.screen.query_one(ContentsPane).contents)
        assert "1 Contents 18" in stage.text()
        assert "USE nls -lua" in stage.text()
        await act(stage, "2")
        await until(stage, lambda: pair(stage) == (4, 6))
        assert "▲ 4 upgraded   + 1 added   ± 1 USE" in stage.text()
        await act(stage, "3")
        assert "brave-browser-1.86.139 is blocked and left out" in stage.text()
        assert "1 of 10" in stage.text()
        await act(stage, "1", "escape")
        assert isinstance(stage.app.screen, ReleasesScreen)


async def test_sections_show_one_kind_after_the_other(open_console: Open) -> None:
    async with open_console(released(), **TOLD) as stage:
        await act(stage, "r", "equals_sign")
        await until(stage, lambda: pair(stage) == (4, 6))
        assert kinds(stage) == {"upgraded", "added", "use"}
        for kind in ("upgraded", "added", "use"):
            await act(stage, "s")
            assert kinds(stage) == {kind}
            assert "only" in stage.text()
        await act(stage, "s")
        assert kinds(stage) == {"upgraded", "added", "use"}


async def test_filters_and_escape_at_every_depth(open_console: Open) -> None:
    async with open_console(released(), **TOLD) as stage:
        await act(stage, "r", "slash", *"kept", "enter")
        assert stage.app.screen.query_one(ReleasesPane).table.counts == (2, 6)
        await act(stage, "enter", "1")
        await until(stage, lambda: stage.app.screen.query_one(ContentsPane).contents)
        await act(stage, "slash", *"!curl", "enter")
        assert stage.app.screen.query_one(ContentsPane).table.counts == (9, 12)
        await act(stage, "escape")
        assert stage.app.screen.query_one(ContentsPane).table.counts == (12, 12)
        await act(stage, "2", "slash", *"minizip", "enter")
        assert stage.app.screen.query_one(ChangesPane).table.counts == (1, 3)
        await act(stage, "escape", "escape")
        assert stage.app.screen.query_one(ReleasesPane).table.counts == (2, 6)
        await act(stage, "escape")
        assert stage.app.screen.query_one(ReleasesPane).table.counts == (6, 6)
        await act(stage, "escape")
        assert isinstance(stage.app.screen, Dashboard)


async def test_rolling_back_asks_with_the_number_and_what_clients_lose(open_console: Open) -> None:
    async with open_console(released(), **TOLD) as stage:
        await act(stage, "r", "down", "down", "B")
        assert isinstance(stage.app.screen, Confirm)
        text = stage.text()
        assert "clients see release 4 instead of 6" in text
        assert "back to an older version: 4 packages" in text
        assert "gone: 1 package" in text
        assert "$ build-swarm rollback 4 --yes" in text
        await act(stage, "enter")
        assert stage.operator.acted == []
        await act(stage, "B")
        await act(stage, "y")
        assert stage.operator.acted == [("rollback", {"release": 4})]
        assert stage.app.mirror.state.current == 4
        assert "clients see 4" in stage.text()


async def test_rolling_back_from_the_release_itself(open_console: Open) -> None:
    async with open_console(released(), **TOLD) as stage:
        await act(stage, "r", "down", "down", "enter", "B")
        await act(stage, "y")
        assert stage.operator.acted == [("rollback", {"release": 4})]
        assert "Release 4   ▲ live" in stage.text()


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        (("B",), "release 6 is what clients see already"),
        (("down", "B"), "release 5 is given up"),
        (("end", "B"), "release 1 is forgotten"),
        (("end", "space"), "release 1 is forgotten"),
        (("end", "equals_sign"), "release 1 is forgotten"),
        (("end", "enter"), "release 1 is forgotten"),
        (("enter", "B"), "release 6 is what clients see already"),
    ],
)
async def test_what_cannot_be_done_is_answered(
    keys: tuple[str, ...], reason: str, open_console: Open
) -> None:
    async with open_console(released(), **TOLD) as stage:
        await act(stage, "r", *keys)
        assert toasts(stage)[-1] == (reason, "warning")
        assert stage.operator.acted == []


async def test_a_console_that_only_looks_does_not_roll_back(open_console: Open) -> None:
    async with open_console(released(), readonly=True, **TOLD) as stage:
        await act(stage, "r", "down", "down", "B")
        assert "read only" in toasts(stage)[-1][0]
        await until(stage, lambda: pair(stage) == (3, 4))


async def test_before_the_first_release(open_console: Open) -> None:
    async with open_console(empty()) as stage:
        await act(stage, "r")
        assert "nothing has been released yet" in stage.text()
        for key in ("enter", "space", "equals_sign", "B", "s", "1", "2"):
            await act(stage, key)
        assert isinstance(stage.app.screen, ReleasesScreen)
        for name in ("contents", "difference"):
            stage.app.action_do(name)
        await stage.pilot.pause()
        assert toasts(stage)[-1] == ("nothing has been released yet", "warning")


@pytest.mark.parametrize(("name", "shown"), [("contents", ContentsPane), ("difference", ChangesPane)])
async def test_the_palettes_ways_in(name: str, shown: type[Pane[Any]], open_console: Open) -> None:
    async with open_console(released(), **TOLD) as stage:
        stage.app.action_do(name)
        await stage.pilot.pause()
        assert isinstance(stage.app.screen, ReleaseScreen)
        await until(stage, lambda: pair(stage) == (4, 6))
        assert [type(pane) for pane in stage.app.screen.query(Pane) if pane.display] == [shown]


async def test_the_list_is_live(open_console: Open) -> None:
    story = released()
    async with open_console(story, **TOLD) as stage:
        await act(stage, "r")
        await until(stage, lambda: pair(stage) == (4, 6))
        story.tell(c.RollBack(release=4))
        await stage.settle()
        lines = stage.text().splitlines()
        assert any("▲ live" in line and " 4 " in line for line in lines)
        assert pair(stage) == (4, 6)


async def test_what_was_read_is_not_asked_for_again(open_console: Open) -> None:
    asked: list[str] = []

    async with open_console(released(), **TOLD) as stage:
        connect = stage.app.connect

        def counting(say: Callable[[str], None]) -> Any:
            swarm = connect(say)
            get = swarm.get
            swarm.get = lambda path: (asked.append(path), get(path))[1]  # type: ignore[method-assign]
            return swarm

        stage.app.connect = counting
        await act(stage, "r")
        await until(stage, lambda: pair(stage) == (4, 6))
        await act(stage, "down", "down")
        await until(stage, lambda: pair(stage) == (3, 4))
        await act(stage, "home", "enter", "2")
        await until(stage, lambda: pair(stage) == (4, 6))
        assert asked.count("/api/v1/releases/4/difference/6") == 1


@pytest.mark.parametrize(
    "answer", [Refused("unknown_release", "release 6 is not kept", "x"), {"nonsense": 1}]
)
async def test_what_cannot_be_read_says_why(answer: Any, open_console: Open) -> None:
    told = {"/api/v1/releases/6": answer, "/api/v1/releases/4/difference/6": answer}
    async with open_console(released(), **{**TOLD, **told}) as stage:
        await act(stage, "r")
        pane = stage.app.screen.query_one(ChangesPane)
        await until(stage, lambda: pane.reason and "reading" not in pane.reason)
        await act(stage, "enter")
        held = stage.app.screen.query_one(ContentsPane)
        await until(stage, lambda: held.reason and "reading" not in held.reason)
        wanted = "release 6 is not kept" if isinstance(answer, Refused) else "a bug of the console"
        assert wanted in stage.text()


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (99, 30), (300, 100), (60, 60), (200, 16)])
async def test_at_every_size(size: tuple[int, int], open_console: Open) -> None:
    async with open_console(released(), size=size, **TOLD) as stage:
        await act(stage, "r")
        assert stage.app.screen.query_one(ChangesPane).display == (size[0] >= 100)
        assert " 6 " in stage.text()
        await act(stage, "2")
        await until(stage, lambda: pair(stage) == (4, 6))
        assert "app-editors/neovim" in stage.text()


async def test_resizing_while_it_is_open(open_console: Open) -> None:
    async with open_console(released(), **TOLD) as stage:
        await act(stage, "r", "down", "down")
        await stage.pilot.resize_terminal(60, 20)
        await act(stage, "home")
        assert not stage.app.screen.query_one(ChangesPane).display
        await stage.pilot.resize_terminal(140, 40)
        await until(stage, lambda: pair(stage) == (4, 6))


async def test_the_mouse_chooses_and_opens(open_console: Open) -> None:
    async with open_console(released(), **TOLD) as stage:
        await act(stage, "r")
        table = stage.app.screen.query_one(ReleasesPane).table
        await stage.pilot.click(table, offset=(5, 3))
        assert table.cursor == 2
        await stage.pilot.click(table, offset=(5, 3), times=2)
        await stage.pilot.pause()
        assert isinstance(stage.app.screen, ReleaseScreen)
        await stage.pilot.click("PaneStrip", offset=(20, 0))
        await stage.pilot.pause()
        shown = [type(pane) for pane in stage.app.screen.query(Pane) if pane.display]
        assert shown == [ChangesPane]


async def test_ten_thousand_packages_show_only_what_is_on_the_screen(open_console: Open) -> None:
    many = {1: contents(1, (package(f"dev-libs/lib{n:05}-1", 0.1, "ssl", "-doc") for n in range(10_000)))}
    async with open_console(released(many), **answers(many)) as stage:
        await act(stage, "r", "enter")
        pane = stage.app.screen.query_one(ContentsPane)
        await until(stage, lambda: pane.contents)
        await act(stage, "end")
        assert "dev-libs/lib09999" in stage.text()
        assert len(pane.table._drawn) < 40
        await act(stage, "slash", *"lib0777", "enter")
        assert pane.table.counts == (10, 10_000)


def infested(name: str) -> tuple[Story, dict[str, Any]]:
    """Releases in which everything that a stranger can name is called that."""
    held = package(f"{name}-1", 1.0, name, f"-{name}", slot=name)
    kept = {1: contents(1), 2: contents(2, [held])}
    change = {"kind": "use", "cp": name, "slot": name, "before": name, "after": name, "use": [name]}
    told = {
        "/api/v1/releases/2": {"release": 2, "size": 1, "packages": [_document(held, name)]},
        "/api/v1/releases/1": {"release": 1, "size": 0, "packages": []},
        "/api/v1/releases/1/difference/2": {"older": 1, "newer": 2, "size": 1, "changes": [change]},
        "/api/v1/releases/0/difference/1": Refused("bad_state", name, name),
        "/api/v1/releases/2/difference/1": {"counts": {"downgraded": 0, "removed": 0, "use": 1}},
    }
    story = released(kept)
    for release in story.state.releases.values():
        release.forced = name
    return story, told


def _document(held: Any, name: str) -> dict[str, Any]:
    return {
        "cpv": held.cpv,
        "slot": name,
        "repository": name,
        "build_id": 1,
        "size": 1,
        "path": name,
        "sha512": name,
        "use": [name, f"-{name}"],
    }


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
async def test_hostile_text(name: str, open_console: Open) -> None:
    story, told = infested(name)
    async with open_console(story, **told) as stage:
        await act(stage, "r")
        await until(stage, lambda: pair(stage) == (1, 2))
        check(stage)
        await act(stage, "down")
        pane = stage.app.screen.query_one(ChangesPane)
        await until(stage, lambda: pane.reason and "reading" not in pane.reason)
        check(stage)
        await act(stage, "B")
        check(stage)
        await act(stage, "escape", "home", "enter")
        await until(stage, lambda: stage.app.screen.query_one(ContentsPane).contents)
        for key in ("1", "2", "s", "3"):
            await act(stage, key)
            check(stage)


async def test_zoom_and_back(open_console: Open) -> None:
    async with open_console(released(), **TOLD) as stage:
        await act(stage, "r", "z")
        assert isinstance(stage.app.screen.maximized, ReleasesPane)
        await act(stage, "escape")
        assert stage.app.screen.maximized is None
        await act(stage, "enter", "z", "escape", "escape")
        assert isinstance(stage.app.screen, ReleasesScreen)
