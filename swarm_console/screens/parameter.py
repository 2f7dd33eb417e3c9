"""Asking for the one thing that an action cannot do without; where its names are known, they are offered."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from swarm_console.actions.action import Action, Parameter
from swarm_console.keyboard.choices import Choice, matching
from swarm_console.screens.live import Dialog
from swarm_console.words.harmless import one_line


class ParameterDialog(Dialog[str | None]):
    """What was chosen, or typed where nothing fits; None when it was given up."""

    HELP = """\
The action needs to be told what it is about. What is marked on the screen stands here already. As you
type, the names that fit are offered."""
    BINDING_GROUP_TITLE = "parameters"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "mark(1)", "Down", False, tooltip="the next name", id="down"),
        Binding("up", "mark(-1)", "Up", False, tooltip="the name before", id="up"),
        Binding("tab", "complete", "Complete", False, tooltip="write the marked name out", id="complete"),
    ]

    def __init__(
        self, action: Action, parameter: Parameter, likely: str = "", offered: Sequence[Choice] = ()
    ) -> None:
        super().__init__()
        self._action, self._parameter, self._likely = action, parameter, likely
        self._offered = offered
        self._fitting: list[Choice] = []

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Static(self._action.title, classes="heading", markup=False)
            yield Static(f"{self._parameter.name}: {self._parameter.help}", markup=False)
            entry = Input(value=self._likely)
            entry.cursor_blink = False
            yield entry
            names = OptionList(id="names")
            names.can_focus = False
            names.display = bool(self._offered)
            yield names
            choosing = "↑ ↓ choose, Tab completes, " if self._offered else ""
            yield Static(f"{choosing}Enter goes on, Esc gives up", classes="command", markup=False)

    def on_mount(self) -> None:
        self._offer(self._likely)

    @property
    def _names(self) -> OptionList:
        return self.query_one("#names", OptionList)

    def _offer(self, typed: str) -> None:
        """Offer what a text may become; of a whole name that is in sight, its neighbours too."""
        first = matching(self._offered, "")
        place = next((number for number, each in enumerate(first) if each.name == typed), None)
        self._fitting = first if place is not None else matching(self._offered, typed)
        self._names.clear_options()
        self._names.add_options(map(_option, self._fitting))
        self._mark(place or 0)

    def _mark(self, place: int) -> None:
        if self._fitting:
            self._names.highlighted = max(0, min(place, len(self._fitting) - 1))

    @property
    def _marked(self) -> str:
        place = self._names.highlighted
        return self._fitting[place].name if place is not None and place < len(self._fitting) else ""

    def action_mark(self, by: int) -> None:
        """Go to another name."""
        self._mark((self._names.highlighted or 0) + by)
        self._write(self._marked)

    def action_complete(self) -> None:
        """Write the marked name out."""
        self._write(self._marked)

    def _write(self, name: str) -> None:
        entry = self.query_one(Input)
        if name and name != entry.value:
            with entry.prevent(Input.Changed):
                entry.value = name
                entry.cursor_position = len(name)

    @on(Input.Changed)
    def narrow(self, event: Input.Changed) -> None:
        """Offer what still fits."""
        self._offer(event.value)

    @on(OptionList.OptionSelected)
    def choose(self, event: OptionList.OptionSelected) -> None:
        """Take the name that was clicked."""
        self.dismiss(self._fitting[event.option_index].name)

    @on(Input.Submitted)
    def accept(self, event: Input.Submitted) -> None:
        """Take what was typed, if that is a name or nothing fits it; else the marked name."""
        typed = event.value.strip()
        known = any(typed == each.name for each in self._offered)
        if chosen := typed if known else self._marked or typed:
            self.dismiss(chosen)


def _option(choice: Choice) -> Option:
    text = Text(one_line(choice.name))
    if choice.words:
        text.append(f"  {one_line(choice.words)}", "dim")
    return Option(text)
