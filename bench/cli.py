"""`swarm-console --run status`, the whole process, against a Python that does nothing."""

from __future__ import annotations

import compileall
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from time import perf_counter

from bench import Row

PAIRS = 41
AIM = 3.0
CONSOLE = Path(sys.executable).parent / "swarm-console"
PACKAGE = Path(__file__).parents[1] / "swarm_console"

STATUS = {
    "session": 3,
    "phase": "building",
    "totals": {"needed": 12, "building": 3, "complete": 75, "blocked": 1},
    "nodes_up": 3,
    "nodes": 3,
    "held": False,
    "release": 2,
    "risk": None,
    "next": {
        "tone": "attention",
        "text": "1 package(s) blocked:",
        "command": "build-swarm fix-blocked",
        "action": "fix-blocked",
        "items": ["=www-client/brave-browser-1.86.139"],
    },
    "remaining": {"work": 4000.0, "seconds": 1500.0, "low": 1200.0, "high": 1900.0},
    "orchestrator": "orchestrator",
}
LEADER = {"orchestrator": {"name": "orchestrator", "url": "http://127.0.0.1:8080"}, "backups": []}


class Answers(BaseHTTPRequestHandler):
    """The two documents that a status asks for, so that the console alone is measured."""

    def do_GET(self) -> None:
        body = json.dumps(STATUS if self.path.endswith("status") else LEADER).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def gateway() -> Iterator[str]:
    """A stand-in's URL."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def seconds(argv: list[str], env: dict[str, str]) -> float:
    """How long a process takes from its start to its end."""
    begin = perf_counter()
    subprocess.run(argv, env=env, stdout=subprocess.DEVNULL, check=True)
    return perf_counter() - begin


def rows() -> list[Row]:
    """Medians over pairs that ran right after each other; the modules compiled, as an installation does."""
    compileall.compile_dir(PACKAGE, quiet=1)
    status, nothing = [str(CONSOLE), "--run", "status"], [sys.executable, "-c", "pass"]
    with gateway() as url:
        env = {**os.environ, "GATEWAY_URL": url}
        pairs = [(seconds(status, env), seconds(nothing, env)) for _ in range(PAIRS)]
    ratio = median(ours / least for ours, least in pairs)
    took, least = (median(column) * 1000 for column in zip(*pairs, strict=True))
    return [
        Row(
            what="status, whole process",
            figure=f"{took:.0f} ms, {ratio:.2f} times python -c pass ({least:.0f} ms)",
            target=f"≤ {AIM} times",
            ratio=ratio / AIM,
            ok=ratio <= AIM,
        )
    ]
