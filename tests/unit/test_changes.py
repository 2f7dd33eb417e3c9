"""A change of the configuration: tried on one node, kept when it builds, else the queue is as before."""

from typing import Any

import pytest
from msgspec.structs import replace

from swarm_node.model import commands as c
from swarm_node.model import events as e
from swarm_node.model.clusters import proofs
from swarm_node.model.remedies import remedies
from swarm_node.model.why import why
from swarm_node.model.work import Diagnosis, Line, Place, PlanRow
from tests.unit.stories import LASTING, Story, assert_sound, encoded, kinds, reread, row

LIB, MAP, TOP, OTHER = "dev-libs/lib-1", "app-misc/map-1", "app-misc/top-1", "app-misc/other-1"
PLACES = (Place(7, 100), Place(8, 120))
USE = Line("package.use", "app-misc/map north")
UNFIT = Diagnosis(
    "use-mismatch",
    "edit-portage-and-fresh",
    "its USE flags break its REQUIRED_USE",
    params={"profile": "desktop", "file": USE.file, "line": USE.text},
)


def refused(cpv: str, **more: Any) -> PlanRow:
    return row(cpv, profile="desktop", problem=UNFIT, **more)


def good(cpv: str, *needs: str, **more: Any) -> PlanRow:
    return row(cpv, *needs, profile="desktop", **more)


MENDED = (good(LIB), good(MAP, LIB, use=("north",)), good(TOP, MAP), good(OTHER))


@pytest.fixture
def story() -> Story:
    story = Story()
    story.nodes("izar", cores=8)
    story.nodes("mizar", cores=16)
    story.plan(good(LIB), refused(MAP), refused(TOP), good(OTHER))
    return story


def tried(story: Story, *rows: PlanRow, **more: Any) -> list[e.Event]:
    return story.do(c.TryChange(build=MAP, lines=(USE,), rows=rows or MENDED, **more))


def rows_of(story: Story) -> dict[str, tuple[PlanRow, str]]:
    return {name: (build.row, build.status) for name, build in story.state.builds.items()}


def test_only_what_is_to_be_cured_goes_into_the_queue_for_one_node(story: Story) -> None:
    assert remedies(story.state, story.build(MAP))[0].command == ("configure", f"={MAP}", USE.file, USE.text)
    tried(story)
    (change,) = story.state.trials()
    assert (change.build, change.profile, change.node, change.builds) == (MAP, "desktop", "mizar", (MAP,))
    assert (story.status(MAP), story.build(MAP).pinned) == ("needed", "mizar")
    assert story.build(MAP).row == MENDED[1]
    assert (story.status(TOP), story.build(OTHER).pinned) == ("blocked", None)
    assert_sound(story)


def finish(story: Story, build: str, *, ok: bool = True) -> list[e.Event]:
    """Have the nodes build until this one has had its turn; its result's events."""
    for _ in range(10):
        for node in ("mizar", "izar"):
            if (attempt := story.ask(node)) is None:
                continue
            story.do(c.StartAttempt(node=node, attempt=attempt))
            mine = story.state.attempts[attempt].build == build
            events = story.fail(node, attempt) if mine and not ok else story.stage(node, attempt)
            if mine:
                return events
    raise AssertionError(f"{build} was never handed out")


def test_when_it_is_built_the_change_is_kept_with_it(story: Story) -> None:
    tried(story)
    events = finish(story, MAP)
    assert kinds(events) == ["BuildStaged", "ChangeKept"]
    change = story.state.changes[1]
    assert (change.status, change.settled, story.build(MAP).pinned) == ("kept", False, None)
    assert story.state.cures["use-mismatch: app-misc/map north"] == {"configure": 1}
    assert kinds(story.do(c.SettleChange(change=1))) == ["ChangeSettled"]
    assert story.do(c.SettleChange(change=1)) == []
    assert_sound(story)


def test_when_it_fails_the_queue_is_as_it_was(story: Story) -> None:
    before = rows_of(story)
    tried(story)
    events = finish(story, MAP, ok=False)
    assert kinds(events)[:3] == ["BuildFailed", "BuildBlocked", "ChangeTakenBack"]
    assert story.state.changes[1].reason == f"{LASTING.kind}: {LASTING.summary}"
    before[LIB] = before[LIB][0], story.status(LIB)
    before[OTHER] = before[OTHER][0], story.status(OTHER)
    assert rows_of(story) == before
    assert story.build(MAP).diagnosis == UNFIT
    assert_sound(story)


def test_it_is_told_what_proved_that_it_fails(story: Story) -> None:
    tried(story)
    story.stage("mizar", story.take("mizar"))
    attempt = story.take("mizar")
    assert story.state.attempts[attempt].build == MAP
    story.fail("mizar", attempt, replace(LASTING, evidence=("  a.c:1: no ;", "more"), places=PLACES))
    proof = f"a.c:1: no ; (log {attempt}:7)"
    assert story.state.changes[1].reason == f"{LASTING.kind}: {LASTING.summary}: {proof}"


def test_what_proved_the_cause_stands_in_the_log_of_its_own_attempt(story: Story) -> None:
    story.plan(good(LIB), good(MAP, LIB))
    finish(story, LIB)
    failed = story.take("mizar")
    story.fail("mizar", failed, replace(LASTING, evidence=("a", "b"), places=PLACES))
    tried(story, good(LIB, use=("svg",)), good(MAP, LIB))
    finish(story, LIB)
    finish(story, MAP, ok=False)
    assert story.state.changes[1].status == "taken back"
    assert len(story.build(MAP).failures) == 2
    assert [proof.attempt for proof in proofs(story.build(MAP))] == [failed, failed]


def test_a_change_that_was_taken_back_is_no_longer_the_first_remedy(story: Story) -> None:
    tried(story)
    finish(story, MAP, ok=False)
    first, *others = remedies(story.state, story.build(MAP))
    assert first.person
    assert any(one.command[0] == "configure" and "taken back" in one.words for one in others)


def test_what_it_needs_built_otherwise_is_tried_and_taken_back_with_it(story: Story) -> None:
    story.stage("izar", story.take("izar"))
    before = rows_of(story)
    rows = (good(LIB, use=("svg",)), *MENDED[1:])
    tried(story, *rows)
    assert story.state.trials()[0].builds == (MAP, LIB)
    assert (story.status(LIB), story.build(LIB).pinned) == ("needed", "mizar")
    events = finish(story, LIB, ok=False)
    assert "ChangeTakenBack" in kinds(events)
    assert {name: row for name, (row, _) in rows_of(story).items()} == {n: r for n, (r, _) in before.items()}
    assert (story.status(LIB), story.status(MAP)) == ("needed", "blocked")
    assert_sound(story)


def test_a_build_that_failed_by_itself_is_tried_again_and_blocked_again(story: Story) -> None:
    story.plan(good(LIB), good(MAP, LIB))
    finish(story, LIB)
    finish(story, MAP, ok=False)
    failures = story.build(MAP).failures
    tried(story, good(LIB, use=("svg",)), good(MAP, LIB))
    assert (story.status(MAP), story.build(MAP).failures) == ("needed", failures)
    story.do(c.TakeBackChange(build=MAP))
    assert (story.status(MAP), story.build(MAP).diagnosis) == ("blocked", LASTING)
    assert (story.status(LIB), story.build(LIB).row) == ("needed", good(LIB))
    assert_sound(story)


def test_what_production_has_with_it_is_kept_at_once(story: Story) -> None:
    events = tried(story, good(LIB), good(TOP), good(OTHER))
    assert kinds(events) == ["ChangeTried", "ChangeKept"]
    assert story.status(MAP) == "blocked"
    assert_sound(story)


def test_another_version_is_tried_where_the_lines_let_it_in(story: Story) -> None:
    tried(story, good(LIB), good("app-misc/map-2", LIB), good(TOP, "app-misc/map-2"), good(OTHER))
    assert MAP not in story.state.builds
    assert story.state.trials()[0].builds == ("app-misc/map-2",)
    story.do(c.TakeBackChange(build="app-misc/map-2"))
    assert "app-misc/map-2" not in story.state.builds
    assert story.build(MAP).diagnosis == UNFIT
    assert_sound(story)


def test_a_plan_leaves_a_trial_alone(story: Story) -> None:
    tried(story)
    story.do(c.OpenSession(clear=False))
    story.do(c.PlanQueue(rows=(good(LIB), refused(MAP), refused(TOP), good(OTHER))))
    assert (story.status(MAP), story.build(MAP).pinned) == ("needed", "mizar")
    assert story.state.trials()
    story.do(c.PlanQueue(rows=(good(LIB), good(OTHER))))
    assert story.state.changes[1].reason == f"{MAP} left the queue"
    assert MAP not in story.state.builds
    assert_sound(story)


def test_a_cleared_session_ends_every_trial(story: Story) -> None:
    tried(story)
    assert kinds(story.do(c.OpenSession(clear=True))) == ["SessionOpened", "ChangeTakenBack", "ChangeSettled"]
    assert story.state.changes[1].settled
    assert story.state.builds == {}


def test_a_trial_survives_a_restart(story: Story) -> None:
    tried(story)
    story.state = reread(story.state)
    assert "ChangeKept" in kinds(finish(story, MAP))
    assert encoded(reread(story.state)) == encoded(story.state)


def test_a_drone_that_is_set_aside_lets_the_trial_go_on_elsewhere(story: Story) -> None:
    story.nodes("alcor")
    tried(story)
    (change,) = story.state.trials()
    spoilt = Diagnosis("drone-trouble", "unblock", "the drone could not run it")
    for node in ("izar", "izar"):
        story.stage(node, story.take(node))
    events = story.fail("mizar", story.take("mizar"), spoilt)
    assert "BuildBlocked" in kinds(events)
    assert story.state.nodes["mizar"].aside
    assert story.state.trials() == [change]
    assert (story.status(MAP), story.build(MAP).pinned) == ("needed", None)
    assert_sound(story)


def test_what_cannot_be_tried_is_refused(story: Story) -> None:
    def no(**more: Any) -> str:
        return story.refused(c.TryChange(**{"build": MAP, "lines": (USE,), "rows": MENDED, **more}))

    assert no(build="no/such-1") == "unknown_package"
    assert no(build=OTHER) == "nothing_to_do"
    assert no(rows=(good(LIB), refused(MAP), good(OTHER))) == "unresolvable"
    assert no(node="nobody") == "unknown_node"
    story.plan(good(LIB), good(MAP))
    finish(story, MAP, ok=False)
    assert no(rows=(good(LIB), good(MAP))) == "nothing_to_do", "it changes nothing"


def test_two_trials_of_one_package_at_once_are_refused(story: Story) -> None:
    tried(story)
    assert story.refused(c.TryChange(build=MAP, lines=(USE,), rows=MENDED)) == "nothing_to_do"
    otherwise = (MENDED[0], good(MAP, LIB), *MENDED[2:])
    assert story.refused(c.TryChange(build=TOP, lines=(USE,), rows=otherwise)) == "already_running"


def test_without_a_drone_that_is_up_nothing_is_tried(story: Story) -> None:
    story.silent("izar", "mizar")
    assert story.refused(c.TryChange(build=MAP, lines=(USE,), rows=MENDED)) == "nothing_to_do"


def test_why_tells_of_the_trial(story: Story) -> None:
    tried(story)
    assert why(story.state, story.build(MAP), story.now).trial == (
        "on trial on mizar: 'app-misc/map north' in package.use of desktop"
    )
    assert why(story.state, story.build(OTHER), story.now).trial == ""


def test_only_ended_trials_are_forgotten_and_only_many(story: Story) -> None:
    for _ in range(60):
        tried(story)
        story.do(c.TakeBackChange(build=MAP))
        story.do(c.SettleChange(change=max(story.state.changes)))
    tried(story)
    assert len(story.state.changes) <= 52
    assert story.state.trials()
