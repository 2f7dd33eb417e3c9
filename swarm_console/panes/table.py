"""A table of any length: only the rows on the screen are ever made into cells (Textual's Line API)."""

from collections.abc import Callable, Sequence
from typing import ClassVar, Final, Generic, TypeVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from swarm_console.harmless import one_line
from swarm_console.messages import RowChosen, RowMarked
from swarm_console.panes.grid import GAP, Cell, Column, fit
from swarm_console.panes.sieve import Sieve
from swarm_console.panes.tones import TONES

T = TypeVar("T")
HEADER_ROWS: Final = 1


class Table(ScrollView, Generic[T], can_focus=True):
    """Rows of items with a cursor that stays on its item, a fixed header, and a filter.

    `key` names an item for good, `words` is what the filter sees of it. Cells come from anywhere: they are
    made harmless here, and are never markup.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "table--header",
        "table--cursor",
        "table--empty",
        *(f"tone--{tone}" for tone in TONES),
    }
    BINDING_GROUP_TITLE = "tables"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", False, tooltip="one row up", id="up"),
        Binding("down,j", "move(1)", "Down", False, tooltip="one row down", id="down"),
        Binding("pageup", "leaf(-1)", "Page up", False, tooltip="one page up", id="page-up"),
        Binding("pagedown", "leaf(1)", "Page down", False, tooltip="one page down", id="page-down"),
        Binding("home,g", "jump(0)", "First", False, tooltip="to the first row", id="first"),
        Binding("end,G", "jump(-1)", "Last", False, tooltip="to the last row", id="last"),
        Binding("enter", "choose", "Open", False, tooltip="deeper, into what the row is about", id="open"),
    ]

    cursor: reactive[int] = reactive(0)

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        key: Callable[[T], str],
        words: Callable[[T], str] | None = None,
        sticky: bool = False,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(id=id)
        self.columns = columns
        self._key = key
        self._words = words or key
        self._sticky = sticky
        """Whether a cursor on the first row stays on the first row as newer ones come."""
        self._all: Sequence[T] = ()
        self._items: Sequence[T] = ()
        self._cells: Callable[[T], Sequence[Cell]] = lambda item: ()
        self._empty = Cell("", "dim")
        self._name: str | None = None
        """Key of the item under the cursor; the items may be a view that changes by itself."""
        self._drawn: list[Sequence[Cell]] = []
        self._styles_kept: dict[str, Style] = {}
        self.sieve: Sieve | None = None

    def show(self, items: Sequence[T], cells: Callable[[T], Sequence[Cell]], empty: str = "") -> None:
        """Draw these items from now on; what did not change on the screen is not painted again."""
        self._all, self._cells = items, cells
        self._items = self._sifted()
        if self.sieve is not None and items and not self._items:
            empty = "nothing matches the filter – Esc clears it"
        changed = self._empty.text != empty
        self._empty = Cell(empty, "dim")
        self._resize_canvas()
        self._follow()
        if changed or self._visible() != self._drawn:
            self.refresh()

    def filter_by(self, wanted: Sieve | None) -> None:
        """Show only what passes."""
        self.sieve = wanted
        self.show(self._all, self._cells, self._empty.text if wanted is None else "")

    @property
    def marked(self) -> T | None:
        """The item under the cursor."""
        return self._items[self.cursor] if 0 <= self.cursor < len(self._items) else None

    @property
    def counts(self) -> tuple[int, int]:
        """(rows that pass the filter, rows)."""
        return len(self._items), len(self._all)

    def _sifted(self) -> Sequence[T]:
        if self.sieve is None:
            return self._all
        passes, words = self.sieve.passes, self._words
        return [item for item in self._all if passes(words(item))]

    def _resize_canvas(self) -> None:
        wanted = Size(self.size.width, len(self._items) + HEADER_ROWS)
        if self.virtual_size != wanted:
            self.virtual_size = wanted

    def _follow(self) -> None:
        """Keep the cursor on the item that it was on, wherever that is now."""
        last, name, key = len(self._items) - 1, self._name, self._key
        place = max(0, min(self.cursor, last))
        if last >= 0 and name is not None and key(self._items[place]) != name and not self._stuck:
            place = next((number for number, item in enumerate(self._items) if key(item) == name), place)
        self.cursor = place
        self._remember()

    @property
    def _stuck(self) -> bool:
        return self._sticky and not self.cursor

    def _remember(self) -> None:
        marked = self.marked
        name = self._key(marked) if marked is not None else None
        if name != self._name:
            self._name = name
            if name is not None:
                self.post_message(RowMarked(name))

    def tone(self, name: str) -> Style:
        """How a tone looks in this table's surroundings."""
        return self.get_component_rich_style(f"tone--{name}", partial=True)

    # -- drawing

    def _visible(self) -> list[Sequence[Cell]]:
        top = int(self.scroll_offset.y)
        return [tuple(self._cells(item)) for item in self._items[top : top + max(0, self.size.height - 1)]]

    def render_lines(self, crop: object) -> list[Strip]:
        self._styles_kept.clear()
        self._drawn = self._visible()
        return super().render_lines(crop)  # type: ignore[arg-type]

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        if y < HEADER_ROWS:
            titles = [Cell(column.title) for column in self.columns]
            return self._strip(titles, width, self._style("table--header"))
        if not self._items and y == HEADER_ROWS:
            return self._strip_of_text(self._empty, width)
        row = y - HEADER_ROWS
        if row >= len(self._drawn):
            return Strip.blank(width, self.rich_style)
        on_cursor = row + int(self.scroll_offset.y) == self.cursor
        style = self._style("table--cursor") if on_cursor and self.has_focus else self.rich_style
        mark = "▌" if on_cursor and self.has_focus else " "
        return self._strip(self._drawn[row], width, style, mark)

    def _strip(self, cells: Sequence[Cell], width: int, style: Style, mark: str = " ") -> Strip:
        segments = [Segment(mark, style)]
        gap = Segment(" " * GAP, style)
        for column, room, cell in zip(self.columns, fit(self.columns, width - 2), cells, strict=True):
            if not room:
                continue
            if len(segments) > 1:
                segments.append(gap)
            segments.append(Segment(placed(cell.text, room, column.right), self._toned(style, cell.tone)))
        return Strip(segments).adjust_cell_length(width, style)

    def _strip_of_text(self, cell: Cell, width: int) -> Strip:
        style = self._toned(self.rich_style, cell.tone)
        return Strip([Segment(f" {one_line(cell.text)}", style)]).adjust_cell_length(width, style)

    def _toned(self, style: Style, tone: str) -> Style:
        return style + self._style(f"tone--{tone}", partial=True) if tone else style

    def _style(self, name: str, partial: bool = False) -> Style:
        if name not in self._styles_kept:
            self._styles_kept[name] = self.get_component_rich_style(name, partial=partial)
        return self._styles_kept[name]

    # -- moving

    def watch_cursor(self, old: int, new: int) -> None:
        self._keep_in_sight()
        self.refresh()

    def watch_has_focus(self, focus: bool) -> None:
        self.refresh()

    def on_resize(self, event: events.Resize) -> None:
        self._resize_canvas()
        self._keep_in_sight()

    def _keep_in_sight(self) -> None:
        room = max(1, self.size.height - HEADER_ROWS)
        top = int(self.scroll_offset.y)
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False)
        elif self.cursor >= top + room:
            self.scroll_to(y=self.cursor - room + 1, animate=False)

    def action_move(self, by: int) -> None:
        self._put(self.cursor + by)

    def action_leaf(self, by: int) -> None:
        self.action_move(by * max(1, self.size.height - HEADER_ROWS - 1))

    def action_jump(self, to: int) -> None:
        self._put(0 if to == 0 else len(self._items) - 1)

    def _put(self, place: int) -> None:
        self.cursor = max(0, min(place, len(self._items) - 1))
        self._remember()

    def action_choose(self) -> None:
        if self.marked is not None:
            self.post_message(RowChosen(self._key(self.marked)))

    def on_click(self, event: events.Click) -> None:
        row = event.y - HEADER_ROWS + int(self.scroll_offset.y)
        if event.y >= HEADER_ROWS and row < len(self._items):
            self._put(row)
            if event.chain == 2:
                self.action_choose()


def placed(text: str, width: int, right: bool = False) -> str:
    """The text in exactly so many terminal cells: cut with an ellipsis, or padded on one side."""
    text = one_line(text)
    lack = width - cell_len(text)
    if lack < 0:
        return set_cell_size(set_cell_size(text, width - 1).rstrip(" ") + "…", width)
    return " " * lack + text if right else text + " " * lack
