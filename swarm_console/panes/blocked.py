"""Blocked: the causes of all that will not be tried again until somebody acts, and what would cure them."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from swarm_console.known.picture import Picture
from swarm_console.messages import BuildChosen, ClusterChosen, CureWanted
from swarm_console.panes.grid import Cell, Column
from swarm_console.panes.pane import Pane
from swarm_console.words.pen import count, duration
from swarm_console.words.spans import Span
from swarm_node.model.clusters import Cluster, Freed, Proof
from swarm_node.model.remedies import Remedy

EVIDENCE = 3
NAMED = 3
"""Packages of a cluster that are named before the rest is only counted."""


class BlockedPane(Pane[Cluster]):
    """A row for each cause, the one that holds up the most first."""

    HELP = """\
What will not be tried again until somebody acts, one row for each cause, the one that holds up the
most first. Below it stand the proof from the log and the first remedy.
Unlocks  hours of compiling that could go on, of the packages themselves and of all that wait for them"""
    NAME = "Blocked"
    DIGIT = "3"
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("Cause", 16, flex=1),
        Column("Packages", 12, flex=7),
        Column("Unlocks", 8, right=True, spare=1),
    )
    BINDING_GROUP_TITLE = "blocked"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "cure", "Cure", tooltip="do the first remedy of the marked cause", id="cure"),
    ]

    def items(self, picture: Picture) -> Sequence[Cluster]:
        return picture.clusters

    def key(self, item: Cluster) -> str:
        return item.cause

    def words(self, item: Cluster) -> str:
        return f"{item.name} {item.summary} {' '.join(item.builds)}"

    def empty(self, picture: Picture) -> str:
        return "✓ nothing is blocked"

    def summary(self, picture: Picture) -> str:
        blocked, trials = len(picture.blocked), len(picture.state.trials())
        causes = f"{count(blocked, 'package')}, {count(len(picture.clusters), 'cause')}" if blocked else ""
        return ", ".join(filter(None, [causes, f"{trials} on trial" if trials else ""]))

    def cells(self, item: Cluster) -> tuple[Cell, ...]:
        return (
            Cell(item.kind, "attention"),
            Cell(packages(item)),
            Cell(at_least(item, duration(item.seconds)), "dim"),
        )

    def note(self, item: Cluster | None) -> list[Span]:
        return advice(item) if item is not None else []

    def opened(self, key: str) -> None:
        marked = self.marked
        if marked is not None and len(marked.builds) == 1:
            self.post_message(BuildChosen(marked.builds[0]))
        elif marked is not None:
            self.post_message(ClusterChosen(marked.cause))

    def action_cure(self) -> None:
        """Do what is likeliest to help."""
        if self.marked is not None:
            self.post_message(CureWanted(self.marked.remedies[0]))


def packages(cluster: Cluster) -> str:
    """The packages of a cluster in a few words."""
    first, *others = cluster.builds
    return f"{len(cluster.builds)}: {first} …" if others else first


def extent(cluster: Cluster) -> str:
    """How much a cause blocks, and what curing it would set going."""
    held = f", {at_least(cluster, count(cluster.holds, 'other'))} held up" if cluster.holds else ""
    unlocks = at_least(cluster, duration(cluster.seconds))
    return f"{count(len(cluster.builds), 'package')}{held}, unlocks {unlocks} of compiling"


def at_least(held: Cluster | Freed, words: str) -> str:
    """The words, marked where more waits for the cause than was counted."""
    return f"≥ {words}" if held.beyond else words


def certainty(cluster: Cluster) -> str:
    """How sure the diagnosis is; empty where nothing was read from a log."""
    return f"{cluster.confidence:.0%} sure" if cluster.confidence else ""


def advice(cluster: Cluster) -> list[Span]:
    """Cause, cure and evidence, line by line."""
    sure = f" ({certainty(cluster)})" if certainty(cluster) else ""
    named = [(f"• {name}", "") for name in cluster.builds[:NAMED]] if len(cluster.builds) > 1 else []
    if len(cluster.builds) > NAMED:
        named.append((f"… and {len(cluster.builds) - NAMED} more; Enter lists them", "dim"))
    return [
        (f"{cluster.summary}{sure}", "bold"),
        cure_line(cluster.remedies[0]),
        *evidence(cluster.evidence[:EVIDENCE]),
        (extent(cluster), "dim"),
        *named,
    ]


def cure_line(remedy: Remedy) -> Span:
    """A remedy with its key, as one line."""
    known = f"  cured this {remedy.proven}×" if remedy.proven else ""
    if remedy.person:
        return f"→ {remedy.words}{f': {remedy.line}' if remedy.command else ''}{known}", "wait"
    return f"x → {remedy.line}{known}", "ok"


def evidence(proofs: Iterable[Proof]) -> list[Span]:
    """The lines that prove a cause, each with its place."""
    return [(f"│ {proof.place}{'  ' if proof.place else ''}{proof.text}", "dim") for proof in proofs]
