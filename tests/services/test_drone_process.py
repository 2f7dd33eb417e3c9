"""The drone as a process: killed at any moment, stopped, started again; nothing lost or staged twice."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest

from swarm_node.http.service import serving
from swarm_node.model.refusal import Refused
from swarm_node.settings import DroneSettings
from tests.services.drone_standin import Process, StandIn, furnish, order, processes


@pytest.fixture
async def line() -> AsyncIterator[StandIn]:
    """A stand-in that serves; `line.url` is its address."""
    stand_in = StandIn()
    async with serving(stand_in.make) as stand_in.url:
        yield stand_in


@pytest.fixture
def settings(line: StandIn, short_dir: Path) -> DroneSettings:
    """A furnished drone."""
    return furnish(short_dir, line.url)


async def gone(*words: str) -> bool:
    """Whether every such process ends within a few seconds: the kernel takes a moment to kill a namespace."""
    for pid in processes(*words):
        with suppress(ProcessLookupError):
            ended = asyncio.Event()
            descriptor = os.pidfd_open(pid)
            asyncio.get_running_loop().add_reader(descriptor, ended.set)
            try:
                async with asyncio.timeout(30):
                    await ended.wait()
            finally:
                asyncio.get_running_loop().remove_reader(descriptor)
                os.close(descriptor)
    return not processes(*words)


async def test_a_killed_drone_takes_its_build_along_and_starts_clean(
    line: StandIn, short_dir: Path, settings: DroneSettings
) -> None:
    nap = "3613.77"
    await line.give(order(1, "slow", package_env={"NAP": nap}))
    async with Process(short_dir, settings) as drone:
        await line.until(lambda: b"still compiling" in line.logs[1])
        assert processes("sleep", nap)
        drone.kill()
        assert await gone("sleep", nap)
    asked, introduced = line.count("work"), line.count("node")
    async with Process(short_dir, settings):
        await line.until(lambda: line.count("work") > asked)
        assert not list((settings.scratch_dir / "izar").glob("room-*"))
        assert line.saw[-1] == ("work", None)
        assert line.count("node") == introduced + 1
        line.stale.add(1)
        await line.give(order(2))
        await line.until(lambda: 2 in line.staged)


@pytest.mark.parametrize("moment", ["work", "progress", "log", "package", "complete"])
async def test_killed_at_any_moment_one_package_is_staged_once(
    line: StandIn, short_dir: Path, settings: DroneSettings, moment: str
) -> None:
    async with Process(short_dir, settings) as drone:
        await line.until(lambda: line.count("work"))
        line.then[moment] = drone.kill
        await line.give(order(1))
        await drone.process.wait()
    asked = line.count("work")
    async with Process(short_dir, settings):
        await line.until(lambda: line.count("work") > asked or 1 in line.staged)
        if 1 not in line.staged:
            # What the swarm's rules do when a node asks although it has an attempt that began.
            line.stale.add(1)
            await line.give(order(2))
        await line.until(lambda: line.staged)
        await line.until(lambda: line.count("work") > asked)
    assert line.count("staged") == 1
    assert not line.failed


async def test_killed_with_a_finished_package_it_is_handed_in_later(
    line: StandIn, short_dir: Path, settings: DroneSettings
) -> None:
    line.refusals["package"] = [Refused("disk_full", "full")] * 1000
    await line.give(order(1, "large"))
    async with Process(short_dir, settings) as drone:
        await line.until(lambda: line.count("refused package"))
        drone.kill()
    line.refusals.clear()
    async with Process(short_dir, settings):
        await line.until(lambda: 1 in line.staged)
    assert len(line.packages[1]) == 8 * 200_000
    assert line.count("progress") < 20


async def test_sigterm_ends_it_quickly_and_leaves_nothing(
    line: StandIn, short_dir: Path, settings: DroneSettings
) -> None:
    nap = "3614.77"
    await line.give(order(1, "slow", package_env={"NAP": nap}))
    async with Process(short_dir, settings) as drone:
        await drone.url()
        await line.until(lambda: b"still compiling" in line.logs[1])
        drone.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            assert await drone.process.wait() == 0
    assert line.failed[1]["reason"] == "stopped"
    assert await gone("sleep", nap)


async def test_it_stops_as_quickly_without_anybody_to_tell(short_dir: Path) -> None:
    stand_in = StandIn()
    async with AsyncExitStack() as until_end:
        async with serving(stand_in.make) as url:
            await stand_in.give(order(1, "slow"))
            drone = await until_end.enter_async_context(Process(short_dir, furnish(short_dir, url)))
            await stand_in.until(lambda: b"still compiling" in stand_in.logs[1])
        drone.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            assert await drone.process.wait() == 0


async def test_it_starts_before_anybody_answers_and_finds_them_later(
    short_dir: Path, free_port: Callable[[], int]
) -> None:
    port = free_port()
    settings = furnish(short_dir, f"http://127.0.0.1:{port}")
    async with Process(short_dir, settings) as drone:
        await drone.url()
        stand_in = StandIn()
        async with serving(stand_in.make, port=port):
            await stand_in.give(order(1))
            await stand_in.until(lambda: 1 in stand_in.staged)


async def test_a_machine_without_a_prefix_is_told_the_next_step(
    short_dir: Path, settings: DroneSettings
) -> None:
    bare = settings.model_copy(update={"base_prefix": short_dir / "nowhere"})
    async with Process(short_dir, bare) as drone:
        assert await drone.process.wait() == 1
        said = drone.said()
    assert "set BASE_PREFIX" in said
    assert "Traceback" not in said
