"""What fixed a cause before is suggested first, and says so; what did not help loses its place."""

from swarm_node.model import commands as c
from swarm_node.model.remedies import remedies
from swarm_node.model.work import Diagnosis
from tests.unit.stories import Story, assert_sound, row

A, B = "app-misc/a-1", "app-misc/b-1"
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


def test_another_failure_says_nothing_of_the_cure() -> None:
    story = swarm()
    blocked(story, A)
    story.do(c.Unblock(builds=(A,)))
    story.fail("izar", story.take("izar"), Diagnosis("test-failure", "human", "a test fails"))
    assert story.state.cures == {}
    assert story.build(A).curing is None
