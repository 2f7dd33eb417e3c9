"""A recorded session: its state at every event, whichever way one comes there."""

from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swarm_console.replay import recordings
from swarm_console.replay import reel as module
from swarm_console.replay.recordings import load, sessions
from swarm_console.replay.reel import Reel
from swarm_node.model import commands as c
from swarm_node.model.apply import apply
from swarm_node.model.events import Record
from swarm_node.model.refusal import Refused
from tests.tui.recorded import Archive, reel_of
from tests.unit.stories import Story, encoded, refold
from tests.unit.test_delta import lived


def told(seed: int, steps: int) -> list[Record]:
    story = lived(seed, steps)
    story.do(c.OpenSession(clear=False))
    return [Record(number, event) for number, event in enumerate(story.log, 1)]  # type: ignore[arg-type]


def truth(records: list[Record], reel: Reel, index: int) -> bytes:
    return encoded(refold(record.event for record in records[: reel.recorded.first + index]))


@given(st.integers(0, 10_000), st.integers(0, 120), st.lists(st.floats(0, 1), max_size=12))
@settings(deadline=None)
def test_every_place_is_reached_from_every_other(seed: int, steps: int, ways: list[float]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "SHORTEST", 7)
        patch.setattr(module, "LONG_QUEUE", 5)
        records = told(seed, steps)
        archive = Archive(records)
        for session in sessions(archive):
            reel = load(archive, str(session.session))
            assert len(reel) == session.events - 1
            for way in (1.0, 0.0, *ways):
                index = round(way * len(reel))
                assert reel.go(index) is reel.state
                assert reel.index == index
                assert encoded(reel.state) == truth(records, reel, index)


def test_a_state_that_somebody_folded_on_is_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a mirror does, which folds the events that it is told one by one."""
    monkeypatch.setattr(module, "SHORTEST", 5)
    records = told(11, 100)
    reel = reel_of(records, "1")
    chance = Random(3)
    for _ in range(30):
        reel.go(chance.randint(0, len(reel)))
        for record in reel.records(reel.index, min(reel.index + chance.randint(0, 9), len(reel))):
            apply(reel.state, record.event)
        assert encoded(reel.state) == truth(records, reel, reel.index)


def test_failures_and_releases_are_marked() -> None:
    records = told(5, 150)
    reel = reel_of(records, "1")
    kinds = {mark.number: type(reel.record(mark.number).event).__name__ for mark in reel.marks}
    assert set(kinds.values()) <= {"BuildFailed", "AttemptLost", "ReleasePublished", "ReleaseRolledBack"}
    every = [type(record.event).__name__ for record in reel.records(0, len(reel))]
    assert len(kinds) == sum(kind in ("BuildFailed", "AttemptLost", "ReleasePublished") for kind in every)


def test_times_never_fall() -> None:
    story = Story()
    story.do(c.OpenSession(clear=True))
    for later in (5.0, -3.0, 1.0):
        story.now += later
        story.nodes(f"n{later:.0f}".replace("-", "m"))
    records = [Record(n, e) for n, e in enumerate(story.log, 1)]  # type: ignore[arg-type]
    assert reel_of(records).times == [1_700_000_005.0] * 3


def test_pages_are_fetched_until_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recordings, "PAGE", 10)
    archive, words = Archive(told(2, 60)), list[str]()
    reel = load(archive, "last", words.append)
    pages = [path for path in archive.asked if "events" in path]
    assert len(pages) == -(-len(reel) // 10)
    assert len(words) == len(pages)
    archive, words = Archive(told(2, 60)), []
    reel = load(archive, "1", words.append)
    assert words[0].startswith("session 1: 10 of ")
    assert words[-1].count(f"{len(reel):,}") == 2


def test_a_log_that_ends_too_soon_is_shown_as_far_as_it_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the state knew of was not yet on the disk."""
    records = told(2, 60)
    archive = Archive(records)
    end = sessions(archive)[-1].first + 12

    def page(swarm: object, after: int) -> bytes:
        return msgspec.json.encode(records[after : min(after + 5, end)])

    monkeypatch.setattr(recordings, "_page", page)
    reel = load(archive, "1")
    assert len(reel) == 12
    assert encoded(reel.go(12)) == truth(records, reel, 12)


@pytest.mark.parametrize(
    "page",
    [
        b"{}",
        b"nonsense",
        b"[1]",
        b'[{"seq": 99999, "event": {"event": "SwarmHeld", "at": 1.0}}]',
        b'[{"seq":',
    ],
)
def test_a_page_that_does_not_fit_is_refused(page: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recordings, "_page", lambda swarm, after: page)
    with pytest.raises(Refused) as caught:
        load(Archive(told(2, 60)), "1")
    assert caught.value.code == "bad_answer"


def test_events_of_a_newer_version_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    records = told(2, 60)
    archive = Archive(records)
    first = sessions(archive)[-1].first
    page = msgspec.json.encode([{"seq": first + 1, "event": {"event": "Unheard", "at": 1.0}}])
    monkeypatch.setattr(recordings, "_page", lambda swarm, after: page if after == first else b"[]")
    with pytest.raises(Refused, match="cannot be replayed"):
        load(archive, "1")


def test_an_unknown_session_is_told() -> None:
    with pytest.raises(Refused) as caught:
        load(Archive(told(2, 60)), "99")
    assert caught.value.code == "unknown_session"
