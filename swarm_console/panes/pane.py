"""What panes have in common: a frame with a digit, a table, a filter, and sometimes a text below it."""

from collections.abc import Sequence
from typing import ClassVar, Final, Generic, TypeVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from swarm_console.known.picture import Picture
from swarm_console.messages import RowChosen, RowMarked
from swarm_console.panes.entry import Entry
from swarm_console.panes.frame import Frame
from swarm_console.panes.grid import Cell, Column
from swarm_console.panes.table import Table
from swarm_console.panes.tones import Toned
from swarm_console.words.harmless import one_line
from swarm_console.words.sieve import BadSieve, Sieve, sieve
from swarm_console.words.spans import Span

ENTRY: Final = "regular expression, ! inverts; Enter keeps, Esc clears"
T = TypeVar("T")


class Note(Toned):
    """What is to be said of the marked row, below the table: a line each, cut or broken."""

    _spans: Sequence[Span] = ()

    def __init__(self, breaks: bool = False) -> None:
        super().__init__()
        self._breaks = breaks

    def show(self, spans: Sequence[Span]) -> None:
        """One line a span."""
        if spans != self._spans:
            self._spans = spans
            self.display = bool(spans)
            self.remeasure()

    def on_mount(self) -> None:
        self.display = bool(self._spans)

    def render(self) -> Text:
        width = None if self._breaks else self.size.width
        return Text("\n").join(self.line([span], width) for span in self._spans)


class Pane(Frame, Generic[T]):
    """A framed table. Subclasses say what stands in it; they keep nothing but the picture last drawn."""

    COLUMNS: ClassVar[tuple[Column, ...]]
    STICKY: ClassVar[bool] = False
    _entry: Entry | None = None
    """The filter's line, once it was wanted."""
    _wrong = ""
    """What is wrong with the filter that is being typed."""
    BREAKS: ClassVar[bool] = False
    """Whether a line of the note that is too long goes on below."""
    BINDING_GROUP_TITLE = "panes"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter", tooltip="only rows that match; ! inverts", id="filter"),
    ]

    def items(self, picture: Picture) -> Sequence[T]:
        """The rows."""
        raise NotImplementedError

    def columns(self, picture: Picture) -> Sequence[Column]:
        """The columns, where they depend on what is shown."""
        return self.COLUMNS

    def key(self, item: T) -> str:
        """What names a row for good."""
        raise NotImplementedError

    def words(self, item: T) -> str:
        """What the filter sees of a row."""
        return self.key(item)

    def cells(self, item: T) -> tuple[Cell, ...]:
        """A row, one cell a column."""
        raise NotImplementedError

    def empty(self, picture: Picture) -> str:
        """What to say when there are no rows."""
        return ""

    def note(self, item: T | None) -> list[Span]:
        """Lines below the table about the marked row; none for no such part."""
        return []

    def opened(self, key: str) -> None:
        """A row was chosen."""

    # -- the frame

    def compose(self) -> ComposeResult:
        self.table: Table[T] = Table(self.COLUMNS, key=self.key, words=self.words, sticky=self.STICKY)
        yield self.table
        yield Note(self.BREAKS)

    def draw(self, picture: Picture) -> None:
        """Show this picture."""
        self.picture = picture
        empty = self.empty(picture) if picture.mirror.known else "waiting for the swarm"
        self.table.columns = self.columns(picture)
        self.table.show(self.items(picture), self.cells, empty)
        self.draw_title()
        self._draw_note()

    @property
    def marked(self) -> T | None:
        """The item under the cursor."""
        return self.table.marked

    def enter(self) -> None:
        self.screen.set_focus(self.table)

    def title(self) -> Text:
        title = super().title()
        chosen: Sieve | None = self.table.sieve
        if self._wrong:
            title.append(f"  ✗ {one_line(self._wrong)}", "reverse")
        elif chosen is not None:
            shown, of = self.table.counts
            so_far = " so far" if self.table.sifting else ""
            title.append(f"  ⌕ {one_line(chosen.text)} ({shown}{so_far} of {of})", "reverse")
        return title

    def _draw_note(self) -> None:
        self.query_one(Note).show(self.note(self.marked))

    # -- what happens in it

    def on_row_chosen(self, message: RowChosen) -> None:
        message.stop()
        self.opened(message.key)

    def on_row_marked(self, message: RowMarked) -> None:
        message.stop()
        self._draw_note()

    async def action_filter(self) -> None:
        """Open the filter's line, which is made when it is first wanted."""
        if self._entry is None:
            self._entry = Entry(ENTRY)
            self.watch(self._entry, "value", self._sift, init=False)  # a message comes a frame later
            await self.mount(self._entry)
        self._entry.display = True
        self.screen.set_focus(self._entry)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        event.input.display = False
        self.screen.set_focus(self.table)

    def clear_filter(self) -> bool:
        """Show everything again; whether there was a filter."""
        had = self.table.sieve is not None
        if self._entry is not None:
            had = had or self._entry.display
            self._entry.value = ""  # which sifts
            self._entry.display = False
        return had

    def begin_anew(self) -> None:
        super().begin_anew()
        self.table.begin_anew()

    def _sift(self, text: str) -> None:
        try:
            wanted = sieve(text)
        except BadSieve as error:
            self._wrong = str(error)
        else:
            self._wrong = ""
            self.table.filter_by(wanted)
            self._draw_note()
        if self._entry is not None:
            self._entry.set_class(bool(self._wrong), "-wrong")
        self.draw_title()
