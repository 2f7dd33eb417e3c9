"""The orchestrator's own builder: the drone's program as a child process, role `local` (BUILD_MODE)."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable

from aiohttp import web

from swarm_node.http.service import ADDRESS
from swarm_node.portage.command import dies_with_us
from swarm_node.settings.roles import OrchestratorSettings

log = logging.getLogger(__name__)

RESTART_SECONDS = 5.0
GRACE_SECONDS = 10.0


def builder(settings: OrchestratorSettings) -> Callable[[web.Application], AsyncIterator[None]]:
    """A cleanup context that keeps the builder running while the orchestrator does."""

    async def running(app: web.Application) -> AsyncIterator[None]:
        if settings.build_mode == "delegate_only" or settings.simulated:
            yield
            return
        keeping = asyncio.create_task(_keep(settings, app[ADDRESS]))
        yield
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)

    return running


async def _keep(settings: OrchestratorSettings, address: str) -> None:
    """Start it again whenever it ends, after a pause."""
    while True:
        child = await asyncio.create_subprocess_exec(
            *dies_with_us(),
            sys.executable,
            "-m",
            "swarm_node",
            "drone",
            env=_environment(settings, address),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
        )
        try:
            code = await child.wait()
        finally:
            if child.returncode is None:
                await _end(child)
        log.warning("the local builder ended with %s, starting it again", code)
        await asyncio.sleep(RESTART_SECONDS)


async def _end(child: asyncio.subprocess.Process) -> None:
    child.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(GRACE_SECONDS):
            await child.wait()
    except TimeoutError:
        child.kill()
        await child.wait()


def _environment(settings: OrchestratorSettings, address: str) -> dict[str, str]:
    """The builder's settings; the orchestrator's own address stands in for the gateway's."""
    own = {
        "NODE_ROLE": "local",
        "GATEWAY_URL": address,
        "NODE_NAME": f"{settings.node_name}-local",
        "DRONE_PORT": "0",
        "STATE_DIR": str(settings.state_dir / "local"),
        "SCRATCH_DIR": str(settings.scratch_dir),
        "PROFILES_DIR": str(settings.profiles_dir),
        "CORES": str(settings.cores),
        "SWARM_TOKEN": settings.token or "",
        "PORTAGE_PREFIX": str(settings.portage_prefix or ""),
        "BASE_PREFIX": str(settings.base_prefix or ""),
        "ROOM_AT": str(settings.room_at or ""),
    }
    inherited = {key: os.environ[key] for key in ("PATH", "HOME", "LANG", "TMPDIR") if key in os.environ}
    return {**inherited, **{key: value for key, value in own.items() if value}}
