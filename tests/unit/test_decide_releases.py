"""Releases: only what was verified, below the risk limit or for a reason, one at a time, numbers dense."""

import pytest

from swarm_node.model import commands as c
from swarm_node.model.events import Finding
from tests.unit.stories import Story, assert_sound, kinds, row

LIB, TOOL = "dev-libs/lib-1", "app-misc/tool-1"


@pytest.fixture
def story() -> Story:
    """One build is staged, one is needed."""
    story = Story()
    story.nodes("izar")
    story.plan(row(LIB), row(TOOL))
    story.stage("izar", story.take("izar"))
    return story


def verify(story: Story, score: int = 0, name: str = "v1") -> None:
    story.do(c.RecordVerify(verify_id=name, score=score, findings=(), packages=1))


def release(story: Story) -> int:
    """Verify, prepare, publish; the new release's number."""
    verify(story)
    story.do(c.PrepareRelease(verify_id="v1"))
    number = max(story.state.releases)
    story.do(c.PublishRelease(release=number, packages=1, size=100, added=1))
    return number


def build_one(story: Story, cpv: str) -> None:
    story.plan(row(cpv), clear=False)
    story.stage("izar", story.take("izar"))


def test_a_release_takes_exactly_what_is_staged(story: Story) -> None:
    staged = [build.id for build in story.state.by_status("staged")]
    verify(story)
    story.do(c.PrepareRelease(verify_id="v1"))
    assert list(story.state.releases[1].builds) == staged
    story.do(c.PublishRelease(release=1, packages=1, size=100, added=1))
    assert [build.id for build in story.state.by_status("released")] == staged
    assert story.state.current == 1
    assert story.do(c.PublishRelease(release=1, packages=1, size=100)) == []


def test_what_is_staged_while_the_release_is_made_waits_for_the_next(story: Story) -> None:
    verify(story)
    story.do(c.PrepareRelease(verify_id="v1"))
    story.stage("izar", story.take("izar"))
    story.do(c.PublishRelease(release=1, packages=1, size=100))
    assert len(story.state.by_status("staged")) == 1
    assert len(story.state.by_status("released")) == 1


def test_a_session_begun_while_the_release_is_made_keeps_its_own_builds(story: Story) -> None:
    verify(story)
    story.do(c.PrepareRelease(verify_id="v1"))
    story.plan(row(LIB), row(TOOL))
    story.stage("izar", story.take("izar"))
    story.do(c.PublishRelease(release=1, packages=1, size=100))
    assert len(story.state.by_status("staged")) == 1
    assert story.state.by_status("released") == []
    assert_sound(story)


def test_a_verdict_holds_only_until_staging_changes(story: Story) -> None:
    verify(story)
    story.stage("izar", story.take("izar"))
    assert story.state.verified is None
    assert story.refused(c.PrepareRelease(verify_id="v1")) == "stale_verify"


@pytest.mark.parametrize("what", ["blocked", "unblocked", "dropped"])
def test_a_verdict_falls_with_the_queue_that_it_looked_at(story: Story, what: str) -> None:
    attempt = story.take("izar")
    if what != "blocked":
        story.fail("izar", attempt)
    verify(story)
    match what:
        case "blocked":
            story.fail("izar", attempt)
        case "unblocked":
            story.do(c.Unblock())
        case "dropped":
            story.do(c.PlanQueue(rows=tuple(b.row for b in story.state.by_status("staged"))))
    assert story.state.verified is None


def test_another_verdict_is_not_this_one(story: Story) -> None:
    verify(story)
    assert story.refused(c.PrepareRelease(verify_id="v2")) == "stale_verify"


@pytest.mark.parametrize(("score", "force", "granted"), [(9, "", True), (10, "", False), (10, "  ", False)])
def test_the_risk_limit_holds(story: Story, score: int, force: str, granted: bool) -> None:
    verify(story, score)
    command = c.PrepareRelease(verify_id="v1", force=force)
    if granted:
        story.do(command)
        assert story.state.releases[1].forced == ""
    else:
        assert story.refused(command) == "too_risky"


def test_a_reason_overrules_the_risk_limit_and_is_kept(story: Story) -> None:
    verify(story, 50)
    story.do(c.PrepareRelease(verify_id="v1", force=" a CVE "))
    assert story.state.releases[1].forced == "a CVE"


def test_a_release_keeps_what_spoke_against_it_for_as_long_as_it_is_kept(story: Story) -> None:
    found = (Finding("shrunk", "it shrank", 2, LIB), Finding("blocked", "left out", 1))
    story.do(c.RecordVerify(verify_id="v1", score=3, findings=found, packages=1))
    story.do(c.PrepareRelease(verify_id="v1"))
    assert story.state.releases[1].findings == found
    story.do(c.PublishRelease(release=1, packages=1, size=100, added=1))
    build_one(story, "app-misc/more-1")
    assert release(story) == 2
    assert story.state.releases[1].findings == found
    assert story.state.releases[2].findings == ()
    assert_sound(story)
    story.do(c.ForgetRelease(release=1))
    assert story.state.releases[1].findings == ()
    assert story.state.releases[1].score == 3


def test_a_release_that_was_given_up_keeps_nothing(story: Story) -> None:
    found = (Finding("shrunk", "it shrank", 2, LIB),)
    story.do(c.RecordVerify(verify_id="v1", score=2, findings=found, packages=1))
    story.do(c.PrepareRelease(verify_id="v1"))
    story.do(c.AbandonRelease(release=1, reason="a full disk"))
    given_up = story.state.releases[1]
    assert (given_up.builds, given_up.findings) == ((), ())
    assert_sound(story)


def test_one_release_at_a_time(story: Story) -> None:
    verify(story)
    story.do(c.PrepareRelease(verify_id="v1"))
    assert story.refused(c.PrepareRelease(verify_id="v1")) == "already_running"
    story.do(c.AbandonRelease(release=1, reason="a full disk"))
    assert story.do(c.AbandonRelease(release=1, reason="again")) == []
    story.do(c.PrepareRelease(verify_id="v1"))
    assert sorted(story.state.releases) == [1, 2]
    assert story.refused(c.PublishRelease(release=1, packages=1, size=1)) == "unknown_release"


def test_there_is_nothing_to_release_in_an_empty_staging() -> None:
    assert Story().refused(c.PrepareRelease(verify_id="v1")) == "nothing_to_do"


def test_rollback_goes_one_back_and_to_any_that_is_kept(story: Story) -> None:
    release(story)
    for number in (2, 3):
        build_one(story, f"app-misc/more{number}-1")
        assert release(story) == number
    story.do(c.RollBack())
    assert story.state.current == 2
    story.do(c.RollBack(release=3))
    assert story.state.current == 3
    story.do(c.RollBack(release=1))
    assert story.refused(c.RollBack()) == "nothing_to_do"
    assert story.refused(c.RollBack(release=1)) == "nothing_to_do"
    for unknown in (0, -1, 4, 10**17):
        assert story.refused(c.RollBack(release=unknown)) == "unknown_release"
    build_one(story, "app-misc/next-1")
    assert release(story) == 4
    assert_sound(story)


def test_the_live_release_is_never_forgotten(story: Story) -> None:
    release(story)
    build_one(story, "app-misc/more-1")
    release(story)
    story.do(c.RollBack())
    assert story.do(c.ForgetRelease(release=1)) == []
    assert kinds(story.do(c.ForgetRelease(release=2))) == ["ReleaseForgotten"]
    assert story.refused(c.RollBack(release=2)) == "unknown_release"
    build_one(story, "app-misc/next-1")
    assert release(story) == 3


def test_a_release_that_never_was_is_unknown(story: Story) -> None:
    for command in (
        c.PublishRelease(release=9, packages=1, size=1),
        c.AbandonRelease(release=9, reason=""),
        c.ForgetRelease(release=9),
    ):
        assert story.refused(command) == "unknown_release"
    assert story.refused(c.RollBack()) == "nothing_to_do"


def test_what_was_released_leaves_the_queue_with_the_next_session(story: Story) -> None:
    release(story)
    story.plan(row(TOOL), clear=False)
    assert set(story.state.builds) == {TOOL}
    assert {attempt.build for attempt in story.state.attempts.values()} <= {TOOL}
    assert_sound(story)
