"""When a build should begin: the queue played forward, held against what the rules then really do."""

import random

import pytest

from swarm_node.model import commands as c
from swarm_node.model import start as module
from swarm_node.model.events import Policy
from swarm_node.model.start import Start, forecast
from swarm_node.model.work import Diagnosis, NodeFacts
from tests.unit.stories import PASSING, Story, row

LIB, APP, TOOL = "dev-libs/lib-1", "app-misc/app-1", "app-misc/tool-1"


def start(story: Story, build: str) -> Start | None:
    return forecast(story.state, story.build(build), story.now).start


def taught(seconds: dict[str, float], *nodes: str) -> Story:
    """A swarm that has built these packages before, on the first of its nodes."""
    story = Story()
    story.nodes(*nodes)
    story.plan(*(row(name) for name in seconds))
    while (attempt := story.ask(nodes[0])) is not None:
        story.do(c.StartAttempt(node=nodes[0], attempt=attempt))
        story.stage(nodes[0], attempt, seconds[story.state.attempts[attempt].build])
    return story


def test_what_is_next_begins_now() -> None:
    story = taught({LIB: 100.0}, "izar")
    story.plan(row(LIB))
    found = start(story, LIB)
    assert found == Start(story.now, story.now, story.now, "izar", found.seconds if found else 0, 0)
    assert found.seconds == pytest.approx(100, rel=0.01)


def test_a_chain_begins_link_by_link() -> None:
    story = taught({LIB: 100.0, APP: 50.0, TOOL: 10.0}, "izar")
    story.plan(row(LIB), row(APP, LIB), row(TOOL, APP))
    found = forecast(story.state, story.build(TOOL), story.now)
    assert found.start is not None
    assert found.start.at - story.now == pytest.approx(150, rel=0.01)
    assert (found.start.after, found.start.ahead, found.start.node) == (APP, 2, "izar")
    assert found.start.low < found.start.at < found.start.high
    assert found.ends[LIB] - story.now == pytest.approx(100, rel=0.01)
    assert found.ends[APP] == pytest.approx(found.start.at)


def test_what_runs_already_counts_for_what_is_left_of_it() -> None:
    story = taught({LIB: 100.0, APP: 50.0}, "izar")
    story.plan(row(LIB), row(APP, LIB))
    story.take("izar")
    story.now += 60
    found = start(story, APP)
    assert found is not None
    assert found.at - story.now == pytest.approx(40, rel=0.01)
    assert (found.after, found.ahead) == (LIB, 0)
    assert forecast(story.state, story.build(LIB), story.now).start is None, "it runs"


def test_a_second_node_is_made_use_of() -> None:
    names = {f"app-misc/p{number}-1": 100.0 for number in range(6)}
    alone, both = taught(names, "izar"), taught(names, "izar", "mizar")
    for story in (alone, both):
        story.plan(*(row(name) for name in names))
    last = sorted(names)[-1]
    one, two = start(alone, last), start(both, last)
    assert one is not None
    assert two is not None
    assert one.at - alone.now == pytest.approx(500, rel=0.02)
    assert two.at - both.now == pytest.approx(200, rel=0.02)
    assert two.node in ("izar", "mizar")


def test_a_pause_after_a_failure_is_waited_for() -> None:
    story = Story()
    story.nodes("izar")
    story.plan(row(LIB))
    story.fail("izar", story.take("izar"), PASSING)
    found = start(story, LIB)
    assert found is not None
    assert found.at == story.build(LIB).not_before > story.now


@pytest.mark.parametrize("trouble", ["blocked", "paused", "drained", "lost", "pinned"])
def test_what_only_a_person_can_set_going_has_no_start(trouble: str) -> None:
    story = Story()
    story.nodes("izar", "mizar")
    story.plan(row(LIB), row(APP, LIB))
    match trouble:
        case "blocked":
            story.fail("izar", story.take("izar"), Diagnosis("compile-error", "human"))
        case "paused":
            story.do(c.HoldSwarm(held=True))
        case "drained":
            for name in ("izar", "mizar"):
                story.do(c.HoldNode(name=name, held=True))
        case "lost":
            story.silent("izar", "mizar")
        case "pinned":
            story.do(c.Unblock(builds=(LIB,), node="mizar"))
            story.silent("mizar")
    assert start(story, APP) is None


def test_the_orchestrators_own_builder_does_not_count_where_drones_come_first() -> None:
    story = Story(Policy(build_mode="delegate_first"))
    story.nodes("izar")
    story.nodes("main-local", role="local")
    story.plan(row(LIB), row(APP))
    starts = [start(story, name) for name in (LIB, APP)]
    assert [found.node for found in starts if found is not None] == ["izar", "izar"]
    story.do(c.HoldNode(name="izar", held=True))
    found = start(story, LIB)
    assert found is not None
    assert found.node == "main-local"


def test_far_down_the_queue_it_is_reckoned(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {f"app-misc/p{number:02}-1": 100.0 for number in range(40)}
    story = taught(names, "izar")
    story.plan(*(row(name, *([next(iter(names))] if number else [])) for number, name in enumerate(names)))
    last = max(names)
    exact = start(story, last)
    monkeypatch.setattr(module, "BEGUN_MOST", 2)
    rough = start(story, last)
    assert exact is not None
    assert rough is not None
    assert (exact.node, rough.node) == ("izar", "")
    assert (rough.ahead, exact.ahead) == (39, 39)
    assert rough.at - story.now == pytest.approx(exact.at - story.now, rel=0.01)
    assert rough.low < rough.at < rough.high


@pytest.mark.parametrize("seed", range(12))
def test_it_is_what_the_rules_then_do(seed: int) -> None:
    """With durations exactly as predicted and nodes equally fast, what is foreseen is what happens."""
    draw = random.Random(seed)
    seconds = {f"app-misc/p{number:02}-1": float(draw.randint(10, 500)) for number in range(14)}
    names = list(seconds)
    story = taught(seconds, "izar", "mizar")
    rows = [row(name, *draw.sample(names[:n], min(n, draw.randint(0, 2)))) for n, name in enumerate(names)]
    story.plan(*rows)
    for name in ("izar", "mizar"):
        story.do(c.SeeNode(name=name, facts=NodeFacts(cores=8)))
    foreseen = {name: start(story, name) for name in names}
    began = _played(story)
    for name in names:
        found = foreseen[name]
        assert found is not None
        assert found.at == pytest.approx(began[name], abs=1.0), name


def _played(story: Story) -> dict[str, float]:
    """Let both nodes work the queue off; when each build began."""
    began: dict[str, float] = {}
    running: list[tuple[float, str, int]] = []
    while True:
        for node in ("izar", "mizar"):
            attempt = story.ask(node) if story.state.nodes[node].attempt is None else None
            if attempt is not None:
                story.do(c.StartAttempt(node=node, attempt=attempt))
                began[story.state.attempts[attempt].build] = story.now
                running.append((story.now + story.state.attempts[attempt].expected, node, attempt))
        if not running:
            return began
        running.sort()
        story.now, node, attempt = running.pop(0)
        known = story.state.attempts[attempt].expected
        story.stage(node, attempt, known)


def foreseen_of(story: Story) -> dict[str, float]:
    """What comes of it without a pause."""
    steps = module.foreseen(story.state, story.now)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: dict[str, float] = end.value
            return found


def test_ends_of_the_whole_queue_follow_from_its_starts() -> None:
    story = taught({LIB: 100.0, APP: 50.0, TOOL: 30.0}, "izar", "tarn")
    story.plan(row(LIB), row(APP, LIB), row(TOOL))
    ends = foreseen_of(story)
    for name in (LIB, APP, TOOL):
        begin = start(story, name)
        assert begin is not None
        assert ends[name] == pytest.approx(begin.at + begin.seconds)
    story.take("izar")
    assert foreseen_of(story)[LIB] == pytest.approx(ends[LIB]), "what runs ends as well"


def test_a_queue_that_is_made_anew_on_the_way_ends_the_look_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TURNS", 1)
    story = taught({LIB: 100.0, APP: 50.0}, "izar")
    story.plan(row(LIB), row(APP, LIB))
    steps = module.foreseen(story.state, story.now)
    next(steps)
    story.plan(row(TOOL))
    with pytest.raises(StopIteration) as end:
        next(steps)
    assert set(end.value.value) == {LIB}
