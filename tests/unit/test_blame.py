"""Blame with odds: what the nodes' records say of a failure, and what one more try would settle."""

import pytest

from swarm_node.model import commands as c
from swarm_node.model import events as e
from swarm_node.model.apply import apply
from swarm_node.model.blame import blame, case_of, stand_in
from swarm_node.model.remedies import remedies
from swarm_node.model.work import Diagnosis, NodeFacts
from tests.unit.stories import Story, row

BROKEN = Diagnosis("compile-error", "human", "it does not compile", evidence=("x.c:1: error: boom",))
A, B, C, D = (f"app-misc/{name}-1" for name in "abcd")


def swarm(*cpvs: str, trees: dict[str, str] | None = None) -> Story:
    """Three drones, with the tree hashes of `trees` or the same, and packages that wait for nothing."""
    story = Story()
    for name in ("izar", "mizar", "tarn"):
        tree = (trees or {}).get(name, "aaaa")
        story.do(c.SeeNode(name=name, facts=NodeFacts(cores=8, trees={"demo": tree})))
    story.plan(*map(row, cpvs))
    return story


def fail_on(story: Story, node: str, cpv: str, diagnosis: Diagnosis = BROKEN) -> None:
    """Have a package fail on one node."""
    if story.status(cpv) == "blocked":
        story.do(c.Unblock(builds=(cpv,), node=node))
    story.fail(node, _given(story, node, cpv), diagnosis)


def stage_on(story: Story, node: str, cpv: str) -> None:
    if story.status(cpv) == "blocked":
        story.do(c.Unblock(builds=(cpv,), node=node))
    story.stage(node, _given(story, node, cpv))


def _given(story: Story, node: str, cpv: str) -> int:
    """An attempt at just this package, whatever the scheduler would choose."""
    attempt = story.state.next_attempt
    for event in (
        e.BuildAssigned(at=story.now, build=cpv, attempt=attempt, node=node),
        e.BuildStarted(at=story.now, build=cpv, attempt=attempt),
    ):
        apply(story.state, event)
        story.log.append(event)
    return attempt


def odds(story: Story, cpv: str) -> tuple[float, float, float]:
    found = blame(story.state, case_of(story.state, story.build(cpv)))
    assert found is not None
    assert found.package + found.drone + found.tree == pytest.approx(1)
    return found.package, found.drone, found.tree


def test_one_failure_is_most_likely_the_packages_and_not_yet_settled() -> None:
    story = swarm(A)
    fail_on(story, "izar", A)
    package, drone, tree = odds(story, A)
    assert package > 0.8 > drone + tree
    assert stand_in(story.state, story.build(A)) is not None


def test_the_same_failure_elsewhere_settles_it() -> None:
    story = swarm(A)
    fail_on(story, "izar", A)
    fail_on(story, "mizar", A)
    assert odds(story, A)[0] > 0.9
    assert stand_in(story.state, story.build(A)) is None, "nothing is left to settle"


def test_a_drone_on_which_everything_fails_is_the_suspect() -> None:
    story = swarm(A, B, C, D)
    stage_on(story, "mizar", D)
    for cpv in (A, B, C):
        fail_on(story, "izar", cpv)
    assert odds(story, C)[1] > 0.7


def test_a_package_that_fails_only_on_another_tree_points_at_the_tree() -> None:
    story = swarm(A, trees={"izar": "bbbb"})
    stage_on(story, "mizar", A)
    story.plan(row(A))
    fail_on(story, "izar", A, Diagnosis("missing-dependency", "human", "no header"))
    package, drone, tree = odds(story, A)
    assert package < min(drone, tree)


def test_what_names_its_own_cause_is_nobodys_fault() -> None:
    story = swarm(A)
    fail_on(story, "izar", A, Diagnosis("missing-overlay", "sync-overlays", "no such repository"))
    assert blame(story.state, case_of(story.state, story.build(A))) is None
    assert story.state.nodes["izar"].record == []


def test_the_experiment_is_the_first_remedy_and_names_another_drone() -> None:
    story = swarm(A)
    fail_on(story, "izar", A)
    first, *others = remedies(story.state, story.build(A))
    assert first.command[:2] == ("unblock", f"={A}")
    assert first.command[-1] in ("mizar", "tarn")
    assert "izar" in first.words
    assert () in [remedy.command for remedy in others], "a person comes after the cheap experiment"
