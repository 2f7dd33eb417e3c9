"""A real gateway and a real orchestrator on loopback, each a process, on a log that is already told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from swarm_node.journal.sqlite import SqliteJournal
from swarm_node.model.events import Record

PATIENCE = 20.0
LEASE = 86_400.0
"""Seconds: the nodes of the log are never heard of again, and must not be given up meanwhile."""


@contextmanager
def site(home: Path, records: Iterable[Record]) -> Iterator[str]:
    """The gateway's URL, once it knows the orchestrator."""
    (home / "state").mkdir()
    journal = SqliteJournal(home / "state" / "swarm.db")
    journal.append([record.event for record in records])
    journal.close()
    with _service("gateway", STATE_DIR=str(home / "gateway"), HEALTH_INTERVAL="0.2", GATEWAY_PORT="0") as url:
        settings = {
            "NODE_NAME": "orchestrator",
            "GATEWAY_URL": url,
            "ORCHESTRATOR_PORT": "0",
            "BUILD_MODE": "delegate_only",
            "LEASE_SECONDS": str(LEASE),
            "STATE_DIR": str(home / "state"),
            "STAGING_DIR": str(home / "staging"),
            "PRODUCTION_DIR": str(home / "production"),
            "PROFILES_DIR": str(home / "profiles"),
        }
        with _service("orchestrator", **settings):
            _await_leader(url)
            yield url


@contextmanager
def _service(role: str, **settings: str) -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "swarm_node", role],
        env={"PATH": os.environ.get("PATH", ""), **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().split()[-1]
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _await_leader(url: str) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with urlopen(f"{url}/api/v1/orchestrator") as answer:
            if json.load(answer)["orchestrator"] is not None:
                return
        time.sleep(0.05)
    raise TimeoutError("the gateway does not learn of the orchestrator")
