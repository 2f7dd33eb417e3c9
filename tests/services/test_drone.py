"""The drone before a scripted orchestrator: builds, failures, faults of the line, its own small service."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_node.drone import facts, log, worker
from swarm_node.drone.app import make_app
from swarm_node.drone.result import kept
from swarm_node.http.service import serving
from swarm_node.model.refusal import Refused
from swarm_node.model.work import BuildOrder, NoWork
from swarm_node.settings import DroneSettings
from tests.services.drone_standin import StandIn, furnish, install_emerge, order, processes


@pytest.fixture
async def line() -> AsyncIterator[StandIn]:
    """A stand-in that serves; `line.url` is its address."""
    stand_in = StandIn()
    async with serving(stand_in.make) as stand_in.url:
        yield stand_in


@pytest.fixture
def settings(line: StandIn, short_dir: Path, monkeypatch: pytest.MonkeyPatch) -> DroneSettings:
    """A furnished drone whose emerge is the stand-in's."""
    monkeypatch.setattr(facts, "find_portage", lambda: install_emerge(short_dir))
    return furnish(short_dir, line.url)


Start = Callable[[], AbstractAsyncContextManager[str]]


@pytest.fixture
def start(settings: DroneSettings) -> Start:
    """`async with start() as url`: the drone, running."""

    @asynccontextmanager
    async def started() -> AsyncIterator[str]:
        async with serving(partial(make_app, settings)) as url:
            yield url

    return started


async def get(url: str) -> Any:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        assert response.status == 200, await response.text()
        return await response.json()


class TestBuild:
    async def test_a_build_from_order_to_answer(self, line: StandIn, start: Start) -> None:
        await line.give(order(7))
        async with start():
            await line.until(lambda: 7 in line.staged)
        done, package = line.staged[7], line.packages[7]
        assert done["sha512"] == hashlib.sha512(package).hexdigest()
        assert done["size"] == len(package)
        assert done["measures"]["seconds"] > 0
        assert done["measures"]["base"] == line.facts[0].base
        assert b">>> Compiling source" in line.logs[7]
        told = [what for what, _ in line.saw]
        assert told.index("progress") < told.index("package") < told.index("staged")
        assert line.words[0]["node"] == "izar"

    async def test_the_next_work_comes_with_the_answer(self, line: StandIn, start: Start) -> None:
        async with start():
            await line.give(order(1), order(2), order(3, "broken"), order(4))
            await line.until(lambda: line.count("progress"))
            asked = line.count("work")
            await line.until(lambda: 4 in line.staged)
            assert line.count("work") == asked

    async def test_a_failure_is_told_after_its_log(self, line: StandIn, start: Start) -> None:
        await line.give(order(1, "broken"))
        async with start():
            await line.until(lambda: 1 in line.failed)
        assert line.failed[1] | {"seconds": 0, "measures": 0} == {
            "node": "izar",
            "phase": "compile",
            "rc": 1,
            "reason": "failed",
            "seconds": 0,
            "measures": 0,
        }
        assert line.logs[1].endswith(b"failed (compile phase):\n")
        assert line.saw.index(("failed", 1)) > max(
            at for at, seen in enumerate(line.saw) if seen == ("log", 1)
        )

    async def test_a_long_log_arrives_whole_in_large_pieces(self, line: StandIn, start: Start) -> None:
        await line.give(order(1, "noisy"))
        async with start() as url:
            await line.until(lambda: 1 in line.staged)
            async with aiohttp.ClientSession() as session, session.get(f"{url}/api/v1/log") as response:
                own = await response.read()
        assert bytes(line.logs[1]) == own
        assert own.count(b"\n") > 6000
        assert line.count("log") < 30

    async def test_the_binhosts_are_the_leaders_and_the_token_stays_out_of_the_log(
        self, line: StandIn, start: Start
    ) -> None:
        await line.give(order(1, "chatty"))
        async with start() as url:
            await line.until(lambda: 1 in line.staged)
            async with aiohttp.ClientSession() as session, session.get(f"{url}/api/v1/log") as response:
                own = await response.read()
        masked = "*" * len(line.token)
        assert f"sync-uri = {line.url}/staging/{masked}\n".encode() in line.logs[1]
        assert f"sync-uri = {line.url}/packages\n".encode() in line.logs[1]
        assert line.token.encode() not in line.logs[1] + own

    async def test_a_dummy_is_completed_without_a_package(self, line: StandIn, start: Start) -> None:
        await line.give(order(1, simulated=True), order(2, simulated=True))
        async with start():
            await line.until(lambda: 2 in line.staged)
        assert not line.packages
        assert not line.words
        assert line.staged[1]["sha512"] == ""

    async def test_limits_end_a_build(self, line: StandIn, start: Start) -> None:
        slow = order(1, "slow")
        await line.give(BuildOrder(**{**_fields(slow), "time_limit": 0.3}), NoWork())
        async with start():
            await line.until(lambda: 1 in line.failed)
        assert line.failed[1]["reason"] == "time_limit"

    async def test_a_drone_that_cannot_furnish_a_room_says_so_in_the_log(
        self, line: StandIn, start: Start, settings: DroneSettings
    ) -> None:
        async with start():
            await line.until(lambda: line.count("work"))
            await asyncio.to_thread(_replace_by_file, settings.state_dir / "distfiles")
            await line.give(order(1))
            await line.until(lambda: 1 in line.failed)
        assert line.failed[1]["reason"] == "drone"
        assert b"swarm: the drone could not run this build" in line.logs[1]


def _fields(struct: Any) -> dict[str, Any]:
    return {name: getattr(struct, name) for name in struct.__struct_fields__}


def _replace_by_file(directory: Path) -> None:
    if directory.is_dir():
        directory.rmdir()
    directory.touch()


class TestRecall:
    async def test_a_recalled_build_dies_at_once_with_all_that_it_started(
        self, line: StandIn, start: Start, settings: DroneSettings
    ) -> None:
        nap = "3611.77"
        await line.give(order(1, "slow", package_env={"NAP": nap}))
        async with start():
            await line.until(lambda: b"still compiling" in line.logs[1])
            assert processes("sleep", nap)
            line.stale.add(1)
            await line.give(order(2))
            await line.until(lambda: 2 in line.staged)
            assert not processes("sleep", nap)
        assert 1 not in line.failed
        assert not list((settings.scratch_dir / "izar").glob("room-*"))

    async def test_a_stale_package_is_dropped(self, line: StandIn, start: Start) -> None:
        line.refusals["complete"] = [Refused("stale_attempt", "over")]
        await line.give(order(1), order(2))
        async with start():
            await line.until(lambda: 2 in line.staged)
        assert 1 not in line.staged
        assert line.count("package") == 2

    async def test_stopping_ends_the_build_and_says_so(
        self, line: StandIn, start: Start, settings: DroneSettings
    ) -> None:
        nap = "3612.77"
        await line.give(order(1, "slow", package_env={"NAP": nap}))
        clock = asyncio.get_running_loop().time
        async with start():
            await line.until(lambda: b"still compiling" in line.logs[1])
            begun = clock()
        assert clock() - begun < 30
        assert line.failed[1]["reason"] == "stopped"
        assert not processes("sleep", nap)
        assert not kept(settings.state_dir / "attempts")


class TestFaultsOfTheLine:
    @pytest.mark.parametrize("what", ["node", "work", "progress", "log", "package", "complete"])
    async def test_a_lost_answer_costs_nothing(self, line: StandIn, start: Start, what: str) -> None:
        line.lost[what] = 2
        async with start():
            await line.until(lambda: what == "node" or line.count("work"))
            if what == "work":
                await line.until(lambda: line.count("work") > 2)
            await line.give(order(1), order(2))
            await line.until(lambda: 2 in line.staged)
        assert line.count("staged") == 2
        assert not line.failed
        assert not line.lost.total()

    async def test_a_lost_answer_to_a_failure(self, line: StandIn, start: Start) -> None:
        line.lost["fail"] = 1
        await line.give(order(1, "broken"))
        async with start():
            await line.until(lambda: line.count("failed") == 2)

    @pytest.mark.parametrize("code", ["disk_full", "shutting_down", "internal", "orchestrator_unreachable"])
    async def test_what_passes_is_waited_for(self, line: StandIn, start: Start, code: str) -> None:
        line.refusals["package"] = [Refused(code, "not now") for _ in range(3)]
        await line.give(order(1))
        async with start():
            await line.until(lambda: 1 in line.staged)
        assert line.count("refused package") == 3

    async def test_a_package_that_is_not_taken_is_a_failure(self, line: StandIn, start: Start) -> None:
        line.refusals["package"] = [Refused("bad_package", "truncated")]
        await line.give(order(1), order(2))
        async with start():
            await line.until(lambda: 2 in line.staged)
        assert line.failed[1]["phase"] == "upload"

    async def test_an_upload_that_the_orchestrator_forgot_is_made_again(
        self, line: StandIn, start: Start
    ) -> None:
        line.refusals["complete"] = [Refused("no_package", "restarted in between")]
        await line.give(order(1))
        async with start():
            await line.until(lambda: 1 in line.staged)
        assert line.count("package") == 2

    async def test_a_completion_whose_answer_was_lost_uploads_only_once(
        self, line: StandIn, start: Start
    ) -> None:
        line.lost["complete"] = 1
        await line.give(order(1))
        async with start():
            await line.until(lambda: line.count("complete") == 2)
        assert line.count("package") == 1

    async def test_a_forgotten_drone_introduces_itself_again(self, line: StandIn, start: Start) -> None:
        async with start():
            await line.until(lambda: line.count("work"))
            line.token = "token-2"
            await line.give(NoWork())
            await line.until(lambda: line.count("node") > 1)
            await line.give(order(1))
            await line.until(lambda: 1 in line.staged)

    async def test_an_orchestrator_that_goes_away_is_found_again_and_loses_no_package(
        self, line: StandIn, start: Start, settings: DroneSettings
    ) -> None:
        """The gateway stays; the leader dies in the middle of a build and comes back at another address."""
        first, second = StandIn(), StandIn()
        second.logs = first.logs
        async with AsyncExitStack() as until_end:
            async with serving(first.make) as line.leader:
                await first.give(order(1, "slow"))
                await until_end.enter_async_context(start())
                await first.until(lambda: b"still compiling" in first.logs[1])
            (settings.state_dir / "distfiles/go").touch()
            line.leader = await until_end.enter_async_context(serving(second.make))
            await second.until(lambda: 1 in second.staged)
            home = settings.state_dir / "attempts/1"
            await second.until(lambda: second.count("work") and not list(home.rglob("*.gpkg.tar")))
        assert b">>> Compiling" in second.logs[1]
        assert 1 not in first.staged

    async def test_health_tells_of_an_orchestrator_that_is_gone(self, line: StandIn, start: Start) -> None:
        async with start() as url:
            await line.until(lambda: line.count("work"))
            assert (await get(f"{url}/health"))["status"] == "ok"
            line.refusals["work"] = [Refused("no_orchestrator", "nobody leads", "start one")] * 50
            await line.give(NoWork())
            await line.until(lambda: line.count("refused work") > 2)
            health = await get(f"{url}/health")
            assert (health["status"], health["trouble"]) == ("lost", "nobody leads → start one")
            line.refusals["work"].clear()
            await line.until(lambda: line.count("work") > 2)
            await line.give(NoWork())


class TestRestart:
    async def test_a_finished_package_is_handed_in_after_a_restart(
        self, line: StandIn, start: Start, settings: DroneSettings
    ) -> None:
        line.refusals["package"] = [Refused("disk_full", "full")] * 1000
        await line.give(order(1))
        async with start():
            await line.until(lambda: line.count("refused package") > 1)
        assert [result.attempt for result in kept(settings.state_dir / "attempts")] == [1]
        assert not line.failed, "a finished package is not a failure"
        line.refusals["package"].clear()
        line.logs.clear()
        asked = line.count("work")
        async with start():
            await line.until(lambda: 1 in line.staged and line.count("work") > asked)
        assert b">>> Compiling" in line.logs[1]
        assert line.count("staged") == 1
        assert not kept(settings.state_dir / "attempts")

    async def test_a_completion_that_counted_before_the_restart_is_not_uploaded_again(
        self, line: StandIn, start: Start
    ) -> None:
        line.lost["complete"] = 1000
        await line.give(order(1))
        async with start():
            await line.until(lambda: line.count("complete") > 1)
        line.lost.clear()
        asked = line.count("work")
        async with start():
            await line.until(lambda: line.count("work") > asked)
        assert line.count("package") == line.count("staged") == 1

    async def test_leftovers_are_cleared_away(
        self, line: StandIn, start: Start, settings: DroneSettings
    ) -> None:
        attempts, scratch = settings.state_dir / "attempts", settings.scratch_dir / "izar"
        for path in (attempts / "3/packages", attempts / "4", scratch / "room-dead/upper"):
            path.mkdir(parents=True)
        (attempts / "4/result.json").write_text('{"attempt": 4, "pack')
        async with start():
            await line.until(lambda: line.count("work"))
        assert not list(attempts.iterdir())
        assert not list(scratch.glob("room-*"))

    async def test_the_token_is_kept_for_us_alone(
        self, line: StandIn, start: Start, settings: DroneSettings
    ) -> None:
        async with start():
            await line.until(lambda: line.count("work"))
        known = settings.state_dir / "drone.json"
        assert line.token in known.read_text()
        assert known.stat().st_mode & 0o777 == 0o600


class TestService:
    async def test_health_and_build(self, line: StandIn, start: Start) -> None:
        async with start() as url:
            assert await get(f"{url}/api/v1/build") == {"node": "izar", "attempt": None}
            await line.give(order(5, "slow"))
            await line.until(lambda: b"still compiling" in line.logs[5])
            health, build = await get(f"{url}/health"), await get(f"{url}/api/v1/build")
            assert (health["role"], health["status"], health["name"]) == ("drone", "ok", "izar")
            assert health["building"] == "app-misc/slow-1.0"
            assert (build["attempt"], build["phase"], build["ended"]) == (5, "compile", False)
            assert build["seconds"] > 0

    async def test_the_log_can_be_followed_to_its_end(
        self, line: StandIn, start: Start, settings: DroneSettings
    ) -> None:
        await line.give(order(1, "slow"))
        async with start() as url, aiohttp.ClientSession() as session:
            await line.until(lambda: b"still compiling" in line.logs[1])
            async with session.get(f"{url}/api/v1/log", params={"follow": 1}) as response:
                assert response.headers["X-Attempt"] == "1"
                followed = await response.content.readuntil(b"still compiling\n")
                (settings.state_dir / "distfiles/go").touch()
                followed += await response.content.read()
            await line.until(lambda: 1 in line.staged)
            assert followed == bytes(line.logs[1])
            async with session.get(f"{url}/api/v1/log", params={"offset": -5}) as response:
                assert await response.read() == followed[-5:]

    @pytest.mark.parametrize(
        ("path", "status", "code"),
        [
            ("/api/v1/log", 404, "unknown_attempt"),
            ("/api/v1/log?offset=x", 400, "bad_request"),
            ("/api/v1/log?follow=2", 400, "bad_request"),
            ("/api/v1/nothing", 404, "unknown_path"),
        ],
    )
    async def test_bad_questions(self, start: Start, path: str, status: int, code: str) -> None:
        async with start() as url, aiohttp.ClientSession() as session, session.get(url + path) as response:
            assert response.status == status
            assert (await response.json())["error"]["code"] == code

    async def test_metrics_count_attempts_by_outcome(self, line: StandIn, start: Start) -> None:
        await line.give(order(1), order(2, "broken"))
        async with start() as url, aiohttp.ClientSession() as session:
            await line.until(lambda: 2 in line.failed)
            async with session.get(f"{url}/metrics") as response:
                text = await response.text()
        assert 'swarm_drone_attempts_total{outcome="staged"} 1.0' in text
        assert 'swarm_drone_attempts_total{outcome="failed"} 1.0' in text

    async def test_facts(self, line: StandIn, start: Start, settings: DroneSettings) -> None:
        async with start() as url:
            await line.until(lambda: line.count("work") and line.registered)
        told = line.facts[0]
        assert (told.role, told.cores, told.url) == ("drone", 2, url)
        assert told.memory > 0
        assert told.base
        assert list(told.trees) == ["demo"]
        assert (told.room == "none") == bool(told.room_reason)
        assert line.registered[0]["url"] == url

    async def test_a_machine_that_cannot_build_is_told_the_next_step(
        self, settings: DroneSettings, short_dir: Path
    ) -> None:
        bare = settings.model_copy(update={"base_prefix": short_dir / "nowhere"})
        with pytest.raises(Refused) as refused:
            await make_app(bare)
        assert "BASE_PREFIX" in refused.value.hint


async def test_the_drone_survives_a_fault_of_its_own(
    line: StandIn, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0
    real = worker.attempt

    async def faulty(*args: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise ZeroDivisionError
        return await real(*args)

    monkeypatch.setattr(worker, "attempt", faulty)
    await line.give(order(1), order(2))
    async with start():
        await line.until(lambda: 2 in line.staged)


async def test_a_log_that_the_orchestrator_cannot_keep_does_not_hold_the_build(
    line: StandIn, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "BATCH_SECONDS", 0.01)
    monkeypatch.setattr(line.logs, "default_factory", _Deaf)
    await line.give(order(1, "noisy"))
    async with start():
        await line.until(lambda: 1 in line.staged)


class _Deaf(bytearray):
    def __iadd__(self, other: Any) -> "_Deaf":  # type: ignore[override,misc]
        return self


@given(st.binary(max_size=60), st.integers(0, 80), st.integers(1, 40))
def test_a_log_is_the_same_read_whole_or_in_pieces(text: bytes, offset: int, most: int) -> None:
    with TemporaryDirectory() as home:
        path = Path(home, "build.log")
        path.write_bytes(text.replace(b"\0", b"secret"))
        history = log.BuildLog(path, "secret")
        whole = history.read(0)
        assert b"secret" not in whole
        assert len(whole) == history.size
        assert history.read(offset, most) == whole[offset : offset + most]
