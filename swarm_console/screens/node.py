"""A node in depth: what it builds and the log as it grows, its history, refusals and drift; a shell."""

from collections.abc import Iterator
from typing import Any, ClassVar

from textual.binding import Binding, BindingType

from swarm_console.known.dossier import NodeDossier
from swarm_console.known.inquiry import Inquiry
from swarm_console.known.picture import Picture
from swarm_console.known.standing import standing
from swarm_console.manners.shell import open_shell, why_no_shell
from swarm_console.panes import nodes
from swarm_console.panes.attemptlog import LogPane
from swarm_console.panes.attempts import HistoryPane
from swarm_console.panes.drift import DriftPane
from swarm_console.panes.machine import MachinePane
from swarm_console.panes.refused import RefusedPane
from swarm_console.screens import doors
from swarm_console.screens.depth import DepthScreen
from swarm_console.screens.paned import digits
from swarm_console.words.spans import Lines, Span
from swarm_console.words.times import clock, of_day


class NodeScreen(DepthScreen):
    """Everything that is known of one node."""

    HELP = """\
One node in depth: what it builds with the log as it grows, its history, what it refuses and why,
where it drifted."""
    PANES = (MachinePane, LogPane, HistoryPane, RefusedPane, DriftPane)
    COLUMNS = ((MachinePane, HistoryPane), (LogPane, RefusedPane, DriftPane))
    FIRST = MachinePane
    AUTO_FOCUS = "MachinePane VerticalScroll"
    BINDING_GROUP_TITLE = "node"
    BINDINGS: ClassVar[list[BindingType]] = [
        *digits(PANES),
        Binding(
            "d", "hold", "Drain or resume", tooltip="finish its build, take no more; or go on", id="hold"
        ),
        Binding(
            "s", "shell", "Shell", tooltip="a shell on this node; the console comes back after it", id="shell"
        ),
        Binding("o", "over", "Its package", tooltip="over to the package that it builds", id="over"),
        Binding("backspace", "back", "Back", False, tooltip="where one came from", id="back"),
    ]

    dossier: NodeDossier

    def begin_dossier(self, subject: str) -> NodeDossier:
        return NodeDossier(subject, self.connect)

    @property
    def node(self) -> str:
        """The name of the node that it is about."""
        return self.dossier.name

    @property
    def marked(self) -> str:
        return self.node

    @property
    def marked_build(self) -> str:
        build = self.dossier.building(self.console.picture())
        return build.id if build is not None else ""

    @property
    def marked_node(self) -> str:
        return self.node

    def about(self, picture: Picture) -> Lines:
        return _head(picture, self.dossier)

    def inquiries(self, picture: Picture) -> Iterator[tuple[Inquiry[Any], object]]:
        yield from super().inquiries(picture)
        if self.dossier.node(picture) is not None:
            yield self.dossier.drift, self.dossier.drift_depends_on(picture)

    def parts(self, picture: Picture) -> Iterator[None]:
        yield from super().parts(picture)
        drift = self.dossier.drift.answer
        self.set_class(drift is not None and not drift.in_step, "-adrift")
        self.grey(("hold", "shell", "over"))

    # -- keys

    def obstacle(self, action: str, parameters: tuple[object, ...]) -> str:
        if action not in ("hold", "over", "shell"):
            return ""
        picture = self.console.picture()
        node = self.dossier.node(picture)
        if node is None:
            return "no node of that name has registered"
        if action == "hold":
            return picture.locked
        if action == "shell":
            return why_no_shell(node)
        return "" if self._package(picture) else "it builds nothing now"

    def _package(self, picture: Picture) -> str:
        """The package that is meant: of the marked attempt in the history, else what it builds."""
        marked = self.query_one(HistoryPane).marked if self.present == HistoryPane.__name__ else None
        if marked is not None and marked.build in picture.state.builds:
            return marked.build
        build = self.dossier.building(picture)
        return build.id if build is not None else ""

    def action_hold(self) -> None:
        """Drain it, or resume it when it is drained."""
        node = self.dossier.node(self.console.picture())
        if node is not None:
            self.console.orders.do("resume" if node.held else "drain", [self.node])

    def action_shell(self) -> None:
        """Open a shell on it."""
        node = self.dossier.node(self.console.picture())
        if node is not None:
            open_shell(self.console, node)

    def action_over(self) -> None:
        """Go to its package."""
        if build := self._package(self.console.picture()):
            doors.package(self.console, build)


def _head(picture: Picture, dossier: NodeDossier) -> Lines:
    node = dossier.node(picture)
    if node is None:
        return [[(dossier.name, "bold")]]
    build = dossier.building(picture)
    state = standing(node, build)
    line: list[Span] = [(node.name, "bold"), ("   ", ""), state]
    if node.hold_reason:
        line.append((f": {node.hold_reason}", "wait"))
    if build is None:
        return [[*line, (f"   since {of_day(node.since)}", "dim")]]
    share = nodes.progressed(picture, build)
    took = clock(picture.elapsed(build))
    return [[*line, (f"   {build.id}", ""), (f"   {took}   ", "dim"), (share.text, share.tone)]]
