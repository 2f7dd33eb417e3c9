"""What the rows of a table are painted with: each strip is made once, wherever its row moves."""

from collections.abc import Sequence
from typing import Final

from rich.segment import Segment
from textual.strip import Strip

from swarm_console.panes.grid import GAP, Cell, Column, fit
from swarm_console.panes.tones import Toned
from swarm_console.words.fitting import placed

KEPT: Final = 3
"""How many times as many strips are kept as there is room for rows."""


class RowStrips:
    """The strips of one table, as wide as it is; cells keep a blank at either end of the row."""

    def __init__(self, table: Toned) -> None:
        self._table = table
        self._columns: Sequence[Column] = ()
        self._width = self._whole = 0
        self._most = 0
        self._kept: dict[tuple[Sequence[Cell], str, str], Strip] = {}
        self.widths: tuple[int, ...] = ()
        """Of the columns, in characters; 0 for those that have no room."""

    def fit(self, columns: Sequence[Column], width: int, whole: int, rows: int) -> None:
        """Make rows of these columns from now on, so many characters wide; a scroll bar lies on the rest."""
        if (columns, width, whole) != (self._columns, self._width, self._whole):
            self._columns, self._width, self._whole = columns, width, whole
            self.widths = fit(columns, width - 2)
            self.clear()
        self._most = KEPT * rows

    def row(self, cells: tuple[Cell, ...], part: str = "", mark: str = " ") -> Strip:
        """A row's strip, in the style of a part of the table, with a mark before its first cell."""
        strip = self._kept.get((cells, part, mark))
        if strip is None:
            if len(self._kept) > self._most:
                self.clear()
            strip = self._kept[cells, part, mark] = self._made(cells, part, mark)
        return strip

    def line(self, text: str, tone: str = "") -> Strip:
        """A text in place of rows."""
        style = self._table.style(tone=tone)
        return Strip([Segment(text, style)]).adjust_cell_length(self._whole, style)

    def clear(self) -> None:
        """Let go of all of them."""
        self._kept.clear()

    def _made(self, cells: Sequence[Cell], part: str, mark: str) -> Strip:
        style = self._table.style
        segments, length = [Segment(mark, style(part))], 1
        gap = Segment(" " * GAP, style(part))
        for column, room, cell in zip(self._columns, self.widths, cells, strict=True):
            if not room:
                continue
            if len(segments) > 1:
                segments.append(gap)
                length += GAP
            segments.append(Segment(placed(cell.text, room, column.right), style(part, cell.tone)))
            length += room
        return Strip(segments, length).adjust_cell_length(self._whole, style(part))
