"""Looking back over HTTP: sessions in figures, how each began, and the log page by page, through restarts."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from swarm_console.replay.recordings import load
from swarm_console.wire.ask import Swarm
from swarm_node.journal.base import JournalError, Snapshot
from swarm_node.model.apply import apply
from swarm_node.model.commands import OpenSession
from swarm_node.model.events import Record
from swarm_node.model.recorded import Recorded
from swarm_node.model.state import State
from swarm_node.orchestrator import swarm as shell
from tests.services.orchestrators import Drone, Service, dummy, running, settings
from tests.unit.stories import encoded


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with running(settings(tmp_path)) as service:
        yield service


async def session(service: Service, drone: Drone, count: int, fail: int = 0, clear: bool = True) -> None:
    """Plan so many dummies and build them; the first `fail` fail for good."""
    number = service.parts.swarm.state.session.number
    await service.plan(*(dummy(f"dummy/p{number}x{n}-1") for n in range(count)), clear=clear)
    order = await drone.begin()
    while order["kind"] == "build":
        ended = await (drone.fail if fail > 0 else drone.complete)(order["attempt"])
        order, fail = ended.document["work"], fail - 1


async def sessions(service: Service) -> list[Recorded]:
    return msgspec.convert(await service.get("/api/v1/sessions"), list[Recorded])


async def beginning(service: Service, number: object) -> tuple[Recorded, State]:
    answer = await service.get(f"/api/v1/sessions/{number}")
    return msgspec.convert(answer["session"], Recorded), msgspec.convert(answer["state"], State, strict=False)


async def events(service: Service, after: int, limit: int = 1000) -> list[Record]:
    found = await service.get(f"/api/v1/events?after={after}&limit={limit}")
    return msgspec.convert(found, list[Record], strict=False)


async def replayed(service: Service, number: object) -> State:
    """What comes out of a session's beginning and its events."""
    recorded, state = await beginning(service, number)
    assert state.seq == recorded.first
    assert state.session.number == recorded.session
    at = recorded.first
    while at < recorded.last:
        for record in await events(service, at, 7):
            assert record.seq == at + 1
            if record.seq > recorded.last:
                return state
            apply(state, record.event)
            at = record.seq
    return state


def refold(service: Service, upto: int) -> State:
    state = State()
    for record in service.parts.swarm.journal.read():
        if record.seq <= upto:
            apply(state, record.event)
    return state


async def test_a_swarm_without_a_session_has_no_past(service: Service) -> None:
    assert await sessions(service) == []
    for name in ("1", "last", "0", "-1", "x", "1" * 400, "%00"):
        answer = await service.ask("GET", f"/api/v1/sessions/{name}")
        assert answer.code == "unknown_session"
        assert "swarm-console --run sessions" in answer.document["error"]["hint"]


async def test_every_session_in_figures_the_newest_first(service: Service) -> None:
    izar = await service.drone()
    await session(service, izar, 3, fail=1)
    await session(service, izar, 2)
    await service.plan(dummy("dummy/last-1"))
    newest, second, first = await sessions(service)
    assert [each.session for each in (first, second, newest)] == [1, 2, 3]
    assert (first.staged, first.failed, first.lost, first.releases) == (2, 1, 0, 0)
    assert (second.staged, second.failed) == (2, 0)
    assert (first.last + 1, second.last + 1) == (second.first, newest.first)
    assert newest.last == service.parts.swarm.state.seq
    assert newest.ended is None
    assert first.ended is not None
    assert first.opened <= first.ended <= second.opened
    assert first.events == first.last - first.first + 1
    assert await sessions(service) == [newest, second, first], "a second look tells the same"


async def test_the_present_session_grows(service: Service) -> None:
    izar = await service.drone()
    await session(service, izar, 1)
    (before,) = await sessions(service)
    await session(service, izar, 1, clear=False)
    now, then = await sessions(service)
    assert then.ended is not None
    assert (then.first, then.staged) == (before.first, before.staged)
    assert now.first == before.last + 1


async def test_a_beginning_and_the_events_after_it_give_what_was_true(service: Service) -> None:
    izar = await service.drone()
    for fail in (0, 2, 1):
        await session(service, izar, 4, fail=fail)
    for recorded in await sessions(service):
        state = await replayed(service, recorded.session)
        assert encoded(state) == encoded(refold(service, recorded.last))
    assert encoded(await replayed(service, "last")) == encoded(service.parts.swarm.state)


async def test_a_session_that_was_not_cleared_begins_with_what_was_left(service: Service) -> None:
    izar = await service.drone()
    await session(service, izar, 2)
    await session(service, izar, 1, clear=False)
    _, state = await beginning(service, 2)
    assert len(state.builds) == 2
    assert state.session.phase == "syncing"


async def test_a_session_interrupted_by_a_restart_is_one(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as service:
        izar = await service.drone()
        await service.plan(*(dummy(f"dummy/p{n}-1") for n in range(3)))
        await izar.complete((await izar.begin())["attempt"])
        token = izar.token
    async with running(settings(tmp_path)) as service:
        izar = Drone(service.session, service.url, "izar")
        izar.token = token
        order: dict[str, Any] = {"kind": "build", **(await izar.work())}
        while order["kind"] == "build":
            await izar.tell(order["attempt"])
            order = (await izar.complete(order["attempt"])).document["work"]
        await service.plan(dummy("dummy/other-1"))
        _, first = await sessions(service)
        assert (first.session, first.staged) == (1, 3)
        assert encoded(await replayed(service, 1)) == encoded(refold(service, first.last))


async def test_a_session_from_before_a_snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell, "SNAPSHOT_EVERY", 5)
    async with running(settings(tmp_path)) as service:
        izar = await service.drone()
        await session(service, izar, 5)
        await session(service, izar, 5)
    async with running(settings(tmp_path)) as service:
        newest = service.parts.swarm.journal.snapshot()
        assert newest is not None
        for recorded in await sessions(service):
            assert recorded.first < newest.seq
            assert encoded(await replayed(service, recorded.session)) == encoded(
                refold(service, recorded.last)
            )


async def test_a_log_without_kept_beginnings_is_folded_once(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As written by a version that kept none."""
    izar = await service.drone()
    with monkeypatch.context() as patch:
        patch.setattr(service.parts.swarm.journal, "save_snapshot", lambda *_: None)
        await session(service, izar, 2)
    await session(service, izar, 1)
    journal = service.parts.swarm.journal
    (_, first) = await sessions(service)
    assert journal.snapshot(first.first) is None
    assert encoded(await replayed(service, 1)) == encoded(refold(service, first.last))
    kept = journal.snapshot(first.first)
    assert kept is not None
    assert kept.seq == first.first
    assert encoded(await replayed(service, 1)) == encoded(refold(service, first.last))


async def test_a_beginning_that_cannot_be_read_is_folded_anew(service: Service) -> None:
    izar = await service.drone()
    await session(service, izar, 2)
    (first,) = await sessions(service)
    service.parts.swarm.journal.save_snapshot(Snapshot(first.first, b'{"seq": "of another version"}'), True)
    assert encoded(await replayed(service, 1)) == encoded(service.parts.swarm.state)


async def test_opening_a_session_survives_a_snapshot_that_cannot_be_kept(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise JournalError("full", "free space")

    monkeypatch.setattr(service.parts.swarm.journal, "save_snapshot", full)
    await service.parts.swarm.submit(OpenSession(clear=True))
    assert service.parts.swarm.state.session.number == 1
    assert (await beginning(service, 1))[0].session == 1


async def test_the_console_replays_what_the_service_recorded(service: Service) -> None:
    izar = await service.drone()
    await session(service, izar, 6, fail=2)
    await session(service, izar, 3)
    last = (await sessions(service))[1].last
    reel = await asyncio.to_thread(load, Swarm(service.url), "1")
    assert reel.last == last
    for index in (len(reel), 5, 0, 17, len(reel)):
        assert encoded(reel.go(index)) == encoded(refold(service, reel.recorded.first + index))
    assert [mark.kind for mark in reel.marks] == ["failure", "failure"]


async def test_pages_of_the_log(service: Service) -> None:
    izar = await service.drone()
    await session(service, izar, 5)
    last = service.parts.swarm.state.seq
    assert [record.seq for record in await events(service, 0)] == list(range(1, last + 1))
    assert [record.seq for record in await events(service, 3, 4)] == [4, 5, 6, 7]
    assert await events(service, last) == []
    assert await events(service, 10**9) == []


@pytest.mark.parametrize(
    "query",
    ["after=-1", "after=x", "limit=0", "limit=10001", f"after={1 << 62}", f"after={1 << 70}", "before=3"],
)
async def test_a_page_that_cannot_be_is_refused(query: str, service: Service) -> None:
    answer = await service.ask("GET", f"/api/v1/events?{query}")
    assert answer.code == "bad_request"


async def test_a_log_that_cannot_be_read_is_told(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> Any:
        raise JournalError("it is damaged", "restore it")

    await service.plan(dummy("dummy/a-1"))
    monkeypatch.setattr(service.parts.swarm.journal, "read", broken)
    for path in ("sessions", "sessions/1", "events"):
        assert (await service.ask("GET", f"/api/v1/{path}")).code == "log_unavailable"
