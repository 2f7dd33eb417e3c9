"""Releases and the digest on real services: a real log, real packages, the console over the network."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from swarm_console.app import SwarmConsole
from swarm_console.manners.memory import Notebook
from swarm_console.panes.changes import ChangesPane
from swarm_console.panes.contents import ContentsPane
from swarm_console.screens.away import AwayDialog
from swarm_console.screens.confirm import Confirm
from swarm_console.wire.ask import Swarm
from swarm_console.wire.gateway import Gateway
from swarm_node.orchestrator.release import finalize
from tests.services.orchestrators import Service, without_clients
from tests.services.releases import stage
from tests.tui.patience import until


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with without_clients(tmp_path) as found:
        yield found


@asynccontextmanager
async def console(service: Service, notebook: Notebook, later: float = 0.0) -> AsyncIterator[Pilot[None]]:
    """The console on these services, opened so many seconds later."""
    async with Gateway(service.url) as wire:
        wire.ask_ahead()
        app = SwarmConsole(
            wire,
            lambda say: Swarm(service.url, "", say),
            notebook=notebook,
            clock=lambda: time.time() + later,
        )
        async with app.run_test(size=(120, 36)) as pilot:
            await until(pilot, lambda: app.mirror.link.live and app.absence._told)
            yield pilot


async def release(service: Service, *cpvs: str, **metadata: str) -> None:
    await stage(service.parts, *cpvs, **metadata)
    await finalize(service.parts)


async def test_back_after_a_night_then_back_to_an_older_release(service: Service, notebook: Notebook) -> None:
    async with console(service, notebook):
        pass
    await release(service, "app-misc/hello-1.0", "dev-libs/aa-1.0", USE="", IUSE="ssl")
    await release(service, "app-misc/hello-2.0", USE="ssl", IUSE="ssl")
    async with console(service, notebook, later=3600.0) as pilot:
        app = pilot.app
        await until(pilot, lambda: isinstance(app.screen, AwayDialog))
        told = "\n".join("".join(text for text, _ in line) for line in app.screen._lines())  # type: ignore[attr-defined]
        assert "3 packages built" in told
        assert "clients saw releases 1, then 2" in told
        await pilot.press("enter", "r")
        changes = app.screen.query_one(ChangesPane)
        await until(pilot, lambda: changes.difference)
        assert changes.difference is not None
        (change,) = changes.difference.changes
        assert (change.kind, change.before, change.use) == ("upgraded", "app-misc/hello-1.0", ("+ssl",))
        await pilot.press("down", "enter")
        contents = app.screen.query_one(ContentsPane)
        await until(pilot, lambda: contents.contents)
        assert [package.cpv for package in contents.items(contents.picture)] == [
            "app-misc/hello-1.0",
            "dev-libs/aa-1.0",
        ]
        await pilot.press("B")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("y")
        await until(pilot, lambda: service.parts.production.current() == 1)
    async with console(service, notebook, later=3601.0) as pilot:
        assert not isinstance(pilot.app.screen, AwayDialog)
