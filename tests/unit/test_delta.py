"""States copied, and taken back and forth along deltas: always what a fold of the log gives."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_node.model import commands as c
from swarm_node.model.apply import apply, fold
from swarm_node.model.copies import copy_of
from swarm_node.model.delta import catch_up, parts, turn
from swarm_node.model.refusal import Refused
from swarm_node.model.state import State
from swarm_node.model.work import NodeFacts
from tests.unit.stories import LASTING, PASSING, Story, encoded, refold, row


def lived(seed: int, steps: int) -> Story:
    """A swarm in which anything happens: sessions, plans that change, failures, releases, pauses."""
    chance, story = Random(seed), Story()
    for number in range(3):
        story.nodes(f"drone{number}", cores=chance.choice((2, 8, 32)))
    _plan(story, chance)
    for _ in range(steps):
        story.now += chance.choice((0.0, 1.0, 40.0))
        try:
            _step(story, chance)
        except Refused:
            continue
    return story


def _plan(story: Story, chance: Random) -> None:
    names = [f"cat{n % 3}/p{n}-1" for n in chance.sample(range(20), chance.randint(1, 12))]
    rows = [row(n, *chance.sample(names[:i], min(i, chance.randint(0, 2)))) for i, n in enumerate(names)]
    story.do(c.PlanQueue(rows=tuple(rows)))
    story.do(c.EnterPhase(phase="building"))


def _step(story: Story, chance: Random) -> None:
    node = f"drone{chance.randrange(3)}"
    number = story.state.nodes[node].attempt
    fate = chance.randrange(16)
    if fate < 9 and number is None:
        if (given_ := story.ask(node)) is not None:
            story.do(c.StartAttempt(node=node, attempt=given_))
    elif fate < 7 and number is not None:
        story.stage(node, number, chance.uniform(1, 100))
    elif fate < 9 and number is not None:
        story.fail(node, number, chance.choice((PASSING, LASTING)))
    elif fate == 9:
        story.do(c.Unblock())
    elif fate == 10:
        story.silent(node)
    elif fate == 11:
        story.do(c.OpenSession(clear=chance.random() < 0.5))
        _plan(story, chance)
    elif fate == 12:
        _plan(story, chance)
    elif fate == 13:
        story.do(c.HoldNode(name=node, held=not story.state.nodes[node].held))
    elif fate == 14:
        story.do(c.SeeNode(name=f"late{chance.randrange(2)}", facts=NodeFacts(cores=4)))
    else:
        _release(story)


def _release(story: Story) -> None:
    story.do(c.RecordVerify(verify_id="v", score=0, findings=(), packages=1))
    release = max(story.state.releases, default=0) + 1
    story.do(c.PrepareRelease(verify_id="v"))
    story.do(c.PublishRelease(release=release, packages=1, size=1))


def assert_same(state: State, other: State) -> None:
    """The states are equal, and so is what is derived from them."""
    assert encoded(state) == encoded(other)
    assert list(state.queue.ready) == list(other.queue.ready)
    waiting, others = state.queue.waiting, other.queue.waiting
    assert {n: waiting.get(n) for n in state.builds} == {n: others.get(n) for n in other.builds}
    assert state.fleet == other.fleet


def test_every_field_of_a_state_is_a_part() -> None:
    covered = {part.path[0] for part in parts()}
    assert covered == set(State.__struct_fields__)
    assert {part.path for part in parts() if part.table} >= {
        ("builds",),
        ("attempts",),
        ("history", "samples"),
    }


@given(st.integers(0, 10_000), st.integers(0, 60), st.integers(0, 60))
def test_a_copy_is_folded_on_and_the_original_stays(seed: int, before: int, after: int) -> None:
    log = lived(seed, before + after).log
    half = len(log) * before // max(before + after, 1)
    state = refold(log[:half])
    was = encoded(state)
    made = copy_of(state)
    assert_same(made, state)
    fold(made, log[half:])
    assert encoded(state) == was
    assert encoded(made) == encoded(refold(log))
    fold(state, log[half:])
    assert encoded(state) == encoded(made)


@given(st.integers(0, 10_000), st.integers(1, 80), st.integers(1, 40), st.lists(st.floats(0, 1), max_size=8))
def test_deltas_lead_to_every_stop_and_back(seed: int, steps: int, stride: int, ways: list[float]) -> None:
    log = lived(seed, steps).log
    stops, deltas = [0], []
    shadow, work = State(), State()
    for number, event in enumerate(log, 1):
        apply(work, event)
        if number % stride == 0 or number == len(log):
            stops.append(number)
            deltas.append(catch_up(shadow, work))
            assert encoded(shadow) == encoded(work)
    state, at = copy_of(work), len(deltas)
    for way in (*ways, 0.0, 1.0, 0.0):
        goal = round(way * len(deltas))
        turn(state, deltas[min(at, goal) : max(at, goal)], back=goal < at)
        at = goal
        assert encoded(state) == encoded(refold(log[: stops[at]]))
    fold(state, log)
    assert_same(state, refold(log))


@pytest.mark.parametrize("stride", [1, 3])
def test_a_state_folds_on_after_any_turn(stride: int) -> None:
    log = lived(4711, 120).log
    shadow, work, deltas = State(), State(), []
    for number, event in enumerate(log, 1):
        apply(work, event)
        if number % stride == 0:
            deltas.append(catch_up(shadow, work))
    state = copy_of(shadow)
    for place in reversed(range(len(deltas))):
        turn(state, deltas[place : place + 1], back=True)
        forward = copy_of(state)
        fold(forward, log[place * stride : place * stride + 40])
        assert encoded(forward) == encoded(refold(log[: place * stride + 40]))
