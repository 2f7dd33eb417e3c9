"""What fixed a cause before is suggested first, and says so; what did not help loses its place."""

from swarm_node.model import commands as c
from swarm_node.model.remedies import remedies
from swarm_node.model.work import Diagnosis
from tests.unit.stories import Story, assert_sound, kinds, row

A, B, C = "app-misc/a-1", "app-misc/b-1", "app-misc/c-1"
CRASH = Diagnosis("out-of-memory", "unblock", "killed")


def blocked(story: Story, cpv: str) -> None:
    story.plan(row(cpv))
    story.fail("izar", story.take("izar"), CRASH)
    assert story.status(cpv) == "blocked"


def swarm() -> Story:
    story = Story()
    story.nodes("izar")
    return story


def test_a_cure_that_worked_is_remembered_across_sessions_and_packages() -> None:
    story = swarm()
    blocked(story, A)
    story.do(c.Unblock(builds=(A,)))
    story.stage("izar", story.take("izar"))
    blocked(story, B)
    first, *_ = remedies(story.state, story.build(B))
    assert (first.command, first.proven) == (("unblock", f"={B}"), 1)
    assert_sound(story)


def test_without_experience_fewer_jobs_come_first() -> None:
    story = swarm()
    blocked(story, A)
    first, *_ = remedies(story.state, story.build(A))
    assert first.command == ("unblock", f"={A}", "--jobs", "4")
    assert first.proven == 0


def test_the_same_failure_again_takes_the_credit_back() -> None:
    story = swarm()
    blocked(story, A)
    story.do(c.Unblock(builds=(A,)))
    story.stage("izar", story.take("izar"))
    blocked(story, A)
    story.do(c.Unblock(builds=(A,)))
    story.fail("izar", story.take("izar"), CRASH)
    assert all(remedy.proven == 0 for remedy in remedies(story.state, story.build(A)))


def test_what_cured_one_is_tried_on_all_that_the_same_cause_blocks() -> None:
    story = swarm()
    story.nodes("mizar", cores=4)
    story.plan(row(A), row(B), row(C), row("app-misc/top-1", B))
    down, gone = (Diagnosis("transient-network", "unblock", "down", params={"host": h}) for h in ("x", "y"))
    troubles = {A: down, B: down, C: gone}
    for _ in troubles:
        attempt = story.take("izar")
        story.fail("izar", attempt, troubles[story.state.attempts[attempt].build])
    story.do(c.Unblock(builds=(A,), node="mizar", jobs=2))
    events = story.stage("mizar", story.take("mizar"))
    assert kinds(events) == ["BuildStaged", "BuildUnblocked"]
    assert (story.status(B), story.build(B).jobs, story.build(B).pinned) == ("needed", 2, "mizar")
    assert story.status(C) == "blocked"
    story.fail("mizar", story.take("mizar"), down)
    assert story.status(B) == "blocked", "it is tried once, not for ever"
    assert_sound(story)


def test_a_build_that_nothing_had_to_cure_frees_nobody() -> None:
    story = swarm()
    blocked(story, A)
    story.plan(row(A), row(B), clear=False)
    assert kinds(story.stage("izar", story.take("izar"))) == ["BuildStaged"]
    assert story.status(A) == "blocked"


def test_another_failure_says_nothing_of_the_cure() -> None:
    story = swarm()
    blocked(story, A)
    story.do(c.Unblock(builds=(A,)))
    story.fail("izar", story.take("izar"), Diagnosis("test-failure", "human", "a test fails"))
    assert story.state.cures == {}
    assert story.build(A).curing is None
