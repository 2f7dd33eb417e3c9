"""`swarm-console --web` as a process, seen by a real browser: the same console, and for nobody else."""

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import aiohttp
import pytest
from aiohttp import web

from swarm_console.errors import Usage
from swarm_console.web.server import check_host, free
from swarm_node.gateway.app import make_app as make_gateway
from swarm_node.http.service import serving
from swarm_node.model import commands as c
from swarm_node.orchestrator.app import make_app as make_orchestrator
from swarm_node.orchestrator.parts import PARTS, Parts
from swarm_node.settings import GatewaySettings, OrchestratorSettings
from tests.services.browser import Page, page
from tests.tui.story import ROWS, facts

FOCUSED = """new Promise(resolve => {
    const look = () => document.activeElement.tagName == "TEXTAREA" ? resolve(true) : setTimeout(look, 20)
    look()
})"""
SECRET = "of-the-swarm-0123456789"


class Site(NamedTuple):
    url: str
    parts: Parts


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """A gateway and an orchestrator with a secret, and a queue."""
    gate = GatewaySettings(
        gateway_port=0, state_dir=tmp_path / "gate", health_interval=0.1, swarm_token=SECRET
    )
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(serving(partial(make_gateway, gate)))
        settings = OrchestratorSettings(
            node_name="main",
            build_mode="delegate_only",
            gateway_url=url,
            heartbeat_interval=0.2,
            lease_seconds=3600,  # of nodes that nobody speaks for
            state_dir=tmp_path / "state",
            staging_dir=tmp_path / "staging",
            production_dir=tmp_path / "production",
            profiles_dir=tmp_path / "profiles",
            swarm_token=SECRET,
        )
        app = await make_orchestrator(settings)

        async def made() -> web.Application:
            return app

        await stack.enter_async_context(serving(made))
        parts = app[PARTS]
        await parts.swarm.submit(
            c.SeeNode(name="izar", facts=facts(8)),
            c.OpenSession(clear=True),
            c.PlanQueue(rows=ROWS),
            c.EnterPhase(phase="building"),
        )
        yield Site(url, parts)


class Served(NamedTuple):
    """The process that serves consoles, and the address that it printed."""

    process: Process
    address: str

    @property
    def base(self) -> str:
        return self.address.partition("?")[0]

    def consoles(self) -> list[str]:
        """The command lines of the processes that it started and that still run."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                if (
                    entry.name.isdecimal()
                    and f"\nPPid:\t{self.process.pid}\n" in (entry / "status").read_text()
                ):
                    found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                continue
        return found


@asynccontextmanager
async def served(site: Site, tmp_path: Path, *words: str) -> AsyncIterator[Served]:
    env = {**os.environ, "SWARM_TOKEN": SECRET, "HOME": str(tmp_path)}
    argv = [sys.executable, "-m", "swarm_console", "--gateway", site.url, "--web", "--port", "0", *words]
    process = await asyncio.create_subprocess_exec(*argv, env=env, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL)
    assert process.stdout is not None
    line = (await asyncio.wait_for(process.stdout.readline(), 120)).decode()
    try:
        address = re.search(r"http://127\.0\.0\.1:\d+/\?key=\S+", line)
        assert address is not None, line
        yield Served(process, address.group())
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
            await asyncio.wait_for(process.wait(), 120)


@asynccontextmanager
async def opened(console: Served) -> AsyncIterator[Page]:
    """A browser in which the console's first picture stands."""
    async with page(console.address) as tab:
        await tab.until(lambda: "gateway ✓" in tab.heard and "● live" in tab.heard)
        await tab.evaluate(FOCUSED)
        yield tab


async def test_a_browser_shows_the_console_and_its_keys_reach_the_swarm(
    site: Site, tmp_path: Path, needs: Callable[..., None]
) -> None:
    needs("chromium")
    async with served(site, tmp_path) as console, opened(console) as tab:
        await tab.until(lambda: "Needed 10" in tab.heard)
        async with asyncio.timeout(120):
            while await tab.colours() <= 20:
                pass  # what was heard is not drawn yet
        tab.forget()
        await tab.type("?")
        await tab.until(lambda: "Actions" in tab.heard or "Help" in tab.heard)
        tab.forget()
        await tab.press("Escape", 27)
        await tab.until(lambda: "Staging risk" in tab.heard)  # what lay behind the help
        await tab.type("p")
        await tab.until(lambda: site.parts.swarm.state.held)
        own = (console.base, console.base.replace("http", "ws", 1))
        assert all(address.startswith(own) for address in tab.requested), tab.requested
        assert not [told for told in tab.complaints if "Security Policy" in told]
        page_itself = await tab.evaluate("document.documentElement.outerHTML + document.cookie")
        assert SECRET not in page_itself
        assert [SECRET in line for line in console.consoles()] == [False]


async def test_each_tab_has_a_process_of_its_own_that_ends_with_it(
    site: Site, tmp_path: Path, needs: Callable[..., None]
) -> None:
    needs("chromium")
    async with served(site, tmp_path, "--readonly") as console:
        async with opened(console) as tab:
            assert "--readonly" in console.consoles()[0]
            async with opened(console):
                assert len(console.consoles()) == 2
            await tab.type("q")
            await gone(lambda: not console.consoles())
        assert console.process.returncode is None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
async def test_nothing_is_left_running(
    number: signal.Signals, site: Site, tmp_path: Path, needs: Callable[..., None]
) -> None:
    needs("chromium")
    async with served(site, tmp_path) as console, opened(console):
        pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
        mine = [pid for pid in pids if _parent(pid) == console.process.pid]
        assert len(mine) == 1
        console.process.send_signal(number)
        code = await asyncio.wait_for(console.process.wait(), 120)
        assert code == (0 if number != signal.SIGKILL else -signal.SIGKILL)
        await gone(lambda: not any(_runs(pid) for pid in mine))


async def gone(met: Callable[[], object]) -> None:
    """Wait for processes that are no children of ours."""
    async with asyncio.timeout(120):
        while not met():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def test_who_has_not_the_key_is_not_let_in(site: Site, tmp_path: Path) -> None:
    jar = aiohttp.CookieJar(unsafe=True)  # which keeps cookies of addresses too, as browsers do
    async with served(site, tmp_path) as console, aiohttp.ClientSession(cookie_jar=jar) as browser:
        for path in ("", "?key=", "?key=guessed", "ws?width=80&height=24"):
            async with browser.get(console.base + path) as answer:
                assert answer.status == 403
                assert "printed" in await answer.text()
        assert not console.consoles()
        async with browser.get(console.address, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (302, "/")
            cookie = answer.headers["Set-Cookie"]
            assert "HttpOnly" in cookie
            assert "SameSite=Strict" in cookie
        async with browser.get(console.address) as answer:
            assert answer.status == 200
            assert "key=" not in str(answer.url)
            text = await answer.text()
        assert SECRET not in text
        assert not [
            address
            for address in re.findall(r"(?:https?:)?//[^\s\"'<>]+", text)
            if "127.0.0.1" not in address
        ]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "example.org", "", "127.0.0.1.example.org"])
def test_it_listens_on_this_machine_only(host: str) -> None:
    with pytest.raises(Usage) as caught:
        check_host(host)
    assert "ssh -L" in caught.value.hint


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_every_name_of_loopback_will_do(host: str) -> None:
    check_host(host)


def test_a_port_that_is_taken_is_told(free_port_number: int) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port_number))
        taken.listen()
        with pytest.raises(Usage, match="is taken") as caught:
            free("127.0.0.1", free_port_number)
    assert "--port 0" in caught.value.hint
    assert free("127.0.0.1", free_port_number) == free_port_number
