"""Choices: a remedy as a button, with its key, its command line and what it would write."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from rich.console import Group, RenderableType
from rich.table import Table
from textual import events
from textual.binding import Binding, BindingType

from swarm_console.messages import CureWanted
from swarm_console.panes.prose import hanging
from swarm_console.panes.tones import Toned
from swarm_console.words.spans import Span, length
from swarm_node.model.configuration import lines_of
from swarm_node.model.refusal import Refused
from swarm_node.model.remedies import Remedy


class Choice(Toned, can_focus=True):
    """One remedy as a button: its key, its command line, what it does, and the lines that it would add."""

    BINDING_GROUP_TITLE = "remedies"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "take", "Do it", False, tooltip="do this remedy", id="take"),
        Binding("down", "app.focus_next", "Next", False, tooltip="the next remedy", id="next-choice"),
        Binding("up", "app.focus_previous", "Before", False, tooltip="the one before", id="previous-choice"),
    ]

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number
        self.remedy: Remedy | None = None
        self._keys = ""

    def on_mount(self) -> None:
        self.display = False

    def show(self, remedy: Remedy | None, keys: str) -> None:
        """Offer this remedy under these keys; None: nothing."""
        if (remedy, keys) != (self.remedy, self._keys):
            self.remedy, self._keys = remedy, keys
            self.display = remedy is not None
            self.remeasure()

    def render(self) -> RenderableType:
        if self.remedy is None:
            return ""
        sign = "▸" if self.has_focus else " "
        head: list[Span] = [(sign, "accent"), (f" {self._keys} ", "key"), (" ", "")]
        columns = Table.grid()
        columns.add_column(width=length(head), no_wrap=True)
        columns.add_column(overflow="fold")
        told = [list(_offer(self.remedy)), *_more(self.remedy)]
        columns.add_row(self.line(head), Group(*hanging(self, told)))
        return columns

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.action_take()

    def watch_has_focus(self, focus: bool) -> None:
        self.refresh()

    def action_take(self) -> None:
        """Have it done."""
        if self.remedy is not None:
            self.post_message(CureWanted(self.remedy))


def _offer(remedy: Remedy) -> Iterator[Span]:
    yield remedy.line or remedy.words, "wait" if remedy.person else "ok"
    if remedy.proven:
        yield f"  cured this {remedy.proven}×", "accent"


def _more(remedy: Remedy) -> Iterator[list[Span]]:
    """What it does, and what it would write, as a diff."""
    if remedy.command and remedy.words:
        yield [(remedy.words, "dim")]
    for file, text in added(remedy):
        yield [(f"etc/portage/{file}", "dim")]
        yield [("+ ", "ok"), (text, "ok")]


def added(remedy: Remedy) -> Sequence[tuple[str, str]]:
    """The lines that a remedy adds to a client profile's configuration, each with its file."""
    if remedy.command[:1] != ("configure",):
        return ()
    try:
        return [(line.file, line.text) for line in lines_of(remedy.command[2:])]
    except Refused:
        return ()
