"""`swarm-console --demo` as a process: its embedded swarm starts, is attached to, kept, and ends with it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from swarm_console.wire.demo import embedded, running

pytestmark = pytest.mark.e2e

CONSOLE = [sys.executable, "-m", "swarm_console"]


@pytest.fixture(scope="module")
def site() -> Iterator[Path]:
    """One directory for all tests here, so that it is furnished once; nothing of it runs afterwards."""
    directory = Path(tempfile.mkdtemp(prefix="swarm-", dir="/tmp")).resolve()
    yield directory
    until(lambda: not processes(directory))
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(autouse=True)
def programs(needs: Callable[..., None]) -> None:
    needs("gcc", "make", "git", "rsync", "wget")


def console(site: Path, *words: str) -> list[str]:
    return [*CONSOLE, "--demo", "--demo-dir", str(site), *words]


def run(site: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(console(site, *words), capture_output=True, text=True, timeout=800)


def processes(site: Path) -> list[str]:
    """The command lines of everything that runs on a directory."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if str(site) in line:
                found.append(line)
    return found


def until(condition: Callable[[], object], seconds: float = 300.0) -> None:
    """Wait for processes that tell nobody when they are done."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)


def test_headless_on_a_swarm_that_is_started_and_ended(site: Path) -> None:
    done = run(site, "--run", "nodes", "--json")
    assert done.returncode == 0, done.stderr
    names = {node["name"] for node in json.loads(done.stdout)["nodes"]}
    assert {"vega", "altair", "deneb"} <= names
    assert "starting the embedded swarm" in done.stderr and "ending the embedded swarm" in done.stderr
    assert running(site) is None
    until(lambda: not processes(site))


def test_a_second_console_attaches_and_what_it_said_is_kept(site: Path) -> None:
    with embedded(str(site), print) as url:
        second = run(site, "--run", "pause")
        assert (second.returncode, second.stderr) == (0, "")
        assert running(site) == url, "the second console ended what it had not started"
    again = run(site, "--run", "status", "--json")
    assert again.returncode == 0, again
    assert json.loads(again.stdout)["held"], "it was forgotten"
    assert run(site, "--run", "resume").returncode == 0


def test_a_directory_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run(tmp_path / "file", "--run", "status")
    assert done.returncode == 1 and "cannot use" in done.stderr and "--demo-dir" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_everything_it_started_ends_with_it(site: Path, number: signal.Signals) -> None:
    process = subprocess.Popen(
        console(site, "--run", "release", "--yes"),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    until(lambda: running(site), 300)
    assert process.stderr is not None
    os.kill(process.pid, number)
    until(lambda: not processes(site))
    said = process.stderr.read()
    process.wait(300)
    assert "Traceback" not in said
    if number is signal.SIGINT:
        assert process.returncode == 130 and "interrupted" in said
