"""The strip: on a small screen only one pane shows, and this line says which others there are."""

from textual import events
from textual.geometry import Offset

from swarm_console.messages import PaneWanted
from swarm_console.panes.lined import Lined
from swarm_console.words.spans import Lines, Span


class PaneStrip(Lined):
    """Digits and names of the panes, the present one marked."""

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._labels: list[tuple[str, str, str]] = []
        self._present = ""

    def show(self, labels: list[tuple[str, str, str]], present: str) -> None:
        """`labels` are (pane id, text, tone)."""
        if (labels, present) != (self._labels, self._present):
            self._labels, self._present = labels, present
            self.renew()

    def lines(self, width: int) -> Lines:
        spans: list[Span] = []
        for pane, label, tone in self._labels:
            spans += [(f" {label} ", "key" if pane == self._present else tone or "dim"), (" ", "")]
        return [spans]

    def on_click(self, event: events.Click) -> None:
        if (pane := self._pane_at(event.offset)) is not None:
            self.post_message(PaneWanted(pane))

    def _pane_at(self, place: Offset) -> str | None:
        left = 0
        for pane, label, _ in self._labels:
            if left <= place.x < left + len(label) + 2:
                return pane
            left += len(label) + 3
        return None
