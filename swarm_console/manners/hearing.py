"""Keys as they come from the terminal, a lone Esc among them without delay."""

import os
import selectors
from codecs import getincrementaldecoder
from itertools import chain
from typing import Final

from textual import constants
from textual._xterm_parser import XTermParser
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver

CHUNK: Final = 4096
REST: Final = 0.1
"""Seconds after which a driver looks whether it is to end."""


class Hearing(LinuxDriver):
    """Textual's own driver looks every 100 ms whether an Esc stayed alone, whatever ESCDELAY says (8.2)."""

    def run_input_thread(self) -> None:
        """Hand on what is typed, until the driver is told to end."""
        parser, decode = XTermParser(), getincrementaldecoder("utf-8")("replace").decode
        pause = REST
        with selectors.DefaultSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                ready = selector.select(pause)
                typed = decode(os.read(self.fileno, CHUNK)) if ready else ""
                for event in chain(parser.feed(typed) if typed else (), parser.tick()):
                    self.process_message(event)
                pause = constants.ESCAPE_DELAY if ready else REST


def hearing(kind: type[Driver]) -> type[Driver]:
    """A driver of that kind that hears like this, where it reads a terminal."""
    return Hearing if kind is LinuxDriver else kind
