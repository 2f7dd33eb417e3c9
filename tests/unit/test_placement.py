"""Who may build what: BUILD_MODE, pins, drains, full disks, and the choice among drones."""

import pytest

from swarm_node.model import commands as c
from swarm_node.model.events import Policy
from swarm_node.model.placement import LEAST_DISK, idle_reason, pick, refusal
from swarm_node.model.work import NodeFacts
from tests.unit.stories import PASSING, Story, row

LIB, TOOL = "dev-libs/lib-1", "app-misc/tool-1"


def swarm(mode: str) -> Story:
    """A drone and the orchestrator's own builder, with one package to build."""
    story = Story(Policy(build_mode=mode))
    story.nodes("izar")
    story.nodes("own", role="local")
    story.plan(row(LIB))
    return story


def pick_for(story: Story, name: str) -> str | None:
    return pick(story.state, story.state.nodes[name], story.now)


def reason(story: Story, name: str, build: str = LIB) -> str | None:
    return refusal(story.state, story.state.nodes[name], story.build(build), story.now)


def test_delegate_only_never_builds_itself() -> None:
    story = swarm("delegate_only")
    story.silent("izar")
    assert pick_for(story, "own") is None
    assert idle_reason(story.state, story.state.nodes["own"]) == "BUILD_MODE is delegate_only"


def test_delegate_first_builds_itself_only_what_no_drone_can() -> None:
    story = swarm("delegate_first")
    assert pick_for(story, "own") is None
    assert reason(story, "own") == "delegated: izar can take it"
    story.do(c.HoldNode(name="izar", held=True))
    assert pick_for(story, "own") == LIB


def test_delegate_first_leaves_to_a_busy_drone_what_it_can_build() -> None:
    story = swarm("delegate_first")
    story.plan(row(LIB), row(TOOL))
    story.take("izar")
    assert pick_for(story, "own") is None


def test_hybrid_builds_alongside() -> None:
    story = swarm("hybrid")
    assert pick_for(story, "own") == LIB


def test_build_local_pins_in_every_mode_that_builds_itself() -> None:
    story = swarm("delegate_first")
    story.do(c.Unblock(builds=(LIB,), node="own"))
    assert reason(story, "izar") == "pinned to own"
    assert pick_for(story, "own") == LIB


def test_a_failure_sends_it_to_another_drone_as_long_as_there_is_one() -> None:
    story = swarm("delegate_only")
    story.nodes("mizar")
    story.fail("izar", story.take("izar"), PASSING)
    assert reason(story, "izar") == "waits 30 s after a transient failure"
    story.now += 30
    assert reason(story, "izar") == "failed there just now, another drone tries first"
    assert pick_for(story, "mizar") == LIB
    story.do(c.HoldNode(name="mizar", held=True))
    assert pick_for(story, "izar") == LIB


def test_a_clock_that_was_set_back_makes_nobody_wait_for_years() -> None:
    story = swarm("delegate_only")
    story.fail("izar", story.take("izar"), PASSING)
    story.now -= 10 * 365 * 86_400
    assert pick_for(story, "izar") == LIB


def test_dummies_are_built_only_where_they_are_taken() -> None:
    story = Story(Policy(simulated=False))
    story.nodes("izar")
    story.plan(row("dummy/one-1", simulated=True))
    assert reason(story, "izar", "dummy/one-1") == "dummies are not built here"


@pytest.mark.parametrize(
    ("free", "works"), [(0, True), (1, False), (LEAST_DISK - 1, False), (LEAST_DISK, True)]
)
def test_a_node_whose_disk_is_full_gets_nothing(free: int, works: bool) -> None:
    story = Story()
    story.do(c.SeeNode(name="izar", facts=NodeFacts(disk_free=free)))
    story.plan(row(LIB))
    assert (story.ask("izar") is not None) == works


def test_what_is_known_waits_for_the_faster_drone_that_is_free() -> None:
    story = Story()
    story.nodes("big", cores=32)
    story.nodes("tiny", cores=1)
    story.plan(row(LIB))
    story.stage("big", story.take("big"), seconds=600.0)
    story.plan(row(LIB))
    assert story.ask("tiny") is None
    assert story.ask("big") is not None


def test_what_was_never_built_is_not_waited_with() -> None:
    story = Story()
    story.nodes("big", cores=32)
    story.nodes("tiny", cores=1)
    story.plan(row(LIB))
    assert story.ask("tiny") is not None


def test_the_longest_chain_comes_first() -> None:
    story = Story()
    story.nodes("izar")
    story.plan(row(TOOL), row(LIB), row("app-misc/a-1", LIB), row("app-misc/b-1", "app-misc/a-1"))
    assert pick_for(story, "izar") == LIB
