"""Replays: paused and playing, over every kind of screen, and the list of sessions."""

from swarm_node.model import commands as c
from tests.tui.conftest import Stage
from tests.tui.scenes.dashboard import hostile
from tests.tui.scenes.scene import SIZES, Scene, every_size, keys, nothing
from tests.tui.scenes.timeline import crowd, work
from tests.tui.story import Story, empty, row


def recorded() -> Story:
    """A session with failures and a release, and another one that goes on."""
    story = work(crowd(40), 1e9, failures=True)
    story.now += 60.0
    story.verify()
    story.tell(c.PrepareRelease(verify_id="v1"))
    staged = len(story.state.by_status("staged"))
    story.tell(c.PublishRelease(release=1, packages=staged, size=1 << 30, added=staged), after=4.0)
    story.tell(c.OpenSession(clear=True), after=3600.0)
    story.tell(c.PlanQueue(rows=(row("app-misc/next-1"),)), c.EnterPhase(phase="building"), after=30.0)
    story.work("drone-Izar")
    return story


async def middle(stage: Stage) -> None:
    """To the middle of the session."""
    assert stage.app.projector.replay is not None
    stage.app.projector.replay.go_to(0.55)
    await stage.settle()


async def playing(stage: Stage) -> None:
    """Begin to play; its clock only goes on with the story's, which stands."""
    await middle(stage)
    await stage.press("space")
    await stage.settle()


async def its_timeline(stage: Stage) -> None:
    """The timeline of the past."""
    await middle(stage)
    await stage.press("T")
    await stage.settle()


FIRST = {"replay": "1"}
S = keys("S")
PICTURES: dict[str, Scene] = {
    **every_size("replay", Scene(recorded, middle, answers=FIRST), ("60x16", "80x24", "120x36", "200x60")),
    "replay-begun": Scene(recorded, nothing, answers=FIRST),
    "replay-playing": Scene(recorded, playing, answers=FIRST),
    "replay-timeline": Scene(recorded, its_timeline, answers=FIRST),
    "replay-hostile": Scene(hostile, middle, SIZES["80x24"], answers={"replay": "last"}),
    "sessions": Scene(recorded, S),
    "sessions-empty": Scene(empty, S),
    "sessions-60x16": Scene(recorded, S, SIZES["60x16"]),
}
