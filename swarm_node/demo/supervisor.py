"""`swarm-node demo`: gateway, orchestrator and three drones as supervised processes on loopback.

Everything lies in one directory and survives a restart. One line of JSON on stdout says when the swarm is up.
"""

import argparse
import asyncio
import fcntl
import logging
import os
import shutil
import signal
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
from aiohttp import web

from swarm_node.demo import mirror
from swarm_node.demo.furnish import furnish
from swarm_node.demo.process import Process
from swarm_node.demo.remotes import TREES, Remotes, rsync_config
from swarm_node.demo.requirements import missing
from swarm_node.demo.site import DRONES, Site, open_site
from swarm_node.http.client import RETRIED, Client
from swarm_node.model.refusal import DONE, FAILED, Refused

log = logging.getLogger(__name__)

_ROLES = (
    ("gateway", "gateway"),
    ("orchestrator", "orchestrator"),
    *(("drone", drone.name) for drone in DRONES),
)

START_SECONDS = 150.0
LOOK_SECONDS = 0.1
INHERITED = ("PATH", "HOME", "LANG", "TMPDIR", "SSL_CERT_FILE")


def main(argv: Sequence[str]) -> int:
    """Run an embedded swarm until it is asked to stop; the exit code."""
    options = _parser().parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s demo: %(message)s")
    try:
        site = open_site(options.dir)
        lock = _take(site)
        lacking = [program for program in missing() if not program.optional]
        if lacking:
            names = " ".join(sorted({program.debian for program in lacking}))
            raise Refused("bad_request", f"the demo needs {names}", f"install them: apt-get install {names}")
        asyncio.run(_run(site, options.until_eof))
        os.close(lock)
    except Refused as no:
        sys.stderr.write(f"swarm-node demo: {no.message}\n  → {no.hint}\n")
        return FAILED
    except RuntimeError as error:
        sys.stderr.write(f"swarm-node demo: {error}\n  → see the logs in {options.dir}\n")
        return FAILED
    return DONE


def _parser() -> argparse.ArgumentParser:
    from platformdirs import user_data_path

    parser = argparse.ArgumentParser(prog="swarm-node demo", description="A whole swarm on this machine.")
    default = user_data_path("build-swarm") / "demo"
    parser.add_argument("--dir", type=Path, default=default, help="where it lives (default: %(default)s)")
    parser.add_argument("--until-eof", action="store_true", help="end when standard input is closed")
    return parser


def _take(site: Site) -> int:
    """One supervisor a directory. Raises: Refused (already_running)."""
    lock = os.open(site.root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise Refused(
            "already_running",
            f"the swarm in {site.root} is running already",
            f"look at it: swarm-console --demo --demo-dir {site.root}",
        ) from None
    return lock


async def _run(site: Site, until_eof: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    if until_eof:
        loop.add_reader(sys.stdin.fileno(), _stop_at_eof, stop)
    stopping = asyncio.create_task(stop.wait())
    async with AsyncExitStack() as stack:
        starting = asyncio.create_task(_start(site, stack))
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not starting.done():
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            return
        await starting
        sys.stdout.write(
            msgspec.json.encode({"gateway": site.url("gateway"), "dir": str(site.root)}).decode() + "\n"
        )
        sys.stdout.flush()
        await stopping


def _stop_at_eof(stop: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        stop.set()


async def _start(site: Site, stack: AsyncExitStack) -> None:
    """Furnish, then start in order: whatever fails, what was started is stopped by the stack."""
    await asyncio.to_thread(furnish, site)
    await _start_mirror(site, stack)
    if shutil.which("rsync"):
        _start_rsync(site, stack)
    services = [_service(site, role, name) for role, name in _ROLES]
    for process in services:
        process.start()
        stack.push_async_callback(process.stop)
    awaited = {process.name for process in services}
    try:
        async with asyncio.timeout(START_SECONDS):
            for process in services:
                await process.ready.wait()
                awaited.discard(process.name)
            await _acquainted(site, awaited)
    except TimeoutError:
        slow = sorted(awaited)
        raise RuntimeError(
            f"{', '.join(slow)} did not start: see {site.root}/{slow[0]}/{slow[0]}.log"
        ) from None


async def _acquainted(site: Site, awaited: set[str]) -> None:
    """Wait until the gateway knows its orchestrator and that one every drone; `awaited` are those to come."""
    awaited.add("orchestrator")
    async with Client(site.url("gateway"), peer="gateway") as gateway:
        while awaited:
            try:
                nodes = await gateway.get("/api/v1/nodes", list[_Node])
                awaited.clear()
                awaited |= {drone.name for drone in DRONES} - {node.name for node in nodes if node.up}
            except Refused as no:
                if no.code not in RETRIED:
                    raise
            await asyncio.sleep(LOOK_SECONDS)


class _Node(msgspec.Struct):
    name: str
    up: bool = True


def _service(site: Site, role: str, name: str) -> Process:
    home = site.home(name)
    argv = [
        sys.executable,
        "-m",
        "swarm_node",
        role,
        "--config",
        str(home / f"{name}.conf"),
        "--ready-fd",
        "{ready}",
    ]
    env = {key: os.environ[key] for key in INHERITED if key in os.environ}
    return Process(name, argv, env, home / f"{name}.log")


async def _start_mirror(site: Site, stack: AsyncExitStack) -> None:
    runner = web.AppRunner(mirror.make_app(TREES / "distfiles", site.root / "mirror.json"), access_log=None)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    try:
        await web.TCPSite(runner, "127.0.0.1", site.ports["mirror"]).start()
    except OSError as error:
        raise Refused(
            "bad_request",
            f"port {site.ports['mirror']} of this swarm is taken: {error.strerror}",
            f"end what has it, or use another --demo-dir than {site.root}",
        ) from None


def _start_rsync(site: Site, stack: AsyncExitStack) -> None:
    remotes = Remotes(site.upstream, site.upstream / "demo", site.upstream / "extra")
    config = site.root / "rsyncd.conf"
    (site.root / "rsyncd.pid").unlink(missing_ok=True)
    config.write_text(rsync_config(remotes, site.root, site.ports["rsync"]))
    argv = ["rsync", "--daemon", "--no-detach", f"--config={config}"]
    process = Process(
        "rsync", argv, {"PATH": os.environ.get("PATH", "/usr/bin:/bin")}, site.root / "rsync.log"
    )
    process.start()
    stack.push_async_callback(process.stop)
