"""What calls for a person who looks elsewhere, once each; and how a console was left the last time."""

from collections.abc import Callable
from pathlib import Path

import pytest

from swarm_console.app import SwarmConsole
from swarm_console.known.mirror import Mirror
from swarm_console.known.picture import Picture
from swarm_console.manners.attention import Vigil, claims, headline
from swarm_console.manners.configuration import Attention, Configuration
from swarm_console.manners.memory import Notebook
from swarm_console.manners.themes import DARK, LIGHT
from swarm_console.panes.blocked import BlockedPane
from swarm_console.screens.dashboard import Dashboard
from swarm_node.model import commands as c
from swarm_node.model.events import Finding
from swarm_node.model.next_action import next_action
from tests.tui.conftest import Open
from tests.tui.story import OVERLAY, Story, blocked, building, empty, planned, released
from tests.tui.told import Operator


def picture(story: Story) -> Picture:
    mirror = Mirror(story.clock)
    mirror.state, mirror.known = story.state, True
    return Picture(mirror, story.now)


def refused() -> Story:
    story = blocked()
    story.verify(Finding("needed-blocked", "nvidia-drivers is blocked", 14))
    return story


def alone() -> Story:
    return building().tell(
        c.Sweep(silent=dict.fromkeys(("drone-Izar", "drone-Tarn", "drone-Meridian"), 999.0))
    )


def unresolved() -> Story:
    return empty().tell(
        c.OpenSession(clear=True), c.EnterPhase(phase="idle", detail="emerge \x1b]2;no\x07[/x]")
    )


CALLING: dict[str, tuple[Callable[[], Story], str, int]] = {
    "blocked": (blocked, "▲ 2 blocked – Build Swarm", 2),
    "refused": (refused, "▲ release refused – Build Swarm", 1),
    "paused": (lambda: planned().tell(c.HoldSwarm(held=True)), "▲ paused – Build Swarm", 1),
    "alone": (alone, "▲ no node is up to build on – Build Swarm", 1),
    "unresolved": (unresolved, "▲ emerge [/x] – Build Swarm", 1),
}
QUIET: dict[str, Callable[[], Story]] = {
    "empty": empty,
    "planned": planned,
    "building": building,
    "released": lambda: released(1),
}


@pytest.mark.parametrize(("begin", "title", "number"), CALLING.values(), ids=CALLING)
def test_what_needs_a_person_is_claimed_and_said(begin: Callable[[], Story], title: str, number: int) -> None:
    seen = picture(begin())
    assert next_action(seen.state).tone == "attention"
    assert len(claims(seen)) == number
    assert headline(seen) == title


@pytest.mark.parametrize("begin", QUIET.values(), ids=QUIET)
def test_what_needs_nobody_is_not(begin: Callable[[], Story]) -> None:
    seen = picture(begin())
    assert next_action(seen.state).tone != "attention"
    assert claims(seen) == frozenset()
    assert headline(seen) == "Build Swarm"


def test_each_thing_calls_once() -> None:
    story, vigil = building(), Vigil()

    def calls() -> bool:
        return vigil.is_new(claims(picture(story)))

    assert not calls()
    story.fail("drone-Meridian", OVERLAY)
    story.tell(c.HoldSwarm(held=True))
    assert calls(), "the pause"
    assert not calls()
    story.tell(c.HoldSwarm(held=False))
    for node in ("drone-Tarn", "drone-Izar"):
        story.stage(node)
    while story.state.queue.ready:
        story.work("drone-Izar")
        story.stage("drone-Izar")
    assert calls(), "what is blocked"
    story.verify(Finding("needed-blocked", "it is blocked", 14))
    assert calls(), "the refused release"
    story.tell(c.HoldNode(name="drone-Tarn", held=True))
    assert not calls()
    story.tell(c.Unblock())
    assert not calls()
    story.work("drone-Izar")
    story.fail("drone-Izar", OVERLAY)
    assert calls(), "the same package, blocked again"


def test_what_is_there_at_the_first_look_is_known() -> None:
    assert not Vigil().is_new(claims(picture(blocked())))


def test_what_was_hidden_meanwhile_is_still_known() -> None:
    story, vigil = blocked(), Vigil()
    assert not vigil.is_new(claims(picture(story)))
    story.verify(Finding("needed-blocked", "it is blocked", 14))
    assert vigil.is_new(claims(picture(story)))
    story.tell(c.OpenSession(clear=False), c.EnterPhase(phase="building"))
    story.state.verified = None
    assert not vigil.is_new(claims(picture(story)))


@pytest.mark.parametrize("bell", [True, False])
async def test_the_bell_rings_unless_it_is_switched_off(
    bell: bool, open_console: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[str] = []
    monkeypatch.setattr(SwarmConsole, "bell", lambda app: rung.append(headline(app.picture())))
    wanted = Configuration(attention=Attention(bell=bell))
    async with open_console(building(), configuration=wanted) as stage:
        assert rung == []
        stage.story.tell(c.HoldSwarm(held=True))
        await stage.settle()
        assert rung == ["▲ paused – Build Swarm"][:bell]


# -- how it was left


@pytest.fixture
def notebook(tmp_path: Path) -> Notebook:
    return Notebook(tmp_path / "console.json")


async def used(notebook: Notebook, *keys: str) -> tuple[str, str, bool]:
    """Open a console, press keys, leave it: how it stood just before."""
    story = blocked()
    app = SwarmConsole(story, Operator(story, {}).connect, clock=story.clock, notebook=notebook)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        await pilot.press(*keys)
        await pilot.pause()
        dashboard = app.screen_stack[0]
        assert isinstance(dashboard, Dashboard)
        return app.theme, dashboard.present, dashboard.maximized is not None


async def test_theme_pane_and_zoom_are_remembered(notebook: Notebook) -> None:
    assert await used(notebook) == (DARK.name, "QueuePane", False)
    left = await used(notebook, "3", "z", "t")
    assert left == (LIGHT.name, "BlockedPane", True)
    assert await used(notebook) == left
    story = blocked()
    app = SwarmConsole(story, Operator(story, {}).connect, clock=story.clock, notebook=notebook)
    async with app.run_test(size=(60, 16)) as pilot:
        await pilot.pause()
        assert app.focused is app.query_one(BlockedPane).table


async def test_what_is_remembered_of_other_versions_does_no_harm(notebook: Notebook, tmp_path: Path) -> None:
    (tmp_path / "console.json").write_text('{"layout": {"theme": "gone", "pane": "GonePane", "more": 1}}')
    assert await used(notebook) == (DARK.name, "QueuePane", False)


async def test_the_environment_says_which_theme(notebook: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    await used(notebook, "t")
    monkeypatch.setenv("TEXTUAL_THEME", "nord")
    assert (await used(notebook))[0] == "nord"
    monkeypatch.setenv("TEXTUAL_THEME", "no-such-theme")
    assert (await used(notebook))[0] == LIGHT.name


async def test_a_terminal_of_16_colours_keeps_its_own(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLORTERM", "")
    monkeypatch.setenv("TERM", "linux")
    assert (await used(notebook))[0] == "ansi-dark"
