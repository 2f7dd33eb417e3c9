"""The line below a log: what is switched on, what is searched for, and where one is."""

from collections.abc import Sequence
from typing import NamedTuple

from textual import events

from swarm_console.panes.lined import Lined
from swarm_console.words.pen import size
from swarm_console.words.spans import Lines, Span, length, spread

NARROW = 80
"""Below so many columns, words are left out."""
GAP = "  "


class Switch(NamedTuple):
    """A way to look at a log: its name, whether it is on, and the screen's action that turns it."""

    name: str
    on: bool
    action: str

    def span(self, short: bool) -> Span:
        """Sign and name, or its first letter."""
        name = self.name[0] if short else f" {self.name}"
        return f"{'●' if self.on else '○'}{name}", "ok" if self.on else "dim"


class Position(NamedTuple):
    """Bytes that show, of how many; and the numbers of lines where all are counted."""

    begin: int
    end: int
    size: int
    line: int | None = None
    lines: int = 0
    more: bool = False
    """Whether lines have come that nobody has counted."""

    def spans(self, narrow: bool) -> list[Span]:
        """The position in words."""
        if not self.size:
            return [("empty", "dim")]
        share = f"  {self.end / self.size:4.0%}"
        if self.line is not None:
            of = "" if narrow else f" of {self.lines:,}{'+' * self.more}"
            bytes_ = "" if narrow else f"  {size(self.size)}"
            return [(f"line {self.line:,}{of}", ""), (bytes_, "dim"), (share, "bold")]
        at = f"{size(self.end)} of {size(self.size)}"
        return [(at, ""), (share, "bold")]


class LogStatus(Lined):
    """One line; a click on a switch turns it."""

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__()
        self._switches: Sequence[Switch] = ()
        self._said: Sequence[Span] = ()
        self._position = Position(0, 0, 0)

    def show(self, switches: Sequence[Switch], said: Sequence[Span], position: Position) -> None:
        """Draw these from now on."""
        if (switches, said, position) != (self._switches, self._said, self._position):
            self._switches, self._said, self._position = switches, said, position
            self.renew()

    def lines(self, width: int) -> Lines:
        left: list[Span] = []
        for switch in self._switches:
            left += [switch.span(self._short), (GAP, "")]
        return [spread([*left, *self._said], self._position.spans(width < NARROW), width)]

    @property
    def _short(self) -> bool:
        """Whether what is said needs the room of the switches' names."""
        return bool(self._said) and self.size.width < NARROW

    async def on_click(self, event: events.Click) -> None:
        if (switch := self._switch_at(event.x)) is not None:
            await self.run_action(f"screen.{switch.action}")

    def _switch_at(self, column: int) -> Switch | None:
        left = 0
        for switch in self._switches:
            width = length([switch.span(self._short)])
            if left <= column < left + width:
                return switch
            left += width + len(GAP)
        return None
