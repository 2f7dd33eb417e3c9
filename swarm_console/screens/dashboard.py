"""The dashboard: the top, and the panes, side by side where there is room and one at a time where not."""

from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container

from swarm_console.messages import BuildChosen, ClusterChosen, CureWanted, NodeChosen, PaneWanted
from swarm_console.panes.blocked import BlockedPane
from swarm_console.panes.events import EventsPane
from swarm_console.panes.footer import KeyFooter
from swarm_console.panes.nodes import NodesPane
from swarm_console.panes.pane import Pane
from swarm_console.panes.queue import QueuePane
from swarm_console.panes.staging import StagingPane
from swarm_console.panes.strip import PaneStrip
from swarm_console.panes.top import Top
from swarm_console.picture import Picture
from swarm_console.screens.cluster import ClusterScreen
from swarm_console.screens.live import LiveScreen
from swarm_node.model.clusters import Cluster
from swarm_node.model.state import Build, Node

GRID_COLUMNS, GRID_ROWS = 100, 26
"""From this size on, all panes show at once."""
TALL_ROWS = 22
"""From so many rows on, a small screen keeps the nodes in sight beside the pane that is looked at."""
PANES: tuple[type[Pane[Any]], ...] = (NodesPane, BlockedPane, QueuePane, StagingPane, EventsPane)


def _digit(pane: type[Pane[Any]]) -> Binding:
    return Binding(
        pane.DIGIT,
        f"pane('{pane.__name__}')",
        pane.NAME,
        show=False,
        tooltip=f"{pane.NAME} to the front",
        id=f"pane-{pane.DIGIT}",
    )


class Dashboard(LiveScreen):
    """Where one lives."""

    BINDING_GROUP_TITLE = "dashboard"
    AUTO_FOCUS = "QueuePane Table"
    BINDINGS: ClassVar[list[BindingType]] = [
        *map(_digit, sorted(PANES, key=lambda pane: pane.DIGIT)),
        Binding("escape", "back", "Back", False, tooltip="undo the zoom, then the filter", id="back"),
        Binding("z", "zoom", "Zoom", False, tooltip="one pane as large as the screen, and back", id="zoom"),
        Binding("q", "app.quit", "Quit", tooltip="the swarm goes on", id="quit"),
    ]

    def compose(self) -> ComposeResult:
        yield Top()
        yield PaneStrip()
        with Container(id="panes"):
            for pane in PANES:  # where only one shows it must from the start, or the focus has no place
                yield pane(id=pane.__name__, classes="-present" if pane is QueuePane else None)
        yield KeyFooter()

    def on_mount(self) -> None:
        self._present = QueuePane.__name__

    def draw(self, picture: Picture) -> None:
        self.query_one(Top).draw(picture)
        for pane in self.query(Pane):
            pane.draw(picture)
        self._draw_strip(picture)

    @property
    def marked(self) -> str:
        """What the present pane marks, if that is a build or a node; else a build."""
        return self.marked_node if self._present == NodesPane.__name__ else self.marked_build

    @property
    def marked_build(self) -> str:
        """The build that the present pane, else the queue, marks."""
        for name in (self._present, QueuePane.__name__):
            marked = self._pane(name).marked
            if isinstance(marked, Cluster):
                return marked.builds[0]
            if isinstance(marked, Build):
                return marked.id
        return ""

    @property
    def marked_node(self) -> str:
        """The node that the nodes' pane marks."""
        marked = self._pane(NodesPane.__name__).marked
        return marked.name if isinstance(marked, Node) else ""

    def on_resize(self, event: events.Resize) -> None:
        columns, rows = event.size
        small = columns < GRID_COLUMNS or rows < GRID_ROWS
        self.set_class(small, "-small")
        self.set_class(small and rows >= TALL_ROWS, "-tall")
        self.call_after_refresh(lambda: self.draw(self.console.picture()))

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        pane = next((each for each in event.widget.ancestors if isinstance(each, Pane)), None)
        if pane is not None and pane.id is not None:
            self._present = pane.id
            self.query(Pane).remove_class("-present")
            pane.add_class("-present")

    def action_pane(self, name: str) -> None:
        """Bring a pane to the front."""
        if self.maximized is not None:
            self.minimize()
        pane = self._pane(name)
        self.query(Pane).remove_class("-present")
        pane.add_class("-present")
        self.call_after_refresh(pane.table.focus)

    def action_zoom(self) -> None:
        """Make the present pane as large as the screen, or small again."""
        if self.maximized is not None:
            self.minimize()
        else:
            self.maximize(self._pane(self._present), container=False)

    def action_back(self) -> None:
        """Undo the last thing that hides something: the zoom, then the filter."""
        if self.maximized is not None:
            self.minimize()
            return
        pane = self._pane(self._present)
        pane.clear_filter()
        pane.table.focus()

    def on_build_chosen(self, message: BuildChosen) -> None:
        self.console.open_build(message.build)

    def on_cluster_chosen(self, message: ClusterChosen) -> None:
        self.app.push_screen(ClusterScreen(message.cause))

    def on_cure_wanted(self, message: CureWanted) -> None:
        self.console.cure(message.remedy)

    def on_node_chosen(self, message: NodeChosen) -> None:
        self.console.open_node(message.node)

    def on_pane_wanted(self, message: PaneWanted) -> None:
        self.action_pane(message.pane)

    def _pane(self, name: str) -> Pane[Any]:
        return self.query_one(f"#{name}", Pane)

    def _draw_strip(self, picture: Picture) -> None:
        blocked = len(picture.blocked)
        verdict = picture.state.verified
        figures = {
            BlockedPane.__name__: f" {blocked}✗" if blocked else "",
            StagingPane.__name__: f" {verdict.score}" if verdict is not None else "",
        }
        labels = [
            (
                pane.__name__,
                f"{pane.DIGIT} {pane.SHORT or pane.NAME}{figures.get(pane.__name__, '')}",
                "attention" if pane is BlockedPane and blocked else "",
            )
            for pane in sorted(PANES, key=lambda pane: pane.DIGIT)
        ]
        self.query_one(PaneStrip).show(labels, self._present)
