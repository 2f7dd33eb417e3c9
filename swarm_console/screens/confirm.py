"""Asking before something dangerous: what would be lost stands first, and No has the focus."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from swarm_console.panes.prose import Prose
from swarm_console.screens.live import Dialog


class Confirm(Dialog[bool]):
    """True when the person says yes."""

    HELP = """\
What would be lost, or seen by clients, stands here before it is done. No has the focus. The last
line is the command that does the same."""
    AUTO_FOCUS = "#no"
    BINDING_GROUP_TITLE = "questions"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "dismiss(False)", "No", tooltip="leave it as it is", id="no"),
        Binding("escape", "dismiss(False)", "No", tooltip="leave it as it is", id="back"),
        Binding("y", "dismiss(True)", "Yes", tooltip="do it", id="yes"),
        Binding("left,right", "app.focus_next", "Other", tooltip="the other button", id="other-button"),
    ]

    def __init__(self, title: str, lost: Sequence[str], command: str) -> None:
        super().__init__()
        self._heading, self._lost, self._command = title, lost, command

    @property
    def command(self) -> str:
        return self._command

    def compose(self) -> ComposeResult:
        with Vertical(classes="box -danger"):
            yield Static(f"{self._heading}?", classes="heading", markup=False)
            yield Prose([[("• ", ""), (line, "")] for line in self._lost])
            yield self.foot()
            with Horizontal(classes="buttons"):
                yield Button(f"No ({self.key_of('no')})", id="no", compact=True)
                yield Button(f"Yes ({self.key_of('yes')})", id="yes", variant="error", compact=True)

    @on(Button.Pressed)
    def answer(self, event: Button.Pressed) -> None:
        """Take the button's answer."""
        self.dismiss(event.button.id == "yes")
