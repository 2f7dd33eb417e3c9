"""While you were away: a busy night, and a quiet one."""

from swarm_node.model import commands as c
from swarm_node.model.events import Finding
from swarm_node.model.work import Diagnosis
from tests.tui.scenes.scene import Scene, every_size, keys
from tests.tui.story import KERNEL, OVERLAY, Story, building, empty, facts

PASSING = Diagnosis("transient-network", "unblock", "a download failed", transient=True)


def night() -> Story:
    """What a night brings: builds, failures of both kinds, a lost node, an operator, a release given up."""
    story = building()
    story.tell(c.RecordAction(name="unblock", params={}), c.RecordAction(name="balance", params={}))
    story.stage("drone-Izar", 5400.0)
    story.fail("drone-Tarn", PASSING, 40.0)
    story.work("drone-Izar")
    story.fail("drone-Izar", KERNEL, 65.0)
    story.work("drone-Tarn")
    story.stage("drone-Tarn", 1800.0)
    story.work("drone-Izar")
    story.fail("drone-Izar", OVERLAY, 20.0)
    story.tell(c.Sweep(silent={"drone-Meridian": 120.0}), after=3600.0)
    story.tell(c.SeeNode(name="drone-Meridian", facts=facts(4)), after=600.0)
    story.verify(Finding("blocked", "x11-drivers/nvidia-drivers-570.153 is blocked and left out", 1))
    story.tell(c.PrepareRelease(verify_id="v1"))
    story.tell(c.PublishRelease(release=1, packages=4, size=44 << 20, added=4), after=2.0)
    story.now += 7200.0
    return story


def idle() -> Story:
    """Nothing but nodes."""
    story = empty()
    story.now += 3600.0
    return story


PICTURES: dict[str, Scene] = {
    **every_size("away", Scene(night, keys("a")), ("60x20", "80x24", "120x36")),
    "away-quiet": Scene(idle, keys("a")),
}
