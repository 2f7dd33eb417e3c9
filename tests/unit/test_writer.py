"""Group commit: in order, many at once, and all that was queued fails together."""

import asyncio
import threading
from collections.abc import Iterator, Sequence

import pytest

from swarm_node.journal.base import JournalError, JournalFull, Snapshot, Wanted
from swarm_node.journal.writer import Writer
from swarm_node.model.events import AnyEvent, Record, SwarmHeld


class Memory:
    """A journal in memory that can be held up and made to fail."""

    def __init__(self) -> None:
        self.groups: list[list[AnyEvent]] = []
        self.kept: Snapshot | None = None
        self.trouble: JournalError | None = None
        self.may_write = threading.Event()
        self.may_write.set()

    @property
    def events(self) -> list[AnyEvent]:
        return [event for group in self.groups for event in group]

    def snapshot(self, upto: int | None = None) -> Snapshot | None:
        return self.kept

    def count(self, after: int, upto: int) -> dict[str, int]:
        return {"SwarmHeld": len(self.events[after:upto])}

    def save_snapshot(self, snapshot: Snapshot, lasting: bool = False) -> None:
        if self.trouble:
            raise self.trouble
        assert snapshot.seq <= len(self.events)
        self.kept = snapshot

    def read(self, after: int = 0, kinds: Sequence[str] = ()) -> Iterator[Record]:
        return (Record(n, event) for n, event in enumerate(self.events, 1) if n > after)

    def latest(
        self, kinds: Sequence[str], limit: int, before: int | None = None, wanted: Wanted | None = None
    ) -> list[Record]:
        return list(self.read())[::-1][:limit]

    def append(self, events: Sequence[AnyEvent]) -> int:
        assert self.may_write.wait(60)
        if self.trouble:
            raise self.trouble
        self.groups.append(list(events))
        return len(self.events)

    def close(self) -> None:
        pass


def event(number: int) -> AnyEvent:
    return SwarmHeld(at=float(number), held=True)


async def test_what_comes_together_is_written_together_and_in_order() -> None:
    journal = Memory()
    writer = Writer(journal)
    journal.may_write.clear()
    waiting = [writer.append([event(0)])]
    await asyncio.sleep(0)
    waiting += [writer.append([event(number)]) for number in range(1, 50)]
    journal.may_write.set()
    await asyncio.gather(*waiting)
    assert [len(group) for group in journal.groups] in ([1, 49], [50])
    assert journal.events == [event(number) for number in range(50)]
    await writer.close()


async def test_answers_come_in_the_order_of_the_calls() -> None:
    writer = Writer(Memory())
    done: list[int] = []
    for number in range(20):
        writer.append([event(number)]).add_done_callback(lambda _, number=number: done.append(number))
    await writer.idle()
    await asyncio.sleep(0)
    assert done == list(range(20))
    await writer.close()


async def test_an_empty_group_waits_for_those_before_it() -> None:
    journal = Memory()
    writer = Writer(journal)
    journal.may_write.clear()
    first, empty = writer.append([event(1)]), writer.append([])
    await asyncio.sleep(0)
    assert not empty.done()
    journal.may_write.set()
    await empty
    assert first.done()
    assert journal.groups == [[event(1)]]
    await writer.close()


async def test_a_failure_fails_everything_queued_and_is_told_once() -> None:
    journal, told = Memory(), []
    writer = Writer(journal, told.append)
    journal.may_write.clear()
    journal.trouble = JournalFull("full", "free space")
    waiting = [writer.append([event(number)]) for number in range(5)]
    await asyncio.sleep(0)
    waiting.append(writer.append([event(9)]))
    journal.may_write.set()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert answers == [journal.trouble] * 6
    assert told == [journal.trouble]
    journal.trouble = None
    await writer.append([event(10)])
    assert journal.events == [event(10)]
    await writer.close()


async def test_a_fault_in_telling_leaves_nobody_waiting() -> None:
    journal = Memory()
    told: list[Exception] = []

    def tell(error: Exception) -> None:
        told.append(error)
        raise RuntimeError("a fault of our own")

    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    writer = Writer(journal, tell)
    journal.trouble = JournalFull("full", "free space")
    with pytest.raises(JournalFull):
        await writer.append([event(1)])
    assert told


async def test_a_snapshot_is_written_after_what_was_queued_before_it() -> None:
    journal = Memory()
    writer = Writer(journal)
    journal.may_write.clear()
    writer.append([event(1)])
    await asyncio.sleep(0)
    writer.append([event(2)])
    saving = asyncio.create_task(writer.save_snapshot(Snapshot(2, b"")))
    await asyncio.sleep(0)
    journal.may_write.set()
    await saving
    assert journal.kept == Snapshot(2, b"")
    await writer.close()


async def test_no_snapshot_is_written_of_what_was_never_durable() -> None:
    journal = Memory()
    writer = Writer(journal)
    journal.may_write.clear()
    lost = writer.append([event(1)])
    saving = asyncio.create_task(writer.save_snapshot(Snapshot(1, b"")))
    await asyncio.sleep(0)
    journal.trouble = JournalFull("full", "free space")
    journal.may_write.set()
    with pytest.raises(JournalFull):
        await saving
    with pytest.raises(JournalFull):
        await lost
    assert journal.kept is None
    await writer.close()


async def test_closing_ends_what_was_queued() -> None:
    journal = Memory()
    writer = Writer(journal)
    waiting = [writer.append([event(number)]) for number in range(10)]
    await writer.close()
    assert all(one.done() for one in waiting)
    assert len(journal.events) == 10
