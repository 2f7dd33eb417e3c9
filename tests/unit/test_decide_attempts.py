"""Attempts: who gets what, what counts as a result, and what follows from failures and deaths."""

import pytest

from swarm_node.model import commands as c
from swarm_node.model import events as e
from swarm_node.model.work import Measures
from tests.unit.stories import PASSING, POLICY, Story, artifact, assert_sound, kinds, row

LIB, APP, TOOL = "dev-libs/lib-1", "app-misc/app-1", "app-misc/tool-1"


@pytest.fixture
def story() -> Story:
    """Two drones; an application that needs a library, and a tool that needs nothing."""
    story = Story()
    story.nodes("izar", "mizar")
    story.plan(row(LIB), row(APP, LIB))
    return story


def test_a_build_goes_through_its_four_statuses(story: Story) -> None:
    seen = [story.status(LIB)]
    attempt = story.ask("izar")
    assert attempt == 1
    seen.append(story.status(LIB))
    story.do(c.StartAttempt(node="izar", attempt=1))
    seen.append(story.status(LIB))
    story.stage("izar", 1)
    seen.append(story.status(LIB))
    assert seen == ["needed", "assigned", "building", "staged"]
    assert story.state.nodes["izar"].built == 1
    assert_sound(story)


def test_a_build_is_handed_out_only_when_what_it_needs_is_staged(story: Story) -> None:
    first = story.take("izar")
    assert story.ask("mizar") is None
    story.stage("izar", first)
    second = story.ask("mizar")
    assert second is not None
    assert story.state.attempts[second].build == APP


def test_attempts_number_every_try_of_the_whole_swarm(story: Story) -> None:
    numbers = []
    for _ in range(3):
        story.plan(row(LIB), row(APP, LIB))
        attempt = story.take("izar")
        numbers.append(attempt)
        story.fail("izar", attempt, PASSING)
        story.now += 1000
        numbers.append(story.take("mizar"))
        story.do(c.GiveBack(node="mizar", attempt=numbers[-1]))
        story.nodes("mizar")
    assert numbers == sorted(set(numbers))


def test_an_answer_that_was_lost_is_given_again(story: Story) -> None:
    attempt = story.ask("izar")
    assert story.ask("izar") is None
    assert story.state.nodes["izar"].attempt == attempt
    assert_sound(story)


def test_a_drone_that_still_holds_its_build_keeps_it(story: Story) -> None:
    attempt = story.take("izar")
    assert story.do(c.RequestWork(node="izar", holding=attempt)) == []


def test_a_drone_that_restarted_loses_its_build_at_once(story: Story) -> None:
    attempt = story.take("izar")
    events = story.do(c.RequestWork(node="izar"))
    assert kinds(events) == ["AttemptLost"]
    assert story.build(LIB).deaths == 1
    assert story.state.attempts[attempt].outcome == "lost"
    assert story.ask("mizar") == attempt + 1


def test_an_unknown_node_is_told_to_register(story: Story) -> None:
    assert story.refused(c.RequestWork(node="alcor")) == "unknown_node"


def test_the_same_result_twice_is_granted_once(story: Story) -> None:
    attempt = story.take("izar")
    assert kinds(story.stage("izar", attempt)) == ["BuildStaged"]
    assert story.stage("izar", attempt) == []
    assert story.state.nodes["izar"].built == 1
    assert len(story.state.history.samples["dev-libs/lib"]) == 1


def test_another_content_for_a_staged_attempt_is_recorded_and_not_staged(story: Story) -> None:
    attempt = story.take("izar")
    story.stage("izar", attempt)
    before = story.build(LIB).artifact
    events = story.stage("izar", attempt, content="other")
    assert [event.code for event in events if isinstance(event, e.ResultIgnored)] == ["conflicting_result"]
    assert story.build(LIB).artifact == before


def test_a_late_result_is_recorded_and_never_staged(story: Story) -> None:
    late = story.take("izar")
    story.silent("izar")
    newer = story.take("mizar")
    events = story.stage("izar", late)
    assert [event.code for event in events if isinstance(event, e.ResultIgnored)] == ["stale_attempt"]
    assert story.build(LIB).attempt == newer
    story.stage("mizar", newer)
    assert story.stage("izar", late) != []
    assert story.build(LIB).attempt == newer
    assert_sound(story)


def test_a_late_failure_changes_nothing(story: Story) -> None:
    late = story.take("izar")
    story.silent("izar")
    newer = story.take("mizar")
    assert kinds(story.fail("izar", late)) == ["ResultIgnored"]
    assert story.state.attempts[newer].outcome == "open"
    assert story.build(LIB).tries == 0


def test_only_its_own_node_reports_on_an_attempt(story: Story) -> None:
    attempt = story.take("izar")
    assert story.refused(c.StartAttempt(node="mizar", attempt=attempt)) == "forbidden"
    for events in (story.stage("mizar", attempt), story.fail("mizar", attempt)):
        assert [event.code for event in events if isinstance(event, e.ResultIgnored)] == ["forbidden"]
    assert story.status(LIB) == "building"


def test_a_number_that_was_never_given_is_unknown(story: Story) -> None:
    assert story.refused(c.StartAttempt(node="izar", attempt=99)) == "unknown_attempt"
    build = story.build(LIB)
    command = c.StageBuild(node="izar", attempt=99, artifact=artifact(build, 99), measures=Measures(1.0))
    assert story.refused(command) == "unknown_attempt"


def test_nothing_is_staged_without_a_package(story: Story) -> None:
    attempt = story.take("izar")
    bare = c.StageBuild(node="izar", attempt=attempt, artifact=None, measures=Measures(1.0))
    assert story.refused(bare) == "no_package"
    assert story.status(LIB) == "building"


@pytest.mark.parametrize("simulated", [True, False])
def test_a_dummy_needs_no_package_where_dummies_are_taken(simulated: bool) -> None:
    story = Story(e.Policy(build_mode="delegate_only", simulated=simulated))
    story.nodes("izar")
    story.plan(row("dummy/one-1", simulated=True))
    attempt = story.ask("izar")
    assert (attempt is not None) == simulated
    if attempt is not None:
        story.do(c.StageBuild(node="izar", attempt=attempt, artifact=None, measures=Measures(0.0)))
        assert story.status("dummy/one-1") == "staged"


def test_a_lasting_failure_blocks_at_once(story: Story) -> None:
    attempt = story.take("izar")
    assert kinds(story.fail("izar", attempt)) == ["BuildFailed", "BuildBlocked"]
    assert story.build(LIB).diagnosis is not None
    assert story.ask("izar") is None
    assert story.fail("izar", attempt) == []
    assert_sound(story)


def test_a_transient_failure_is_tried_on_another_drone_after_a_pause(story: Story) -> None:
    attempt = story.take("izar")
    story.fail("izar", attempt, PASSING)
    assert story.build(LIB).not_before == story.now + POLICY.backoff
    assert story.ask("mizar") is None
    story.now += POLICY.backoff
    assert story.ask("izar") is None
    assert story.ask("mizar") == attempt + 1


def test_the_only_drone_tries_again_itself() -> None:
    story = Story()
    story.nodes("izar")
    story.plan(row(LIB))
    story.fail("izar", story.take("izar"), PASSING)
    story.now += POLICY.backoff
    assert story.ask("izar") is not None


def test_the_pause_doubles_and_the_last_try_blocks() -> None:
    story = Story(e.Policy(max_attempts=4, backoff=10.0, build_mode="delegate_only"))
    story.nodes("izar")
    story.plan(row(LIB))
    pauses = []
    while story.status(LIB) == "needed":
        story.fail("izar", story.take("izar"), PASSING)
        pauses.append(story.build(LIB).not_before - story.now)
        story.now = max(story.build(LIB).not_before, story.now)
    assert pauses[:3] == [10.0, 20.0, 40.0]
    assert len(story.build(LIB).failures) == 4
    assert story.status(LIB) == "blocked"
    assert story.build(LIB).diagnosis == PASSING


def test_three_deaths_block_the_package_and_not_the_drone(story: Story) -> None:
    for death in range(1, 4):
        attempt = story.take("izar")
        story.silent("izar")
        assert story.build(LIB).deaths == death
        assert story.state.attempts[attempt].outcome == "lost"
        story.nodes("izar")
    assert story.status(LIB) == "blocked"
    diagnosis = story.build(LIB).diagnosis
    assert diagnosis is not None
    assert diagnosis.kind == "kills-drones"
    node = story.state.nodes["izar"]
    assert (node.up, node.held, node.attempt) == (True, False, None)
    story.plan(row(LIB), row(APP, LIB), row(TOOL), clear=False)
    assert story.ask("izar") is not None


def test_what_was_never_begun_is_no_death(story: Story) -> None:
    for _ in range(5):
        assert story.ask("izar") is not None
        story.silent("izar")
        story.nodes("izar")
    assert story.build(LIB).deaths == 0
    assert story.status(LIB) == "needed"


def test_a_node_is_lost_after_its_lease_and_not_before(story: Story) -> None:
    attempt = story.take("izar")
    assert story.silent("izar", "mizar", seconds=POLICY.lease) == []
    events = story.do(c.Sweep(silent={"izar": POLICY.lease + 1, "nobody": 1000.0}))
    assert kinds(events) == ["AttemptLost", "NodeLost"]
    assert story.state.attempts[attempt].outcome == "lost"
    assert not story.state.nodes["izar"].up
    assert story.state.nodes["mizar"].up
    assert story.do(c.Sweep(silent={"izar": 1000.0})) == []


def test_a_lost_node_that_asks_is_back(story: Story) -> None:
    story.silent("izar")
    assert kinds(story.do(c.RequestWork(node="izar"))) == ["NodeSeen"]
    assert story.ask("izar") is not None


def test_a_stopped_drone_gives_its_build_back_without_a_try(story: Story) -> None:
    attempt = story.take("izar")
    events = story.do(c.GiveBack(node="izar", attempt=attempt))
    assert kinds(events) == ["AttemptRecalled", "NodeLost"]
    build = story.build(LIB)
    assert (build.status, build.tries, build.deaths) == ("needed", 0, 0)
    assert story.ask("mizar") == attempt + 1
    assert story.do(c.GiveBack(node="izar", attempt=attempt)) == []
    assert kinds(story.stage("izar", attempt)) == ["ResultIgnored"]
    assert_sound(story)


def test_nobody_gives_back_what_is_not_his(story: Story) -> None:
    attempt = story.take("izar")
    assert story.refused(c.GiveBack(node="mizar", attempt=attempt)) == "forbidden"
    assert story.refused(c.GiveBack(node="mizar", attempt=99)) == "unknown_attempt"
    story.stage("izar", attempt)
    assert story.refused(c.GiveBack(node="izar", attempt=attempt)) == "stale_attempt"


def test_fresh_makes_every_old_attempt_stale(story: Story) -> None:
    attempt = story.take("izar")
    story.plan(row(LIB), row(APP, LIB))
    assert story.state.nodes["izar"].attempt is None
    assert story.refused(c.StartAttempt(node="izar", attempt=attempt)) == "stale_attempt"
    assert kinds(story.stage("izar", attempt)) == ["ResultIgnored"]
    assert kinds(story.fail("izar", attempt)) == ["ResultIgnored"]
    assert story.status(LIB) == "needed"
    assert story.take("izar") == attempt + 1
    assert_sound(story)


def test_a_session_that_continues_keeps_what_is_being_built(story: Story) -> None:
    attempt = story.take("izar")
    story.plan(row(LIB), row(APP, LIB), row(TOOL), clear=False)
    story.stage("izar", attempt)
    assert story.status(LIB) == "staged"
