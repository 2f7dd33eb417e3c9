"""Keys as they come from the terminal, a lone Esc among them without delay."""

import os
import selectors
from codecs import getincrementaldecoder
from collections.abc import Callable
from itertools import chain
from threading import Event
from typing import Any, Final

from textual import constants
from textual._xterm_parser import XTermParser
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

CHUNK: Final = 4096


class Ending(Event):
    """An event that can be waited for beside what is typed."""

    def __init__(self) -> None:
        super().__init__()
        self._ear, self._mouth = os.pipe()

    def fileno(self) -> int:
        """What can be read once it is set."""
        return self._ear

    def set(self) -> None:
        if not self.is_set():
            super().set()
            os.write(self._mouth, b".")

    def clear(self) -> None:
        if self.is_set():
            super().clear()
            os.read(self._ear, 1)

    def __del__(self) -> None:
        for end in (self._ear, self._mouth):
            os.close(end)


class Hearing(LinuxDriver):
    """Textual's own driver wakes every 100 ms, and then alone sees whether an Esc stayed alone (8.2)."""

    exit_event: Ending

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.exit_event = Ending()

    def run_input_thread(self) -> None:
        """Hand on what is typed, until the driver is told to end."""
        parser, decode = XTermParser(), getincrementaldecoder("utf-8")("replace").decode
        pause: float | None = None
        with selectors.DefaultSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            selector.register(self.exit_event, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                ready = selector.select(pause)
                if self.exit_event.is_set():
                    break
                typed = decode(os.read(self.fileno, CHUNK)) if ready else ""
                for event in chain(parser.feed(typed) if typed else (), parser.tick()):
                    self.process_message(event)
                pause = constants.ESCAPE_DELAY if ready else None

    def heard(self) -> None:
        """Something was typed; it is said in the thread that reads, before the App has it."""

    def send_message(self, message: Message) -> None:
        """Textual 8.2 has a task send it, which takes its turn behind whatever else has one."""
        self.heard()
        self._app.post_message(message)


def hearing(kind: type[Driver], heard: Callable[[], None]) -> type[Driver]:
    """A driver of that kind that hears like this and says so, where it reads a terminal."""
    return type(Hearing.__name__, (Hearing,), {"heard": staticmethod(heard)}) if kind is LinuxDriver else kind
