"""The console on real services: a gateway and an orchestrator on loopback."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from textual.pilot import Pilot

from swarm_console.app import SwarmConsole
from swarm_console.wire.ask import Swarm
from swarm_console.wire.gateway import Gateway
from swarm_node.gateway.app import make_app as make_gateway
from swarm_node.http.service import make_app, serving
from swarm_node.model import commands as c
from swarm_node.model.events import ActionTaken
from swarm_node.orchestrator.app import make_app as make_orchestrator
from swarm_node.orchestrator.parts import PARTS, Parts
from swarm_node.settings import GatewaySettings, OrchestratorSettings
from tests.tui.patience import until
from tests.tui.story import ROWS, facts


class Site:
    """A real gateway and a real orchestrator; the gateway can be ended and started again."""

    def __init__(self, home: Path, port: int) -> None:
        self.home, self.port = home, port
        self.url = f"http://127.0.0.1:{port}"
        self._gateway = AsyncExitStack()

    async def start_gateway(self) -> None:
        settings = GatewaySettings(
            gateway_port=self.port, state_dir=self.home / "gateway", health_interval=0.1
        )
        await self._gateway.enter_async_context(
            serving(lambda: make_gateway(settings), "127.0.0.1", self.port)
        )

    async def stop_gateway(self) -> None:
        await self._gateway.aclose()

    @asynccontextmanager
    async def orchestrator(self) -> AsyncIterator[Parts]:
        settings = OrchestratorSettings(
            node_name="main",
            build_mode="delegate_only",
            gateway_url=self.url,
            heartbeat_interval=0.2,
            lease_seconds=3600,  # of nodes that nobody speaks for
            state_dir=self.home / "state",
            staging_dir=self.home / "staging",
            production_dir=self.home / "production",
            profiles_dir=self.home / "profiles",
        )
        made: list[web.Application] = []

        async def make() -> web.Application:
            made.append(await make_orchestrator(settings))
            return made[0]

        async with serving(make):
            yield made[0][PARTS]


@asynccontextmanager
async def console(url: str) -> AsyncIterator[tuple[Pilot[None], SwarmConsole]]:
    async with Gateway(url) as wire:
        wire.ask_ahead()
        app = SwarmConsole(wire, lambda say: Swarm(url, say=say))
        async with app.run_test(size=(120, 36), notifications=True) as pilot:
            yield pilot, app


@pytest.fixture
async def site(tmp_path: Path, free_port_number: int) -> AsyncIterator[tuple[Site, Parts]]:
    here = Site(tmp_path, free_port_number)
    await here.start_gateway()
    async with here.orchestrator() as parts:
        await parts.swarm.submit(
            *(c.SeeNode(name=name, facts=facts(8)) for name in ("izar", "tarn")),
            c.OpenSession(clear=True),
            c.PlanQueue(rows=ROWS),
            c.EnterPhase(phase="building"),
        )
        yield here, parts
    await here.stop_gateway()


async def begin_build(parts: Parts, node: str) -> int:
    await parts.swarm.submit(c.RequestWork(node=node))
    attempt = parts.swarm.state.nodes[node].attempt
    assert attempt is not None
    await parts.swarm.submit(c.StartAttempt(node=node, attempt=attempt))
    return attempt


async def test_events_arrive_live(site: tuple[Site, Parts]) -> None:
    here, parts = site
    async with console(here.url) as (pilot, app):
        await until(pilot, lambda: app.mirror.link.live and app.mirror.health.orchestrator == "main")
        assert app.picture().totals.needed == len(ROWS)
        await begin_build(parts, "izar")
        await until(pilot, lambda: app.mirror.state.seq == parts.swarm.state.seq)
        assert app.picture().totals.building == 1


async def test_a_key_does_the_action_in_the_swarm(site: tuple[Site, Parts]) -> None:
    here, parts = site
    async with console(here.url) as (pilot, app):
        await until(pilot, lambda: app.mirror.link.live)
        await pilot.press("p")
        await until(pilot, lambda: parts.swarm.state.held)
        await until(pilot, lambda: app.mirror.state.held and not app.orders.busy)
        await pilot.press("P")
        await until(pilot, lambda: not app.mirror.state.held and not app.orders.busy)
        await pilot.press("R")
        await until(pilot, lambda: type(app.screen).__name__ == "Confirm")
        await pilot.press("y")
        await until(pilot, lambda: not app.mirror.state.builds and not app.orders.busy)
        assert not parts.swarm.state.builds


async def test_the_gateway_goes_and_comes_back(site: tuple[Site, Parts]) -> None:
    here, parts = site
    async with console(here.url) as (pilot, app):
        await until(pilot, lambda: app.mirror.link.live)
        await here.stop_gateway()
        await until(pilot, lambda: not app.mirror.link.live and bool(app.mirror.health.gateway))
        await begin_build(parts, "tarn")
        await pilot.press("b")
        await until(pilot, lambda: not app.orders.busy)
        assert [note.severity for note in app._notifications] == ["error"]
        assert app.picture().totals.needed == len(ROWS), "the last picture stays"
        await here.start_gateway()
        await until(pilot, lambda: app.mirror.link.live and app.mirror.state.seq == parts.swarm.state.seq)
        assert app.picture().totals.building == 1
        acted = [record for record in app.mirror.recent if isinstance(record.event, ActionTaken)]
        assert not acted, "a command that failed is not repeated"


async def test_nothing_listens(free_port_number: int) -> None:
    async with console(f"http://127.0.0.1:{free_port_number}") as (pilot, app):
        await until(pilot, lambda: "refused" in app.mirror.link.reason and app.mirror.health.asked)
        assert not app.mirror.known
        app.feed.draw()
        await pilot.pause()
        top = "\n".join(strip.text for strip in app.screen._compositor.render_strips()[:5])
        assert "NEXT the swarm has not been seen yet" in top
        assert "Needed …   Building …" in top
        assert not re.search("no session|no queue|Needed 0", top), "of a swarm that nobody has heard of"
        await pilot.press("1", "enter", "3", "enter", "f", "n")
        assert app.is_running


async def test_something_else_listens(free_port_number: int) -> None:
    async def other() -> web.Application:
        return make_app()

    async with serving(other, "127.0.0.1", free_port_number) as url, console(url) as (pilot, app):
        await until(
            pilot, lambda: app.mirror.link.reason not in ("", "connecting") and app.mirror.health.asked
        )
        assert not app.mirror.link.live
        assert app.mirror.health.orchestrator_trouble
