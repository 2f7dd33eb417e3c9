"""What nodes say to builds: each refusal with what would lift it, or when it ends by itself."""

import pytest

from swarm_node.model import commands as c
from swarm_node.model.answers import NodeAnswer, answers, head
from swarm_node.model.events import Policy
from swarm_node.model.work import NodeFacts
from tests.unit.stories import PASSING, Story, row

LIB, APP, TOOL = "dev-libs/lib-1", "app-misc/app-1", "app-misc/tool-1"


def said(story: Story, build: str) -> dict[str, NodeAnswer]:
    return {one.node: one for one in answers(story.state, story.build(build), story.now)}


@pytest.fixture
def story() -> Story:
    story = Story(Policy(build_mode="delegate_first"))
    story.nodes("izar", "mizar")
    story.plan(row(LIB), row(APP, LIB))
    return story


def test_who_would_take_it_refuses_nothing(story: Story) -> None:
    assert said(story, LIB) == {name: NodeAnswer(name, LIB) for name in ("izar", "mizar")}


def test_a_lost_a_drained_and_a_full_node(story: Story) -> None:
    story.do(c.HoldNode(name="izar", held=True, reason="new disk"))
    story.silent("mizar")
    story.do(c.SeeNode(name="full", facts=NodeFacts(disk_free=300 << 20)))
    found = said(story, LIB)
    assert (found["izar"].refusal, found["izar"].lift) == (
        "drained: new disk",
        "build-swarm resume izar",
    )
    assert found["mizar"].lift == "start its service again, on mizar: rc-service swarm-drone start"
    assert found["full"].lift == "free space where it builds: SCRATCH_DIR on full"
    story.do(c.HoldSwarm(held=True))
    assert {one.lift for one in said(story, LIB).values()} == {"build-swarm resume"}


def test_the_local_builder_is_told_how_to_be_used(story: Story) -> None:
    story.nodes("main-local", role="local")
    found = said(story, LIB)["main-local"]
    assert found.refusal == "delegated: izar can take it"
    assert found.lift == f"build-swarm build-local ={LIB}"
    story.do(c.SetPolicy(policy=Policy(build_mode="delegate_only")))
    assert said(story, LIB)["main-local"].lift.startswith("set BUILD_MODE")


def test_a_pin_is_lifted_by_another_one(story: Story) -> None:
    story.do(c.Unblock(builds=(LIB,), node="mizar"))
    found = said(story, LIB)
    assert found["mizar"].refusal is None
    assert found["izar"].lift == f"build-swarm unblock ={LIB} --node izar"


def test_a_pause_ends_by_itself_and_another_drone_tries_first(story: Story) -> None:
    story.fail("izar", story.take("izar"), PASSING)
    waiting = said(story, LIB)["izar"]
    assert (waiting.lift, waiting.until) == ("", story.build(LIB).not_before)
    story.now = story.build(LIB).not_before
    found = said(story, LIB)
    assert found["mizar"].refusal is None
    assert found["izar"].lift == f"build-swarm unblock ={LIB} --node izar"


def test_a_busy_node_says_until_when(story: Story) -> None:
    story.plan(row(LIB), row(TOOL))
    taken = story.state.attempts[story.take("izar")].build
    other = LIB if taken == TOOL else TOOL
    found = said(story, other)["izar"]
    assert found.refusal == f"busy with {taken}"
    assert found.until == story.now + 60


def test_of_what_cannot_begin_yet_busy_says_nothing(story: Story) -> None:
    story.take("izar")
    assert {one.refusal for one in said(story, APP).values()} == {None}


def test_a_slow_node_leaves_to_the_faster_one() -> None:
    story = Story()
    story.nodes("big", cores=32)
    story.nodes("tiny", cores=1)
    story.plan(row(LIB))
    story.stage("big", story.take("big"), seconds=600.0)
    story.plan(row(LIB), row(APP), row(TOOL, LIB))
    tiny, big = story.state.nodes["tiny"], story.state.nodes["big"]
    at_head = {one.build: one for one in head(story.state, tiny, story.now)}
    assert at_head.keys() == {LIB, APP}
    assert at_head[LIB].refusal == "big is faster and ends it sooner"
    assert at_head[LIB].better == "big"
    assert at_head[LIB].until == pytest.approx(story.now + 600, rel=0.1)
    assert at_head[APP].refusal is None
    assert {one.refusal for one in head(story.state, big, story.now)} == {None}
    assert [one.build for one in head(story.state, big, story.now, most=1)] == [next(iter(at_head))]


def test_a_held_node_refuses_the_whole_head(story: Story) -> None:
    story.do(c.HoldNode(name="izar", held=True))
    assert {one.refusal for one in head(story.state, story.state.nodes["izar"], story.now)} == {"drained"}
