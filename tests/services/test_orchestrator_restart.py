"""The orchestrator stops, is killed, runs out of disk: what was answered stays, nothing is staged twice."""

import asyncio
import os
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from swarm_node.http.service import serving
from swarm_node.journal.sqlite import SqliteJournal
from swarm_node.model.events import BuildStaged, Record
from swarm_node.model.refusal import Refused
from swarm_node.orchestrator.app import make_app
from swarm_node.orchestrator.swarm import load
from tests.services.orchestrators import Drone, row, running, settings, started, url_of
from tests.unit.stories import encoded

LIB, APP = "dev-libs/lib-1.0", "app-misc/app-1.0"
DRONES, BUILDS, KILLS = 20, 400, 4


async def test_a_stop_in_the_middle_of_work_loses_nothing(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as service:
        izar = await service.drone()
        await service.plan(row(LIB), row(APP, LIB))
        order = await izar.begin()
        await izar.log(order["attempt"], b"half a line")
        before = encoded(service.parts.swarm.state)
        token = izar.token
    async with running(settings(tmp_path)) as service:
        assert encoded(service.parts.swarm.state) == before
        izar = Drone(service.session, service.url, "izar")
        izar.token = token
        assert (await izar.tell(order["attempt"])).document["continue"] is True
        assert (await izar.log(order["attempt"], b" and the rest", 11)).document == {"size": 24}
        answer = await izar.build(order)
        assert answer.document["work"]["build"] == APP


async def test_an_upload_that_was_not_recorded_is_asked_for_again(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as service:
        izar = await service.drone()
        await service.plan(row(LIB))
        order = await izar.begin()
        sent = await izar.upload(order)
        path = tmp_path / "staging" / sent.document["path"]
        token = izar.token
    async with running(settings(tmp_path)) as service:
        assert not path.exists()
        izar = Drone(service.session, service.url, "izar")
        izar.token = token
        assert (await izar.complete(order["attempt"], sent.document["sha512"])).code == "no_package"
        assert (await izar.build(order)).status == 200
        assert path.exists()


async def test_a_restart_takes_no_build_from_a_drone_that_is_still_at_it(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as service:
        izar = await service.drone()
        await service.plan(row(LIB))
        await izar.begin()
    async with running(settings(tmp_path, lease_seconds=600)) as service:
        silence = service.parts.contacts.silence("izar")
        assert silence < 60
        assert service.parts.swarm.state.nodes["izar"].up


async def test_a_second_orchestrator_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as service:
        with pytest.raises(Refused) as refused:
            async with serving(lambda: make_app(settings(tmp_path))):
                pass
        assert refused.value.code == "log_unavailable"
        assert "another orchestrator" in refused.value.message
        assert (await service.get("/health"))["status"] == "ok"
        await service.act("pause")


@pytest.fixture
def small_disk(tmp_path: Path, needs_root: None) -> Iterator[Path]:
    """A file system of two MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], capture_output=True)
    if made.returncode:
        pytest.skip(f"no tmpfs: {made.stderr.decode().strip()}")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


async def test_a_full_disk_refuses_changes_answers_questions_and_recovers(
    small_disk: Path, tmp_path: Path
) -> None:
    found = settings(tmp_path, state_dir=small_disk / "state", lease_seconds=3)
    async with running(found) as service:
        izar = await service.drone()
        await service.plan(row(LIB))
        order = await izar.begin()
        ballast = small_disk / "ballast"
        ballast.write_bytes(b"\0" * shutil.disk_usage(small_disk).free)
        full = await service.ask("POST", "/api/v1/actions/pause", json={"reason": "x" * 20_000})
        assert full.code == "disk_full"
        assert full.status == 507
        assert (await service.get("/api/v1/status"))["held"] is False
        assert (await service.get("/api/v1/queue"))[0]["status"] == "building"
        assert (await izar.log(order["attempt"], b"x" * 100_000)).code == "disk_full"
        ballast.unlink()
        assert (await service.act("pause"))["paused"] is True
        assert (await service.act("resume"))["paused"] is False
        assert await service.parts.swarm.until(lambda state: not state.nodes["izar"].up, 60)


async def test_a_pause_of_our_own_is_nobody_elses_silence(tmp_path: Path) -> None:
    urls: list[str] = []
    async with aiohttp.ClientSession() as session, process(tmp_path, urls, LEASE_SECONDS="2") as child:
        izar = await Drone(session, urls[0], "izar").register()
        await izar.post("/api/v1/actions/stress", {"count": 1})
        order = await izar.begin()
        child.send_signal(signal.SIGSTOP)
        telling = asyncio.create_task(izar.tell(order["attempt"]))
        await asyncio.sleep(3.5)
        child.send_signal(signal.SIGCONT)
        assert (await telling).document["continue"] is True
        for _ in range(5):
            assert (await izar.tell(order["attempt"])).document["continue"] is True
            await asyncio.sleep(0.1)
        assert (await izar.complete(order["attempt"])).status == 200


async def until_answered(drone: Drone, path: str, body: object, urls: list[str]) -> dict[str, object] | None:
    """The answer to a question that is asked again until somebody gives one; None when it is a refusal."""
    while True:
        drone.url = urls[-1]
        try:
            async with asyncio.timeout(20):
                answer = await drone.post(path, body)
        except (aiohttp.ClientError, TimeoutError, OSError):
            await asyncio.sleep(0.05)
            continue
        if answer.status in (403, 404) and answer.code in ("forbidden", "unknown_node"):
            await asyncio.sleep(0.05)
            continue
        if answer.status >= 500:
            assert answer.status == 503
            await asyncio.sleep(0.05)
            continue
        return answer.document if answer.status == 200 else None


async def work(drone: Drone, urls: list[str], answered: dict[int, str], done: asyncio.Event) -> None:
    """A drone that builds dummies through any number of restarts and remembers what was acknowledged."""
    while not done.is_set():
        answer = await until_answered(drone, f"/api/v1/nodes/{drone.name}/work?wait=0.3", {}, urls)
        todo = answer["work"] if answer is not None else {"kind": "none"}
        assert isinstance(todo, dict)
        if todo["kind"] != "build":
            continue
        number = todo["attempt"]
        body = {"node": drone.name, "measures": {"seconds": 0.0}}
        completed = await until_answered(drone, f"/api/v1/attempts/{number}/complete", body, urls)
        if completed is not None:
            assert number not in answered
            answered[number] = todo["build"]
            if len(answered) >= BUILDS:
                done.set()


@asynccontextmanager
async def process(home: Path, urls: list[str], **more: str) -> AsyncIterator["subprocess.Popen[str]"]:
    """An orchestrator that is killed at the end, if it still runs; `urls` tells where it is."""
    child = started(home, **more)
    try:
        urls.append(await asyncio.to_thread(url_of, child, home))
        yield child
    finally:
        if child.poll() is None:
            os.kill(child.pid, signal.SIGKILL)
        await asyncio.to_thread(child.wait)
        assert child.stdout is not None
        child.stdout.close()


async def test_kill_9_while_twenty_drones_complete(tmp_path: Path) -> None:
    urls: list[str] = []
    answered: dict[int, str] = {}
    done = asyncio.Event()
    async with aiohttp.ClientSession() as session:
        async with process(tmp_path, urls):
            drones = [await Drone(session, urls[-1], f"drone{n}").register() for n in range(DRONES)]
            stress = await drones[0].post("/api/v1/actions/stress", {"count": BUILDS})
            assert stress.status == 200
            working = [asyncio.create_task(work(drone, urls, answered, done)) for drone in drones]
            await past(answered, BUILDS // (KILLS + 1))
        for kill in range(2, KILLS + 1):
            async with process(tmp_path, urls):
                await past(answered, kill * BUILDS // (KILLS + 1))
        async with process(tmp_path, urls) as last:
            async with asyncio.timeout(300):
                await done.wait()
                await asyncio.gather(*working)
            last.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(last.wait, 60) == 0
    _nothing_lost(tmp_path / "state/swarm.db", answered)


async def past(answered: dict[int, str], count: int) -> None:
    """Wait until so many were acknowledged."""
    async with asyncio.timeout(300):
        while len(answered) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.002)


def _nothing_lost(path: Path, answered: dict[int, str]) -> None:
    journal = SqliteJournal(path)
    records: list[Record] = list(journal.read())
    state = load(journal)
    journal.close()
    staged = {r.event.attempt: r.event.build for r in records if isinstance(r.event, BuildStaged)}
    assert {number: staged.get(number) for number in answered} == answered
    assert max(Counter(staged.values()).values()) == 1
    assert len(state.by_status("staged")) == BUILDS
    assert [record.seq for record in records] == list(range(1, len(records) + 1))
