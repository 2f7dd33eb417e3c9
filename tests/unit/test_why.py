"""Why is it not running: for every build an answer, and the command that would set it going."""

import itertools

import pytest

from swarm_node.model import commands as c
from swarm_node.model.blame import blame, case_of
from swarm_node.model.why import Running, Why, why
from swarm_node.model.work import Diagnosis
from tests.unit.stories import PASSING, Story, row

LIB, APP, TOOL = "dev-libs/lib-1", "app-misc/app-1", "app-misc/tool-1"


@pytest.fixture
def story() -> Story:
    story = Story()
    story.nodes("izar", "mizar")
    story.plan(row(LIB), row(APP, LIB), row(TOOL, APP))
    return story


def ask(story: Story, build: str) -> Why:
    return why(story.state, story.build(build), story.now)


def test_what_is_ready_is_next_on_a_node(story: Story) -> None:
    answer = ask(story, LIB)
    assert answer.summary == "it is next on izar"
    assert [(one.node, one.refusal) for one in answer.nodes] == [("izar", None), ("mizar", None)]
    assert answer.needed_by == (APP,)


def test_what_waits_names_the_whole_chain(story: Story) -> None:
    story.take("izar")
    answer = ask(story, TOOL)
    assert answer.summary == "it waits for 2 other builds"
    assert [(link.build, link.status) for link in answer.chain] == [(LIB, "building"), (APP, "needed")]
    assert answer.chain[0].reason == "on izar"
    assert [(one.node, one.refusal) for one in answer.nodes] == [("izar", None), ("mizar", None)]


def test_the_worst_news_comes_first_with_its_cure(story: Story) -> None:
    story.fail("izar", story.take("izar"), Diagnosis("tree-out-of-sync", "sync-fix", "an old tree"))
    answer = ask(story, TOOL)
    assert answer.chain[0].build == LIB
    assert answer.chain[0].reason == "tree-out-of-sync: an old tree"
    assert answer.summary == "it waits for 2 other builds, 1 of them blocked"
    assert answer.cure == "build-swarm sync-fix izar"


def test_a_running_build_says_where_and_for_how_long(story: Story) -> None:
    story.take("izar")
    story.now += 20
    answer = ask(story, LIB)
    assert answer.summary == "it is being built on izar"
    assert answer.running == Running("izar", 1, story.now - 20, 60.0)


def test_a_done_build_says_so(story: Story) -> None:
    story.stage("izar", story.take("izar"))
    assert "lies in staging" in ask(story, LIB).summary
    story.do(c.RecordVerify(verify_id="v", score=0, findings=(), packages=1))
    story.do(c.PrepareRelease(verify_id="v"))
    story.do(c.PublishRelease(release=1, packages=1, size=1))
    assert ask(story, LIB).summary == "it is built and released; clients see release 1"


def test_each_node_says_why_not(story: Story) -> None:
    story.plan(row(LIB), row(TOOL))
    story.take("izar")
    story.do(c.HoldNode(name="mizar", held=True, reason="new disk"))
    waiting = next(build.id for build in story.state.by_status("needed"))
    refusals = {one.node: one.refusal for one in ask(story, waiting).nodes}
    assert refusals["mizar"] == "drained: new disk"
    assert (refusals["izar"] or "").startswith("busy with ")
    assert ask(story, waiting).cure == "build-swarm resume mizar"


def test_a_blocked_one_is_proved_and_whose_fault_it_is_has_odds(story: Story) -> None:
    proved = Diagnosis(
        "compile-error", "human", "it does not compile", confidence=0.8, evidence=("x.c:1: error: boom",)
    )
    story.fail("izar", story.take("izar"), proved)
    answer = ask(story, LIB)
    assert answer.odds == blame(story.state, case_of(story.state, story.build(LIB))) is not None
    assert (answer.confidence, [proof.text for proof in answer.proof]) == (0.8, ["x.c:1: error: boom"])
    assert ask(story, APP).odds is None, "it has not failed"


def test_a_link_names_what_it_waits_for(story: Story) -> None:
    assert {link.build: link.reason for link in ask(story, TOOL).chain} == {
        LIB: "ready, waits for a node",
        APP: f"waits for {LIB}",
    }


def test_where_no_node_takes_it_that_is_said(story: Story) -> None:
    for name in ("izar", "mizar"):
        story.do(c.HoldNode(name=name, held=True))
    assert (ask(story, LIB).summary, ask(story, LIB).start) == ("no node takes it", None)


def test_a_pause_is_named_and_lifted(story: Story) -> None:
    story.do(c.HoldSwarm(held=True, reason="moving house"))
    answer = ask(story, LIB)
    assert {one.refusal for one in answer.nodes} == {"the swarm is paused: moving house"}
    assert answer.cure == "build-swarm resume"


def test_a_pause_after_a_failure_is_named(story: Story) -> None:
    story.fail("izar", story.take("izar"), PASSING)
    assert {one.refusal for one in ask(story, LIB).nodes} == {"waits 30 s after a transient failure"}


def test_a_pin_to_a_node_that_is_gone_is_lifted_by_naming_the_build(story: Story) -> None:
    story.do(c.Unblock(builds=(LIB,), node="mizar"))
    story.silent("mizar")
    answer = ask(story, LIB)
    assert {one.node: one.refusal for one in answer.nodes}["izar"] == "pinned to mizar"
    assert answer.cure == f"build-swarm unblock ={LIB}"


def test_waiting_for_a_faster_drone_is_said() -> None:
    story = Story()
    story.nodes("big", cores=32)
    story.nodes("tiny", cores=1)
    story.plan(row(LIB))
    story.stage("big", story.take("big"), seconds=600.0)
    story.plan(row(LIB))
    refusals = {one.node: one.refusal for one in ask(story, LIB).nodes}
    assert refusals == {"big": None, "tiny": "big is faster and ends it sooner"}


def test_without_a_node_it_says_so() -> None:
    story = Story()
    story.plan(row(LIB))
    assert ask(story, LIB).summary == "no node is known"


@pytest.mark.parametrize(
    ("remedy", "command"),
    [
        ("human", ""),
        ("edit-portage-and-fresh", "build-swarm fresh"),
        ("unblock", f"build-swarm unblock ={LIB}"),
        ("build-local", f"build-swarm build-local ={LIB}"),
        ("sync-overlays", "build-swarm sync-overlays demo"),
        ("sync-fix", "build-swarm sync-fix izar"),
    ],
)
def test_every_remedy_is_a_command(story: Story, remedy: str, command: str) -> None:
    story.fail("izar", story.take("izar"), Diagnosis("kind", remedy, "it failed"))
    assert ask(story, LIB).cure == command
    assert ask(story, LIB).summary == "it is blocked: kind, it failed"


def test_a_very_long_chain_is_cut_where_it_matters_least() -> None:
    story = Story()
    story.nodes("izar")
    names = [f"app-misc/p{number}-1" for number in range(200)]
    story.plan(row(names[0]), *(row(name, need) for need, name in itertools.pairwise(names)))
    assert len(ask(story, names[-1]).chain) == 50
    story.fail("izar", story.take("izar"))
    answer = ask(story, names[-1])
    assert answer.summary == "it waits for 199 other builds, 1 of them blocked"
    assert (answer.behind, answer.chain[0].build, answer.chain[0].status) == (199, names[0], "blocked")
