"""Cost: what a package takes on each node, predicted and measured."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, NamedTuple

from swarm_console.known.attempts import Tale
from swarm_console.known.dossier import PackageDossier
from swarm_console.known.picture import Picture
from swarm_console.messages import NodeChosen
from swarm_console.panes.grid import Cell, Column
from swarm_console.panes.nodes import name_column
from swarm_console.panes.pane import Pane
from swarm_console.words.pen import count, duration, size
from swarm_console.words.spans import Span
from swarm_console.words.times import clock
from swarm_node.model.estimate import estimate, speed_of


class Cost(NamedTuple):
    """One node: the seconds predicted for it, and the last attempt there that went well."""

    node: str
    predicted: float
    last: Tale | None


class CostPane(Pane[Cost]):
    """A row a node."""

    NAME = "Cost"
    DIGIT = "6"
    HELP = """\
What the package takes on each node: *Predicted* is what history says now, *Took* the last time it was built
there, with the memory and the scratch space that this build took at most. Enter goes to the node."""
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("Node", 8, flex=1),
        Column("Predicted", 9, right=True),
        Column("Took", 7, right=True),
        Column("×", 5, right=True, spare=3),
        Column("Memory", 9, right=True, spare=1),
        Column("Disk", 9, right=True, spare=2),
    )
    dossier: PackageDossier

    def items(self, picture: Picture) -> Sequence[Cost]:
        last = newest_by_node(self.dossier.tales(picture))
        nodes = sorted(picture.state.nodes.keys() | last.keys())
        history = picture.state.history
        usual = estimate(history, self.dossier.cp).seconds
        costs = [Cost(node, usual / speed_of(history, node), last.get(node)) for node in nodes]
        return sorted(costs, key=lambda cost: (cost.last is None, cost.predicted))

    def columns(self, picture: Picture) -> Sequence[Column]:
        return name_column(self.COLUMNS, 0, picture)

    def key(self, item: Cost) -> str:
        return item.node

    def empty(self, picture: Picture) -> str:
        return "no node is known"

    def cells(self, item: Cost) -> tuple[Cell, ...]:
        last = item.last
        measures = last.measures if last is not None else None
        return (
            Cell(item.node, "" if last is not None else "dim"),
            Cell(f"≈{clock(item.predicted)}", "dim"),
            Cell(clock(last.seconds) if last is not None else ""),
            _ratio(last),
            Cell(size(measures.peak_memory) if measures is not None and measures.peak_memory else "", "dim"),
            Cell(size(measures.peak_disk) if measures is not None and measures.peak_disk else "", "dim"),
        )

    def note(self, item: Cost | None) -> list[Span]:
        state, cp = self.picture.state, self.dossier.cp
        guess = estimate(state.history, cp)
        known = len(state.history.samples.get(cp, ()))
        low, high = (duration(seconds) for seconds in guess.band())
        basis = f"from {count(known, 'build')}" if known else "a guess"
        lines: list[Span] = [(f"{low} – {high} on 8 cores, {basis}", "dim")]
        appetite = state.appetites.get(cp)
        if appetite is not None and appetite.memory:
            lines.append((f"{size(appetite.memory)} of memory with {count(appetite.jobs, 'job')}", "dim"))
        return lines

    def opened(self, key: str) -> None:
        self.post_message(NodeChosen(key))


def newest_by_node(tales: Iterable[Tale]) -> dict[str, Tale]:
    """Of attempts, newest first, the last one on each node that went well."""
    found: dict[str, Tale] = {}
    for tale in tales:
        if tale.outcome == "staged":
            found.setdefault(tale.node, tale)
    return found


def _ratio(last: Tale | None) -> Cell:
    """What it took over what was predicted for that attempt."""
    if last is None or not last.expected:
        return Cell("")
    ratio = last.seconds / last.expected
    return Cell(f"{ratio:.2f}", "wait" if ratio > 1.5 else "dim")
