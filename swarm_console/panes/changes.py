"""Changes: what clients of one release get with another, kind by kind."""

from collections.abc import Sequence
from typing import ClassVar, Final

from swarm_console.actions.releases import version
from swarm_console.known.picture import Picture
from swarm_console.panes.grid import Cell, Column
from swarm_console.panes.pane import Pane
from swarm_console.words.pen import growth, size
from swarm_console.words.spans import Span
from swarm_node.model.catalogue import KINDS, Change, Difference, Kind

SIGNS: Final[dict[Kind, Cell]] = {
    "upgraded": Cell("▲ upgraded", "ok"),
    "downgraded": Cell("▼ downgraded", "attention"),
    "added": Cell("+ added", "accent"),
    "removed": Cell("− removed", "wait"),
    "use": Cell("± USE", "accent"),
    "rebuilt": Cell("↻ rebuilt", "dim"),
}
NAMES: Final = {0: "before"}
"""Release 0 is what clients had before the first."""


class ChangesPane(Pane[Change]):
    """One difference, or why it is not there; `only` shows a single kind."""

    HELP = """\
What clients of one release get with another, package by package.
▲ ▼  upgraded, downgraded
+ −  added, removed
± ↻  other USE flags, the same built anew"""
    NAME = "Changes"
    DIGIT = "2"
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("Change", 12),
        Column("Package", 18, flex=3),
        Column("Slot", 5, spare=3),
        Column("Version", 15, flex=2),
        Column("USE", 8, flex=2, spare=2),
        Column("Growth", 10, right=True, spare=1),
    )
    difference: Difference | None = None
    reason = ""
    """Why there is none to show."""
    only: Kind | None = None

    def items(self, picture: Picture) -> Sequence[Change]:
        if self.difference is None:
            return ()
        changes = self.difference.changes
        return changes if self.only is None else [each for each in changes if each.kind == self.only]

    def key(self, item: Change) -> str:
        return f"{item.kind} {item.cp}:{item.slot} {item.before} {item.after}"

    def words(self, item: Change) -> str:
        return f"{SIGNS[item.kind].text} {item.cp} {moved(item)} {' '.join(item.use)}"

    def empty(self, picture: Picture) -> str:
        return self.reason if self.difference is None else "✓ the two hold the same packages"

    def summary(self, picture: Picture) -> str:
        found = self.difference
        if found is None:
            return ""
        section = f"  only {SIGNS[self.only].text}" if self.only is not None else ""
        return f"{_name(found.older)} → {_name(found.newer)}  {growth(found.size)}{section}"

    def cells(self, item: Change) -> tuple[Cell, ...]:
        return (
            SIGNS[item.kind],
            Cell(item.cp),
            Cell(item.slot, "dim"),
            Cell(moved(item)),
            Cell(" ".join(item.use), "accent"),
            Cell(growth(item.growth), "dim"),
        )

    def note(self, item: Change | None) -> list[Span]:
        lines: list[Span] = []
        if self.difference is not None and self.difference.changes:
            lines.append((tally(self.difference), "bold"))
        if item is not None:
            lines.append((f"{item.cp}:{item.slot}  {moved(item)}", ""))
            weights = " → ".join(size(each) for each in (item.size_before, item.size_after) if each)
            lines.append((f"{weights}  {growth(item.growth)}  {' '.join(item.use)}".rstrip(), "dim"))
        return lines

    def show(self, found: Difference | None, reason: str = "") -> None:
        """Draw this difference, or say why there is none."""
        if self.only is not None and (found is None or not found.counts()[self.only]):
            self.only = None
        self.difference, self.reason = found, reason
        self.draw(self.picture)

    def next_section(self) -> None:
        """Only the next kind of which there is something; after the last, everything again."""
        counts = self.difference.counts() if self.difference is not None else {}
        sections: list[Kind | None] = [None, *(kind for kind in KINDS if counts.get(kind))]
        self.only = sections[(sections.index(self.only) + 1) % len(sections)]
        self.draw(self.picture)


def moved(change: Change) -> str:
    """The version, or both with an arrow."""
    before, after = version(change.cp, change.before), version(change.cp, change.after)
    return f"{before} → {after}" if before and after and before != after else after or before


def tally(found: Difference) -> str:
    """How many changes there are of each kind."""
    counts = found.counts()
    signs = [(SIGNS[kind].text.partition(" "), counts[kind]) for kind in KINDS if counts[kind]]
    return "   ".join(f"{sign} {number} {word}" for (sign, _, word), number in signs)


def _name(release: int) -> str:
    return NAMES.get(release, str(release))
