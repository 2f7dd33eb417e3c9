"""A log with its scroll bar, which goes by bytes: nobody knows how many rows there are."""

from typing import Final

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.scrollbar import ScrollBar, ScrollDown, ScrollTo, ScrollUp

from swarm_console.messages import LogMoved
from swarm_console.panes.lines import LogLines

BYTES_A_ROW: Final = 64
"""What a row of the screen counts for in the bar."""


class LogBar(ScrollBar):
    """The bar at the right."""


class LogView(Horizontal):
    """A log, to be put into any screen. `lines` takes the words: `show`, `draw`, `mark`, `go`, `follow`."""

    def __init__(self, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.lines = LogLines()
        self._bar = LogBar(vertical=True)

    def compose(self) -> ComposeResult:
        yield self.lines
        yield self._bar

    @property
    def _hidden(self) -> int:
        """Bytes of the log that do not show."""
        return max(self.lines.size_in_bytes - (self.lines.stop - self.lines.begin), 1)

    def on_log_moved(self, message: LogMoved) -> None:
        """Let the bar tell where in the log one is."""
        lines, height = self.lines, max(self.lines.size.height, 1)
        whole = not lines.begin and lines.at_end
        total = height if whole else max(height + 1, lines.size_in_bytes // BYTES_A_ROW)
        self._bar.window_virtual_size, self._bar.window_size = total, height
        self._bar.position = 0 if whole else (total - height) * lines.begin / self._hidden

    def on_scroll_to(self, message: ScrollTo) -> None:
        message.stop()
        message.prevent_default()
        room = max(self._bar.window_virtual_size - self._bar.window_size, 1)
        share = max(message.y or 0, 0) / room
        if share >= 1:
            self.lines.action_end()
        else:
            self.lines.seek(int(share * self._hidden))

    def on_scroll_up(self, message: ScrollUp) -> None:
        message.stop()
        message.prevent_default()
        self.lines.action_leaf(-1)

    def on_scroll_down(self, message: ScrollDown) -> None:
        message.stop()
        message.prevent_default()
        self.lines.action_leaf(1)
