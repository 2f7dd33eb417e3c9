"""The shell round the rules: durable before answered, heard once durable, back to the log when it fails."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from swarm_node.journal.base import JournalError, JournalFull
from swarm_node.journal.sqlite import SqliteJournal
from swarm_node.model.commands import FinishDirective, HoldSwarm, OpenSession, PlanQueue, SeeNode
from swarm_node.model.events import Record
from swarm_node.model.refusal import Refused
from swarm_node.model.work import NodeFacts
from swarm_node.orchestrator import swarm as module
from swarm_node.orchestrator.swarm import Swarm, load
from tests.unit.stories import row
from tests.unit.test_writer import Memory

FULL = JournalFull("full", "free space")


@pytest.fixture
def journal() -> Memory:
    return Memory()


@pytest.fixture
def swarm(journal: Memory) -> Swarm:
    return Swarm(journal, lambda: 1_700_000_000.0)


def heard(swarm: Swarm) -> list[Record]:
    """What a listener hears from now on."""
    found: list[Record] = []
    swarm.listen(found.extend)
    return found


async def test_an_answer_comes_when_its_events_are_durable(swarm: Swarm, journal: Memory) -> None:
    journal.may_write.clear()
    records = heard(swarm)
    asking = asyncio.create_task(swarm.submit(HoldSwarm(held=True)))
    await asyncio.sleep(0)
    assert swarm.state.held
    assert not asking.done()
    assert records == []
    journal.may_write.set()
    events = await asking
    assert [record.event for record in records] == events
    assert [record.seq for record in records] == [1]
    await swarm.close()


async def test_even_an_answer_without_events_rests_on_the_disk(swarm: Swarm, journal: Memory) -> None:
    journal.may_write.clear()
    first = asyncio.create_task(swarm.submit(HoldSwarm(held=True)))
    same = asyncio.create_task(swarm.submit(HoldSwarm(held=True)))
    await asyncio.sleep(0)
    journal.trouble = FULL
    journal.may_write.set()
    for asking in (first, same):
        with pytest.raises(Refused) as refused:
            await asking
        assert refused.value.code == "disk_full"
    await swarm.close()


async def test_listeners_hear_of_what_is_durable_even_when_the_asker_has_gone(
    swarm: Swarm, journal: Memory
) -> None:
    journal.may_write.clear()
    records = heard(swarm)
    asking = asyncio.create_task(swarm.submit(HoldSwarm(held=True)))
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    journal.may_write.set()
    await swarm.submit(SeeNode(name="izar", facts=NodeFacts()))
    assert [record.seq for record in records] == [1, 2]
    await swarm.close()


async def test_a_failed_append_goes_back_to_what_the_log_holds(swarm: Swarm, journal: Memory) -> None:
    await swarm.submit(SeeNode(name="izar", facts=NodeFacts()))
    before, generation, records = msgspec.json.encode(swarm.state), swarm.generation, heard(swarm)
    journal.trouble = FULL
    answers = await asyncio.gather(
        swarm.submit(HoldSwarm(held=True)),
        swarm.submit(SeeNode(name="mizar", facts=NodeFacts())),
        return_exceptions=True,
    )
    assert [isinstance(answer, Refused) and answer.code for answer in answers] == ["disk_full"] * 2
    assert msgspec.json.encode(swarm.state) == before
    assert swarm.generation != generation
    assert records == []
    journal.trouble = None
    await swarm.submit(HoldSwarm(held=True))
    assert [record.seq for record in records] == [2]
    assert msgspec.json.encode(load(journal)) == msgspec.json.encode(swarm.state)
    await swarm.close()


async def test_nothing_is_decided_while_the_log_can_neither_be_written_nor_read(
    swarm: Swarm, journal: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(_: object) -> None:
        raise JournalError("gone", "look at the disk")

    journal.trouble = JournalError("gone", "look at the disk")
    with monkeypatch.context() as patch:
        patch.setattr(module, "load", unreadable)
        for _ in range(2):
            with pytest.raises(Refused) as refused:
                await swarm.submit(HoldSwarm(held=True))
            assert refused.value.code == "log_unavailable"
    journal.trouble = None
    await swarm.submit(SeeNode(name="izar", facts=NodeFacts()))
    assert not swarm.state.held
    await swarm.close()


async def test_commands_before_a_refused_one_stand(swarm: Swarm) -> None:
    with pytest.raises(Refused):
        await swarm.submit(HoldSwarm(held=True), FinishDirective(node="izar", id=1, ok=True))
    assert swarm.state.held
    assert load(swarm.journal).held
    await swarm.close()


async def test_until_waits_for_what_becomes_true(swarm: Swarm) -> None:
    waiting = asyncio.create_task(swarm.until(lambda state: state.held, 5))
    await asyncio.sleep(0)
    await swarm.submit(HoldSwarm(held=True))
    assert await waiting
    assert await swarm.until(lambda state: state.held, 0)
    assert not await swarm.until(lambda state: not state.held, 0.01)
    await swarm.close()


async def test_a_snapshot_is_taken_now_and_then_and_at_the_end(
    swarm: Swarm, journal: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SNAPSHOT_EVERY", 10)
    for number in range(12):
        await swarm.submit(HoldSwarm(held=number % 2 == 0))
    assert journal.kept is not None
    assert journal.kept.seq == 10
    await swarm.close()
    assert journal.kept.seq == 12
    assert msgspec.json.encode(load(journal)) == msgspec.json.encode(swarm.state)


async def test_a_snapshot_never_tells_more_than_the_log(
    swarm: Swarm, journal: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SNAPSHOT_EVERY", 3)
    await asyncio.gather(*(swarm.submit(HoldSwarm(held=number % 2 == 0)) for number in range(40)))
    assert journal.kept is not None
    assert journal.kept.seq <= len(journal.events)
    await swarm.close()


async def test_a_restart_brings_everything_back(tmp_path: Path) -> None:
    path = tmp_path / "swarm.db"
    swarm = Swarm(SqliteJournal(path))
    await swarm.submit(OpenSession(clear=True), PlanQueue(rows=(row("app-misc/a-1"), row("app-misc/b-1"))))
    await swarm.submit(SeeNode(name="izar", facts=NodeFacts(cores=2)))
    await swarm.close()
    again = Swarm(SqliteJournal(path))
    assert msgspec.json.encode(again.state) == msgspec.json.encode(swarm.state)
    assert again.generation != swarm.generation
    assert list(again.state.queue.ready) == list(swarm.state.queue.ready)
    await again.close()
