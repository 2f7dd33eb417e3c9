"""The line in which one types what to look for."""

from textual.geometry import Size
from textual.reactive import Reactive
from textual.widgets import Input


class Entry(Input):
    """Hidden until it is wanted."""

    virtual_size: Reactive[Size] = Reactive(Size(0, 0))
    """Textual 8.2 lays out the whole screen for every letter."""

    def __init__(self, placeholder: str) -> None:
        super().__init__(placeholder=placeholder, classes="sieve")
        self.cursor_blink = False
        self.display = False
