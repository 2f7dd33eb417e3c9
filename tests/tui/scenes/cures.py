"""Causes and cures: fourteen packages with two causes, the dialog with a diff, all at once, a trial."""

from typing import Final

from swarm_node.model import commands as c
from swarm_node.model.configuration import facts_of
from swarm_node.model.work import Diagnosis, Line, Place
from tests.tui.conftest import Stage
from tests.tui.scenes.scene import SIZES, Scene, every_size, keys
from tests.tui.story import KERNEL, Story, empty, row
from tests.tui.told import causes

CLUSTERS: Final = "/api/v1/clusters"
MAP: Final = "app-misc/planisphere-1.0"
USE: Final = Line("package.use", "app-misc/planisphere north")
DIFF: Final = """--- /dev/null
+++ desktop/etc/portage/package.use/zz-swarm
@@ -0,0 +1,2 @@
+# build-swarm: for app-misc/planisphere-1.0
+app-misc/planisphere north"""
UNFIT: Final = Diagnosis(
    "use-mismatch",
    "edit-portage-and-fresh",
    "its USE flags break its REQUIRED_USE",
    evidence=(
        '!!! The ebuild selected to satisfy "app-misc/planisphere" has unmet requirements.',
        "    any-of ( north south )",
    ),
    params={"profile": "desktop", **facts_of([USE])},
)
STALE: Final = Diagnosis(
    "tree-out-of-sync",
    "sync-fix",
    "what was fetched or synced is not what the tree's Manifest says",
    evidence=("!!! Digest verification failed:", "!!! Reason: Filesize does not match recorded size"),
    confidence=0.95,
    places=(Place(214, 18_904), Place(216, 18_960)),
)
PLUGINS: Final = tuple(f"media-plugins/gst-plugins-{name}-1.26.3" for name in (
    "bad", "cdparanoia", "dash", "flac", "gtk", "hls", "jpeg", "mpg123", "opus", "vpx", "x264", "zbar",
))  # fmt: skip
DRIVERS: Final = ("x11-drivers/nvidia-drivers-570.153", "app-emulation/virtualbox-modules-7.1.10")


def fourteen() -> Story:
    """Fourteen packages blocked by two causes, and much that waits for them."""
    story = empty()
    waiting = [row(f"media-sound/player{number}-2.{number}", *PLUGINS[:2]) for number in range(6)]
    rows = [row(name, reason="1.26.2 → 1.26.3") for name in (*PLUGINS, *DRIVERS)]
    story.tell(c.OpenSession(clear=True), c.PlanQueue(rows=(*rows, *waiting)), c.EnterPhase(phase="building"))
    for _ in rows:
        story.work("drone-Izar")
        attempt = story.state.nodes["drone-Izar"].attempt
        assert attempt is not None
        story.fail("drone-Izar", KERNEL if story.state.attempts[attempt].build in DRIVERS else STALE)
    return story


def unfit() -> Story:
    """A package that the resolver refuses, with the line that would cure it, and one with another cause."""
    story = empty()
    refused = row(MAP, reason="cannot be resolved for desktop", profile="desktop", problem=UNFIT)
    rows = (row(DRIVERS[0]), row("app-misc/orrery-1.1"), refused)
    story.tell(c.OpenSession(clear=True), c.PlanQueue(rows=rows), c.EnterPhase(phase="building"))
    for _ in range(2):
        story.work("drone-Izar")
        attempt = story.state.nodes["drone-Izar"].attempt
        assert attempt is not None
        if story.state.attempts[attempt].build == DRIVERS[0]:
            story.fail("drone-Izar", KERNEL)
        else:
            story.stage("drone-Izar", 12.0)
    return story


def trial() -> Story:
    """The line is on trial, and the package is being built with it."""
    story = unfit()
    rows = (row(DRIVERS[0]), row("app-misc/orrery-1.1"), row(MAP, profile="desktop", use=("north", "-south")))
    story.tell(c.TryChange(build=MAP, lines=(USE,), rows=rows), after=5.0)
    story.work("drone-Izar")
    story.now += 3.0
    return story


ANSWERS: Final = {CLUSTERS: causes(unfit(), {MAP: DIFF})}
"""The orchestrator knows what stands in the client profiles."""


async def apply_all(stage: Stage) -> None:
    """Do all first remedies, and read what came of it."""
    await keys("f", "a", "y")(stage)
    stage.app.clear_notifications()  # they go by themselves, sooner or later


PICTURES: dict[str, Scene] = {
    "clusters": Scene(fourteen, keys("3")),
    "clusters-60x16": Scene(fourteen, keys("3"), SIZES["60x16"]),
    "cluster": Scene(fourteen, keys("3", "enter")),
    "cluster-60x20": Scene(fourteen, keys("3", "enter"), SIZES["60x20"]),
    "cures-clusters": Scene(fourteen, keys("f")),
    **every_size("cures-diff", Scene(unfit, keys("f"), answers=ANSWERS), ("80x24", "120x36", "60x16")),
    "cures-all": Scene(unfit, keys("f", "a"), answers=ANSWERS),
    "cures-done": Scene(fourteen, apply_all),
    "trial": Scene(trial, keys("2")),
    "trial-package": Scene(trial, keys("2", "enter")),
}
