"""The dashboard in every state and size, and what opens above it."""

from textual.widgets import Input

from swarm_node.model import commands as c
from swarm_node.model.events import Finding
from tests.tui.conftest import Stage
from tests.tui.scenes.scene import Scene, every_size, keys, nothing
from tests.tui.story import Story, blocked, building, busy, empty, facts, planned, row

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


async def search(stage: Stage) -> None:
    """Look for something in the palette."""
    await keys("ctrl+p", *"sync")(stage)
    stage.app.screen.query_one(Input).cursor_blink = False


PICTURES: dict[str, Scene] = {
    **every_size("empty", Scene(empty, nothing)),
    **every_size("building", Scene(building, listen)),
    **every_size("blocked", Scene(blocked, keys("3"))),
    **every_size("stale", Scene(building, lose)),
    **every_size("risk", Scene(judged, keys("4"))),
    **every_size("reset", Scene(building, keys("R"))),
    "planned": Scene(planned, nothing),
    "troubled": Scene(troubled, nothing),
    "hostile": Scene(hostile, nothing),
    "cures": Scene(blocked, keys("f")),
    "help": Scene(building, keys("question_mark")),
    "filter": Scene(building, keys("2", "slash", "l", "i", "b", "s", "enter")),
    "zoom": Scene(building, keys("5", "z")),
    "light": Scene(building, keys("t")),
    "toast": Scene(blocked, keys("u")),
    "palette": Scene(building, search),
}
