"""The drone with the real gateway, the real orchestrator and the real emerge: a library and what needs it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from aiohttp import web

from swarm_node.drone.app import make_app
from swarm_node.gateway.app import make_app as make_gateway
from swarm_node.http.service import serving
from swarm_node.model.commands import OpenSession, PlanQueue
from swarm_node.model.state import State
from swarm_node.model.work import PlanRow
from swarm_node.orchestrator.app import make_app as make_orchestrator
from swarm_node.orchestrator.parts import PARTS, Parts
from swarm_node.settings import DroneSettings, GatewaySettings, OrchestratorSettings
from tests.e2e.workshop import furnish

pytestmark = pytest.mark.e2e


@pytest.fixture
async def gateway(short_dir: Path, needs: Callable[..., None]) -> AsyncIterator[str]:
    """A gateway's URL."""
    needs("wget", "gcc", "make")
    found = GatewaySettings(
        node_name="gate", gateway_port=0, state_dir=short_dir / "gateway", health_interval=0.2
    )
    async with serving(partial(make_gateway, found)) as url:
        yield url


@asynccontextmanager
async def orchestrator(home: Path, gateway: str) -> AsyncIterator[Parts]:
    """An orchestrator that keeps its state in `home`, each time at another port; its parts."""
    found = OrchestratorSettings(
        node_name="orchestrator",
        orchestrator_port=0,
        gateway_url=gateway,
        heartbeat_interval=1,
        build_mode="delegate_only",
        state_dir=home / "orchestrator",
        staging_dir=home / "staging",
        production_dir=home / "production",
        profiles_dir=home / "profiles",
    )
    app = await make_orchestrator(found)

    async def made() -> web.Application:
        return app

    async with serving(made):
        yield app[PARTS]


def settings(home: Path, gateway: str) -> DroneSettings:
    """A drone whose base is furnished with the little ebuilds."""
    workshop = furnish(home)
    return DroneSettings(
        gateway_url=gateway,
        node_name="izar",
        drone_port=0,
        state_dir=home / "state",
        scratch_dir=workshop.scratch,
        base_prefix=workshop.prefix.root,
        room_at=workshop.at,
        poll_interval=1,
        cores=2,
    )


def row(name: str, *needs: str, slot: str = "0") -> PlanRow:
    cpv = f"{name}-1.0"
    install = tuple(f"={need}-1.0" for need in needs)
    return PlanRow(cpv, cpv, slot, "trial", "new", needs=tuple(f"{n}-1.0" for n in needs), install=install)


def ended(state: State) -> bool:
    return bool(state.builds) and not state.by_status("needed", "assigned", "building")


async def test_a_library_and_what_needs_it_are_staged(gateway: str, short_dir: Path) -> None:
    rows = (
        row("dev-libs/libaa", slot="0/1"),
        row("app-misc/bb", "dev-libs/libaa"),
        row("app-misc/sneaky", "dev-libs/libaa"),
    )
    drone = partial(make_app, settings(short_dir / "izar", gateway))
    async with orchestrator(short_dir, gateway) as parts, serving(drone):
        await parts.swarm.until(lambda state: "izar" in state.nodes, 60)
        await parts.swarm.submit(OpenSession(clear=True), PlanQueue(rows=rows))
        await parts.swarm.until(ended, 800)
    state = parts.swarm.state
    assert {build.id: build.status for build in state.builds.values()} == {
        "dev-libs/libaa-1.0": "staged",
        "app-misc/bb-1.0": "staged",
        "app-misc/sneaky-1.0": "blocked",
    }, parts.logs.read(state.next_attempt - 1)
    staged = state.builds["app-misc/bb-1.0"]
    assert staged.artifact is not None
    assert (parts.staging.directory / staged.artifact.path).stat().st_size == staged.artifact.size
    assert staged.measures is not None
    assert staged.measures.base == state.nodes["izar"].facts.base
    blocked = state.builds["app-misc/sneaky-1.0"].diagnosis
    assert blocked is not None
    assert any("hid.h" in line for line in blocked.evidence)


async def test_an_orchestrator_that_restarts_during_a_build_accepts_it_once(
    gateway: str, short_dir: Path
) -> None:
    drone = partial(make_app, settings(short_dir / "izar", gateway))
    async with AsyncExitStack() as until_end:
        async with orchestrator(short_dir, gateway) as parts:
            await until_end.enter_async_context(serving(drone))
            await parts.swarm.until(lambda state: "izar" in state.nodes, 60)
            rows = (row("dev-libs/libaa", slot="0/1"),)
            await parts.swarm.submit(OpenSession(clear=True), PlanQueue(rows=rows))
            await parts.swarm.until(lambda state: bool(state.by_status("building")), 300)
        again = await until_end.enter_async_context(orchestrator(short_dir, gateway))
        await again.swarm.until(ended, 800)
        state = again.swarm.state
        assert [build.status for build in state.builds.values()] == ["staged"]
        assert [attempt.outcome for attempt in state.attempts.values()] == ["staged"]
        assert b">>> Done." in again.logs.read(1)
