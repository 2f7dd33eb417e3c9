"""The console in a real terminal: its title, its bell, what it keeps, what it says of a bad configuration."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest
from aiohttp import web

from swarm_node.gateway.app import make_app as make_gateway
from swarm_node.http.service import serving
from swarm_node.model import commands as c
from swarm_node.orchestrator.app import make_app as make_orchestrator
from swarm_node.orchestrator.parts import PARTS, Parts
from swarm_node.settings import GatewaySettings, OrchestratorSettings
from tests.e2e.terminal import Terminal, terminal
from tests.tui.story import OVERLAY, facts, row

ITSELF = [sys.executable, "-m", "swarm_console"]
OWN = 'printf "\\033]2;a title of its own\\007"; exec "$@"'


class Site(NamedTuple):
    url: str
    parts: Parts

    async def block(self, *cpvs: str) -> None:
        """Plan packages and let each fail for good."""
        swarm = self.parts.swarm
        plan = c.PlanQueue(rows=tuple(map(row, cpvs)))
        await swarm.submit(c.OpenSession(clear=True), plan, c.EnterPhase(phase="building"))
        for _ in cpvs:
            await swarm.submit(c.RequestWork(node="izar"))
            attempt = swarm.state.nodes["izar"].attempt
            assert attempt is not None
            await swarm.submit(c.StartAttempt(node="izar", attempt=attempt))
            failed = c.FailBuild(node="izar", attempt=attempt, phase="unpack", diagnosis=OVERLAY)
            await swarm.submit(failed)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    gate = GatewaySettings(gateway_port=0, state_dir=tmp_path / "gate", health_interval=0.1)
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(serving(partial(make_gateway, gate)))
        settings = OrchestratorSettings(
            node_name="main",
            build_mode="delegate_only",
            gateway_url=url,
            heartbeat_interval=0.2,
            state_dir=tmp_path / "state",
            staging_dir=tmp_path / "staging",
            production_dir=tmp_path / "production",
            profiles_dir=tmp_path / "profiles",
        )
        app = await make_orchestrator(settings)

        async def made() -> web.Application:
            return app

        await stack.enter_async_context(serving(made))
        await app[PARTS].swarm.submit(c.SeeNode(name="izar", facts=facts(8)))
        yield Site(url, app[PARTS])


@contextmanager
def opened(site: Site, home: Path, *words: str) -> Iterator[Terminal]:
    """The console in a terminal that had a title of its own before."""
    env = {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_STATE_HOME": str(home / "state"),
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "COLORTERM": "truecolor",
    }
    argv = ["sh", "-c", OWN, "sh", *ITSELF, "--gateway", site.url, *words]
    with terminal(argv, env=env) as console:
        yield console


async def until(console: Terminal, met: str | Callable[[], object]) -> None:
    """Wait beside the services, which run in this process."""
    condition = met if isinstance(met, str) else lambda _: met()
    await asyncio.to_thread(console.until, condition)


async def test_title_and_bell_are_for_what_needs_a_person(site: Site, tmp_path: Path) -> None:
    with opened(site, tmp_path) as console:
        await until(console, "● live")
        await until(console, lambda: console.title() == "Build Swarm")
        assert not console.rang()
        await site.block("a/b-1", "c/d-2")
        await until(console, lambda: console.title() == "▲ 2 blocked – Build Swarm")
        await until(console, console.rang)
        console.press("q")
        await until(console, lambda: console.ended is not None)
        assert console.ended == 0
        assert console.title() == "a title of its own"


async def test_both_can_be_switched_off_and_keys_be_others(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "config" / "build-swarm" / "console.toml"
    file.parent.mkdir(parents=True)
    file.write_text('[attention]\nbell = false\ntitle = false\n[keys]\nquit = "Q"\npause = "ctrl+b"\n')
    with opened(site, tmp_path) as console:
        await until(console, "● live")
        await site.block("a/b-1")
        await until(console, "1 package(s) blocked")
        assert console.title() == "a title of its own"
        assert not console.rang()
        console.press("q", "C-b")
        await until(console, lambda: site.parts.swarm.state.held)
        console.press("Q")
        await until(console, lambda: console.ended is not None)


async def test_a_bad_configuration_is_told_before_the_screen_opens(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "config" / "build-swarm" / "console.toml"
    file.parent.mkdir(parents=True)
    file.write_text('[keys]\nbalanse = "B"\n')
    with opened(site, tmp_path) as console:
        await until(console, lambda: console.ended is not None)
        assert console.ended == 2
        assert "no such key" in console.screen()
        assert "did you mean balance?" in console.screen()


async def test_it_opens_as_it_was_left(site: Site, tmp_path: Path) -> None:
    def zoomed(console: Terminal) -> bool:
        screen = console.screen()
        return "nothing is blocked" in screen and "2 Queue" not in screen

    with opened(site, tmp_path) as console:
        await until(console, "2 Queue")
        console.press("3", "z")
        await until(console, lambda: zoomed(console))
        console.press("q")
        await until(console, lambda: console.ended is not None)
    with opened(site, tmp_path) as console:
        await until(console, lambda: zoomed(console))
        console.press("q")
        await until(console, lambda: console.ended is not None)


async def test_the_dashboard_goes_into_a_pipe_as_text(site: Site, tmp_path: Path) -> None:
    await site.block("a/b-1")
    with opened(site, tmp_path, "--run", "dashboard") as console:
        await until(console, lambda: console.ended is not None)
        assert "✗ blocked  a/b-1" in console.screen()
