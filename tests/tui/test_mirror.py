"""The mirror: the same state as the orchestrator's, whatever the wire does."""

import asyncio
from typing import Any

import msgspec
import pytest

from swarm_console.known.follower import FIRST_PAUSE, LONGEST_PAUSE, follow
from swarm_console.known.lineup import RANKS
from swarm_console.known.mirror import Mirror, OutOfStep
from swarm_console.known.picture import Picture
from swarm_console.wire.stream import Health
from swarm_node.model import commands as c
from swarm_node.model import instalments as parts_of
from swarm_node.model.next_action import next_action
from swarm_node.model.state import State
from swarm_node.model.status import totals
from tests.tui.story import Story, blocked, building, facts, long_opening


class Listener:
    """A mirror that follows a story; its pauses end when the test says so."""

    def __init__(self, story: Story) -> None:
        self.story, self.mirror = story, Mirror(story.clock)
        self.pauses: list[float] = []
        self.resting, self.go = asyncio.Event(), asyncio.Event()
        self.looking, self.painted = asyncio.Event(), asyncio.Event()
        self._heard = asyncio.Event()

    async def rest(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.resting.set()
        await self.go.wait()
        self.go.clear()
        self.resting.clear()

    async def look(self) -> None:
        self.looking.set()
        await self.painted.wait()

    async def until(self, condition: Any) -> None:
        async with asyncio.timeout(60):
            while not condition():
                self._heard.clear()
                await self._heard.wait()

    async def __aenter__(self) -> "Listener":
        following = follow(self.story, self.mirror, self._heard.set, shown=self.look, sleep=self.rest)
        self._task = asyncio.create_task(following)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    @property
    def in_step(self) -> bool:
        return self.mirror.state.seq == self.story.state.seq


def same(one: Any, other: Any) -> bool:
    return bool(msgspec.to_builtins(one) == msgspec.to_builtins(other))


async def test_a_snapshot_and_then_events() -> None:
    story = building()
    async with Listener(story) as heard:
        await heard.until(lambda: heard.in_step)
        story.stage("drone-Izar")
        story.work("drone-Izar")
        await heard.until(lambda: heard.in_step)
        assert heard.mirror.link.live
        assert same(heard.mirror.state, story.state)
        assert [record.seq for record in heard.mirror.newest(2)] == [story.state.seq, story.state.seq - 1]


async def test_after_a_break_it_goes_on_from_where_it_was() -> None:
    story = building()
    async with Listener(story) as heard:
        await heard.until(lambda: heard.in_step)
        last, at = story.state.seq, story.now
        story.vanish("the cable is out")
        await heard.until(lambda: not heard.mirror.link.live)
        assert heard.mirror.link == (False, at, "the cable is out")
        assert heard.mirror.state.builds, "the last picture stays"
        story.return_()
        story.stage("drone-Tarn")
        heard.go.set()
        await heard.until(lambda: heard.in_step and heard.mirror.link.live)
        assert story.connections[-1] == (last, 1)
        assert same(heard.mirror.state, story.state)


async def test_stale_since_the_first_failure() -> None:
    story = building()
    async with Listener(story) as heard:
        await heard.until(lambda: heard.in_step)
        since = story.now
        story.vanish()
        for _ in range(4):
            await asyncio.wait_for(heard.resting.wait(), 60)
            story.now += 10
            heard.resting.clear()
            heard.go.set()
        await asyncio.wait_for(heard.resting.wait(), 60)
        assert heard.mirror.link.since == since
        assert heard.pauses[0] == FIRST_PAUSE
        assert heard.pauses == sorted(heard.pauses)
        assert max(heard.pauses) <= LONGEST_PAUSE


async def test_another_generation_begins_with_a_snapshot() -> None:
    story = building()
    async with Listener(story) as heard:
        await heard.until(lambda: heard.in_step)
        story.vanish()
        await heard.until(lambda: not heard.mirror.link.live)
        story.__dict__.update(blocked().__dict__, connections=story.connections)
        story.generation = 2
        heard.go.set()
        await heard.until(lambda: heard.mirror.link.live)
        assert same(heard.mirror.state, story.state)
        assert heard.mirror.generation == 2


async def test_a_gap_is_mended_by_a_snapshot() -> None:
    story = building()
    async with Listener(story) as heard:
        await heard.until(lambda: heard.in_step)
        queues, story._queues = story._queues, set()
        story.stage("drone-Izar")
        story._queues = queues
        story.work("drone-Izar")
        await heard.until(lambda: not heard.mirror.link.live)
        assert "follows" in heard.mirror.link.reason
        heard.go.set()
        await heard.until(lambda: heard.mirror.link.live)
        assert story.connections[-1] == (None, None)
        assert same(heard.mirror.state, story.state)


async def test_what_was_asked_ahead_is_gone_on_from() -> None:
    story = building()
    story.early = [story._opening(None, None)]
    async with Listener(story) as heard:
        await asyncio.wait_for(heard.looking.wait(), 60)
        assert heard.in_step
        assert heard.mirror.newest(1), "with what happened before"
        assert not story.connections
        before = story.state.seq
        heard.painted.set()
        story.stage("drone-Izar")
        await heard.until(lambda: heard.in_step)
        assert story.connections == [(before, 1)]


async def test_the_rest_of_a_long_state_waits_for_the_first_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts_of, "SEEN", 3)
    story = blocked()
    story.early = long_opening(story)
    async with Listener(story) as heard:
        await asyncio.wait_for(heard.looking.wait(), 60)
        await asyncio.sleep(0.05)
        assert heard.mirror.known and heard.mirror.preview is not None
        assert len(heard.mirror.state.builds) < len(story.state.builds)
        heard.painted.set()
        await heard.until(lambda: same(heard.mirror.state, story.state))
        await heard.until(lambda: story.connections == [(story.state.seq, 1)])


async def test_ahead_of_what_makes_no_sense_nothing_is_kept() -> None:
    story = building()
    story.early = [b"{not json"]
    async with Listener(story) as heard:
        await heard.until(lambda: heard.in_step)
        assert story.connections == [(None, None)]


def test_a_long_state_is_looked_at_before_it_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts_of, "SEEN", 3)
    monkeypatch.setattr(parts_of, "EACH", 2)
    story = blocked()
    first, *rest = long_opening(story)
    mirror = Mirror(story.clock)
    mirror.take(first)
    picture = Picture(mirror, story.now)
    assert mirror.known
    assert mirror.place == (None, None), "a break now means to begin anew"
    assert len(picture.queue) < len(story.state.builds) == picture.coming
    assert picture.totals == totals(story.state)
    assert picture.next == next_action(story.state)
    for message in rest:
        assert mirror.preview is not None
        mirror.take(message)
    picture = Picture(mirror, story.now)
    assert not picture.coming
    assert mirror.place == (story.state.seq, 1)
    assert same(mirror.state, story.state)
    assert picture.totals == totals(story.state)


def test_a_long_state_that_breaks_off_begins_anew() -> None:
    story = blocked()
    messages = long_opening(story)
    mirror = Mirror(story.clock)
    for message in [*messages[:-1], *messages]:
        mirror.take(message)
    assert same(mirror.state, story.state)
    mirror.take(messages[0])
    mirror.take(msgspec.json.encode({"generation": 2, "seq": 0, "snapshot": State()}))
    assert not mirror.state.builds and mirror.preview is None and mirror.place == (0, 2)


def test_texts_that_many_builds_say_are_kept_once() -> None:
    story = blocked()
    mirror = Mirror(story.clock)
    for message in long_opening(story):
        mirror.take(message)
    builds = mirror.state.builds
    for name, build in builds.items():
        assert build.row.cpv is build.row.id is name
        assert all(need is builds[need].row.id for need in build.row.needs)
        assert build.needs is build.row.needs
    for said in ("reason", "use"):
        assert _copies([getattr(build.row, said) for build in builds.values()]) == 1
    assert _copies([build.since for build in builds.values()]) == 1


def _copies(values: list[Any]) -> float:
    """How many objects there are for one value."""
    return len(set(map(id, values))) / len(set(values))


def fresh_mirror() -> Mirror:
    story = building()
    mirror = Mirror(story.clock)
    mirror.take(msgspec.json.encode({"generation": 1, "seq": story.state.seq, "snapshot": story.state}))
    return mirror


def test_an_event_that_is_known_changes_nothing() -> None:
    mirror = fresh_mirror()
    before = msgspec.to_builtins(mirror.state)
    known = {"seq": mirror.state.seq, "event": {"event": "SwarmHeld", "at": 1.0, "held": True}}
    mirror.take(msgspec.json.encode({"events": [known]}))
    assert msgspec.to_builtins(mirror.state) == before


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"not json",
        b"[]",
        b'{"events": 7}',
        b'{"events": [{"seq": 99999, "event": {"event": "FromTheFuture", "at": 1.0}}]}',
        b'{"snapshot": {"builds": 3}}',
        b"\xff\xfe",
    ],
)
def test_a_message_that_makes_no_sense_asks_for_a_snapshot(message: bytes) -> None:
    with pytest.raises(OutOfStep):
        fresh_mirror().take(message)


def test_an_event_that_does_not_fit_asks_for_a_snapshot() -> None:
    mirror = fresh_mirror()
    event = {"event": "BuildStarted", "at": 1.0, "build": "a/unknown-1", "attempt": 77}
    with pytest.raises(OutOfStep):
        mirror.take(msgspec.json.encode({"events": [{"seq": mirror.state.seq + 1, "event": event}]}))


def test_progress_is_kept_for_open_attempts_only() -> None:
    mirror = fresh_mirror()
    word = {"node": "drone-Izar", "phase": "compile", "fraction": 0.5, "load": 3.0}
    for attempt in (*mirror.state.attempts, 999):
        mirror.take(msgspec.json.encode({"words": [{"attempt": attempt, **word}]}))
    open_ = {number for number, attempt in mirror.state.attempts.items() if attempt.outcome == "open"}
    assert set(mirror.progress) == open_
    assert set(mirror.loads["drone-Izar"]) == {3.0}


def test_memory_stays_bounded() -> None:
    story = Story()
    mirror = Mirror(story.clock)
    mirror.take(msgspec.json.encode({"generation": 1, "snapshot": story.state}))
    story.tell(c.SeeNode(name="a", facts=facts(1)))
    for number in range(5_000):
        event = {"event": "ActionTaken", "at": 1.0, "name": "x"}
        mirror.take(msgspec.json.encode({"events": [{"seq": number + 1, "event": event}]}))
        word = {"attempt": number, "node": "a", "phase": "compile", "load": 1.0}
        mirror.take(msgspec.json.encode({"words": [word]}))
    assert mirror.state.seq == 5_000
    assert len(mirror.recent) == 1_000
    assert len(mirror.loads["a"]) < 100
    assert not mirror.progress


def test_health_counts_as_a_change_once() -> None:
    mirror = fresh_mirror()
    before = mirror.changes
    mirror.judge(Health(asked=True))
    mirror.judge(Health(asked=True))
    assert mirror.changes == before + 1


def test_what_history_and_events_name_is_kept_once() -> None:
    story = building()
    mirror = Mirror(story.clock)
    for message in long_opening(story):
        mirror.take(message)
    seen = story.state.seq
    story.stage("drone-Izar")
    story.work("drone-Izar")
    news = [record for record in story.told if record.seq > seen]
    mirror.take(msgspec.json.encode({"events": news}))
    state = mirror.state
    nodes = [sample.node for samples in state.history.samples.values() for sample in samples]
    nodes += [attempt.node for attempt in state.attempts.values()]
    assert len({id(name) for name in nodes}) == len(set(nodes))
    assert all(attempt.build is state.builds[attempt.build].row.id for attempt in state.attempts.values())


def test_the_queue_of_before_is_held_by_nobody() -> None:
    story = building()
    mirror = Mirror(story.clock)
    mirror.take(story._opening(None, None))
    line = mirror.lineup.line(*RANKS)
    assert len(line) == len(story.state.builds)
    seen = story.state.seq
    story.tell(c.OpenSession(clear=True))
    news = [record for record in story.told if record.seq > seen]
    mirror.take(msgspec.json.encode({"events": news}))
    assert not len(line) and not list(line) and line.find("dev-vcs/git-2.50.0") is None


def test_who_looks_at_a_part_still_sees_it_when_the_whole_is_there() -> None:
    story = building()
    mirror = Mirror(story.clock)
    part, *rest = long_opening(story)
    mirror.take(part)
    line = mirror.lineup.line(*RANKS)
    seen = [build.id for build in line]
    for message in rest:
        mirror.take(message)
    assert mirror.preview is None
    assert seen and [build.id for build in line] == seen, "the cursor is moved before the next picture"
