"""A table of any length: only the rows on the screen are ever made into cells (Textual's Line API)."""

from collections.abc import Callable, Sequence
from time import monotonic
from typing import ClassVar, Final, Generic, Protocol, TypeVar, runtime_checkable

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.reactive import Reactive, reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.timer import Timer

from swarm_console.messages import RowChosen, RowMarked
from swarm_console.panes import leafing, thumb
from swarm_console.panes.grid import Cell, Column
from swarm_console.panes.rowstrips import RowStrips
from swarm_console.panes.sifter import Sifter
from swarm_console.panes.tones import Toned
from swarm_console.words.harmless import one_line
from swarm_console.words.sieve import Sieve

T = TypeVar("T")
HEADER_ROWS: Final = 1
AROUND: Final = 40
"""Rows above what one sees, and below it, that are known again when all in sight are gone."""
SIFTING, TOLD = 0.005, 0.15
"""Seconds between two parts of a long list that is looked through for the first time, and until it is told
how far that is."""


@runtime_checkable
class Findable(Protocol):
    """Items among which one is found by its key without a search."""

    def find(self, name: str) -> int | None:
        """Its place, None where it is not among them."""
        ...


class Table(ScrollView, Toned, Generic[T], can_focus=True):
    """Rows of items with a cursor that stays on its item, a fixed header, and a filter.

    `key` names an item for good, `words` is what the filter sees of it. Cells come from anywhere: they are
    made harmless here, and are never markup.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"table--header", "table--cursor"}
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

    virtual_size: Reactive[Size] = Reactive(Size(0, 0), repaint=False)
    """Textual 8.2 lays out the whole screen for another length, though at most the scroll bar changes."""
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
        self._strips = RowStrips(self)
        super().__init__(id=id)
        self.columns = columns
        self._key = key
        self._sticky = sticky
        """Whether a cursor on the first row stays on the first row as newer ones come."""
        self._all: Sequence[T] = ()
        self._items: Sequence[T] = ()
        self._cells: Callable[[T], Sequence[Cell]] = lambda item: ()
        self._empty = Cell("", "dim")
        self._unfiltered = ""
        """What is said where there are no rows at all."""
        self._name: str | None = None
        """Key of the item under the cursor; the items may be a view that changes by itself."""
        self._seen: list[str] = []
        """The keys of the rows on the screen."""
        self._around: list[str] = []
        """The same, with some more above and below."""
        self._around_from = 0
        """From which place on these stood there."""
        self._drawn: list[tuple[Cell, ...]] = []
        """The rows on the screen."""
        self._drawn_as: tuple[int, int, Sequence[Column]] = (0, 0, ())
        """From which place on they stand there, how many have room, and in which columns."""
        self._sifter = Sifter(words or key)
        self._sifting: Timer | None = None
        self._told = 0.0
        """When the rows were last shown."""

    def show(self, items: Sequence[T], cells: Callable[[T], Sequence[Cell]], empty: str = "") -> None:
        """Draw these items from now on; what did not change on the screen is not painted again."""
        self._all, self._cells, self._unfiltered = items, cells, empty
        self._let_pass(self._sifter.view(items))

    def _let_pass(self, items: Sequence[T]) -> None:
        """Show what passes the filter."""
        empty, self._items, self._told = self._unfiltered, items, monotonic()
        if self.sieve is not None and self._all and not items:
            empty = "looking …" if self._sifter.searching else "nothing matches the filter – Esc clears it"
        changed = self._empty.text != empty
        self._empty = Cell(empty, "dim")
        self._resize_canvas()
        self._follow()
        self._repaint(changed)
        self._sift_later()

    def _sift_later(self) -> None:
        if self._sifter.searching and self._sifting is None:
            self._sifting = self.set_timer(SIFTING, self._sift_on)

    def begin_anew(self) -> None:
        """Forget the rows and the cursor's place among them."""
        self._all = self._items = ()
        self._name, self.cursor = None, 0
        self.scroll_home(animate=False)

    def _sift_on(self) -> None:
        """Look through more of a long list, a little after the last part of it."""
        self._sifting = None
        if not self._sifter.searching:
            return
        passed = self._sifter.go_on()
        if self._sifter.searching and monotonic() - self._told < TOLD:
            self._sift_later()
        else:
            self._let_pass(passed)

    def _repaint(self, whole: bool) -> None:
        """Have those rows painted that differ from what is on the screen."""
        before, drawn_as = self._drawn, self._drawn_as
        self._look()
        if whole or drawn_as != self._drawn_as or len(before) != len(self._drawn):
            self._refresh_rows()
            return
        for row, (old, new) in enumerate(zip(before, self._drawn, strict=True)):
            if old != new:
                self._refresh_row(row)

    def filter_by(self, wanted: Sieve | None) -> None:
        """Show only what passes; when all does again, the cursor stays on its row, even the first one."""
        cleared, sticky = wanted is None and self.sieve is not None, self._sticky
        self._sifter.filter_by(wanted)
        self._sticky = sticky and not cleared
        self.show(self._all, self._cells, self._unfiltered)
        self._sticky = sticky

    @property
    def sieve(self) -> Sieve | None:
        """The filter in force."""
        return self._sifter.sieve

    @property
    def marked(self) -> T | None:
        """The item that one sees under the cursor, wherever it is by now; None where it is gone."""
        place = self._find(self._name, self.cursor) if self._name is not None else None
        return self._items[place] if place is not None else None

    @property
    def counts(self) -> tuple[int, int]:
        """(rows that pass the filter, rows)."""
        return len(self._items), len(self._all)

    @property
    def sifting(self) -> bool:
        """Whether there are rows that the filter has not looked at yet."""
        return self._sifter.searching

    def _resize_canvas(self) -> None:
        wanted = Size(self.size.width, len(self._items) + HEADER_ROWS)
        if self.virtual_size != wanted:
            self.virtual_size = wanted
            self._scroll_update(wanted)

    def _follow(self) -> None:
        """Keep the cursor on the item that it was on, wherever that is now."""
        place = max(0, min(self.cursor, len(self._items) - 1))
        if self._name is not None and not self._stuck:
            place = self._place_of(self._name, place)
        self.cursor = place
        self._remember()

    def _place_of(self, name: str, otherwise: int) -> int:
        """Where an item is now, most likely where it was last."""
        found = self._find(name, otherwise, self.cursor)
        return otherwise if found is None else found

    def _find(self, name: str, *likely: int) -> int | None:
        """Where an item is now; a long list knows that itself. None where it is gone."""
        for place in likely:
            if 0 <= place < len(self._items) and self._key(self._items[place]) == name:
                return place
        if isinstance(self._items, Findable):
            return self._items.find(name)
        return next((place for place, key in enumerate(map(self._key, self._items)) if key == name), None)

    @property
    def _stuck(self) -> bool:
        return self._sticky and not self.cursor

    def _remember(self) -> None:
        name = self._key(self._items[self.cursor]) if self._items else None
        if name != self._name:
            self._name = name
            self._refresh_row(self.cursor - int(self.scroll_offset.y))
            if name is not None:
                self.post_message(RowMarked(name))

    # -- drawing

    def _look(self) -> None:
        """Make cells of the rows that can be seen."""
        top, rows = int(self.scroll_offset.y), max(0, self.size.height - HEADER_ROWS)
        self._around_from = max(0, top - AROUND)
        around = self._items[self._around_from : top + rows + AROUND]
        self._around = [self._key(item) for item in around]
        shown = slice(top - self._around_from, top - self._around_from + rows)
        self._drawn = [tuple(self._cells(item)) for item in around[shown]]
        self._seen = self._around[shown]
        self._drawn_as = (top, rows, self.columns)

    def _refresh_rows(self) -> None:
        """Have all but the scroll bar painted again."""
        self.refresh(Region(0, 0, self.scrollable_content_region.width, self.size.height))

    def _refresh_row(self, row: int) -> None:
        """Have one of the rows that can be seen painted again."""
        if 0 <= row < len(self._drawn):
            self.refresh(Region(0, HEADER_ROWS + row, self.scrollable_content_region.width, 1))

    def render_lines(self, crop: Region) -> list[Strip]:
        """Strips as they are: Textual 8.2 looks after borders that a table has not, line by line.

        It keeps lines by their place, so that a row that has moved would be made anew.
        """
        room = max(0, self.size.height - HEADER_ROWS)
        if self._drawn_as[:2] != (int(self.scroll_offset.y), room):
            self._look()
        self._strips.fit(self.columns, self.scrollable_content_region.width, self.outer_size.width, room)
        background, filters = self.background_colors[1], self.get_line_filters()
        lines = [self.render_line(y) for y in crop.line_range]
        for each in filters:
            lines = [line.apply_filter(each, background) for line in lines]
        return [line.crop(*crop.column_span) for line in lines]

    def render_line(self, y: int) -> Strip:
        row = y - HEADER_ROWS
        if row < 0:
            return self._strips.row(tuple(Cell(column.title) for column in self.columns), "table--header")
        if not self._items and not row:
            return self._strips.line(f" {one_line(self._empty.text)}", self._empty.tone)
        if row >= len(self._drawn):
            return self._strips.line("")
        if self.has_focus and self._seen[row] == self._name:
            return self._strips.row(self._drawn[row], "table--cursor", "▌")
        return self._strips.row(self._drawn[row])

    def notify_style_update(self) -> None:
        self._strips.clear()
        super().notify_style_update()

    # -- moving

    def watch_cursor(self, old: int, new: int) -> None:
        self._keep_in_sight()
        for place in (old, new):
            self._refresh_row(place - int(self.scroll_offset.y))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Textual 8.2 paints the scroll bar for every row, though its thumb may stand where it stood."""
        self._place_thumb()
        if round(old_value) != round(new_value):
            self._refresh_rows()

    def _scroll_update(self, virtual_size: Size) -> None:
        super()._scroll_update(virtual_size)
        self._place_thumb()

    def _place_thumb(self) -> None:
        if self.show_vertical_scrollbar:
            bar = self.vertical_scrollbar
            rows, window, height = bar.window_virtual_size, bar.window_size, bar.size.height
            bar.position = thumb.settled(self.scroll_y, rows, window, height)

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
        self._put(self._away(by))
        self._repaint(False)

    def _away(self, by: int) -> int:
        """The place of the row that one sees so many rows away, wherever it is by now."""
        if self._name not in self._seen:
            self._follow()
            return self.cursor + by
        here, top = self._seen.index(self._name), self._drawn_as[0]
        if 0 <= here + by < len(self._seen):
            return self._place_of(self._seen[here + by], top + here + by)
        return self._beyond(here, by)

    def _beyond(self, here: int, by: int) -> int:
        """The same of a row out of sight."""
        top, shift = self._around_from, 0
        places = dict[int, int]()
        for row, name in enumerate(self._around, top):
            if (place := self._find(name, row + shift, row)) is not None:
                places[row], shift = place, place - row
        found = leafing.onward(places, here + self._drawn_as[0], by, len(self._around))
        return self.cursor + by if found is None else found

    def action_leaf(self, by: int) -> None:
        self.action_move(by * max(1, self.size.height - HEADER_ROWS - 1))

    def action_jump(self, to: int) -> None:
        self._put(0 if to == 0 else len(self._items) - 1)

    def _put(self, place: int) -> None:
        self.cursor = max(0, min(place, len(self._items) - 1))
        self._remember()

    def action_choose(self) -> None:
        if self._name is not None:
            self.post_message(RowChosen(self._name))

    def on_click(self, event: events.Click) -> None:
        row = event.y - HEADER_ROWS
        if 0 <= row < len(self._seen):
            self._put(self._place_of(self._seen[row], row + int(self.scroll_offset.y)))
            if event.chain == 2:
                self.action_choose()
