"""The queue: planned anew, unblocked, pinned, balanced."""

import pytest

from swarm_node.model import commands as c
from swarm_node.model import events as e
from tests.unit.stories import LASTING, PASSING, Story, assert_sound, kinds, row

LIB, APP, TOOL = "dev-libs/lib-1", "app-misc/app-1", "app-misc/tool-1"


@pytest.fixture
def story() -> Story:
    story = Story()
    story.nodes("izar", "mizar")
    story.plan(row(LIB), row(APP, LIB))
    return story


def test_an_unchanged_plan_keeps_everything(story: Story) -> None:
    story.stage("izar", story.take("izar"))
    running = story.take("mizar")
    events = story.do(c.PlanQueue(rows=(row(LIB), row(APP, LIB))))
    assert kinds(events) == ["QueueOrdered"]
    assert (story.status(LIB), story.status(APP)) == ("staged", "building")
    assert story.build(APP).attempt == running


def test_what_the_plan_no_longer_names_is_dropped_and_taken_back(story: Story) -> None:
    attempt = story.take("izar")
    events = story.do(c.PlanQueue(rows=(row(APP),)))
    assert kinds(events)[:2] == ["AttemptRecalled", "BuildDropped"]
    assert set(story.state.builds) == {APP}
    assert kinds(story.stage("izar", attempt)) == ["ResultIgnored"]
    assert_sound(story)


@pytest.mark.parametrize("begun", [False, True])
def test_what_is_to_be_built_differently_starts_over(story: Story, begun: bool) -> None:
    attempt = story.take("izar")
    if not begun:
        story.stage("izar", attempt)
    story.do(c.PlanQueue(rows=(row(LIB, use=("ssl",)), row(APP, LIB))))
    assert story.status(LIB) == "needed"
    assert story.build(LIB).row.use == ("ssl",)
    assert kinds(story.stage("izar", attempt, content="late")) == ["ResultIgnored"] or not begun
    assert story.ask("mizar") is not None
    assert_sound(story)


def test_a_new_reason_alone_does_not_throw_work_away(story: Story) -> None:
    story.stage("izar", story.take("izar"))
    running = story.take("mizar")
    story.do(c.PlanQueue(rows=(row(LIB, reason="other"), row(APP, LIB, reason="other"))))
    assert story.status(LIB) == "staged"
    assert story.build(APP).attempt == running


def test_what_the_resolver_refuses_enters_blocked(story: Story) -> None:
    story.do(c.PlanQueue(rows=(row(LIB, problem=LASTING), row(APP, LIB))))
    assert story.status(LIB) == "blocked"
    assert story.build(LIB).diagnosis == LASTING
    assert story.ask("izar") is None
    assert story.refused(c.Unblock()) == "nothing_to_do"


def test_needs_outside_the_queue_are_met_by_production(story: Story) -> None:
    story.do(c.PlanQueue(rows=(row(APP, "dev-libs/released-1"),)))
    assert story.ask("izar") is not None


def test_a_circle_of_needs_does_not_stop_the_queue(story: Story) -> None:
    story.plan(row(LIB, APP), row(APP, LIB))
    story.stage("izar", story.take("izar"))
    story.stage("izar", story.take("izar"))
    assert {build.status for build in story.state.builds.values()} == {"staged"}


def test_unblock_gives_a_clean_slate() -> None:
    story = Story(e.Policy(max_attempts=1, build_mode="delegate_only"))
    story.nodes("izar")
    story.plan(row(LIB))
    story.fail("izar", story.take("izar"), PASSING)
    assert story.status(LIB) == "blocked"
    story.do(c.Unblock(builds=("lib",), jobs=1))
    build = story.build(LIB)
    assert (build.status, build.tries, build.avoid, build.not_before) == ("needed", 0, (), 0.0)
    assert build.jobs == 1
    assert build.failures
    assert story.ask("izar") is not None


def test_unblock_without_names_takes_all_that_are_blocked(story: Story) -> None:
    story.plan(row(LIB), row(TOOL))
    for _ in range(2):
        story.fail("izar", story.take("izar"))
    assert kinds(story.do(c.Unblock())) == ["BuildUnblocked"] * 2
    assert story.refused(c.Unblock()) == "nothing_to_do"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (c.Unblock(builds=("lib",)), "nothing_to_do"),
        (c.Unblock(builds=("nowhere",)), "unknown_package"),
        (c.Unblock(builds=("lib",), node="alcor"), "unknown_node"),
        (c.Unblock(builds=("lib",), node="izar", jobs=0), "bad_request"),
        (c.Unblock(builds=("lib",), node="izar", jobs=10**17), "bad_request"),
    ],
)
def test_unblock_refuses(story: Story, command: c.Unblock, code: str) -> None:
    assert story.refused(command) == code


def test_a_build_is_moved_to_the_node_that_is_named(story: Story) -> None:
    attempt = story.take("izar")
    events = story.do(c.Unblock(builds=(LIB,), node="mizar"))
    assert kinds(events) == ["AttemptRecalled", "BuildUnblocked"]
    assert story.ask("izar") is None
    assert story.ask("mizar") == attempt + 1
    assert_sound(story)


def test_a_pin_outlives_a_failure_and_goes_when_the_build_is_named(story: Story) -> None:
    story.do(c.Unblock(builds=(LIB,), node="mizar"))
    story.fail("mizar", story.take("mizar"))
    story.do(c.Unblock(builds=(LIB,)))
    assert story.build(LIB).pinned == "mizar"
    story.silent("mizar")
    assert story.ask("izar") is None
    story.do(c.Unblock(builds=(LIB,)))
    assert story.build(LIB).pinned is None
    assert story.ask("izar") is not None
    assert_sound(story)


def test_balance_takes_back_only_what_was_never_begun(story: Story) -> None:
    story.plan(row(LIB), row(TOOL))
    begun = story.take("izar")
    idle = story.ask("mizar")
    assert idle is not None
    assert kinds(story.do(c.Balance())) == ["AttemptRecalled", "QueueOrdered"]
    assert story.state.attempts[begun].outcome == "open"
    assert story.state.attempts[idle].outcome == "recalled"
    assert story.refused(c.StartAttempt(node="mizar", attempt=idle)) == "stale_attempt"
    assert story.ask("mizar") == idle + 1


def test_balance_ranks_by_what_history_now_knows() -> None:
    story = Story()
    story.nodes("izar")
    story.plan(row(LIB), row(TOOL))
    story.stage("izar", story.take("izar"), seconds=5.0)
    story.stage("izar", story.take("izar"), seconds=500.0)
    slow = max(story.state.attempts.values(), key=lambda attempt: attempt.number).build
    story.plan(row(LIB), row(TOOL))
    story.do(c.Balance())
    assert next(iter(story.state.queue.ready)) == slow


def test_there_is_nothing_to_balance_in_an_empty_queue() -> None:
    assert Story().refused(c.Balance()) == "nothing_to_do"
