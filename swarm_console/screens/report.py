"""What an action answered, when it is more than a toast holds."""

import re
from collections.abc import Sequence
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Log, Static

from swarm_console.panes.prose import Prose
from swarm_console.screens.live import Dialog
from swarm_console.words.harmless import harmless
from swarm_console.words.spans import Span

WRAPPED_LINES = 200
"""Longer ones are shown line by line, without wrapping."""
_BEFORE: Final = re.compile(r" *(?:[^\w\s] )?")
"""A line's indentation and its sign."""


class Report(Dialog[None]):
    """Lines to read and scroll."""

    HELP = "What an action answered. The last line is the command that does the same."
    BINDING_GROUP_TITLE = "reports"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q", "dismiss(None)", "Back", tooltip="where one came from", id="back")
    ]

    def __init__(self, title: str, lines: Sequence[str], command: str = "") -> None:
        super().__init__()
        self._heading, self._lines, self._command = title, lines, command

    @property
    def command(self) -> str:
        return self._command

    def compose(self) -> ComposeResult:
        with Vertical(classes="box -wide -reading"):
            yield Static(self._heading, classes="heading", markup=False)
            if len(self._lines) > WRAPPED_LINES:
                yield Log(classes="text -long")
            else:
                with VerticalScroll(classes="text"):
                    told = harmless("\n".join(self._lines)) or "nothing to tell"
                    yield Prose([_hanging(line) for line in told.split("\n")])
            yield self.foot(f"{self.key_of('back')} goes back")

    def on_mount(self) -> None:
        text = self.query_one(".text")
        if isinstance(text, Log):
            text.write_lines([harmless(line) for line in self._lines])
        text.focus()


def _hanging(line: str) -> list[Span]:
    """A line parted before its text, below which it goes on where it is too long."""
    before = _BEFORE.match(line)
    begin = before.end() if before else 0
    return [(line[:begin], ""), (line[begin:], "")]
