"""Text from outside, in every widget that shows any: nothing is lost, nothing acts, nothing ends it."""

import pytest

from swarm_node.model import commands as c
from swarm_node.model.events import Finding
from swarm_node.model.refusal import Refused
from swarm_node.model.work import Diagnosis
from tests.tui.conftest import Open, Stage
from tests.tui.story import Story, empty, facts, row

NAMES = {
    "USE dependencies": "dev-libs/foo[bar,-baz]",
    "closing tag": "dev-libs/x[/x]-1",
    "an action as markup": "a/[@click=app.quit]y[/]-1",
    "colour": "a/\x1b[31mred-1",
    "clipboard": "a/b\x1b]52;c;aGk=\x07-1",
    "right to left": "a/\u202egnp.exe-1",
    "no end": "a/" + "n" * 100_000,
    "wide": "a/日本語日本語日本語日本語日本語日本語-1",
    "lines": "a/b\nc\td-1",
}
FORBIDDEN = {"\x1b", "\x07", "\u202e"}


def infested(name: str) -> Story:
    """A swarm in which everything that a stranger can name is called that."""
    story = empty()
    story.tell(c.SeeNode(name="drone-Tau", facts=facts(2, version=name, room="none", room_reason=name)))
    story.tell(c.OpenSession(clear=True), c.PlanQueue(rows=(row(name, reason=name), row("a/needs-1", name))))
    story.tell(c.EnterPhase(phase="building", detail=name))
    story.work("drone-Izar")
    bad = Diagnosis("missing-overlay", "unblock", name, evidence=(name, name))
    story.fail("drone-Izar", bad)
    story.tell(c.HoldNode(name="drone-Tarn", held=True, reason=name), c.HoldSwarm(held=True, reason=name))
    story.verify(Finding("blocked", name, 10, name))
    return story


def check(stage: Stage) -> None:
    text = stage.text()
    assert not FORBIDDEN & set(text)
    assert all(len(line) >= 1 for line in text.splitlines())


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
async def test_every_screen(name: str, open_console: Open) -> None:
    async with open_console(infested(name), unblock=Refused("bad_request", name, name)) as stage:
        check(stage)
        for keys in (
            ["3"],
            ["enter"],
            ["x"],
            ["escape"],
            ["1", "end", "enter"],
            ["escape"],
            ["f"],
            ["enter"],
        ):
            await stage.press(*keys)
            check(stage)
        await stage.settle()
        check(stage)
        await stage.press("5", "enter", "escape", "4", "enter")
        stage.app.action_do("build-local")
        await stage.pilot.pause()
        check(stage)


async def test_use_dependencies_are_not_swallowed(open_console: Open) -> None:
    async with open_console(infested("dev-libs/foo[bar,-baz]"), size=(200, 60)) as stage:
        assert stage.text().count("dev-libs/foo[bar,-baz]") >= 4


async def test_a_filter_of_markup(open_console: Open) -> None:
    async with open_console(infested("dev-libs/x[/x]-1")) as stage:
        await stage.press("2", "slash", *r"x\[/x\]", "enter")
        assert "⌕ x\\[/x\\] (1 of 2)" in stage.text()


@pytest.mark.parametrize("lines", [["x" * 20_000_000], ["[/x] \x1b[2J"] * 20_000], ids=["long line", "many"])
async def test_a_monstrous_report(lines: list[str], open_console: Open) -> None:
    from swarm_console.screens.report import Report

    async with open_console(empty()) as stage:
        await stage.app.push_screen(Report("Log", lines))
        await stage.pilot.pause()
        check(stage)
        await stage.press("end", "pageup", "escape")
        assert "Nodes" in stage.text()
