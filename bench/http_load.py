"""The orchestrator under load: 5,000 zero-time builds over real HTTP on loopback, 10, 100 and 500 drones.

The orchestrator is a process of its own; the drones are asyncio tasks in this one, each with a connection.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp

from bench import Row

BUILDS = 5_000
FLEETS = (10, 100, 500)
RATE, SLOWEST_MS, MEMORY_MIB = 1_000, 100.0, 150.0
DEADLINE = 120.0


class Tally:
    """What the drones saw: seconds of every answer, and errors."""

    def __init__(self) -> None:
        self.work: list[float] = []
        self.complete: list[float] = []
        self.errors = 0
        self.full = asyncio.Event()

    def completed(self, seconds: float) -> None:
        self.complete.append(seconds)
        if len(self.complete) == BUILDS:
            self.full.set()


def rows() -> list[Row]:
    """Completions a second, p99 of work and complete, and memory, for each fleet."""
    return [row for drones in FLEETS for row in _fleet(drones)]


def _fleet(drones: int) -> list[Row]:
    with tempfile.TemporaryDirectory() as directory, _orchestrator(Path(directory)) as (url, process):
        tally, seconds = asyncio.run(asyncio.wait_for(_run(url, drones), DEADLINE))
        memory = _peak_mib(process.pid)
    rate = len(tally.complete) / seconds
    work, complete = _p99(tally.work), _p99(tally.complete)
    name = f"{drones} drones, {BUILDS:,} builds"
    wanted = f">= {RATE:,}/s" if drones == max(FLEETS) else ""
    return [
        Row(f"{name}: completions", f"{rate:,.0f}/s", wanted, rate / RATE, not wanted or rate >= RATE),
        Row(f"{name}: errors", str(tally.errors), "0", "", tally.errors == 0),
        Row(
            f"{name}: p99 of work",
            f"{work:.0f} ms",
            f"< {SLOWEST_MS:.0f} ms",
            work / SLOWEST_MS,
            work < SLOWEST_MS,
        ),
        Row(
            f"{name}: p99 of complete",
            f"{complete:.0f} ms",
            f"< {SLOWEST_MS:.0f} ms",
            complete / SLOWEST_MS,
            complete < SLOWEST_MS,
        ),
        Row(
            f"{name}: peak memory",
            f"{memory:.0f} MiB",
            f"< {MEMORY_MIB:.0f} MiB",
            memory / MEMORY_MIB,
            memory < MEMORY_MIB,
        ),
    ]


@contextmanager
def _orchestrator(home: Path) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    settings = {
        "SIMULATED": "true",
        "BUILD_MODE": "delegate_only",
        "ORCHESTRATOR_PORT": "0",
        "STATE_DIR": str(home / "state"),
        "STAGING_DIR": str(home / "staging"),
        "PRODUCTION_DIR": str(home / "production"),
    }
    environment = {"PATH": os.environ.get("PATH", ""), **settings}
    process = subprocess.Popen(
        [sys.executable, "-m", "swarm_node", "orchestrator"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().split()[-1], process
    finally:
        process.terminate()
        process.wait(20)


async def _run(url: str, drones: int) -> tuple[Tally, float]:
    tally = Tally()
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(url, connector=connector) as session:
        names = [f"drone{number}" for number in range(drones)]
        tokens = [await _register(session, name) for name in names]
        asked = [
            asyncio.create_task(_drone(session, name, token, tally))
            for name, token in zip(names, tokens, strict=True)
        ]
        await asyncio.sleep(0.2)
        begin = time.perf_counter()
        await _post(session, "/api/v1/actions/stress", {"count": BUILDS}, "")
        await tally.full.wait()
        seconds = time.perf_counter() - begin
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
    return tally, seconds


async def _register(session: aiohttp.ClientSession, name: str) -> str:
    token: str = (await _post(session, f"/api/v1/nodes/{name}", {"cores": 8}, ""))["token"]
    return token


async def _drone(session: aiohttp.ClientSession, name: str, token: str, tally: Tally) -> None:
    """Ask, complete, and go on with the work that each answer brings."""
    todo: dict[str, Any] = {"kind": "none"}
    first = True
    while True:
        try:
            begin = time.perf_counter()
            if todo["kind"] != "build":
                todo = (await _post(session, f"/api/v1/nodes/{name}/work?wait=25", {}, token))["work"]
                if not first:
                    tally.work.append(time.perf_counter() - begin)
                first = False
                continue
            body = {"node": name, "measures": {"seconds": 0.0}}
            path = f"/api/v1/attempts/{todo['attempt']}/complete"
            todo = (await _post(session, path, body, token))["work"]
            tally.completed(time.perf_counter() - begin)
        except (aiohttp.ClientError, RuntimeError):
            tally.errors += 1
            todo = {"kind": "none"}


async def _post(session: aiohttp.ClientSession, path: str, body: object, token: str) -> dict[str, Any]:
    async with session.post(path, json=body, headers={"X-Node-Token": token}) as answer:
        document: dict[str, Any] = await answer.json()
        if answer.status != 200:
            raise RuntimeError(document["error"]["message"])
        return document


def _p99(seconds: list[float]) -> float:
    ordered = sorted(seconds)
    return 1000 * ordered[int(len(ordered) * 0.99)] if ordered else 0.0


def _peak_mib(pid: int) -> float:
    """VmHWM of proc_pid_status(5)."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
