"""Attempts: every try of a package, or on a node, how it ended, and what it cost."""

from collections.abc import Sequence
from typing import ClassVar, Final

from swarm_console.known.attempts import SIGNS, Tale
from swarm_console.known.dossier import NodeDossier, PackageDossier
from swarm_console.known.inquiry import pending
from swarm_console.known.picture import Picture
from swarm_console.messages import AttemptMarked, RowMarked
from swarm_console.panes.attemptlog import chosen
from swarm_console.panes.grid import Cell, Column
from swarm_console.panes.nodes import name_column
from swarm_console.panes.pane import Pane
from swarm_console.words.pen import count, size
from swarm_console.words.spans import Span
from swarm_console.words.times import clock, lately

TIMES: Final = (
    Column("Ended", 11, spare=2),
    Column("Took", 7, right=True),
    Column("Predicted", 9, right=True, spare=4),
)


class TalesPane(Pane[Tale]):
    """A row an attempt, newest first."""

    HELP = """\
Attempts, newest first, each with its log one key away.
● ✓ ✗  building, staged, failed
– ←  lost with its node, taken back by the swarm"""
    STICKY = True

    def key(self, item: Tale) -> str:
        return str(item.number)

    def words(self, item: Tale) -> str:
        return f"{item.number} {item.build} {item.node} {SIGNS[item.outcome][0]} {item.matter}"

    def head(self, item: Tale) -> tuple[Cell, ...]:
        """The cells before those of its times: its number, its state, and where or what it was."""
        raise NotImplementedError

    def what(self, item: Tale) -> str:
        """What became of it, else what it took of the machine."""
        return item.matter or memory(item)

    def cells(self, item: Tale) -> tuple[Cell, ...]:
        return (
            *self.head(item),
            Cell(lately(item.at, self.picture.now), "dim"),
            took(item, self.picture),
            Cell(clock(item.expected) if item.expected else "", "dim"),
            Cell(self.what(item), "dim"),
        )

    def summary(self, picture: Picture) -> str:
        tales = self.items(picture)
        return count(len(tales), "attempt") if tales else ""

    def note(self, item: Tale | None) -> list[Span]:
        """What does not fit in the row."""
        if item is None:
            return []
        ended = "began" if item.outcome == "open" else "ended"
        predicted = f", predicted {clock(item.expected)}" if item.expected else ""
        lines: list[Span] = [(f"{ended} {lately(item.at, self.picture.now)}{predicted}", "dim")]
        if item.diagnosis is not None:
            lines.append((f"{item.matter}: {item.diagnosis.summary}", "wait"))
        elif said := item.reason or memory(item):
            lines.append((said, "dim"))
        return lines

    def opened(self, key: str) -> None:
        if self.marked is not None:
            self.post_message(chosen(self.marked))

    def on_row_marked(self, message: RowMarked) -> None:
        self.post_message(AttemptMarked(int(message.key)))


class AttemptsPane(TalesPane):
    """Attempts at one package."""

    NAME = "Attempts"
    SHORT = "Tries"
    DIGIT = "4"
    HELP = """\
Every attempt at this package: those of this session, and older ones of any version. The log of the
marked one shows beside; Enter opens it in full. *Took* stands beside what was predicted when the
attempt began."""
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("#", 5, right=True),
        Column("State", 10),
        Column("Node", 8, spare=1),
        *TIMES,
        Column("What", 12, flex=1, spare=3),
    )
    dossier: PackageDossier

    def items(self, picture: Picture) -> Sequence[Tale]:
        return self.dossier.tales(picture)

    def columns(self, picture: Picture) -> Sequence[Column]:
        return name_column(self.COLUMNS, 2, picture)

    def empty(self, picture: Picture) -> str:
        return pending(self.dossier.past, picture) or "it was never tried"

    def head(self, item: Tale) -> tuple[Cell, ...]:
        return Cell(str(item.number), "bold"), Cell(*SIGNS[item.outcome]), Cell(item.node)

    def what(self, item: Tale) -> str:
        version = f"{item.build}  " if item.build != self.dossier.id else ""
        return f"{version}{super().what(item)}"


class HistoryPane(TalesPane):
    """Attempts on one node."""

    NAME = "History"
    DIGIT = "3"
    HELP = """\
Every attempt on this node, newest first; older ones are read from the swarm's log as the cursor
comes to the end. Enter opens the log of the marked one, `o` its package."""
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("#", 5, right=True, spare=1),
        Column("State", 10),
        Column("Package", 18, flex=2),
        *TIMES,
        Column("What", 10, flex=1, spare=3),
    )
    dossier: NodeDossier

    def items(self, picture: Picture) -> Sequence[Tale]:
        return self.dossier.tales(picture)

    def empty(self, picture: Picture) -> str:
        return pending(self.dossier.past, picture) or "it has built nothing yet"

    def summary(self, picture: Picture) -> str:
        tales = self.items(picture)
        more = "" if self.dossier.complete or not tales else " and older ones"
        return f"{super().summary(picture)}{more}"

    def head(self, item: Tale) -> tuple[Cell, ...]:
        return Cell(str(item.number), "dim"), Cell(*SIGNS[item.outcome]), Cell(item.build)

    def on_row_marked(self, message: RowMarked) -> None:
        shown, _ = self.table.counts
        if self.table.cursor >= shown - 1:
            self.dossier.want_older()
            self.draw(self.picture)


def took(tale: Tale, picture: Picture) -> Cell:
    """How long it took, or takes; ≈ where it took clearly longer than was predicted."""
    seconds = picture.now - tale.at if tale.outcome == "open" else tale.seconds
    late = tale.expected and seconds > 1.5 * tale.expected
    return Cell(clock(seconds) if seconds else "", "wait" if late else "")


def memory(tale: Tale) -> str:
    """What it took of the machine."""
    measures = tale.measures
    if measures is None:
        return ""
    parts = [
        f"{size(measures.peak_memory)} memory" if measures.peak_memory else "",
        f"{size(measures.peak_disk)} disk" if measures.peak_disk else "",
    ]
    return ", ".join(filter(None, parts))
