"""A node in depth: building, drained, lost, out of step; and what was never there."""

from typing import Any

from swarm_console.screens import doors
from swarm_node.model import commands as c
from tests.tui.conftest import Stage
from tests.tui.scenes.package import listened
from tests.tui.scenes.scene import Scene, every_size, keys
from tests.tui.story import KERNEL, Story, empty, facts, planned, row

SIZES = ("60x20", "80x24", "120x36", "200x60")
DRIFT = {
    "node": "drone-Tau",
    "against": "main",
    "in_step": False,
    "hash": "0b1c2d3e4f506172",
    "expected": "a1b2c3d4e5f60718",
    "trees": [{"tree": "gentoo", "hash": "ffff00001111", "expected": "a1b2c3d4e5f60718"}],
    "files": [
        {
            "path": "make.conf",
            "lines": [
                "--- main: make.conf",
                "+++ drone-Tau: make.conf",
                "@@ -1,4 +1,4 @@",
                ' CFLAGS="-O2 -pipe"',
                '-USE="wayland -lua"',
                '+USE="X -lua"',
                ' FEATURES="parallel-fetch"',
            ],
        },
        {
            "path": "package.use/video",
            "lines": [
                "--- /dev/null",
                "+++ drone-Tau: package.use/video",
                "@@ -0,0 +1 @@",
                "+media-video/mpv lua",
            ],
        },
    ],
}


def used() -> Story:
    """A node with a past: builds that went well, one that failed, one under way."""
    story = planned()
    for seconds in (95.0, 140.0, 61.0):
        story.work("drone-Izar")
        story.stage("drone-Izar", seconds)
    story.work("drone-Izar")
    story.fail("drone-Izar", KERNEL, 12.0)
    attempt = story.work("drone-Izar")
    lines = (f"[{number}/400] Compiling C object p/{number}.c.o\n" for number in range(1, 249))
    story.write(attempt, b">>> Compiling source in /x\n" + "".join(lines).encode())
    story.now += 33.0
    return story


def drained() -> Story:
    """A node that finishes what it builds and takes no more."""
    story = used()
    story.tell(c.HoldNode(name="drone-Izar", held=True, reason="its fan is to be changed"))
    return story


def adrift() -> Story:
    """A node that is configured otherwise than the others."""
    story = listened()
    story.tell(
        c.SeeNode(
            name="drone-Tau",
            facts=facts(
                6, trees={"gentoo": "ffff00001111"}, configuration=DRIFT["hash"], disk_free=300 << 20
            ),
        )
    )
    return story


def slow() -> Story:
    """A fast and a slow node, and builds that the slow one leaves to the fast one."""
    story = empty()
    names = [f"app-misc/tool{number}-1.0" for number in range(4)]
    rows = tuple(row(name) for name in names)
    story.tell(c.OpenSession(clear=True), c.PlanQueue(rows=rows), c.EnterPhase(phase="building"))
    while story.state.queue.ready:
        story.work("drone-Izar")
        story.stage("drone-Izar", 900.0)
    story.tell(c.OpenSession(clear=True), c.PlanQueue(rows=rows), c.EnterPhase(phase="building"))
    story.work("drone-Izar")
    return story


def opened(node: str, *pressed: str) -> Any:
    """Hear the nodes, open one of them, then press these."""

    async def act(stage: Stage) -> None:
        if stage.story.state.nodes[node].attempt is not None:
            for load in (2.0, 5.5, 9.0, 12.5, 15.0, 15.5):
                stage.story.progress(node, "compile", 0.62, load)
        await stage.settle()
        doors.node(stage.app, node)
        await stage.settle()
        await keys(*pressed)(stage)

    return act


async def unknown(stage: Stage) -> None:
    """Open a node that nobody has seen."""
    doors.node(stage.app, "drone-Nobody")
    await stage.settle()


HOSTILE_DRIFT = {
    **DRIFT,
    "node": "drone-Izar",
    "against": "[/x]\x1b[2J",
    "files": [
        {"path": "make.conf[/x]", "lines": ["-[bold]\x1b]52;c;aGk=\x07", "+\u202egnp", "+" + "y" * 3000]}
    ],
}


def hostile() -> Story:
    """A node whose every word tries to be something else."""
    story = planned()
    bad = facts(
        4,
        room_reason="[/x] \x1b[2J",
        url="http://[red]/",
        version="\u202e0.1",
        trees={"gentoo[/x]": "\x1b[31m"},
        arch="[bold]",
    )
    story.tell(c.SeeNode(name="drone-Izar", facts=bad))
    attempt = story.work("drone-Izar")
    story.write(attempt, b"\x1b]0;title\x07[/x]\xff\n")
    story.tell(c.HoldNode(name="drone-Izar", held=True, reason="[bold]\x1b]0;title\x07 [/x]"))
    return story


PICTURES: dict[str, Scene] = {
    **every_size("node-building", Scene(used, opened("drone-Izar")), SIZES),
    **every_size("node-drained", Scene(drained, opened("drone-Izar")), SIZES),
    **every_size(
        "node-drift",
        Scene(adrift, opened("drone-Tau", "5"), answers={"/api/v1/nodes/drone-Tau/drift": DRIFT}),
        SIZES,
    ),
    "node-refused": Scene(slow, opened("drone-Meridian", "4")),
    "node-unknown": Scene(empty, unknown),
    "node-hostile": Scene(
        hostile, opened("drone-Izar"), answers={"/api/v1/nodes/drone-Izar/drift": HOSTILE_DRIFT}
    ),
}
