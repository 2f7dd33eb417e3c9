"""What every test shares: free ports, short directories, programs that may be missing, Hypothesis."""

import os
import random
import shutil
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import cycle
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "ci",
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("thorough", max_examples=2000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

# What a shell starts in the background ignores Ctrl-C, and so would all that tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


LASTING = range(10_000, 20_000)
"""Ports that neither the kernel hands out to connections (ip(7)) nor an embedded swarm takes."""
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
OWN_PORTS = cycle(random.sample(OWN := LASTING[WORKER::WORKERS], len(OWN)))
"""Of each process that runs tests others: what one has found free, none beside it takes before it is used."""


def free_port() -> int:
    """A TCP port on loopback that nothing listens on, and that stays so until the test uses it."""
    for port in OWN_PORTS:
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("a cycle has no end")


@pytest.fixture(name="free_port")
def free_port_fixture() -> Callable[[], int]:
    """`free_port()` inside a test: each call is another port."""
    return free_port


@pytest.fixture
def short_dir() -> Iterator[Path]:
    """A fresh directory with a path short enough for Unix sockets (108 bytes) and shebang lines (127)."""
    directory = Path(tempfile.mkdtemp(prefix="swarm-", dir="/tmp")).resolve()
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def needs() -> Callable[..., None]:
    """`needs("git", "rsync")`: skip the test, naming each program that this machine lacks."""

    def check(*programs: str) -> None:
        missing = [program for program in programs if shutil.which(program) is None]
        if missing:
            pytest.skip(f"not installed: {', '.join(missing)}")

    return check


@pytest.fixture
def needs_root() -> None:
    """Skip the test for an ordinary user."""
    if os.geteuid() != 0:
        pytest.skip("needs root")


@pytest.fixture
def free_port_number() -> int:
    """One free port, where a single number is enough."""
    return free_port()
