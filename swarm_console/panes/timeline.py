"""The timeline's frame: the chart, and below it the marked attempt in words."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical

from swarm_console.known.picture import Picture
from swarm_console.messages import BarMarked
from swarm_console.panes import caption
from swarm_console.panes.chart import Chart, chart
from swarm_console.panes.gantt import Gantt
from swarm_console.panes.lined import Lined
from swarm_console.words.harmless import one_line
from swarm_console.words.spans import Lines

LOW = 20
"""Rows of the screen below which the words are fewer."""


class Caption(Lined):
    """A few lines, always as many, so that nothing jumps."""

    _said: Lines = []  # noqa: RUF012

    def show(self, lines: Lines) -> None:
        """Draw these lines from now on."""
        self._said = lines
        self.renew()

    def lines(self, width: int) -> Lines:
        return self._said


class TimelinePane(Vertical):
    """A session's attempts, drone by drone."""

    HELP = """\
The session as a chart, a lane a drone. The critical path, which nothing could have shortened but a
faster build, is marked; idle time stays empty."""

    def __init__(self) -> None:
        super().__init__()
        self._chart: Chart | None = None

    def compose(self) -> ComposeResult:
        yield Gantt()
        yield Caption()

    def on_mount(self) -> None:
        legend = "  ".join(f"{glyph} {word}" for glyph, word in caption.LEGEND)
        self.border_subtitle = Text(legend)

    def draw(self, picture: Picture) -> None:
        """Show this picture."""
        self.set_class(self.screen.size.height < LOW, "-low")
        self._chart = chart(picture)
        self.query_one(Gantt).show(self._chart)
        title = f"Timeline{caption.title(self._chart)}"
        if title != getattr(self, "_title_drawn", None):
            self._title_drawn = title
            self.border_title = Text(one_line(title))
        self._tell()

    def on_bar_marked(self, message: BarMarked) -> None:
        message.stop()
        self._tell()

    def _tell(self) -> None:
        if self._chart is not None:
            self.query_one(Caption).show(self._words(self._chart))

    def _words(self, chart: Chart) -> Lines:
        view = self.query_one(Gantt).view
        if view.lane is None:
            return [[("no drone has joined this session yet", "dim")]]
        if view.marked is None:
            return caption.lane_lines(chart, view.lane)
        lines = caption.attempt_lines(chart, view.marked)
        return lines if self.screen.size.height < LOW else [*lines, caption.use_line(chart, view.lane)]
