"""A shell on a node: the console steps aside for the command of console.toml, and comes back when it ends."""

import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from textual.app import SuspendNotSupported

from swarm_console.words.harmless import one_line
from swarm_node.model.state import Node

if TYPE_CHECKING:
    from swarm_console.app import SwarmConsole

TITLE: Final = "Shell"
NO_CONNECTION: Final = 255
"""The exit status by which ssh(1) says that it is about ssh itself."""


def host_of(node: Node) -> str:
    """The host that a node's service is reached at; empty where it has told none."""
    try:
        return urlsplit(node.facts.url).hostname or ""
    except ValueError:
        return ""


def why_no_shell(node: Node) -> str:
    """Why no shell can be opened on a node; empty when one can be tried."""
    host = host_of(node)
    if not host:
        return f"{node.name} has told no address of its own"
    if host.startswith("-") or not host.isprintable() or any(sign.isspace() for sign in host):
        return f"{node.name} gives an address that is no host: {host!r:.60}"
    return ""


def command(setting: str, node: Node) -> list[str]:
    """The words of the configured command, {host} and {node} filled in; no shell ever sees them.

    Raises: ValueError for a setting that is no command.
    """
    values = {"{host}": host_of(node), "{node}": node.name}
    words = shlex.split(setting)
    if not words:
        raise ValueError("there is no command")
    for name, value in values.items():
        words = [word.replace(name, value) for word in words]
    return words


def open_shell(app: "SwarmConsole", node: Node) -> None:
    """Step aside, run it, come back, tell how it ended."""
    try:
        words = command(app.configuration.shell.command, node)
    except ValueError as error:
        app.deny(TITLE, f"shell.command in console.toml: {error}")
        return
    line = shlex.join(words)
    try:
        with app.suspend(), _undisturbed():
            sys.stdout.write(f"$ {one_line(line)}   (ends with: exit)\n")
            sys.stdout.flush()
            status = subprocess.run(words, check=False).returncode
    except SuspendNotSupported:
        app.tell(f"in a terminal of your own: {one_line(line)}", TITLE)
        return
    except OSError as error:
        app.deny(TITLE, f"{words[0]}: {error.strerror or error}; set shell.command in console.toml")
        return
    app.refresh(layout=True)
    _tell(app, node, words, status)


def _tell(app: "SwarmConsole", node: Node, words: Sequence[str], status: int) -> None:
    if status == NO_CONNECTION:
        app.deny(TITLE, f"{words[0]} could not open a shell on {node.name}: {shlex.join(words)}")
    elif status:
        app.deny(TITLE, f"the shell on {node.name} ended with status {status}")


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Ctrl-C and Ctrl-\\ are for the shell; handlers, unlike SIG_IGN, do not pass on to what is started."""
    kept = {number: signal.signal(number, _nothing) for number in (signal.SIGINT, signal.SIGQUIT)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


def _nothing(number: int, frame: object) -> None:
    """Do nothing."""
