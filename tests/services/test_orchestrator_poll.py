"""Long polls: work goes out the moment it appears, to the best who waits, and never to a ghost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest

from swarm_node.model.work import NoWork
from swarm_node.orchestrator import dispatch
from tests.services.orchestrators import Drone, Service, dummy, row, running, settings, until

LIB, APP = "dev-libs/lib-1.0", "app-misc/app-1.0"


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with running(settings(tmp_path, retry_seconds=0.01)) as service:
        yield service


async def parked(service: Service, *drones: Drone) -> None:
    """Wait until these drones' polls are parked."""
    await until(lambda: all(service.parts.dispatch.waits(drone.name) for drone in drones))


async def test_an_idle_drone_is_told_at_once(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "PULSE", 600.0)
    izar = await service.drone()
    for _ in range(5):
        asking = asyncio.create_task(izar.work(30))
        await parked(service, izar)
        await service.plan(dummy("dummy/one-1"))
        order = await asking
        assert order["kind"] == "build", "and not when the next look is due"
        await izar.complete(order["attempt"])


async def test_what_a_result_sets_free_goes_to_those_who_wait(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "PULSE", 600.0)
    izar, mizar, alcor = [await service.drone(name) for name in ("izar", "mizar", "alcor")]
    await service.plan(row(LIB), *(row(f"app-misc/app{n}-1.0", LIB) for n in range(3)))
    order = await izar.begin()
    waiting = [asyncio.create_task(drone.work(30)) for drone in (mizar, alcor)]
    await parked(service, mizar, alcor)
    answer = await izar.build(order)
    attempts = {work["attempt"] for work in await asyncio.gather(*waiting)}
    assert attempts | {answer.document["work"]["attempt"]} == {2, 3, 4}


async def test_the_fastest_who_waits_is_served_first(service: Service) -> None:
    tiny, big = await service.drone("tiny", cores=1), await service.drone("big", cores=32)
    waiting = {drone: asyncio.create_task(drone.work(30)) for drone in (tiny, big)}
    await parked(service, tiny, big)
    await service.plan(row(LIB))
    assert (await waiting[big])["kind"] == "build"
    newer = asyncio.create_task(tiny.work(30))
    assert (await waiting[tiny])["kind"] == "none"
    newer.cancel()


async def test_a_poll_ends_after_its_time_with_a_reason(service: Service) -> None:
    izar = await service.drone()
    assert await izar.work(0.05) == {"kind": "none", "reason": "the queue is empty"}
    await service.plan(row(LIB))
    await service.act("pause", reason="moving house")
    assert await izar.work(0.05) == {"kind": "none", "reason": "the swarm is paused: moving house"}
    await service.act("resume")
    assert (await izar.work())["kind"] == "build"


async def test_a_newer_poll_takes_the_place_of_an_older_one(service: Service) -> None:
    izar = await service.drone()
    older = asyncio.create_task(izar.work(30))
    await parked(service, izar)
    newer = asyncio.create_task(izar.work(30))
    assert (await older)["kind"] == "none"
    await parked(service, izar)
    assert not newer.done()
    await service.plan(row(LIB))
    assert (await newer)["kind"] == "build"


async def test_a_drone_that_hangs_up_is_no_longer_waiting(service: Service) -> None:
    izar, mizar = await service.drone("izar"), await service.drone("mizar")
    asking = asyncio.create_task(izar.work(30))
    await parked(service, izar)
    asking.cancel()
    await until(lambda: not service.parts.dispatch.waits("izar"))
    await service.plan(row(LIB))
    assert (await mizar.work(30))["kind"] == "build"


async def test_a_poll_that_was_forgotten_does_not_end_a_running_build(service: Service) -> None:
    izar = await service.drone("izar")
    await service.plan(row(LIB), row(APP))
    order = await izar.begin()
    forgotten = service.parts.dispatch.wait("izar")
    assert await asyncio.wait_for(forgotten, 60) == NoWork("nothing is ready")
    assert service.parts.swarm.state.nodes["izar"].attempt == order["attempt"]
    assert service.status(order["build"]) == "building"


async def test_a_parked_drone_is_not_silent(tmp_path: Path) -> None:
    async with running(settings(tmp_path, lease_seconds=0.6)) as service:
        izar, mizar = await service.drone("izar"), await service.drone("mizar")
        asking = asyncio.create_task(izar.work(30))
        await parked(service, izar)
        assert await service.parts.swarm.until(lambda state: not state.nodes["mizar"].up, 60)
        assert service.parts.swarm.state.nodes["izar"].up
        assert (await mizar.work())["kind"] == "none"
        assert service.parts.swarm.state.nodes["mizar"].up
        await service.plan(row(LIB))
        assert (await asking)["kind"] == "build"


async def test_what_a_lost_drone_held_goes_to_one_who_waits(tmp_path: Path) -> None:
    async with running(settings(tmp_path, lease_seconds=2)) as service:
        izar, mizar = await service.drone("izar"), await service.drone("mizar")
        await service.plan(row(LIB))
        order = await izar.begin()
        given = await mizar.work(60)
        assert given["build"] == order["build"]
        assert given["attempt"] == order["attempt"] + 1
        assert (await izar.complete(order["attempt"], "ab" * 64)).status == 409
        assert service.parts.swarm.state.builds[LIB].deaths == 1


async def test_directives_reach_a_waiting_drone_and_come_before_builds(service: Service) -> None:
    izar = await service.drone()
    asking = asyncio.create_task(izar.work(30))
    await parked(service, izar)
    await service.act("pause")
    syncing = asyncio.create_task(service.act("sync-verify"))
    order = await asking
    assert (order["kind"], order["name"]) == ("directive", "verify_trees")
    answer = await izar.post(
        f"/api/v1/directives/{order['id']}/result", {"node": "izar", "ok": True, "output": "in step"}
    )
    assert answer.document == {"accepted": True}
    assert (await syncing)["answers"] == [{"node": "izar", "ok": True, "output": "in step"}]


async def test_a_reset_in_the_middle_of_a_sync_is_no_fault(service: Service) -> None:
    izar = await service.drone()
    syncing = asyncio.create_task(service.act("sync-verify"))
    order = await izar.work(10)
    await izar.post(f"/api/v1/directives/{order['id']}/result", {"node": "izar", "ok": True})
    await service.act("reset")
    assert (await syncing)["answers"][0]["node"] == "izar"


async def test_a_stop_answers_everyone_who_waits(tmp_path: Path) -> None:
    async with AsyncExitStack() as stop, aiohttp.ClientSession() as session:
        service = await stop.enter_async_context(running(settings(tmp_path)))
        izar = await Drone(session, service.url, "izar").register()
        asking = asyncio.create_task(izar.poll(30))
        await parked(service, izar)
        await stop.aclose()
        assert (await asking).code == "shutting_down"


async def test_a_fault_in_one_look_does_not_end_the_handing_out(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    izar = await service.drone()
    asking = asyncio.create_task(izar.work(30))
    await parked(service, izar)
    with monkeypatch.context() as patch:

        def broken() -> None:
            raise RuntimeError("a fault of our own")

        patch.setattr(service.parts.dispatch, "_candidates", broken)
        await service.plan(row(LIB))
        await asyncio.sleep(0)
    await service.drone("mizar")
    assert (await asking)["kind"] == "build"
