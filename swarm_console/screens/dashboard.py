"""The dashboard: the top, and the panes, side by side where there is room and one at a time where not."""

from collections.abc import Iterator
from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Size

from swarm_console.known.picture import Picture
from swarm_console.manners.memory import Layout
from swarm_console.panes.blocked import BlockedPane
from swarm_console.panes.events import EventsPane
from swarm_console.panes.frame import Frame
from swarm_console.panes.nodes import NodesPane
from swarm_console.panes.pane import Pane
from swarm_console.panes.queue import QueuePane
from swarm_console.panes.staging import StagingPane
from swarm_console.screens import doors
from swarm_console.screens.paned import PanedScreen, digits
from swarm_node.model.clusters import Cluster
from swarm_node.model.state import Build, Node

TALL_ROWS = 22
"""From so many rows on, a small screen keeps the nodes in sight beside the pane that is looked at."""


class Dashboard(PanedScreen):
    """Where one lives."""

    HELP = """\
The whole swarm: who answers, the four totals, how far the session is and when it should end, and
NEXT, the one thing to do now with the key that does it. Below are five panes, on a small screen one
at a time.
▲ … ✓  NEXT needs you, goes on by itself, is ready for you
stale  nothing is heard from the swarm; the last picture stays until it is"""
    PANES = (NodesPane, BlockedPane, QueuePane, StagingPane, EventsPane)
    FIRST = QueuePane
    BINDING_GROUP_TITLE = "dashboard"
    AUTO_FOCUS = ".-present Table"
    BINDINGS: ClassVar[list[BindingType]] = [
        *digits(PANES),
        Binding("escape", "back", "Back", False, tooltip="undo the zoom, then the filter", id="back"),
        Binding("q", "app.quit", "Quit", tooltip="the swarm goes on", id="quit"),
    ]

    def __init__(self, left: Layout) -> None:
        super().__init__()
        self._left = left
        """How it was left the last time."""

    def on_mount(self) -> None:
        if self._left.zoomed:
            self.call_after_refresh(self.action_zoom)

    @property
    def first(self) -> type[Frame]:
        return next((pane for pane in self.PANES if pane.__name__ == self._left.pane), self.FIRST)

    def on_unmount(self) -> None:
        theme = self.app.theme if self.app.theme != self.console.begun_in else self._left.theme
        left = Layout(theme, self.present, self.maximized is not None)
        self.console.notebook.change(lambda memory: memory.laid_out(left))

    @property
    def marked(self) -> str:
        """What the present pane marks, if that is a build or a node; else a build."""
        return self.marked_node if self.present == NodesPane.__name__ else self.marked_build

    @property
    def marked_build(self) -> str:
        """The build that the present pane, else the queue, marks."""
        for name in (self.present, QueuePane.__name__):
            marked = self._table(name).marked
            if isinstance(marked, Cluster):
                return marked.builds[0]
            if isinstance(marked, Build):
                return marked.id
        return ""

    @property
    def marked_node(self) -> str:
        """The node that the nodes' pane marks."""
        marked = self._table(NodesPane.__name__).marked
        return marked.name if isinstance(marked, Node) else ""

    def foresee(self) -> Iterator[None]:
        if self.present == NodesPane.__name__:
            return doors.foresee_node(self.console, self.marked_node)
        if self.present == QueuePane.__name__:
            return doors.foresee_package(self.console, self.marked_build)
        return super().foresee()

    def _fit(self, size: Size) -> None:
        super()._fit(size)
        self.set_class(self.is_small(*size) and size.height >= TALL_ROWS, "-tall")

    def leave(self) -> None:
        """There is nothing below it, but out of a replay it leads."""
        if not self.console.projector.leave():
            self.pane(self.present).enter()

    def figure(self, pane: type[Frame], picture: Picture) -> tuple[str, str]:
        blocked, verdict = len(picture.blocked), picture.state.verified
        if pane is BlockedPane and blocked:
            return f" {blocked}✗", "attention"
        return (f" {verdict.score}", "") if pane is StagingPane and verdict is not None else ("", "")

    def _table(self, name: str) -> Pane[Any]:
        return self.query_one(f"#{name}", Pane)
