"""Rows of the timeline as segments, in the styles of the widget that shows them."""

from collections.abc import Callable
from typing import Final

from rich.segment import Segment
from rich.style import Style

from swarm_console.panes.bars import Piece, Scope, below, label
from swarm_console.panes.chart import Chart
from swarm_console.panes.rows import Row
from swarm_console.words.fitting import placed
from swarm_console.words.timescale import ticks

SHARE: Final = 5
"""Cells for a busy share."""
KINDS: Final = ("idle", "rest", "many", "open", "staged", "failed", "lost", "recalled")
CLASSES: Final = {
    *(f"gantt--{kind}" for kind in KINDS),
    *("gantt--other", "gantt--path", "gantt--axis", "gantt--now", "gantt--mark", "gantt--lane"),
}
"""What style sheets give colours to; `other` is every second staged bar of a lane, so that they part."""

Styles = Callable[[str, bool], Style]
"""A component class to its style; a partial one has no ground of its own."""


class Brush:
    """Draws one chart in one scope; `names` are the cells for names, `marked` the attempt that is marked."""

    def __init__(self, chart: Chart, scope: Scope, names: int, marked: int | None, styles: Styles) -> None:
        self._chart, self._scope, self._names, self._marked = chart, scope, names, marked
        self._styles = styles
        now = scope.cell(scope.now)
        self._now = now if chart.running and 0 <= now < scope.width else None

    def axis(self) -> list[Segment]:
        """The clock, and where now is."""
        line = [" "] * self._scope.width
        for tick in ticks(self._scope.window, self._scope.width):
            over = tick.cell + len(tick.label)
            label = tick.label if self._now is None or not tick.cell <= self._now <= over else ""
            line[tick.cell : tick.cell + len(label) + 1] = f"╷{label}"
        style = self._styles("gantt--axis", False)
        head = f" {placed('Drone', self._names)} {placed('busy', SHARE, right=True)} "
        return [Segment(head, style), *self._parted("".join(line), 0, style, "▼")]

    def lane(self, row: Row, style: Style, bar: str) -> list[Segment]:
        """A lane on a ground; `bar` stands at its left."""
        segments = [Segment(bar, style)]
        for cell, room, right in ((row.name, self._names, False), (row.share, SHARE, True)):
            tone = self._styles(f"tone--{cell.tone}", True) if cell.tone else Style.null()
            segments.append(Segment(placed(cell.text, room, right) + " ", style + tone))
        return segments + self._pieces(row, style, self._label)

    def times(self, row: Row, style: Style, bar: str) -> list[Segment]:
        """The second line of a lane: how long each bar took."""
        head = Segment(bar + " " * (self._names + SHARE + 2), style)
        return [head, *self._pieces(row, style, self._below)]

    def space(self, style: Style) -> list[Segment]:
        """The line between two lanes."""
        head = " " * (self._names + SHARE + 3)
        return [Segment(head, style), *self._parted(" " * self._scope.width, 0, style)]

    def _label(self, piece: Piece) -> str:
        return label(piece, piece.attempt is not None and piece.attempt.number in self._chart.on_path)

    def _below(self, piece: Piece) -> str:
        expected = self._chart.expected(piece.attempt) if piece.attempt is not None else 0.0
        return below(piece, self._scope, expected)

    def _pieces(self, row: Row, style: Style, text: Callable[[Piece], str]) -> list[Segment]:
        at, segments = 0, list[Segment]()
        for piece in row.pieces:
            segments += self._piece(piece, placed(text(piece), piece.cells), at, style)
            at += piece.cells
        return segments

    def _piece(self, piece: Piece, text: str, at: int, style: Style) -> list[Segment]:
        number = piece.attempt.number if piece.attempt is not None else None
        on_path = number in self._chart.on_path
        if piece.kind == "blank":
            return self._parted(text, at, style)
        style += self._styles(
            f"gantt--{'other' if piece.odd else piece.kind}", piece.kind in ("idle", "rest")
        )
        if piece.kind in ("idle", "rest"):
            return self._parted(text, at, style)
        for name, true in (("path", on_path), ("mark", number is not None and number == self._marked)):
            style += self._styles(f"gantt--{name}", True) if true else Style.null()
        return [Segment(text, style)]

    def _parted(self, text: str, at: int, style: Style, sign: str = "│") -> list[Segment]:
        """The text with a sign where now is, if that lies in it; it begins at a cell."""
        place = self._now - at if self._now is not None else -1
        if not 0 <= place < len(text):
            return [Segment(text, style)]
        line = Segment(sign, style + self._styles("gantt--now", True))
        return [Segment(text[:place], style), line, Segment(text[place + 1 :], style)]
