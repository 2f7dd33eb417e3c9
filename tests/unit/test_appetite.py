"""What packages take: learnt from builds and from failures, and heeded when builds are handed out."""

import pytest

from swarm_node.model import commands as c
from swarm_node.model import events as e
from swarm_node.model.appetite import Appetite, jobs_that_fit, memory_at, took
from swarm_node.model.placement import refusal
from swarm_node.model.work import Diagnosis, Measures, NodeFacts
from tests.unit.stories import Story, artifact, assert_sound, row

GIB = 1 << 30
BIG = "www-client/chromium-140"
FULL = Diagnosis("out-of-memory", "unblock", "killed", transient=True)
NO_DISK = Diagnosis("disk-full", "unblock", "no space left", transient=True)


def swarm(**memory: int) -> Story:
    """Drones of eight cores with so many GiB of memory, and one large package."""
    story = Story()
    for name, gib in memory.items():
        story.do(c.SeeNode(name=name, facts=NodeFacts(cores=8, memory=gib * GIB, disk_free=50 * GIB)))
    story.plan(row(BIG))
    return story


def stage(story: Story, node: str, measures: Measures) -> None:
    attempt = story.take(node)
    made = artifact(story.build(BIG), attempt)
    story.do(c.StageBuild(node=node, attempt=attempt, artifact=made, measures=measures))


def fail(story: Story, node: str, diagnosis: Diagnosis, measures: Measures | None = None) -> None:
    attempt = story.take(node)
    story.do(c.FailBuild(node=node, attempt=attempt, phase="compile", diagnosis=diagnosis, measures=measures))


@pytest.mark.parametrize("cores", [1, 2, 7, 8, 64])
def test_the_jobs_that_fit_fit_and_one_more_does_not(cores: int) -> None:
    appetite, facts = Appetite(16 * GIB, 8), NodeFacts(cores=cores, memory=12 * GIB)
    jobs = jobs_that_fit(appetite, facts)
    assert memory_at(appetite, jobs) <= 0.9 * facts.memory
    assert jobs == cores or memory_at(appetite, jobs + 1) > 0.9 * facts.memory


def test_the_newest_measure_counts_and_what_was_not_measured_stays() -> None:
    known = took(None, Measures(1.0, peak_memory=8 * GIB, peak_disk=3 * GIB), 8)
    assert took(known, Measures(1.0, peak_memory=4 * GIB), 4) == Appetite(4 * GIB, 4, 3 * GIB)


def test_out_of_memory_is_tried_again_with_half_the_jobs_and_never_with_none() -> None:
    story = swarm(izar=8)
    limits = []
    for _ in range(2):
        fail(story, "izar", FULL)
        story.now += 1000
        limits.append(story.build(BIG).jobs)
    assert limits == [4, 2]
    attempt = story.take("izar")
    assert (story.state.attempts[attempt].jobs or 8) <= 2
    assert_sound(story)


def test_what_was_too_little_is_refused_where_another_has_more_and_says_so() -> None:
    story = swarm(small=8, large=64)
    fail(story, "small", FULL, Measures(60.0, peak_memory=30 * GIB))
    story.now += 1000
    story.state.builds[BIG].avoid = ()
    said = refusal(story.state, story.state.nodes["small"], story.build(BIG), story.now)
    assert said is not None and "MiB of memory" in said
    assert refusal(story.state, story.state.nodes["large"], story.build(BIG), story.now) is None


def test_where_no_node_has_enough_the_build_is_tried_all_the_same() -> None:
    story = swarm(izar=8)
    fail(story, "izar", FULL, Measures(60.0, peak_memory=64 * GIB))
    story.now += 1000
    assert story.ask("izar") is not None


def test_what_a_package_took_limits_its_jobs_the_next_time() -> None:
    story = swarm(large=64)
    stage(story, "large", Measures(600.0, peak_memory=32 * GIB))
    story.do(c.SeeNode(name="small", facts=NodeFacts(cores=8, memory=16 * GIB, disk_free=50 * GIB)))
    story.do(c.HoldNode(name="large", held=True))
    story.plan(row(BIG))
    (given,) = [one for one in story.do(c.RequestWork(node="small")) if isinstance(one, e.BuildAssigned)]
    assert given.jobs is not None and given.jobs < 8


def test_a_full_disk_sends_it_to_a_roomier_one() -> None:
    story = swarm(izar=64)
    fail(story, "izar", NO_DISK)
    story.do(c.SeeNode(name="tarn", facts=NodeFacts(cores=8, memory=GIB, disk_free=500 * GIB)))
    story.now += 1000
    said = refusal(story.state, story.state.nodes["izar"], story.build(BIG), story.now)
    assert said is not None
    story.state.builds[BIG].avoid = ()
    said = refusal(story.state, story.state.nodes["izar"], story.build(BIG), story.now)
    assert said is not None and "MiB of disk" in said
