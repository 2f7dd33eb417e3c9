"""The lines of a log of any size: only what is shown is fetched and made into strips (Textual's Line API)."""

from bisect import bisect_left
from collections.abc import Callable, Iterable
from functools import partial
from typing import ClassVar, Final

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.reactive import reactive
from textual.strip import Strip

from swarm_console.harmless import one_line
from swarm_console.logs.pages import Missing, Pages
from swarm_console.logs.reader import OPENING, Reader
from swarm_console.logs.screenful import Line, Place, Shape, around, ending, moved, screenful
from swarm_console.logs.source import Source
from swarm_console.logs.tones import tone_of
from swarm_console.messages import LogMoved
from swarm_console.panes.tones import Toned
from swarm_console.picture import Picture

GUTTER: Final = 2
"""Cells at the left for signs."""
SIDEWAYS: Final = 16
WHEEL: Final = 3
EVIDENCE, CONTINUED, CUT_OFF = "▶", "⋯", "›"

Wish = Callable[[Pages], list[Line]]


class LogLines(Toned, can_focus=True):
    """The lines; `show` says of which log.

    It follows the log's end while its last line shows: moving up lets go of the end, reaching it takes hold.
    """

    BINDING_GROUP_TITLE = "log"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", False, tooltip="one line up", id="up"),
        Binding("down,j", "move(1)", "Down", False, tooltip="one line down", id="down"),
        Binding("pageup", "leaf(-1)", "Page up", False, tooltip="one page up", id="page-up"),
        Binding("pagedown,space", "leaf(1)", "Page down", False, tooltip="one page down", id="page-down"),
        Binding("home,g", "begin", "First", False, tooltip="to the first line", id="first"),
        Binding("end,G", "end", "Last", False, tooltip="to the last line, and follow", id="last"),
        Binding("left", "shift(-1)", "To the left", False, tooltip="to the left", id="left"),
        Binding("right", "shift(1)", "To the right", False, tooltip="to the right", id="right"),
    ]

    wrap: reactive[bool] = reactive(False)
    left: reactive[int] = reactive(0)
    """The first column that shows, where lines are not wrapped."""

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.reader: Reader | None = None
        self.following = True
        self.shown: list[Line] = []
        self._marks: list[int] = []
        self._wish: Wish | None = None
        self._loading = False

    # -- what others say

    def show(self, source: Source | None, place: int | None = None) -> None:
        """Show a log from its end, which is followed, or with the row of an offset in sight.

        The log that shows already stays as it is, unless a place is named.
        """
        now = self.reader.source.attempt if self.reader is not None else None
        same = source is not None and source.attempt == now
        if not same:
            self.reader = Reader(source) if source is not None else None
            self.shown, self._marks, self._wish, self.left = [], [], None, 0
        if not same or place is not None:
            self.following = place is None
            self._want(self._ending if place is None else partial(self._around, place))
            self.refresh()

    def mark(self, offsets: Iterable[int]) -> None:
        """Put a sign before the rows of these offsets: the evidence of a diagnosis."""
        marks = sorted(offsets)
        if marks != self._marks:
            self._marks = marks
            self.refresh()

    def draw(self, picture: Picture) -> None:
        """Hear from a picture how long the log is; what could not be had is asked for again."""
        if self.reader is None:
            return
        size = picture.mirror.logs.get(self.reader.source.attempt, 0)
        if size > self.size_in_bytes:
            self.grow(size)
        elif self.reader.trouble and not self.reader.hopeless and picture.link.live:
            self._begin_loading()

    def grow(self, size: int) -> None:
        """The log is so long by now."""
        if self.reader is None or size == self.size_in_bytes:
            return
        self.reader.pages.grow(size)
        if self._wish is not None:
            self._begin_loading()
        elif self.following:
            self._want(self._ending)
        elif len(self.shown) < self.size.height:
            self._want(partial(self._from, Place(self.begin)))
        self._tell()

    def go(self, offset: int) -> None:
        """Bring the row of an offset into sight."""
        self._want(partial(self._around, offset), moving=True)

    def seek(self, offset: int) -> None:
        """Bring the row of an offset to the top."""
        self._want(partial(self._from, Place(offset)), moving=True)

    def follow(self, on: bool) -> None:
        """Hold on to the log's end, or let go of it where it is."""
        self.following = on
        if on:
            self._want(self._ending)
        self._tell()

    @property
    def size_in_bytes(self) -> int:
        """Bytes of the log, as far as is known."""
        return self.reader.pages.size if self.reader is not None else 0

    @property
    def begin(self) -> int:
        """The offset of the first byte that shows."""
        return self.shown[0].row.begin if self.shown else 0

    @property
    def stop(self) -> int:
        """The offset behind the last byte that shows."""
        return self.shown[-1].stop if self.shown else 0

    @property
    def at_end(self) -> bool:
        """Whether the log's last row shows to its end."""
        return self.stop >= self.size_in_bytes

    # -- getting what is wanted

    @property
    def _room(self) -> int:
        """Cells of a line."""
        return max(self.size.width - GUTTER, 1)

    @property
    def _shape(self) -> Shape:
        return Shape(max(self.size.height, 1), self._room if self.wrap else None)

    def _ending(self, pages: Pages) -> list[Line]:
        return ending(pages, self._shape)

    def _from(self, place: Place, pages: Pages) -> list[Line]:
        return screenful(pages, place, self._shape)

    def _around(self, offset: int, pages: Pages) -> list[Line]:
        return around(pages, offset, self._shape)

    def _moved(self, by: int, pages: Pages) -> list[Line]:
        top = self.shown[0].place if self.shown else Place(0)
        return moved(pages, top, by, self._shape)

    def _want(self, wish: Wish, moving: bool = False) -> None:
        """Show what a wish comes to, at once if its bytes are at hand; `moving`: a person moved."""

        def settled(pages: Pages) -> list[Line]:
            lines = wish(pages)
            if moving:
                self.following = not lines or lines[-1].stop >= pages.size
            return lines

        self._wish = settled
        if self.reader is not None and self.reader.opened and not self._loading and self.size.height:
            self._try(self.reader)
        self._begin_loading()

    def _try(self, reader: Reader) -> Missing | None:
        """Show what is wished for; or what must be fetched first."""
        if self._wish is None:
            return None
        try:
            self.shown = self._wish(reader.pages)
        except Missing as gap:
            return gap
        self._wish = None
        self.refresh()
        self._tell()
        return None

    def _begin_loading(self) -> None:
        waits = self._wish is not None and self.reader is not None
        if waits and not self._loading and self.is_attached and self.size.height:
            self._loading = True
            self.run_worker(self._load(), group="log")

    async def _load(self) -> None:
        """Fetch what is missing until the present wish is fulfilled."""
        try:
            while (reader := self.reader) is not None and self._wish is not None:
                gap = self._try(reader) if reader.opened else OPENING
                if gap is not None and not await reader.fetch(gap) and reader is self.reader:
                    break
        finally:
            self._loading = False
        self.refresh()
        self._tell()

    def _tell(self) -> None:
        self.post_message(LogMoved())

    # -- moving

    def action_move(self, by: int) -> None:
        self._want(partial(self._moved, by), moving=True)

    def action_leaf(self, by: int) -> None:
        self.action_move(by * max(1, self.size.height - 1))

    def action_begin(self) -> None:
        self.seek(0)

    def action_end(self) -> None:
        self._want(self._ending, moving=True)

    def action_shift(self, by: int) -> None:
        if not self.wrap:
            self.left = max(0, self.left + by * SIDEWAYS)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.action_move(WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.action_move(-WHEEL)

    def on_resize(self, event: events.Resize) -> None:
        self._lay_out_anew()

    def watch_wrap(self, wrap: bool) -> None:
        self.left = 0
        self._lay_out_anew()

    def _lay_out_anew(self) -> None:
        if self._wish is not None:
            self._want(self._wish)
        elif self.following:
            self._want(self._ending)
        else:
            self._want(partial(self._from, Place(self.begin)))

    # -- drawing

    def render_line(self, y: int) -> Strip:
        width, style = self.size.width, self.rich_style
        if y >= len(self.shown):
            said = self._nothing() if not self.shown and y == 0 else ""
            return Strip([Segment(f"  {one_line(said)}", style + self.tone("dim"))]).adjust_cell_length(
                width, style
            )
        line, room = self.shown[y], self._room
        sign, tone = self._sign(line)
        whole = Strip([Segment(line.text, style + self.tone(self._tone(line)))])
        text = whole.crop(self.left, self.left + room).adjust_cell_length(room, style)
        if whole.cell_length - self.left > room and not self.wrap:
            text = Strip([*text.crop(0, room - 1), Segment(CUT_OFF, style + self.tone("dim"))])
        return Strip([Segment(f"{sign} ", style + self.tone(tone)), *text])

    def _nothing(self) -> str:
        """What to say where there are no lines."""
        if self.reader is None or not self.reader.opened:
            return self.reader.trouble if self.reader is not None else ""
        return "nothing has been written yet"

    def _sign(self, line: Line) -> tuple[str, str]:
        if not line.part and self._is_marked(line):
            return EVIDENCE, "attention"
        return (CONTINUED, "dim") if line.part or line.row.inside else (" ", "")

    def _is_marked(self, line: Line) -> bool:
        at = bisect_left(self._marks, line.row.begin)
        return at < len(self._marks) and self._marks[at] < line.row.end

    def _tone(self, line: Line) -> str:
        if self._is_marked(line):
            return "attention"
        return "dim" if line.overwritten else tone_of(line.text)
