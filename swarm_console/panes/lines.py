"""The lines of a log of any size: only what is shown is fetched and made into strips (Textual's Line API)."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import ClassVar, Final

from textual import events
from textual.binding import Binding, BindingType

from swarm_console.known.picture import Picture
from swarm_console.logs.pages import Missing, Pages
from swarm_console.logs.reader import OPENING, Reader
from swarm_console.logs.screenful import Line, Place, Shape, around, ending, moved, screenful
from swarm_console.logs.source import Source
from swarm_console.logs.times import Times
from swarm_console.messages import LogMoved
from swarm_console.panes.canvas import LogCanvas
from swarm_console.words.harmless import one_line
from swarm_node.model.refusal import Refused

SIDEWAYS: Final = 16
WHEEL: Final = 3

Wish = Callable[[Pages], list[Line]]


class LogLines(LogCanvas, can_focus=True):
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

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.reader: Reader | None = None
        self.following = True
        self._wish: Wish | None = None
        self._loading = self._asking = False

    # -- what others say

    def show(self, source: Source | None, place: int | None = None) -> None:
        """Show a log from its end, which is followed, or with the row of an offset in sight.

        The log that shows already stays as it is, unless a place is named.
        """
        now = self.reader.source.attempt if self.reader is not None else None
        same = source is not None and source.attempt == now
        if not same:
            self.reader = Reader(source) if source is not None else None
            self._wish, self.marks, self.found, self.times, self.left = None, [], None, Times(), 0
            self.put([])
        if not same or place is not None:
            self.following = place is None
            self._want(self._ending if place is None else partial(self._around, place))

    def mark(self, offsets: Iterable[int]) -> None:
        """Put a sign before the rows of these offsets: the evidence of a diagnosis."""
        marks = sorted(offsets)
        if marks != self.marks:
            self.marks = marks
            self.refresh()

    def draw(self, picture: Picture) -> None:
        """Hear from a picture how long the log is; what could not be had is asked for again."""
        if self.reader is None:
            return
        reader = self.reader
        reader.streams = picture.mirror.streams
        size = picture.mirror.logs.get(reader.source.attempt, 0)
        if size > self.size_in_bytes:
            self.grow(size)
        elif picture.link.live and (reader.behind or (not reader.hopeless and self.waits)):
            self._begin_loading()

    def grow(self, size: int) -> None:
        """The log is so long by now."""
        if self.reader is None or size == self.size_in_bytes:
            return
        self.reader.pages.grow(size)
        self._grown()

    def _grown(self) -> None:
        """Show what came, where that is to be seen."""
        if self._wish is not None:
            self._begin_loading()
        elif self.following:
            self._want(self._ending)
        elif len(self.shown) < self.size.height:
            self._want(partial(self._from, Place(self.begin)))
        self._tell()

    def go(self, offset: int) -> None:
        """Bring the row of an offset into sight, and set it off."""
        self.found = offset
        self.refresh()
        if not self.begin <= offset < self.stop:
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

    @property
    def waits(self) -> bool:
        """Whether what is wanted does not show yet."""
        return self._wish is not None

    @property
    def trouble(self) -> str:
        """Why what is wanted cannot be had; empty while it can."""
        return self.reader.trouble if self.reader is not None else ""

    # -- getting what is wanted

    @property
    def _shape(self) -> Shape:
        return Shape(max(self.size.height, 1), self.room if self.wrap else None)

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
            lines = self._wish(reader.pages)
        except Missing as gap:
            return gap
        self._wish = None
        self.put(lines)
        self._look_at_the_clock()
        self._tell()
        return None

    def _begin_loading(self) -> None:
        waits = self.reader is not None and (self._wish is not None or self.reader.behind)
        if waits and not self._loading and self._shows:
            self._loading = True
            self.run_worker(self._load(), group="log")

    @property
    def _shows(self) -> bool:
        return self.is_attached and self.size.height > 0 and self.screen in self.app.screen_stack

    def _gap(self, reader: Reader) -> Missing | None:
        """What must be fetched next."""
        if not reader.opened:
            return OPENING
        return self._try(reader) or (reader.beyond if reader.behind else None)

    async def _load(self) -> None:
        """Fetch what is missing until the present wish is fulfilled, and nothing can have come unheard."""
        try:
            while (reader := self.reader) is not None and (gap := self._gap(reader)) is not None:
                size = reader.pages.size
                came = await reader.fetch(gap)
                if reader is not self.reader:
                    continue
                if not came:
                    break
                if reader.pages.size != size:
                    self._grown()
        finally:
            self._loading = False
        self.refresh()
        self._tell()

    def _look_at_the_clock(self) -> None:
        """Ask when what shows arrived, if times show and that is not known."""
        unknown = self.clocks and not self.times.covers(self.begin, self.stop)
        if unknown and self.reader is not None and not self._asking:
            self._asking = True
            self.run_worker(self._ask_times(self.reader), group="times")

    async def _ask_times(self, reader: Reader) -> None:
        shown = (-1, -1)
        try:
            while reader is self.reader and shown != (self.begin, self.stop):
                shown = self.begin, self.stop
                await self.times.fetch(reader.source, self.begin)
                self.refresh()
        except Refused:
            return  # the log itself tells the same trouble
        finally:
            self._asking = False

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

    def watch_clocks(self, clocks: bool) -> None:
        self._look_at_the_clock()
        self._lay_out_anew()

    def _lay_out_anew(self) -> None:
        if self._wish is not None:
            self._want(self._wish)
        elif self.following:
            self._want(self._ending)
        else:
            self._want(partial(self._from, Place(self.begin)))

    def nothing(self) -> str:
        if self.reader is None or not self.reader.opened:
            return one_line(self.trouble)
        return "nothing has been written yet"
