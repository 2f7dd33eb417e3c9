"""How the console looks: every state, every size, both themes, without colour, and with hostile names."""

from collections.abc import Callable
from typing import Any

import pytest

from swarm_node.model import commands as c
from swarm_node.model.events import Finding
from tests.tui.conftest import Open, Stage
from tests.tui.pictures import SNAPSHOTS, compare
from tests.tui.story import Story, blocked, building, busy, empty, facts, planned, row

SIZES = {"80x24": (80, 24), "120x36": (120, 36), "60x20": (60, 20), "60x16": (60, 16), "200x60": (200, 60)}
HOSTILE = (
    "dev-libs/foo[bar,-baz]",
    "dev-libs/[/x]-1",
    "dev-libs/\x1b[31mred\x1b]52;c;aGk=\x07-2",
    "a/\u202egnp.exe-1",
)


def hostile() -> Story:
    """Names that are markup, escape sequences or reorder the line."""
    story = empty()
    story.tell(c.SeeNode(name="drone-Tau", facts=facts(4)))
    rows = tuple(row(name, reason="[/x] \x1b[2Jgone") for name in HOSTILE)
    story.tell(c.OpenSession(clear=True), c.PlanQueue(rows=rows), c.EnterPhase(phase="building"))
    for node in ("drone-Izar", "drone-Tau"):
        story.work(node)
    story.tell(c.HoldNode(name="drone-Tarn", held=True, reason="[bold]\x1b]0;title\x07 [/x]"))
    return story


def judged() -> Story:
    """A release that would be refused."""
    story = blocked()
    story.verify(
        Finding("needed-blocked", "x11-drivers/nvidia-drivers-570.153 is blocked, and @world needs it", 10),
        Finding("shrunk", "dev-vcs/git-2.50.0 shrank from 9100 to 3100 KiB", 2),
        Finding("blocked", "www-client/brave-browser-1.86.139 is blocked and left out", 1),
    )
    return story


def troubled() -> Story:
    """One node lost, one drained, one out of step, one nearly full."""
    story = building()
    story.tell(
        c.HoldNode(name="drone-Tarn", held=True, reason="new disk"),
        c.SeeNode(name="drone-Tau", facts=facts(6, trees={"gentoo": "ffff"}, disk_free=300 << 20)),
        c.Sweep(silent={"drone-Meridian": 120.0}),
    )
    return story


async def nothing(stage: Stage) -> None:
    """Only look."""


async def listen(stage: Stage) -> None:
    """Hear the nodes."""
    busy(stage.story)
    await stage.settle()


async def lose(stage: Stage) -> None:
    """The gateway goes away; a minute passes."""
    stage.story.vanish()
    await stage.settle()
    stage.story.now += 60.0
    await stage.settle()


def keys(*pressed: str) -> Callable[[Stage], Any]:
    """Press these."""

    async def press(stage: Stage) -> None:
        await stage.press(*pressed)
        await stage.settle()

    return press


SCENES: dict[str, tuple[Callable[[], Story], Callable[[Stage], Any]]] = {
    "empty": (empty, nothing),
    "building": (building, listen),
    "blocked": (blocked, keys("3")),
    "stale": (building, lose),
    "risk": (judged, keys("4")),
    "reset": (building, keys("R")),
}
SINGLE: dict[str, tuple[Callable[[], Story], Callable[[Stage], Any]]] = {
    "planned": (planned, nothing),
    "troubled": (troubled, nothing),
    "hostile": (hostile, nothing),
    "cures": (blocked, keys("f")),
    "help": (building, keys("question_mark")),
    "package": (blocked, keys("3", "enter")),
    "package-waiting": (building, keys("2", "end", "up", "up", "enter")),
    "node": (troubled, keys("1", "enter")),
    "filter": (building, keys("2", "slash", "l", "i", "b", "s", "enter")),
    "zoom": (building, keys("5", "z")),
    "light": (building, keys("t")),
    "toast": (blocked, keys("u")),
    "palette": (building, keys("ctrl+p", *"sync")),
}
PICTURES = {
    **{f"{scene}-{size}": (scene, size) for scene in SCENES for size in SIZES},
    **{scene: (scene, "120x36") for scene in SINGLE},
}


@pytest.mark.parametrize("name", PICTURES)
async def test_picture(name: str, open_console: Open) -> None:
    scene, size = PICTURES[name]
    begin, act = {**SCENES, **SINGLE}[scene]
    async with open_console(begin(), size=SIZES[size]) as stage:
        await act(stage)
        await compare(stage.pilot, name)


async def test_without_colour(open_console: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with open_console(blocked()) as stage:
        await keys("3")(stage)
        await compare(stage.pilot, "no-colour")


def test_every_picture_has_its_test() -> None:
    drawn = {path.stem for path in SNAPSHOTS.glob("*.svg") if not path.name.endswith(".new.svg")}
    assert drawn == {*PICTURES, "no-colour"}
