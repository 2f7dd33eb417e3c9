"""The embedded swarm from the console's side: attach to the one that runs, or start it and end it again."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from swarm_console.wire.ask import Swarm, refused
from swarm_node.model.refusal import Refused

START_SECONDS = 300.0
"""For the first start, which furnishes every prefix, on a slow machine."""
STOP_SECONDS = 30.0
TALK_SECONDS, RETRY_SECONDS, LOOK_SECONDS = 5.0, 0.5, 0.05
JOIN_SECONDS = 30.0
PLUMBING = {"gateway", "orchestrator", "mirror", "rsync"}
"""Services of an embedded swarm that do not build."""
LOG = "demo.log"


@contextmanager
def embedded(directory: str | None, say: Callable[[str], None]) -> Iterator[str]:
    """The URL of the gateway of the swarm in a directory, for the length of a `with`.

    One that already runs is used and left running; one that is just ending is waited for and started again.
    Raises: Refused when it cannot be started.
    """
    where = Path(directory).expanduser().absolute() if directory else default_directory()
    began = time.monotonic()
    while True:
        if url := running(where):
            yield url
            return
        child = start(where, say)
        try:
            url = ready(child, where, say)
            if url:
                await_nodes(url, where)
                yield url
                return
        finally:
            end(child, say)
        if time.monotonic() - began > START_SECONDS:
            raise refused(
                "already_running", f"the swarm in {where} runs but does not answer", f"see {where}/demo.log"
            )
        time.sleep(RETRY_SECONDS)


def default_directory() -> Path:
    """Where the embedded swarm is kept when nothing else is said."""
    from platformdirs import user_data_path

    return user_data_path("build-swarm") / "demo"


def running(directory: Path) -> str | None:
    """The URL of a swarm that runs in a directory and answers."""
    try:
        url = f"http://127.0.0.1:{int(json.loads((directory / 'site.json').read_bytes())['gateway'])}"
        Swarm(url).get("/api/v1/status")
    except (OSError, ValueError, KeyError, TypeError, Refused):
        return None
    return url


def start(directory: Path, say: Callable[[str], None]) -> subprocess.Popen[bytes]:
    """Start a swarm in a directory; it ends when this process does, however that ends.

    It reads a pipe whose other end is ours alone, in a session of its own, so that Ctrl-C reaches us first.
    Raises: Refused when the directory cannot be used.
    """
    say(f"starting the embedded swarm in {directory}")
    argv = [sys.executable, "-m", "swarm_node", "demo", "--dir", str(directory), "--until-eof"]
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with (directory / LOG).open("wb") as log:
            return subprocess.Popen(
                argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, start_new_session=True
            )
    except OSError as error:
        raise refused(
            "bad_request",
            f"cannot use {directory}: {error.strerror}",
            "name another directory: --demo-dir DIR",
        ) from None


def ready(child: subprocess.Popen[bytes], directory: Path, say: Callable[[str], None]) -> str | None:
    """Wait until it is up; its gateway's URL, or None when another process has that directory.

    Raises: Refused with its own last words.
    """
    assert child.stdout is not None
    began = time.monotonic()
    while not select.select([child.stdout], [], [], TALK_SECONDS)[0]:
        waited = time.monotonic() - began
        if waited > START_SECONDS:
            raise refused("internal", f"the embedded swarm did not start in {waited:.0f} s", _see(directory))
        say(f"still starting, {waited:.0f} s")
    if line := child.stdout.readline():
        return str(json.loads(line)["gateway"])
    child.wait()
    words = (directory / LOG).read_text(errors="replace").strip().splitlines()
    if any("running already" in line for line in words):
        return None
    told = [line for line in words if line.startswith(("swarm-node demo:", "  →"))] or words[-1:]
    message, _, hint = " ".join(told).partition("→")
    message = message.removeprefix("swarm-node demo:").strip() or "the embedded swarm did not start"
    raise refused("internal", message, hint.strip() or _see(directory))


def await_nodes(url: str, directory: Path) -> None:
    """Wait until the gateway knows its orchestrator, and that its drones: what is asked before misses them.

    Raises: Refused when that takes too long.
    """
    expected = set(json.loads((directory / "site.json").read_bytes())) - PLUMBING
    began = time.monotonic()
    while True:
        try:
            known = {node["name"] for node in Swarm(url).get("/api/v1/nodes") if node.get("up", True)}
        except Refused:
            if time.monotonic() - began > JOIN_SECONDS:
                raise
        else:
            if expected <= known or time.monotonic() - began > JOIN_SECONDS:
                return
        time.sleep(LOOK_SECONDS)


def _see(directory: Path) -> str:
    return f"see {directory / LOG}"


def end(child: subprocess.Popen[bytes], say: Callable[[str], None]) -> None:
    """End it by closing its pipe, then by force; a second Ctrl-C is force at once."""
    assert child.stdin is not None
    if child.poll() is None:
        say("ending the embedded swarm")
    try:
        child.stdin.close()
        child.wait(STOP_SECONDS)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        os.kill(child.pid, 9)
        child.wait()
    except OSError:
        child.wait()
