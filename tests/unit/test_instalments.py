"""A long state taken apart and put together again is the same; its preview tells no lie."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swarm_node.model import commands as c
from swarm_node.model import instalments as module
from swarm_node.model.instalments import Instalment, Preview, emptied, instalments, is_long, join, preview
from swarm_node.model.next_action import next_action
from swarm_node.model.state import State
from swarm_node.model.status import totals
from tests.unit.stories import Story, encoded, row

NODES = ("izar", "tarn")
STEPS = st.lists(st.tuples(st.sampled_from(["take", "stage", "fail", "balance"]), st.sampled_from(NODES)))


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dozen builds are many here."""
    monkeypatch.setattr(module, "LONG", 8)
    monkeypatch.setattr(module, "SEEN", 4)
    monkeypatch.setattr(module, "EACH", 3)


def told(steps: list[tuple[str, str]]) -> State:
    story = Story()
    story.nodes(*NODES)
    names = [f"dummy/p{number}-1" for number in range(12)]
    needs = {n: [names[m] for m in {n // 2, n - 1} if 0 <= m < n] for n in range(12)}
    story.plan(*(row(name, *needs[n], simulated=True) for n, name in enumerate(names)))
    for what, node in steps:
        number = story.state.nodes[node].attempt
        if what == "take" and number is None and story.ask(node) is not None:
            story.do(c.StartAttempt(node=node, attempt=story.state.nodes[node].attempt or 0))
        elif what == "stage" and number is not None:
            story.stage(node, number)
        elif what == "fail" and number is not None:
            story.fail(node, number)
        elif what == "balance":
            story.do(c.Balance())
    return story.state


def over_the_wire(state: State) -> State:
    """The state as a console puts it together."""
    joined = msgspec.json.decode(msgspec.json.encode(emptied(state)), type=State)
    for part in instalments(state):
        join(joined, msgspec.json.decode(msgspec.json.encode(part), type=Instalment))
    joined.reindex()
    return joined


@settings(max_examples=50)
@given(STEPS)
def test_together_again_it_is_the_same(steps: list[tuple[str, str]]) -> None:
    state = told(steps)
    before = encoded(state)
    joined = over_the_wire(state)
    assert encoded(joined) == before == encoded(state), "and the state itself is left alone"
    assert list(joined.builds) == list(state.builds)
    assert joined.queue.waiting == state.queue.waiting
    assert list(joined.queue.ready) == list(state.queue.ready)
    assert joined.queue.dependents == state.queue.dependents
    assert {name: msgspec.to_builtins(drone) for name, drone in joined.fleet.items()} == {
        name: msgspec.to_builtins(drone) for name, drone in state.fleet.items()
    }


@settings(max_examples=50)
@given(STEPS)
def test_a_preview_tells_no_lie(steps: list[tuple[str, str]]) -> None:
    state = told(steps)
    seen = msgspec.json.decode(msgspec.json.encode(preview(state)), type=Preview)
    assert (seen.totals, seen.next) == (totals(state), next_action(state))
    part = seen.state
    assert part.seq == state.seq
    assert {name for name, build in state.builds.items() if build.status in ("building", "assigned")} <= set(
        part.builds
    )
    for name, build in part.builds.items():
        assert encoded(build) == encoded(state.builds[name])
        assert bool(part.queue.waiting[name]) == bool(state.queue.waiting[name]), name
        assert build.attempt is None or build.attempt in part.attempts


def test_only_a_long_state_is_taken_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    state = told([])
    assert is_long(state)
    monkeypatch.setattr(module, "LONG", 100)
    assert not is_long(state)
    assert not is_long(State())
