"""A package in depth: why it is where it is, its attempts and their logs, its neighbours, what it changes."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from msgspec.structs import replace
from textual.binding import Binding, BindingType

from swarm_console.known.dossier import PackageDossier
from swarm_console.known.inquiry import Inquiry
from swarm_console.known.picture import Picture
from swarm_console.panes import queue
from swarm_console.panes.attemptlog import LogPane
from swarm_console.panes.attempts import AttemptsPane
from swarm_console.panes.change import ChangePane
from swarm_console.panes.cost import CostPane
from swarm_console.panes.needs import NeedsPane
from swarm_console.panes.why import WhyPane, cures
from swarm_console.screens import doors
from swarm_console.screens.cures import ALL, Choice, CuresDialog
from swarm_console.screens.depth import DepthScreen
from swarm_console.screens.paned import digits
from swarm_console.words.meters import bar
from swarm_console.words.spans import Lines, Span
from swarm_console.words.times import clock
from swarm_node.model.clusters import proofs
from swarm_node.model.remedies import Remedy
from swarm_node.model.state import OPEN, Build

BAR = 24


class PackageScreen(DepthScreen):
    """Everything that is known of one build."""

    HELP = """\
One package in depth: why it is where it is, its attempts and their logs, its neighbours, what it
changes and costs."""
    PANES = (WhyPane, NeedsPane, AttemptsPane, LogPane, ChangePane, CostPane)
    COLUMNS = ((WhyPane, LogPane), (NeedsPane, AttemptsPane, ChangePane, CostPane))
    FIRST = WhyPane
    AUTO_FOCUS = "WhyPane VerticalScroll"
    BINDING_GROUP_TITLE = "package"
    BINDINGS: ClassVar[list[BindingType]] = [
        *digits(PANES),
        Binding("x", "cure", "Cure", tooltip="do the first remedy", id="cure"),
        Binding("X", "remedies", "Remedies", tooltip="all remedies, to choose from", id="remedies"),
        Binding("u", "unblock", "Try again", tooltip="unblock this package only", id="unblock"),
        Binding("o", "over", "Its node", tooltip="over to the node that builds it", id="over"),
        Binding("backspace", "back", "Back", False, tooltip="where one came from", id="back"),
    ]

    dossier: PackageDossier

    def begin_dossier(self, subject: str) -> PackageDossier:
        return PackageDossier(subject, self.connect)

    @property
    def build(self) -> str:
        """The id of the build that it is about."""
        return self.dossier.id

    @property
    def marked(self) -> str:
        return self.build

    @property
    def marked_build(self) -> str:
        return self.build

    def about(self, picture: Picture) -> Lines:
        return _head(picture, self.dossier)

    def inquiries(self, picture: Picture) -> Iterator[tuple[Inquiry[Any], object]]:
        yield from super().inquiries(picture)
        yield self.dossier.offer, picture.state.current

    def parts(self, picture: Picture) -> Iterator[None]:
        yield from super().parts(picture)
        self.grey(("cure", "remedies", "unblock", "over"))

    # -- keys

    def obstacle(self, action: str, parameters: tuple[object, ...]) -> str:
        picture = self.console.picture()
        build = self.dossier.build(picture)
        if action in ("cure", "remedies", "unblock", "over") and build is None:
            return "it is not in the queue"
        if action in ("cure", "remedies") and not self._cures(picture):
            return "there is nothing to cure"
        if action == "unblock" and build is not None:
            return _why_not_again(build)
        if action == "over" and picture.node_of(build) is None:
            return "no node builds it now"
        return ""

    def _cures(self, picture: Picture) -> Sequence[Remedy]:
        build, answer = self.dossier.build(picture), self.dossier.why(picture)
        return cures(picture.state, build, answer) if build is not None and answer is not None else ()

    def action_cure(self) -> None:
        """Do what is likeliest to help."""
        for remedy in self._cures(self.console.picture())[:1]:
            self.console.orders.cure(remedy)

    def action_remedies(self) -> None:
        """Choose among all remedies."""
        picture = self.console.picture()
        found, build = self._cures(picture), self.dossier.build(picture)
        cluster = next((each for each in picture.clusters if self.build in each.builds), None)
        if cluster is None or build is None:
            self.action_cure()
            return
        own = replace(cluster, builds=(self.build,), remedies=tuple(found), evidence=proofs(build))
        self.app.push_screen(CuresDialog((own,)), self._chosen)

    def _chosen(self, remedy: Choice | None) -> None:
        for chosen in self._cures(self.console.picture())[:1] if remedy == ALL else (remedy,):
            if isinstance(chosen, Remedy):
                self.console.orders.cure(chosen)

    def action_unblock(self) -> None:
        """Try this package again."""
        self.console.orders.do("unblock", [self.build])

    def action_over(self) -> None:
        """Go to the node that builds it."""
        build = self.dossier.build(self.console.picture())
        if build is not None and (node := self.console.picture().node_of(build)) is not None:
            doors.node(self.console, node.name)


def _why_not_again(build: Build) -> str:
    """Why a build cannot be tried again as it is; empty when it can."""
    if build.status == "blocked" and build.row.problem is not None:
        return "it needs another configuration: see its remedies"
    if build.status == "blocked" or (build.status == "needed" and build.pinned is not None):
        return ""
    return f"it is {build.status}, not blocked"


def _head(picture: Picture, dossier: PackageDossier) -> Lines:
    build = dossier.build(picture)
    if build is None:
        return [[(dossier.id, "bold")]]
    state = queue.standing(picture, build)
    name: list[Span] = [(build.id, "bold"), ("   ", ""), (state.text, state.tone)]
    if build.status in OPEN:
        return [[*name, *_progress(picture, build)]]
    return [[*name, (f"   {build.row.reason}", "dim")]]


def _progress(picture: Picture, build: Build) -> list[Span]:
    share, attempt = picture.share_of(build), picture.attempt_of(build)
    where = f" on {attempt.node}" if attempt is not None else ""
    sign = "≈" if share.guessed else " "
    return [
        (f"{where}   {clock(picture.elapsed(build))}   ", "dim"),
        (bar(share.fraction, BAR), "accent"),
        (f"{sign}{share.fraction:4.0%}", ""),
    ]
