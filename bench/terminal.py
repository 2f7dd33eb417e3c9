"""A program on a pseudo-terminal: what it has drawn there, when, and what it costs; proc(5), ECMA-48."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import struct
import termios
import time
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable, Mapping, Sequence
from fcntl import ioctl
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from rich.cells import cell_len

TICKS: Final = os.sysconf("SC_CLK_TCK")
CHUNK: Final = 1 << 16
TOGETHER: Final = 0.0005
"""Seconds within which the next piece of one frame comes: a terminal reads faster than this one draws."""
_TOKEN: Final = re.compile(
    r"\x1b\[(?P<parameters>[0-?]*)[ -/]*(?P<final>[@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[^\[\]]"
    r"|(?P<break>[\r\n])|(?P<text>[^\x00-\x1f]+)|[\x00-\x1a\x1c-\x1f]"
)


class Ended(Exception):
    """The program has ended, which nobody asked it to."""


class Terminal:
    """Runs a program until the `with` ends. The grid knows what Textual writes: moves, texts and clears."""

    def __init__(
        self, argv: Sequence[str], env: Mapping[str, str], columns: int = 120, rows: int = 36
    ) -> None:
        self.columns, self.rows = columns, rows
        self.grid = [[" "] * columns for _ in range(rows)]
        self._rest = ""
        self._decode = getincrementaldecoder("utf-8")("replace").decode
        self._x = self._y = 0
        self.began = time.perf_counter()
        self.pid, self._master = pty.fork()
        if not self.pid:  # the child
            ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execvpe(argv[0], list(argv), dict(env))
        self.read = time.perf_counter()
        """When the newest output was read."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._master)

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._master, keys.encode())

    def until(self, true: Callable[[], bool], seconds: float) -> float:
        """Read until something is true of what is drawn; the moment when that was read.

        Raises: Ended or TimeoutError, with the screen as a note.
        """
        end = time.perf_counter() + seconds
        while not true():
            if not self.look(end - time.perf_counter()):
                error = TimeoutError(f"the screen is not what it should be after {seconds:g} s")
                error.add_note(self.text())
                raise error
        return self.read

    def look(self, seconds: float) -> bool:
        """Take in what comes at once, if anything comes in time. Raises: Ended, with the screen as a note."""
        pieces = []
        while select.select([self._master], [], [], TOGETHER if pieces else max(seconds, 0.0))[0]:
            try:
                pieces.append(os.read(self._master, CHUNK))
            except OSError:
                if pieces:
                    break  # its last words count
                raise self._ended() from None
            self.read = time.perf_counter()
        self._draw(self._decode(b"".join(pieces)))
        return bool(pieces)

    def watch(self, seconds: float) -> None:
        """Take in whatever comes for so long. Raises: Ended, with the screen as a note."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self.look(left)

    def shows(self, words: Iterable[str]) -> bool:
        """Whether all of these stand on the screen."""
        text = self.text()
        return all(word in text for word in words)

    def text(self) -> str:
        """What stands on the screen."""
        return "\n".join("".join(line).rstrip() for line in self.grid)

    def cpu(self) -> float:
        """Seconds of processor time that the program has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def waited(self) -> float:
        """Seconds that it could have run and had no processor: what others on the machine cost it."""
        return int(Path(f"/proc/{self.pid}/schedstat").read_text().split()[1]) / 1e9

    def memory(self, what: str = "VmRSS") -> float:
        """MiB in memory now; `VmHWM` at most. Raises: Ended, with the screen as a note."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        figure = status.partition(f"{what}:")[2].split()
        if not figure:
            raise self._ended()  # it waits to be reaped, and has none
        return int(figure[0]) / 1024

    def _ended(self) -> Ended:
        error = Ended("the program ended; its last screen:")
        error.add_note(self.text())
        return error

    def _draw(self, piece: str) -> None:
        text, place = self._rest + piece, 0
        while place < len(text):
            token = _TOKEN.match(text, place)
            if token is None:
                break
            place = token.end()
            if token["text"]:
                self._write(token["text"])
            elif token["final"]:
                self._control(token["final"], token["parameters"])
            elif token["break"]:
                self._x, self._y = 0, min(self._y + (token["break"] == "\n"), self.rows - 1)
        self._rest = text[place:]

    def _write(self, text: str) -> None:
        line = self.grid[self._y]
        for sign in text:
            if self._x >= self.columns:
                return
            line[self._x] = sign
            for _ in range(cell_len(sign) - 1):
                line[self._x + 1 : self._x + 2] = [""]
            self._x += cell_len(sign)

    def _control(self, final: str, parameters: str) -> None:
        if final == "H":
            row, _, column = parameters.partition(";")
            self._y = min(int(row or 1), self.rows) - 1
            self._x = min(int(column or 1), self.columns) - 1
        elif final == "J":
            self.grid = [[" "] * self.columns for _ in range(self.rows)]
