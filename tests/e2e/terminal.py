"""A program on a real terminal: tmux holds the screen, keys are sent, what stands there is read."""

import os
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

LOOK_SECONDS = 0.05
KEPT = ("set-option", "remain-on-exit", "on", ";", "set-option", "-g", "default-terminal", "tmux-256color")
"""The screen of a program that has ended stays readable."""


class Terminal:
    """One tmux server with one window; made by `terminal`."""

    def __init__(self, socket: Path) -> None:
        self._tmux = ["tmux", "-S", str(socket), "-f", os.devnull]

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names for them: f, Enter, Escape, C-p, F5."""
        self._do("send-keys", "-t", "0", *keys)

    def type(self, text: str) -> None:
        """Type a text as it stands."""
        self._do("send-keys", "-t", "0", "-l", text)

    def resize(self, columns: int, rows: int) -> None:
        """Give the window another size, as a person who drags its corner."""
        self._do("resize-window", "-t", "0", "-x", str(columns), "-y", str(rows))

    def screen(self) -> str:
        """What stands on the screen, without colours."""
        return self._do("capture-pane", "-p", "-t", "0")

    def title(self) -> str:
        """The title that the program has given its window."""
        return self._do("display-message", "-p", "-t", "0", "#{pane_title}").strip()

    @property
    def pid(self) -> int:
        """The process that runs in the window."""
        return int(self._do("display-message", "-p", "-t", "0", "#{pane_pid}"))

    @property
    def ended(self) -> int | None:
        """The exit code of the program, None while it runs."""
        said = self._do("display-message", "-p", "-t", "0", "#{pane_dead} #{pane_dead_status}").split()
        if said[0] != "1":
            return None
        return int(said[1]) if len(said) > 1 else _unreaped(self.pid)

    def until(self, met: str | Callable[[str], object], seconds: float = 60.0) -> str:
        """Wait until a text stands on the screen, or until a condition holds of it; the screen then."""
        holds = (lambda screen: met in screen) if isinstance(met, str) else met
        deadline = time.monotonic() + seconds
        while not holds(screen := self.screen()):
            assert time.monotonic() < deadline, f"waited {seconds:.0f} s for {met!r}; there stands:\n{screen}"
            time.sleep(LOOK_SECONDS)
        return screen

    def close(self) -> None:
        """End the server and what still runs in it."""
        subprocess.run([*self._tmux, "kill-server"], capture_output=True, check=False)

    def _do(self, *words: str) -> str:
        done = subprocess.run([*self._tmux, *words], capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout


def _unreaped(pid: int) -> int | None:
    """The exit code of a process that has ended and whose parent has not asked: tmux is late at times."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return None
    return os.waitstatus_to_exitcode(int(fields[-1])) if state == "Z" else None  # proc(5)


@contextmanager
def terminal(
    command: Sequence[str], size: tuple[int, int] = (120, 36), env: Mapping[str, str] | None = None
) -> Iterator[Terminal]:
    """Run a command in a terminal of its own; what it leaves behind is ended. Skips where tmux is missing."""
    if shutil.which("tmux") is None:
        pytest.skip("not installed: tmux")
    given = [f"{name}={value}" for name, value in (env or {}).items()]
    # Importing readline, as a debugger does, sets both; a program must ask the terminal itself.
    line = shlex.join(["env", "-u", "COLUMNS", "-u", "LINES", *given, *command])
    with tempfile.TemporaryDirectory(prefix="swarm-", dir="/tmp") as folder:
        opened = Terminal(Path(folder) / "tmux")
        columns, rows = map(str, size)
        opened._do("new-session", "-d", "-x", columns, "-y", rows, f"exec {line}", ";", *KEPT)
        try:
            yield opened
        finally:
            opened.close()
