"""Asking for the one thing that an action cannot do without."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from swarm_console.actions.action import Action, Parameter
from swarm_console.screens.live import Dialog


class ParameterDialog(Dialog[str | None]):
    """What was typed, stripped; None when it was given up."""

    HELP = """\
The action needs to be told what it is about. What is marked on the screen stands here already."""

    def __init__(self, action: Action, parameter: Parameter, likely: str = "") -> None:
        super().__init__()
        self._action, self._parameter, self._likely = action, parameter, likely

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Static(self._action.title, classes="heading", markup=False)
            yield Static(f"{self._parameter.name}: {self._parameter.help}", markup=False)
            entry = Input(value=self._likely)
            entry.cursor_blink = False
            yield entry
            yield Static("Enter goes on, Esc gives up", classes="command", markup=False)

    @on(Input.Submitted)
    def accept(self, event: Input.Submitted) -> None:
        """Take what was typed."""
        if event.value.strip():
            self.dismiss(event.value.strip())
