"""The embedded swarm from the console's side: attach to the one that runs, or start it and end it again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from swarm_console.ask import Swarm, refused
from swarm_node.model.refusal import Refused

START_SECONDS = 180.0
"""For the first start, which furnishes every prefix, on a slow machine."""
STOP_SECONDS = 30.0
LOOK_SECONDS = 0.1


@contextmanager
def embedded(directory: str | None, say: Callable[[str], None]) -> Iterator[str]:
    """The URL of the gateway of the swarm in a directory, for the length of a `with`.

    One that already runs is used and left running. Raises: Refused when it cannot be started.
    """
    where = Path(directory).expanduser().absolute() if directory else default_directory()
    if url := running(where):
        yield url
        return
    with started(where, say) as url:
        yield url


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


@contextmanager
def started(directory: Path, say: Callable[[str], None]) -> Iterator[str]:
    """Start a swarm in a directory; it ends with the `with`, and with this process however that ends.

    It holds the reading end of a pipe whose other end is ours alone, in a session of its own, so that Ctrl-C
    reaches us first.
    """
    say(f"starting the embedded swarm in {directory}")
    argv = [sys.executable, "-m", "swarm_node", "demo", "--dir", str(directory), "--until-eof"]
    try:
        directory.mkdir(parents=True, exist_ok=True)
        log = (directory / "demo.log").open("wb")
    except OSError as error:
        raise refused(
            "bad_request",
            f"cannot use {directory}: {error.strerror}",
            "name another directory: --demo-dir DIR",
        ) from None
    with log:
        child = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, start_new_session=True
        )
    try:
        yield _ready(child, directory, say)
    finally:
        _end(child, say)


def _ready(child: subprocess.Popen[bytes], directory: Path, say: Callable[[str], None]) -> str:
    """Wait until it says that it is up. Raises: Refused with its own last words."""
    import select

    assert child.stdout is not None
    began = time.monotonic()
    told = began
    while True:
        if select.select([child.stdout], [], [], LOOK_SECONDS)[0]:
            line = child.stdout.readline()
            if line:
                return str(json.loads(line)["gateway"])
            return _another(child, directory)
        now = time.monotonic()
        if now - began > START_SECONDS:
            raise refused(
                "internal", f"the embedded swarm did not start in {now - began:.0f} s", _log(directory)
            )
        if now - told > 5:
            told = now
            say(f"still starting, {now - began:.0f} s")


def _another(child: subprocess.Popen[bytes], directory: Path) -> str:
    """It ended at once: another console may have been quicker to start it. Raises: Refused."""
    child.wait()
    words = (directory / "demo.log").read_text(errors="replace").strip().splitlines()
    while any("running already" in line for line in words):
        if url := running(directory):
            return url
        time.sleep(LOOK_SECONDS)
    told = [line for line in words if line.startswith(("swarm-node demo:", "  →"))] or words[-2:]
    message, _, hint = " ".join(told).partition("→")
    message = message.removeprefix("swarm-node demo:").strip() or "the embedded swarm did not start"
    raise refused("internal", message, hint.strip() or _log(directory))


def _log(directory: Path) -> str:
    return f"see {directory / 'demo.log'}"


def _end(child: subprocess.Popen[bytes], say: Callable[[str], None]) -> None:
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
