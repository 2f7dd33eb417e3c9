"""A shell on a node, from the console: a real terminal, a real sshd on loopback, and back again."""

import getpass
import json
import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.e2e.terminal import Terminal, terminal
from tests.services.drone_standin import processes
from tests.services.orchestrators import started, url_of

pytestmark = pytest.mark.e2e

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
NAP = "1023.77"
"""Seconds that no other process of this machine sleeps for."""
PRIVILEGES = Path("/run/sshd")
"""Where a privileged sshd insists on a directory."""


@pytest.fixture
def swarm(short_dir: Path) -> Iterator[str]:
    """An orchestrator with two nodes that are nothing but their names and addresses; its URL."""
    process = started(short_dir)
    try:
        url = url_of(process, short_dir)
        for name, host in (("izar", "127.0.0.1"), ("tarn", "127.0.0.2")):
            facts = json.dumps({"cores": 4, "url": f"http://{host}:9"}).encode()
            request = urllib.request.Request(
                f"{url}/api/v1/nodes/{name}", data=facts, headers={"Content-Type": "application/json"}
            )
            with urllib.request.urlopen(request, timeout=60) as answer:
                assert answer.status == 200
        yield url
    finally:
        process.kill()
        process.wait(300)


@pytest.fixture
def sshd(short_dir: Path, needs: Callable[..., None], free_port_number: int) -> Iterator[Path]:
    """An sshd of our own with keys of its own; the ssh_config that leads to it."""
    needs("ssh", "ssh-keygen", "tmux")
    if SSHD is None:
        pytest.skip("not installed: sshd")
    if os.geteuid() == 0:
        PRIVILEGES.mkdir(mode=0o755, exist_ok=True)
    for name in ("host", "user"):
        words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(short_dir / name)]
        subprocess.run(words, check=True, timeout=60)
    (short_dir / "authorized").write_text((short_dir / "user.pub").read_text())
    config = {
        "Port": free_port_number,
        "ListenAddress": "127.0.0.1",
        "HostKey": short_dir / "host",
        "AuthorizedKeysFile": short_dir / "authorized",
        "PidFile": "none",
        "StrictModes": "no",
        "UsePAM": "no",
        "PasswordAuthentication": "no",
        "PermitRootLogin": "yes",
    }
    _write(short_dir / "sshd_config", config)
    known = " ".join((short_dir / "host.pub").read_text().split()[:2])
    (short_dir / "known").write_text(f"[127.0.0.1]:{free_port_number} {known}\n")
    client = {
        "Port": free_port_number,
        "User": getpass.getuser(),
        "IdentityFile": short_dir / "user",
        "IdentitiesOnly": "yes",
        "UserKnownHostsFile": short_dir / "known",
        "GlobalKnownHostsFile": "/dev/null",
        "StrictHostKeyChecking": "yes",
        "BatchMode": "yes",
    }
    _write(short_dir / "ssh_config", client)
    with (short_dir / "sshd.log").open("w") as log:
        server = subprocess.Popen([SSHD, "-D", "-e", "-f", str(short_dir / "sshd_config")], stderr=log)
    try:
        _until_it_listens(server, free_port_number)
        yield short_dir / "ssh_config"
    finally:
        server.terminate()
        server.wait(60)


def _until_it_listens(server: subprocess.Popen[bytes], port: int) -> None:
    """It tells nobody when it does."""
    while server.poll() is None:
        with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), 60):
            return
    raise AssertionError(f"sshd ended with {server.returncode}")


def _write(path: Path, settings: dict[str, object]) -> None:
    path.write_text("".join(f"{key} {value}\n" for key, value in settings.items()))


@pytest.fixture
def console(swarm: str, sshd: Path, short_dir: Path) -> Iterator[Terminal]:
    """The installed console in a terminal, told how to open shells."""
    folder = short_dir / "config/build-swarm"
    folder.mkdir(parents=True)
    (folder / "console.toml").write_text(f'[shell]\ncommand = "ssh -F {sshd} {{host}}"\n')
    env = {"XDG_CONFIG_HOME": str(short_dir / "config"), "XDG_STATE_HOME": str(short_dir / "state")}
    with terminal([sys.executable, "-m", "swarm_console", "--gateway", swarm], env=env) as opened:
        opened.until(lambda screen: "izar" in screen and "tarn" in screen)
        yield opened


def test_a_shell_on_a_node_and_back(console: Terminal, short_dir: Path) -> None:
    console.press("1")
    console.until("▌izar")
    console.press("Enter")
    console.until("Machine")
    console.press("s")
    console.until("(ends with: exit)")
    console.type("echo shell-of-$((6*7)) && tty")
    console.press("Enter")
    screen = console.until("shell-of-42")
    assert "Machine" not in screen, (short_dir / "sshd.log").read_text()
    console.until("/dev/pts/")
    console.type(f"sleep {NAP}")
    console.press("Enter")
    console.until(lambda _: processes("sleep", NAP))
    console.press("C-c")
    console.until(lambda _: not processes("sleep", NAP))
    console.type("echo still-$((40+2))-here")
    console.press("Enter")
    console.until("still-42-here")
    console.type("exit 0")
    console.press("Enter")
    console.until(lambda screen: "Machine" in screen and "shell-of-42" not in screen)  # drawn anew
    console.press("d")
    console.until("drained")
    assert console.ended is None


def test_how_it_ended_is_told(console: Terminal) -> None:
    console.press("1")
    console.until("▌izar")
    console.press("Enter")
    console.until("Machine")
    console.press("s")
    console.until("(ends with: exit)")
    console.type("echo ready-$((1+1)); exit 3")
    console.press("Enter")
    console.until("the shell on izar ended with status 3")


def test_a_node_without_ssh_leaves_the_console_as_it_was(console: Terminal) -> None:
    console.press("1")
    console.until("▌izar")
    console.press("Down")
    console.until("▌tarn")
    console.press("Enter")
    console.until("Machine")
    console.press("s")
    console.until(lambda screen: "could not open a shell on tarn" in screen and "127.0.0.2" in screen)
    console.press("Escape")
    console.until("Queue")
