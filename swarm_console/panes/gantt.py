"""A Gantt chart of any length, a lane a drone: only what is on the screen is made (Textual's Line API)."""

from collections.abc import Callable
from typing import ClassVar, Final

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from swarm_console.messages import BarMarked, BuildChosen
from swarm_console.panes.bars import Piece, Scope
from swarm_console.panes.brush import CLASSES, SHARE, Brush
from swarm_console.panes.chart import Chart
from swarm_console.panes.rows import PATH_NAME, Row, Rows
from swarm_console.panes.tones import TONE_CLASSES
from swarm_console.panes.view import View
from swarm_console.words.timescale import moment

HEADS: Final = ("clock", "lane", "space")
"""The lines that stay: the clock, the critical path, and a space where lanes have one."""
LINES: Final = (("lane",), ("lane", "space"), ("lane", "times", "space"))
"""What each line of a lane shows, where there is room for so many."""
SHORT_NAME, LONG_NAME = 10, 18
WHEEL: Final = 0.1
"""Share of what is in sight that one notch of the wheel goes on by."""
ROOMY: Final = 100
"""From so many columns on, names have the room that they need."""

LOOKS: Final[dict[str, Callable[[View, float], None]]] = {
    "lane": lambda view, by: view.choose_lane(view.place + int(by)),
    "bar": lambda view, by: view.step(int(by)),
    "path": lambda view, by: view.along(int(by)),
    "end": lambda view, by: view.to_end(int(by)),
    "time": View.scroll,
    "zoom": lambda view, by: view.zoom(int(by)),
    "all": lambda view, by: view.fit(),
}


class Gantt(ScrollView, can_focus=True):
    """Lanes over time, with a mark on one attempt; while the present is in sight, it goes along with it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {*CLASSES}
    BINDING_GROUP_TITLE = "timeline"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "look('lane', -1)", "Up", False, tooltip="the lane above", id="up"),
        Binding("down,j", "look('lane', 1)", "Down", False, tooltip="the lane below", id="down"),
        Binding("pageup", "leaf(-1)", "Page up", False, tooltip="a page of lanes up", id="page-up"),
        Binding("pagedown", "leaf(1)", "Page down", False, tooltip="a page of lanes down", id="page-down"),
        Binding("left,h", "look('bar', -1)", "Before", False, tooltip="the bar before", id="bar-before"),
        Binding("right,l", "look('bar', 1)", "After", False, tooltip="the next bar", id="bar-after"),
        Binding("shift+left,H", "look('time', -0.5)", "Earlier", False, tooltip="scroll back", id="earlier"),
        Binding("shift+right,L", "look('time', 0.5)", "Later", False, tooltip="scroll on", id="later"),
        Binding("home,g", "look('end', 0)", "First", False, tooltip="the lane's first bar", id="first"),
        Binding("end,G", "look('end', -1)", "Last", False, tooltip="the lane's last bar", id="last"),
        Binding("plus", "look('zoom', 1)", "In", tooltip="closer, round the bar", id="zoom-in"),
        Binding("equals_sign", "look('zoom', 1)", "In", False, tooltip="closer as well", id="zoom-in-too"),
        Binding("minus", "look('zoom', -1)", "Out", tooltip="farther away", id="zoom-out"),
        Binding("0", "look('all', 0)", "All", tooltip="the whole session", id="zoom-all"),
        Binding(
            "right_square_bracket", "look('path', 1)", "Path", tooltip="along the critical path", id="path-on"
        ),
        Binding(
            *("left_square_bracket", "look('path', -1)", "Path back", False),
            tooltip="back along the critical path",
            id="path-back",
        ),
        Binding("enter", "open", "Open", tooltip="deeper, into the package", id="open"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.view = View()
        self._chart: Chart | None = None
        self._scope: Scope | None = None
        self._rows: list[Row] = []
        self._maker = Rows()
        self._brush: Brush | None = None
        self._styles: dict[str, Style] = {}
        self._high = 1
        """Lines a lane."""
        self._top = 0
        """The first lane in sight."""
        self._place = 0
        """The marked lane."""
        self._told: object = None

    def show(self, chart: Chart) -> None:
        """Draw this chart from now on; nothing is painted when it looks the same."""
        self._chart = chart
        self._high = max(1, min((self.size.height - len(HEADS)) // max(len(chart.lanes), 1), len(LINES)))
        wanted = Size(self.size.width, len(chart.lanes) * self._high + self._heads)
        if self.virtual_size != wanted:
            self.virtual_size = wanted
        self.view.see(chart, self._room)
        self._settle()

    def _settle(self, by_hand: bool = False) -> None:
        """After something has changed: paint what looks different, and say what is marked."""
        if self._chart is None:
            return
        before = self._scope, self._rows
        if by_hand:
            self._keep_in_sight()
        self._make()
        if by_hand or before != (self._scope, self._rows):
            self.refresh()
        marked, lane = self.view.marked, self.view.lane
        told = marked.number if marked is not None else lane and lane.node
        if told != self._told:
            self._told = told
            self.post_message(BarMarked())

    def _make(self) -> None:
        """The rows in sight."""
        assert self._chart is not None
        chart = self._chart
        self._scope = Scope(self.view.window, self._room, chart.begin, chart.end, chart.now)
        self._top, self._place = int(self.scroll_offset.y) // self._high, self.view.place
        count = (self.size.height - self._heads) // self._high + 2
        self._rows = self._maker.make(chart, self._scope, self._top, count)

    @property
    def _heads(self) -> int:
        """How many lines stay."""
        return len(HEADS) if self._high > 1 else len(HEADS) - 1

    @property
    def _room(self) -> int:
        """Cells for bars."""
        return max(self.scrollable_content_region.width - self._name_room - SHARE - 3, 1)

    @property
    def _name_room(self) -> int:
        if self.size.width < ROOMY:
            return SHORT_NAME
        lanes = self._chart.lanes if self._chart is not None else ()
        longest = max((len(lane.node) for lane in lanes), default=0)
        return min(max(longest, len(PATH_NAME)), LONG_NAME)

    # -- drawing

    def render_lines(self, crop: Region) -> list[Strip]:
        self._styles.clear()
        if self._chart is not None:
            self._make()
            assert self._scope is not None
            marked = self.view.marked
            number = marked.number if marked is not None else None
            self._brush = Brush(self._chart, self._scope, self._name_room, number, self._style)
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        width, style = self.scrollable_content_region.width, self.rich_style
        row, line = self._row_at(y)
        if self._brush is None or row is None:
            return Strip.blank(width, style)
        if line == "clock":
            return Strip(self._brush.axis()).adjust_cell_length(width, style)
        if line == "space":
            return Strip(self._brush.space(style)).adjust_cell_length(width, style)
        marked = y >= self._heads and row + self._top - 1 == self._place and self.has_focus
        style = self._style("gantt--lane", False) if marked else style
        draw = self._brush.lane if line == "lane" else self._brush.times
        segments = draw(self._rows[row], style, "▌" if marked else " ")
        return Strip(segments).adjust_cell_length(width, style)

    def _row_at(self, y: int) -> tuple[int | None, str]:
        """Which of the rows lies at a line of the screen, and which of its lines that is."""
        if y < self._heads:
            return 0, HEADS[y]
        lane, line = divmod(y - self._heads + int(self.scroll_offset.y), self._high)
        row = lane - self._top + 1
        return row if 0 < row < len(self._rows) else None, LINES[self._high - 1][line]

    def _style(self, name: str, partial: bool) -> Style:
        if name not in self._styles:
            node = self.screen if name in TONE_CLASSES else self
            self._styles[name] = node.get_component_rich_style(name, partial=partial)
        return self._styles[name]

    # -- moving

    def action_look(self, how: str, by: float) -> None:
        """Move the mark, or what is in sight."""
        if self._chart is not None:
            LOOKS[how](self.view, by)
            self._settle(by_hand=True)

    def action_leaf(self, by: int) -> None:
        """As many lanes up or down as there are in sight."""
        self.action_look("lane", by * max(1, (self.size.height - self._heads) // self._high - 1))

    def action_open(self) -> None:
        """Go to the package of the marked attempt."""
        if (marked := self.view.marked) is not None:
            self.post_message(BuildChosen(marked.build))

    def on_resize(self, event: events.Resize) -> None:
        if self._chart is not None:
            self.show(self._chart)
            self._settle(by_hand=True)

    def watch_has_focus(self, focus: bool) -> None:
        self.refresh()

    def _keep_in_sight(self) -> None:
        room, top = max(1, self.size.height - self._heads), int(self.scroll_offset.y)
        first = self.view.place * self._high
        if first < top:
            self.scroll_to(y=first, animate=False)
        elif first + self._high > top + room:
            self.scroll_to(y=first + self._high - room, animate=False)

    # -- the mouse

    def on_click(self, event: events.Click) -> None:
        row = self._row_at(event.y)[0] if event.y else None
        if self._scope is None or row is None:
            return
        place = event.x - self._left
        piece = _piece_at(self._rows[row].pieces, place)
        if piece is not None and piece.attempt is not None:
            self.view.choose(piece.attempt)
        elif row:
            at = moment(self._scope.window, self._scope.width, place) if place >= 0 else None
            self.view.choose_lane(self._top + row - 1, at)
        self._settle(by_hand=True)
        if event.chain == 2:
            self.action_open()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._wheel(event, 1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._wheel(event, -1)

    def on_mouse_scroll_left(self, event: events.MouseScrollLeft) -> None:
        self.action_look("time", -WHEEL)
        event.prevent_default().stop()

    def on_mouse_scroll_right(self, event: events.MouseScrollRight) -> None:
        self.action_look("time", WHEEL)
        event.prevent_default().stop()

    def _wheel(self, event: events.MouseEvent, up: int) -> None:
        """With ctrl the wheel zooms at the pointer, with shift it goes through time, else through lanes."""
        if self._scope is None or not (event.ctrl or event.shift or self.max_scroll_y == 0):
            return
        event.prevent_default().stop()
        if event.ctrl:
            self.view.zoom(up, moment(self._scope.window, self._scope.width, event.x - self._left))
            self._settle(by_hand=True)
        else:
            self.action_look("time", -up * WHEEL)

    @property
    def _left(self) -> int:
        """The column at which bars begin."""
        return self._name_room + SHARE + 3


def _piece_at(pieces: list[Piece], place: int) -> Piece | None:
    for piece in pieces if place >= 0 else ():
        if place < piece.cells:
            return piece
        place -= piece.cells
    return None
