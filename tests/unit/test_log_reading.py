"""A log as it is read: what is asked for, what is kept, when it arrived, and how it is saved."""

import asyncio
from pathlib import Path

import pytest

from swarm_console.logs.pages import PAGE, Missing
from swarm_console.logs.reader import Reader
from swarm_console.logs.save import save
from swarm_console.logs.source import Arrivals, AttemptLog, Piece
from swarm_console.logs.times import ENTRIES, Times
from swarm_console.wire.ask import Answer, Swarm
from swarm_node.model.refusal import Refused


class Text:
    """A log in memory that can become shorter, fail, or answer less than it has."""

    attempt = 1

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size = len(data)
        self.failure: Exception | None = None
        self.asked: list[tuple[int, int]] = []

    def read(self, offset: int, length: int) -> Piece:
        self.asked.append((offset, length))
        if self.failure is not None:
            raise self.failure
        return Piece(self.data[offset : offset + length], self.size)

    def times(self, offset: int, most: int) -> Arrivals:
        return Arrivals([(at, float(at)) for at in range(offset, len(self.data), 10)][:most], len(self.data))

    def since(self, moment: float) -> int:
        return int(moment)


async def test_a_reader_gets_what_is_missing() -> None:
    reader = Reader(Text(b"x" * (2 * PAGE)))
    assert await reader.fetch(Missing(0, PAGE))
    assert reader.opened
    assert reader.pages.size == 2 * PAGE
    assert reader.pages.read(0, PAGE) == b"x" * PAGE
    with pytest.raises(Missing):
        reader.pages.read(PAGE, PAGE + 1)


async def test_trouble_is_kept_until_it_is_over() -> None:
    text = Text(b"one\n")
    text.failure = Refused("gateway_unreachable", "no gateway answers", "start it")
    reader = Reader(text)
    assert not await reader.fetch(Missing(0, PAGE))
    assert (reader.trouble, reader.hopeless, reader.opened) == ("no gateway answers", False, False)
    text.failure = Refused("unknown_attempt", "there is no log of attempt 1", "history")
    assert not await reader.fetch(Missing(0, PAGE))
    assert reader.hopeless
    text.failure = None
    assert await reader.fetch(Missing(0, PAGE))
    assert not reader.trouble


async def test_a_log_that_became_shorter_is_another_one() -> None:
    text = Text(b"one\n" * 1000)
    reader = Reader(text)
    await reader.fetch(Missing(0, PAGE))
    text.data, text.size = b"two\n", 4
    reader.pages.grow(8000)
    assert await reader.fetch(Missing(4000, PAGE))
    assert reader.pages.size == 4


async def test_a_source_that_owes_bytes_is_not_asked_for_ever() -> None:
    text = Text(b"one\n")
    text.size = 1000
    reader = Reader(text)
    assert await reader.fetch(Missing(0, PAGE))
    assert not await reader.fetch(Missing(4, PAGE))


async def test_times_are_known_where_they_were_asked_for() -> None:
    text, times = Text(b"x" * 25_000), Times()
    assert not times.covers(0, 1)
    assert times.at(0) is None
    await times.fetch(text, 0)
    assert times.covers(0, 10 * ENTRIES - 10)
    assert not times.covers(0, 10 * ENTRIES), "there may be more behind the last entry"
    assert [times.at(offset) for offset in (0, 9, 10, 99)] == [0.0, 0.0, 10.0, 90.0]
    assert times.at(10 * ENTRIES) is None
    await times.fetch(text, 24_000)
    assert times.covers(24_000, 25_000)
    assert times.at(23_999) is None
    times.take(0, Arrivals([], 100))
    assert times.covers(0, 100)
    assert times.at(50) is None


class Recorded(Swarm):
    """A swarm that answers what it is told to."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("http://127.0.0.1:9")
        self.answer = answer
        self.paths: list[str] = []

    def fetch(self, method: str, path: str, body: object = None, seconds: float = 0.0) -> Answer:
        self.paths.append(f"{method} {path}")
        return self.answer


def test_an_attempts_log_is_asked_by_offset() -> None:
    swarm = Recorded(Answer(200, {"x-log-size": "99"}, b"text"))
    log = AttemptLog(lambda: swarm, 7)
    assert log.read(5, 4) == Piece(b"text", 99)
    swarm.answer = Answer(200, {}, b'{"size": 9, "times": [[0, 1795000000.5], [5, 1795000002]]}')
    assert log.times(5, 10) == Arrivals([(0, 1795000000.5), (5, 1795000002.0)], 9)
    assert log.since(1795000001.0) == 0
    assert swarm.paths == [
        "GET /api/v1/attempts/7/log?offset=5&limit=4",
        "GET /api/v1/attempts/7/log/times?offset=5&limit=10",
        "GET /api/v1/attempts/7/log/times?since=1795000001.0&limit=1",
    ]
    refused = b'{"error": {"code": "unknown_attempt", "message": "no log", "hint": "history"}}'
    swarm.answer = Answer(404, {}, refused)
    for ask in (lambda: log.read(0, 1), lambda: log.times(0, 1), lambda: log.since(0)):
        with pytest.raises(Refused, match="no log"):
            ask()


async def test_saving_tells_how_far_it_is(tmp_path: Path) -> None:
    text, told = Text(bytes(range(256)) * 10_000), list[tuple[int, int]]()
    written = await save(text, tmp_path / "x.log", False, lambda done, whole: told.append((done, whole)))
    assert (tmp_path / "x.log").read_bytes() == text.data
    assert written == len(text.data)
    assert told[-1] == (written, written)
    assert len(told) == 3


async def test_a_file_is_never_lost(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_text("precious")
    with pytest.raises(FileExistsError):
        await save(Text(b"new"), path, False, lambda done, whole: None)
    text = Text(b"new")
    text.failure = Refused("gateway_unreachable", "gone", "start it")
    with pytest.raises(Refused):
        await save(text, path, True, lambda done, whole: None)
    assert path.read_text() == "precious"
    (tmp_path / "link.log").symlink_to(path)
    await save(Text(b"new"), tmp_path / "link.log", True, lambda done, whole: None)
    assert path.read_text() == "new"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["link.log", "x.log"]


async def test_saving_given_up_leaves_nothing(tmp_path: Path) -> None:
    begun = asyncio.Event()

    def tell(done: int, whole: int) -> None:
        begun.set()

    saving = asyncio.create_task(save(Text(b"x" * (1 << 26)), tmp_path / "x.log", False, tell))
    await begun.wait()
    saving.cancel()
    await asyncio.gather(saving, return_exceptions=True)
    assert list(tmp_path.iterdir()) == []
