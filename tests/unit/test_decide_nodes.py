"""Nodes and the session: seen, held back, directed; one preparation at a time."""

import pytest

from swarm_node.model import commands as c
from swarm_node.model import events as e
from swarm_node.model.apply import DIRECTIVES_KEPT
from swarm_node.model.work import NodeFacts
from tests.unit.stories import Story, assert_sound, kinds, row

LIB = "dev-libs/lib-1"


@pytest.fixture
def story() -> Story:
    story = Story()
    story.nodes("izar", "mizar")
    story.plan(row(LIB))
    return story


def test_a_node_is_recorded_only_when_something_is_new(story: Story) -> None:
    assert story.do(c.SeeNode(name="izar", facts=NodeFacts(cores=8))) == []
    assert kinds(story.do(c.SeeNode(name="izar", facts=NodeFacts(cores=4)))) == ["NodeSeen"]
    story.silent("izar")
    assert kinds(story.do(c.SeeNode(name="izar", facts=NodeFacts(cores=4)))) == ["NodeSeen"]


@pytest.mark.parametrize(
    "name", ["", "../x", "$(id)", "; rm -rf /", "-rf", "a" * 64, "izar\n", "izår", "a/b", ".hidden"]
)
def test_a_name_is_a_plain_word(story: Story, name: str) -> None:
    assert story.refused(c.SeeNode(name=name, facts=NodeFacts())) == "bad_name"


def test_a_drained_node_ends_what_it_builds_and_gets_nothing_more(story: Story) -> None:
    attempt = story.take("izar")
    story.do(c.HoldNode(name="izar", held=True, reason="new disk"))
    assert story.do(c.HoldNode(name="izar", held=True)) == []
    story.stage("izar", attempt)
    story.plan(row(LIB))
    assert story.ask("izar") is None
    story.do(c.HoldNode(name="izar", held=False))
    assert story.ask("izar") is not None


def test_a_restart_of_the_node_does_not_lift_a_drain(story: Story) -> None:
    story.do(c.HoldNode(name="izar", held=True))
    story.silent("izar")
    story.nodes("izar")
    assert story.ask("izar") is None


def test_a_misspelt_node_is_answered_with_the_nearest_names(story: Story) -> None:
    assert story.refused(c.HoldNode(name="izzar", held=True)) == "unknown_node"


def test_nothing_is_handed_out_while_the_swarm_is_paused(story: Story) -> None:
    story.do(c.HoldSwarm(held=True))
    assert story.do(c.HoldSwarm(held=True)) == []
    assert story.ask("izar") is None
    story.do(c.HoldSwarm(held=False))
    assert story.ask("izar") is not None


def test_what_runs_goes_on_while_the_swarm_is_paused(story: Story) -> None:
    attempt = story.take("izar")
    story.do(c.HoldSwarm(held=True))
    story.stage("izar", attempt)
    assert story.status(LIB) == "staged"


def test_every_node_that_is_up_gets_a_directive_once(story: Story) -> None:
    story.silent("mizar")
    story.nodes("alcor")
    command = c.IssueDirective(name="sync_trees", params={"tree": "gentoo"})
    issued = story.do(command)
    assert [(one.node, one.id) for one in issued if isinstance(one, e.DirectiveIssued)] == [
        ("izar", 1),
        ("alcor", 2),
    ]
    assert story.do(command) == []
    other = story.do(c.IssueDirective(name="sync_trees", params={"tree": "own"}, nodes=("mizar",)))
    assert [one.id for one in other if isinstance(one, e.DirectiveIssued)] == [3]


def test_a_directive_needs_somebody(story: Story) -> None:
    assert Story().refused(c.IssueDirective(name="sync_trees")) == "nothing_to_do"
    assert story.refused(c.IssueDirective(name="sync_trees", nodes=("nobody",))) == "unknown_node"


def test_only_its_own_node_answers_a_directive_and_only_once(story: Story) -> None:
    story.do(c.IssueDirective(name="sync_trees", nodes=("izar",)))
    assert story.refused(c.FinishDirective(node="mizar", id=1, ok=True)) == "forbidden"
    assert kinds(story.do(c.FinishDirective(node="izar", id=1, ok=True))) == ["DirectiveFinished"]
    assert story.do(c.FinishDirective(node="izar", id=1, ok=False)) == []
    assert story.state.directives[1].ok is True
    for unknown in (0, -1, 2):
        assert story.refused(c.FinishDirective(node="izar", id=unknown, ok=True)) == "unknown_directive"


def test_answered_directives_do_not_pile_up(story: Story) -> None:
    story.do(c.IssueDirective(name="first", nodes=("mizar",)))
    for number in range(2, DIRECTIVES_KEPT + 100):
        story.do(c.IssueDirective(name=f"sync{number}", nodes=("izar",)))
        story.do(c.FinishDirective(node="izar", id=number, ok=True))
    assert len(story.state.directives) <= DIRECTIVES_KEPT + 1
    assert story.state.directives[1].finished is None
    assert DIRECTIVES_KEPT + 99 in story.state.directives
    assert story.do(c.FinishDirective(node="izar", id=2, ok=True)) == []
    assert_sound(story)


def test_one_preparation_at_a_time(story: Story) -> None:
    story.do(c.OpenSession(clear=True))
    assert story.state.session.phase == "syncing"
    assert story.refused(c.OpenSession(clear=True)) == "already_running"
    story.do(c.EnterPhase(phase="idle"))
    story.do(c.OpenSession(clear=False))
    assert story.state.session.number == 3


def test_the_same_phase_and_policy_are_not_recorded_again(story: Story) -> None:
    assert story.do(c.EnterPhase(phase="building")) == []
    assert story.do(c.SetPolicy(policy=story.state.policy)) == []
    assert kinds(story.do(c.SetPolicy(policy=e.Policy(lease=5.0)))) == ["PolicySet"]


def test_what_an_operator_does_is_in_the_log(story: Story) -> None:
    story.do(c.RecordAction(name="drain", params={"node": "izar"}, by="127.0.0.1"))
    assert story.log[-1] == e.ActionTaken(at=story.now, name="drain", params={"node": "izar"}, by="127.0.0.1")
