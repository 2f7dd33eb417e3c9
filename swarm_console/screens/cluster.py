"""One cause in depth: how much it blocks, every remedy with its key, and the packages that it blocks."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from swarm_console.keyboard.keys import remedy_key
from swarm_console.known.picture import Picture
from swarm_console.messages import BuildChosen
from swarm_console.panes.blocked import at_least, certainty, evidence, extent
from swarm_console.panes.footer import KeyFooter
from swarm_console.panes.grid import Cell, Column
from swarm_console.panes.pane import Pane
from swarm_console.panes.prose import Prose
from swarm_console.panes.top import Top
from swarm_console.screens.live import LiveScreen
from swarm_console.words.pen import duration
from swarm_console.words.spans import Lines, Span
from swarm_node.model.cause import cause_of
from swarm_node.model.clusters import Cluster, freed, proofs
from swarm_node.model.remedies import Remedy
from swarm_node.model.state import Build

WEIGHED = 100
"""Builds that wait for a package, up to which they are counted for every row and picture."""


class PackagesPane(Pane[Build]):
    """The packages of one cause; below them what proves it of the marked one."""

    HELP = """\
The packages that this cause blocks; of the marked one the lines of its log that prove it. Enter opens one."""
    NAME = "Packages"
    DIGIT = ""
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("Package", 22, flex=3),
        Column("Failed on", 12, flex=1, spare=1),
        Column("Tries", 5, right=True, spare=2),
        Column("Unlocks", 8, right=True),
    )
    cause = ""

    def items(self, picture: Picture) -> Sequence[Build]:
        return [
            build
            for build in picture.blocked
            if build.diagnosis is not None and cause_of(build.row, build.diagnosis) == self.cause
        ]

    def key(self, item: Build) -> str:
        return item.id

    def empty(self, picture: Picture) -> str:
        return "✓ it blocks nothing any more"

    def cells(self, item: Build) -> tuple[Cell, ...]:
        state = self.picture.state
        found = freed(state, item, WEIGHED)
        return (
            Cell(item.id),
            Cell(", ".join(dict.fromkeys(failure.node for failure in item.failures)), "dim"),
            Cell(str(len(item.failures) or ""), "dim"),
            Cell(at_least(found, duration(found.seconds)), "dim"),
        )

    def note(self, item: Build | None) -> list[Span]:
        return evidence(proofs(item)) if item is not None else []

    def opened(self, key: str) -> None:
        self.post_message(BuildChosen(key))


class ClusterScreen(LiveScreen):
    """A cause of blocked builds, while there are any."""

    HELP = """\
One cause of blocked packages: what proves it, every remedy by its number, and the packages that
wait for it."""
    BINDING_GROUP_TITLE = "cause"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", tooltip="where one came from", id="back"),
        Binding("x", "cure(1)", "Cure", tooltip="do the first remedy", id="cure"),
        *(remedy_key(number, "cure") for number in range(1, 10)),
    ]

    def __init__(self, cause: str) -> None:
        super().__init__()
        self._cause = cause
        self._remedies: Sequence[Remedy] = ()

    def compose(self) -> ComposeResult:
        yield Top()
        yield Prose(classes="about")
        yield PackagesPane()
        yield KeyFooter()

    def on_mount(self) -> None:
        pane = self.query_one(PackagesPane)
        pane.cause = self._cause
        pane.table.focus()

    @property
    def marked(self) -> str:
        return self.marked_build

    @property
    def marked_build(self) -> str:
        marked = self.query_one(PackagesPane).marked
        return marked.id if marked is not None else ""

    def parts(self, picture: Picture) -> Iterator[None]:
        cluster = next((each for each in picture.clusters if each.cause == self._cause), None)
        self._remedies = cluster.remedies if cluster is not None else ()
        self.query_one(Top).draw(picture)
        yield
        self.query_one(Prose).show(
            list(_lines(cluster)) if cluster is not None else [[(self._cause, "bold")]]
        )
        self.query_one(PackagesPane).draw(picture)

    def action_cure(self, number: int) -> None:
        """Do the remedy of that number."""
        if number <= len(self._remedies):
            self.console.orders.cure(self._remedies[number - 1])

    def action_back(self) -> None:
        """Clear the filter, else leave."""
        if not self.query_one(PackagesPane).clear_filter():
            self.app.pop_screen()


def _lines(cluster: Cluster) -> Iterator[list[Span]]:
    yield [(cluster.kind, "attention"), ("   ", ""), (cluster.summary, "bold")]
    yield [(", ".join(filter(None, (extent(cluster), certainty(cluster)))), "dim")]
    yield from remedy_lines(cluster.remedies)


def remedy_lines(remedies: Sequence[Remedy]) -> Lines:
    """Every remedy with the digit that does it."""
    return [line for number, remedy in enumerate(remedies, 1) for line in _remedy(number, remedy)]


def _remedy(number: int, remedy: Remedy) -> Iterator[list[Span]]:
    known = (f"   cured this {remedy.proven}×", "accent") if remedy.proven else ("", "")
    tone = "wait" if remedy.person else "ok"
    yield [(f" {number} ", "key"), (f"  {remedy.line or remedy.words}", tone), known]
    if remedy.command:
        yield [(f"     {remedy.words}", "dim")]
