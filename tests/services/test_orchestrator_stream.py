"""The live stream: a snapshot, then every event once; after a break what was missed, or a snapshot anew."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import repeat
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec
import pytest

from swarm_node.journal.base import JournalFull
from swarm_node.model import instalments as parts
from swarm_node.model.apply import apply
from swarm_node.model.events import Record
from swarm_node.model.state import State
from swarm_node.orchestrator import stream as module
from tests.services.orchestrators import Service, dummy, row, running, settings
from tests.unit.stories import encoded

LIB = "dev-libs/lib-1.0"


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with running(settings(tmp_path)) as service:
        yield service


class Picture:
    """What a client makes of the stream: the state by the model's own `apply`, and what else was said."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, state: State) -> None:
        self.socket = socket
        self.state = state
        self.generation: int | None = None
        self.seqs: list[int] = []
        self.said: list[dict[str, Any]] = []

    async def next(self) -> dict[str, Any]:
        """Take the next message in."""
        async with asyncio.timeout(60):
            message: dict[str, Any] = await self.socket.receive_json()
        if "snapshot" in message:
            self.state = msgspec.convert(message["snapshot"], State, strict=False)
        self.generation = message.get("generation", self.generation)
        for told in message.get("events", ()):
            record = msgspec.convert(told, Record, strict=False)
            self.seqs.append(record.seq)
            if record.seq > self.state.seq:
                assert record.seq == self.state.seq + 1
                apply(self.state, record.event)
        self.said.append(message)
        return message

    async def word(self, fraction: float) -> dict[str, Any]:
        """The word of how far it is, when that is so far; words that are said in quick succession are one."""
        while True:
            for word in (await self.next()).get("words", ()):
                if word["fraction"] == fraction:
                    found: dict[str, Any] = word
                    return found

    async def until(self, seq: int) -> None:
        while self.state.seq < seq:
            await self.next()


@asynccontextmanager
async def watching(service: Service, state: State | None = None, **query: int) -> AsyncIterator[Picture]:
    async with service.session.ws_connect(f"{service.url}/api/v1/stream", params=query) as socket:
        picture = Picture(socket, state or State())
        await picture.next()
        yield picture


async def build_some(service: Service, count: int) -> None:
    izar = await service.drone(f"drone{service.parts.swarm.state.seq}")
    await service.plan(*(dummy(f"dummy/p{number}-1") for number in range(count)))
    order = await izar.begin()
    while order["kind"] == "build":
        order = (await izar.complete(order["attempt"])).document["work"]


async def test_a_client_that_folds_the_stream_sees_the_swarm(service: Service) -> None:
    async with watching(service) as picture:
        assert "snapshot" in picture.said[0]
        await build_some(service, 20)
        await picture.until(service.parts.swarm.state.seq)
    assert encoded(picture.state) == encoded(service.parts.swarm.state)
    assert picture.seqs == sorted(set(picture.seqs))


async def test_a_client_that_comes_later_gets_everything_at_once(service: Service) -> None:
    await build_some(service, 5)
    async with watching(service) as picture:
        assert encoded(picture.state) == encoded(service.parts.swarm.state)


async def test_progress_and_logs_are_told_and_not_kept(service: Service) -> None:
    izar = await service.drone()
    await service.plan(row(LIB))
    attempt = (await izar.begin())["attempt"]
    async with watching(service) as picture:
        seq = picture.state.seq
        (last,) = (await picture.next())["words"]
        assert (last["attempt"], last["fraction"]) == (attempt, None), (
            "who comes later hears what was said last"
        )
        await izar.tell(attempt, fraction=0.2)
        await izar.tell(attempt, fraction=0.25, load=2.5, detail="x" * 999)
        told = await picture.word(0.25)
        assert (told["node"], told["attempt"], told["fraction"], told["load"]) == ("izar", attempt, 0.25, 2.5)
        assert len(told["detail"]) == 200
        await izar.log(attempt, b"hello")
        assert (await picture.next())["logs"] == {str(attempt): 5}
    assert service.parts.swarm.state.seq == seq


async def test_a_long_state_comes_in_instalments(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "LONG", 10)
    monkeypatch.setattr(parts, "SEEN", 3)
    monkeypatch.setattr(parts, "EACH", 4)
    await build_some(service, 20)
    async with watching(service) as picture:
        seen = picture.said[0]["preview"]
        assert (len(seen["state"]["builds"]), seen["totals"]["complete"]) == (3, 20)
        first = await picture.next()
        assert first["seq"] == service.parts.swarm.state.seq
        for _ in range(first["instalments"]):
            part = (await picture.next())["instalment"]
            parts.join(picture.state, msgspec.convert(part, parts.Instalment, strict=False))
        picture.state.reindex()
        assert encoded(picture.state) == encoded(service.parts.swarm.state)
        await build_some(service, 1)
        await picture.until(service.parts.swarm.state.seq)
    assert encoded(picture.state) == encoded(service.parts.swarm.state)


async def test_the_opening_can_be_had_by_a_plain_request(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    await build_some(service, 5)
    for long in (3_000, 10):
        monkeypatch.setattr(parts, "LONG", long)
        async with service.session.get(f"{service.url}/api/v1/opening") as answer:
            lines = (await answer.read()).splitlines()
        assert answer.status == 200
        assert lines == service.parts.stream.opening()
        assert len(lines) == (1 if long == 3_000 else 3 + json.loads(lines[1])["instalments"] - 1)


async def test_who_leaves_in_the_middle_of_an_opening_is_no_trouble(
    service: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(service.parts.stream, "opening", lambda: repeat(b"x" * 100_000))
    url = urlsplit(service.url)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    writer.write(b"GET /api/v1/opening HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await reader.read(1)
    writer.transport.abort()
    async with asyncio.timeout(60):
        while "/api/v1/opening" not in await _text(service, "/metrics"):
            pass  # it is counted when its handler has returned
    assert not [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")]


async def _text(service: Service, path: str) -> str:
    async with service.session.get(f"{service.url}{path}") as answer:
        return await answer.text()


async def test_a_reconnect_brings_only_what_was_missed(service: Service) -> None:
    async with watching(service) as picture:
        await build_some(service, 3)
        await picture.until(service.parts.swarm.state.seq)
    generation = picture.generation or 0
    seq = picture.state.seq
    async with watching(service, picture.state, after=seq, generation=generation) as again:
        assert again.said[0]["events"] == []
    await build_some(service, 2)
    async with watching(service, picture.state, after=seq, generation=generation) as again:
        missed = [record["seq"] for record in again.said[0]["events"]]
        assert missed == list(range(seq + 1, service.parts.swarm.state.seq + 1))
        assert encoded(again.state) == encoded(service.parts.swarm.state)


@pytest.mark.parametrize("after", [0, -1, 10**9])
async def test_who_asks_for_what_is_not_at_hand_gets_a_snapshot(
    service: Service, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    service.parts.stream._recent = type(service.parts.stream._recent)(maxlen=3)
    await build_some(service, 5)
    async with watching(service, after=after, generation=service.parts.swarm.generation) as picture:
        assert "snapshot" in picture.said[0]
        assert encoded(picture.state) == encoded(service.parts.swarm.state)


async def test_another_generation_gets_a_snapshot(service: Service) -> None:
    await build_some(service, 2)
    seq = service.parts.swarm.state.seq
    for query in ({"after": seq}, {"after": seq, "generation": 0}):
        async with watching(service, **query) as picture:
            assert "snapshot" in picture.said[0]


async def test_after_a_failed_write_everybody_starts_over(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object) -> int:
        raise JournalFull("full", "free space")

    async with watching(service) as picture:
        with monkeypatch.context() as patch:
            patch.setattr(service.parts.swarm.journal, "append", full)
            answer = await service.ask("POST", "/api/v1/actions/pause", json={})
            assert answer.code == "disk_full"
        async with asyncio.timeout(60):
            assert (await picture.socket.receive()).type in (
                aiohttp.WSMsgType.CLOSE,
                aiohttp.WSMsgType.CLOSING,
                aiohttp.WSMsgType.CLOSED,
            )
    place = {"after": picture.state.seq, "generation": picture.generation or 0}
    await service.act("pause")
    async with watching(service, **place) as again:
        assert "snapshot" in again.said[0]
        assert again.state.held
        assert again.generation != picture.generation
        await service.act("resume")
        await again.until(service.parts.swarm.state.seq)
    assert encoded(again.state) == encoded(service.parts.swarm.state)


async def test_a_restart_is_another_generation(tmp_path: Path) -> None:
    generations = []
    for _ in range(2):
        async with running(settings(tmp_path)) as service, watching(service) as picture:
            generations.append(picture.generation)
    assert generations[0] != generations[1]


async def test_a_client_that_does_not_read_is_sent_away(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SLOWEST", 10)
    async with watching(service) as slow:
        for size in range(11):
            service.parts.stream.tell_log(1, size)
            service.parts.stream._pass_on()
        async with watching(service) as other:
            read = []
            async with asyncio.timeout(60):
                while (message := await slow.socket.receive()).type == aiohttp.WSMsgType.TEXT:
                    read.append(message.json()["logs"]["1"])
            assert message.type == aiohttp.WSMsgType.CLOSE
            assert read == list(range(10))
            await service.act("pause")
            await other.until(service.parts.swarm.state.seq)
            assert other.state.held


async def test_stopping_the_service_ends_the_stream(tmp_path: Path) -> None:
    async with aiohttp.ClientSession() as session:
        async with running(settings(tmp_path)) as service:
            socket = await session.ws_connect(f"{service.url}/api/v1/stream")
            await socket.receive_json()
            begin = time.monotonic()
        assert time.monotonic() - begin < 30
        async with asyncio.timeout(60):
            assert (await socket.receive()).type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)


async def test_many_clients_see_the_same(service: Service) -> None:
    async with asyncio.TaskGroup() as group:
        started = asyncio.Barrier(21)

        async def watch() -> bytes:
            async with watching(service) as picture:
                await started.wait()
                await picture.until(end.result() if end.done() else await end)
                return encoded(picture.state)

        end: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        clients = [group.create_task(watch()) for _ in range(20)]
        await started.wait()
        await build_some(service, 30)
        end.set_result(service.parts.swarm.state.seq)
    assert {client.result() for client in clients} == {encoded(service.parts.swarm.state)}
