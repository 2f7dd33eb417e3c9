"""How a session went: stories with known critical paths, and what is true of every path."""

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_node.model import commands as c
from swarm_node.model.chronology import Chronology, chronology, critical_path, waited_for
from swarm_node.model.lanes import Lanes, expected_end
from tests.unit.stories import BEGIN, LASTING, PASSING, Story, reread, row

LIB, APP, TOOL, BIG = "dev-libs/lib-1", "app-misc/app-1", "app-misc/tool-1", "dev-lang/big-1"


def seen(story: Story) -> Chronology:
    return chronology(story.state, story.now)


def path(story: Story) -> list[tuple[str, str]]:
    """(build, what it waited for) along the critical path."""
    return [(link.build, link.reason) for link in seen(story).path.links]


def build(story: Story, node: str, seconds: float) -> None:
    """The node takes what comes next and stages it after so many seconds."""
    attempt = story.take(node)
    story.now += seconds
    story.stage(node, attempt, seconds)


def planned(*rows: object, nodes: tuple[str, ...] = ("izar", "tarn")) -> Story:
    story = Story()
    story.nodes(*nodes)
    story.plan(*rows)  # type: ignore[arg-type]
    return story


def test_a_swarm_that_never_did_anything_has_no_path() -> None:
    story = Story()
    story.nodes("izar")
    found = seen(story)
    assert found.path.links == ()
    assert [(use.node, use.builds, use.busy, use.idle) for use in found.nodes] == [("izar", 0, 0.0, 0.0)]


def test_one_drone_does_one_thing_after_the_other() -> None:
    story = planned(row(LIB), row(APP), row(TOOL), nodes=("izar",))
    for seconds in (10.0, 20.0, 30.0):
        build(story, "izar", seconds)
    assert [reason for _, reason in path(story)] == ["plan", "drone", "drone"]
    found = seen(story)
    assert (found.path.building, found.path.waiting) == (60.0, 0.0)
    assert (found.nodes[0].busy, found.nodes[0].idle, found.nodes[0].share) == (60.0, 0.0, 1.0)
    assert (found.begin, found.end, found.over) == (BEGIN, BEGIN + 60.0, True)


def test_a_need_that_ended_last_is_waited_for() -> None:
    story = planned(row(LIB), row(TOOL), row(APP, LIB))
    lib, tool = story.take("izar"), story.take("tarn")
    story.now += 10.0
    story.stage("tarn", tool)
    story.now += 40.0
    story.stage("izar", lib)
    story.now += 5.0
    build(story, "tarn", 30.0)
    assert path(story) == [(LIB, "plan"), (APP, "need")]
    link = seen(story).path.links[-1]
    assert (link.node, link.after, link.waited) == ("tarn", lib, 5.0)
    uses = {use.node: use for use in seen(story).nodes}
    assert (uses["tarn"].busy, uses["tarn"].idle) == (40.0, 45.0)
    assert (uses["izar"].busy, uses["izar"].idle) == (50.0, 35.0)


def test_a_drone_that_was_busy_longer_than_the_need_is_waited_for() -> None:
    story = planned(row(LIB), row(BIG), row(APP, LIB))
    ranked = {story.state.attempts[story.take(node)].build: node for node in ("izar", "tarn")}
    story.do(c.HoldNode(name=ranked[LIB], held=True))
    number = {attempt.build: attempt.number for attempt in story.state.attempts.values()}
    story.now += 10.0
    story.stage(ranked[LIB], number[LIB])
    story.now += 90.0
    story.stage(ranked[BIG], number[BIG])
    build(story, ranked[BIG], 20.0)
    assert path(story) == [(BIG, "plan"), (APP, "drone")]


def test_a_retry_waits_for_the_try_before_and_its_pause() -> None:
    story = planned(row(LIB))
    first = story.take("izar")
    story.now += 10.0
    story.fail("izar", first, PASSING)
    story.now += 31.0
    build(story, "tarn", 20.0)
    assert path(story) == [(LIB, "plan"), (LIB, "retry")]
    assert seen(story).path.links[-1].waited == 31.0
    assert (seen(story).path.building, seen(story).path.waiting) == (30.0, 31.0)


def test_the_pause_after_a_failure_counts_more_than_what_the_drone_did_meanwhile() -> None:
    story = planned(row(LIB), row(TOOL))
    number = {story.state.attempts[story.take(node)].build: node for node in ("izar", "tarn")}
    attempts = {attempt.build: attempt.number for attempt in story.state.attempts.values()}
    story.now += 10.0
    story.fail(number[LIB], attempts[LIB], PASSING)
    story.now += 15.0
    story.stage(number[TOOL], attempts[TOOL])
    story.now += 20.0
    build(story, number[TOOL], 20.0)
    assert path(story)[-1] == (LIB, "retry")


def test_what_a_lost_drone_held_is_tried_again_elsewhere() -> None:
    story = planned(row(LIB))
    story.take("izar")
    story.silent("izar", seconds=100.0)
    build(story, "tarn", 20.0)
    assert path(story) == [(LIB, "plan"), (LIB, "retry")]
    found = seen(story)
    assert [link.outcome for link in found.path.links] == ["lost", "staged"]
    uses = {use.node: use for use in found.nodes}
    assert (uses["izar"].busy, uses["izar"].idle, uses["izar"].bad) == (100.0, 0.0, 1)


def test_what_was_taken_back_is_part_of_the_story() -> None:
    story = planned(row(LIB))
    story.ask("izar")
    story.now += 5.0
    story.do(c.Balance())
    build(story, "izar", 20.0)
    assert [(link.outcome, link.reason) for link in seen(story).path.links] == [
        ("recalled", "plan"),
        ("staged", "retry"),
    ]


def test_a_failure_that_lasts_may_be_the_end() -> None:
    story = planned(row(LIB), row(APP, LIB))
    attempt = story.take("izar")
    story.now += 50.0
    story.fail("izar", attempt, LASTING)
    story.now += 1000.0
    found = seen(story)
    assert (found.over, found.end) == (True, BEGIN + 50.0)
    assert [link.outcome for link in found.path.links] == ["failed"]


def test_while_it_runs_the_end_is_that_of_the_longest_chain_to_come() -> None:
    story = planned(row(LIB), row(APP, LIB), row(TOOL, APP), row(BIG))
    for node in ("izar", "tarn"):
        story.take(node)
    story.now += 30.0
    found = seen(story)
    assert (found.over, found.end) == (False, story.now)
    assert [link.build for link in found.path.links] == [LIB]
    link = found.path.links[0]
    attempt = story.state.attempts[link.attempt]
    assert (link.outcome, link.end) == ("open", expected_end(attempt, story.now))
    assert link.end == attempt.opened + attempt.expected


def test_an_overdue_build_ends_now() -> None:
    story = planned(row(LIB))
    story.take("izar")
    story.now += 10_000.0
    assert seen(story).path.links[-1].end == story.now


def test_a_drone_that_joins_late_did_not_idle_before() -> None:
    story = planned(row(LIB), row(APP), nodes=("izar",))
    build(story, "izar", 100.0)
    story.nodes("tarn")
    story.now += 10.0
    build(story, "tarn", 40.0)
    uses = {use.node: use for use in seen(story).nodes}
    assert (uses["tarn"].busy, uses["tarn"].idle) == (40.0, 10.0)
    assert (uses["izar"].busy, uses["izar"].idle) == (100.0, 50.0)


def test_a_need_that_lies_in_production_held_back_nothing() -> None:
    story = planned(row(APP, "gone/away-1"))
    build(story, "izar", 10.0)
    assert path(story) == [(APP, "plan")]


def test_a_cleared_session_begins_anew_and_another_goes_on() -> None:
    story = planned(row(LIB), nodes=("izar",))
    build(story, "izar", 10.0)
    lanes = Lanes().follow(story.state)
    story.now += 500.0
    story.plan(row(LIB), row(APP, LIB), clear=False)
    build(story, "izar", 20.0)
    assert path(story) == [(APP, "plan")], "the library was there long before this session"
    story.plan(row(TOOL))
    assert seen(story).path.links == ()
    build(story, "izar", 5.0)
    assert [attempt.build for attempt in lanes.follow(story.state).by_node["izar"].attempts] == [TOOL]


def test_the_wait_for_the_plan_counts_from_the_opening_of_the_session() -> None:
    story = Story()
    story.nodes("izar")
    story.do(c.OpenSession(clear=True))
    story.now += 300.0
    story.do(c.PlanQueue(rows=(row(LIB),)))
    story.do(c.EnterPhase(phase="building"))
    build(story, "izar", 60.0)
    found = seen(story)
    assert (found.path.waiting, found.path.building) == (300.0, 60.0)
    assert (found.opened, found.begin) == (BEGIN, BEGIN + 300.0)


def test_a_clock_set_back_breaks_nothing() -> None:
    story = planned(row(LIB), row(APP, LIB), nodes=("izar",))
    build(story, "izar", 100.0)
    story.now -= 50.0
    build(story, "izar", 10.0)
    found = seen(story)
    assert [link.build for link in found.path.links] == [APP], "what ended after it began held nothing back"
    assert all(use.idle >= 0 and 0 <= use.share <= 1 for use in found.nodes)


def lived(seed: int, steps: int = 150) -> Story:
    """A session in which anything may happen."""
    chance, story = Random(seed), Story()
    nodes = [f"drone{number}" for number in range(chance.randint(1, 4))]
    story.nodes(*nodes)
    names = [f"app-misc/p{number}-1" for number in range(chance.randint(1, 25))]
    story.plan(
        *(row(n, *chance.sample(names[:i], min(i, chance.randint(0, 2)))) for i, n in enumerate(names))
    )
    for _ in range(steps):
        story.now += chance.choice((0.0, 0.0, 0.5, 7.0, 31.0, 200.0))
        _happen(story, chance, chance.choice(nodes))
    return story


def _happen(story: Story, chance: Random, node: str) -> None:
    number = story.state.nodes[node].attempt
    if number is None:
        if (given_ := story.ask(node)) is not None and chance.random() < 0.9:
            story.do(c.StartAttempt(node=node, attempt=given_))
        return
    fate = chance.random()
    if fate < 0.6:
        story.stage(node, number)
    elif fate < 0.75:
        story.fail(node, number, PASSING if chance.random() < 0.7 else LASTING)
    elif fate < 0.8:
        story.silent(node)
    elif fate < 0.85 and story.state.by_status("blocked"):
        story.do(c.Unblock())
    elif fate < 0.9:
        story.do(c.Balance())


@given(st.integers(0, 10_000), st.integers(0, 150))
def test_every_path_is_one_chain_to_the_end(seed: int, steps: int) -> None:
    story = lived(seed, steps)
    state, now = story.state, story.now
    lanes = Lanes().follow(state)
    links = critical_path(state, lanes, now).links
    assert bool(links) == bool(state.attempts)
    for earlier, later in pairwise(links):
        assert later.after == earlier.attempt < later.attempt
        assert earlier.end <= later.begin
        assert later.waited == pytest.approx(later.begin - earlier.end)
    if not links:
        return
    assert links[0].after is None
    ends = {number: expected_end(attempt, now) for number, attempt in state.attempts.items()}
    open_ = {number for number, attempt in state.attempts.items() if attempt.outcome == "open"}
    last = links[-1]
    assert last.attempt in open_ if open_ else last.end == max(ends.values())
    took = last.end - state.session.opened
    assert sum(link.end - link.begin + link.waited for link in links) == pytest.approx(took)


@given(st.integers(0, 10_000))
def test_nothing_that_an_attempt_could_have_waited_for_ended_later(seed: int) -> None:
    story = lived(seed)
    lanes = Lanes().follow(story.state)
    for attempt in story.state.attempts.values():
        wait = waited_for(story.state, lanes, attempt)
        assert wait.over <= attempt.opened
        for need in story.state.builds[attempt.build].needs:
            number = story.state.builds[need].attempt
            ended = story.state.attempts[number].ended if number is not None else None
            if ended is not None and ended <= attempt.opened:
                assert wait.over >= ended


@given(st.integers(0, 10_000))
def test_lanes_kept_in_step_equal_lanes_made_anew(seed: int) -> None:
    chance, kept = Random(seed), Lanes()
    story = lived(seed, 20)
    for _ in range(40):
        story.now += 1.0
        _happen(story, chance, chance.choice(list(story.state.nodes)))
        kept.follow(story.state)
    assert chronology(story.state, story.now) == chronology(reread(story.state), story.now)
    fresh = Lanes().follow(reread(story.state))
    assert [lane.node for lane in kept.all] == [lane.node for lane in fresh.all]
    for lane, anew in zip(kept.all, fresh.all, strict=True):
        assert lane.attempts == anew.attempts
        assert lane.busy(story.now) == pytest.approx(anew.busy(story.now))
        assert [lane.bad(0, n) for n in range(len(lane.attempts) + 1)] == [
            anew.bad(0, n) for n in range(len(lane.attempts) + 1)
        ]
