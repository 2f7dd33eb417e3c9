"""The footer: the keys that work where the focus is, in one line; a click on one presses it.

Not Textual's own, which is a widget for every key, all made anew whenever the focus moves: they took a tenth
of the time to the first picture.
"""

from collections.abc import Sequence
from typing import NamedTuple

from rich.text import Text
from textual import events
from textual.binding import ActiveBinding
from textual.screen import Screen

from swarm_console.panes.lined import Lined
from swarm_console.words.harmless import one_line
from swarm_console.words.spans import Lines, Span, length

HELP = "help"
"""The id of the key that always has its place, at the end."""


class Label(NamedTuple):
    """One key of the footer: what is pressed, how it is written, what it does, and whether it can now."""

    press: str
    key: str
    text: str
    enabled: bool
    tooltip: str

    @property
    def spans(self) -> list[Span]:
        """Key and description with a space round them; brackets where it can do nothing now."""
        if not self.enabled:
            return [(f"({self.key} {self.text})", "dim")]
        return [(f" {self.key}", "accent"), (f" {self.text} ", "")]


class KeyFooter(Lined):
    """Where not all fit, the last one (help) keeps its place, and those before it give way."""

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__()
        self._labels: list[Label] = []

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._gather)
        self._gather(self.screen)

    def _gather(self, screen: Screen[object]) -> None:
        found: dict[str, Label] = {}
        for active in sorted(screen.active_bindings.values(), key=lambda each: each.binding.id == HELP):
            if active.binding.show and (active.enabled or not self._replays):
                found.setdefault(active.binding.action, self._label(active))
        if (labels := list(found.values())) != self._labels:
            self._labels = labels
            self.renew()

    def _label(self, active: ActiveBinding) -> Label:
        key, binding = self.app.get_key_display(active.binding), active.binding
        return Label(binding.key, key, binding.description, active.enabled, active.tooltip)

    @property
    def _replays(self) -> bool:
        """In a replay most actions can do nothing, and give their places to those that can."""
        projector = getattr(self.app, "projector", None)
        return projector is not None and projector.replay is not None

    def lines(self, width: int) -> Lines:
        return [[span for label in fitting(self._labels, width) for span in label.spans]]

    def on_click(self, event: events.Click) -> None:
        if (label := self._label_at(event.x)) is not None:
            self.app.simulate_key(label.press)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        label = self._label_at(event.x)
        self.tooltip = Text(one_line(label.tooltip)) if label is not None and label.tooltip else None

    def _label_at(self, column: int) -> Label | None:
        right = 0
        for label in fitting(self._labels, self.size.width):
            right += length(label.spans)
            if column < right:
                return label
        return None


def fitting(labels: Sequence[Label], width: int) -> Sequence[Label]:
    """As many of the labels as a width has room for, the last one always."""
    room = width - sum(length(label.spans) for label in labels[-1:])
    for shown, label in enumerate(labels[:-1]):
        room -= length(label.spans)
        if room < 0:
            return [*labels[:shown], labels[-1]]
    return labels
