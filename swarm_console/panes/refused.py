"""Refused: what a node says to the builds at the head of the queue, and why it leaves them."""

from collections.abc import Sequence
from typing import ClassVar

from swarm_console.known.attempts import category_package
from swarm_console.known.dossier import NodeDossier
from swarm_console.known.picture import Picture
from swarm_console.messages import BuildChosen
from swarm_console.panes.grid import Cell, Column
from swarm_console.panes.pane import Pane
from swarm_console.words.pen import duration
from swarm_console.words.spans import Span
from swarm_console.words.times import of_day
from swarm_node.model.answers import NodeAnswer
from swarm_node.model.estimate import expected


class RefusedPane(Pane[NodeAnswer]):
    """The head of the queue, as this node sees it."""

    NAME = "Head of the queue"
    SHORT = "Refused"
    DIGIT = "4"
    HELP = """\
The builds that could begin now, in the order in which they are handed out, and what this node says to each:
that it takes it, or why it does not. A build may be left for a faster node that would end it sooner, at the
time that is named. Below: what would change its mind. Enter goes to the package."""
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("Package", 18, flex=2),
        Column("Would take", 10, right=True, spare=1),
        Column("It says", 22, flex=3),
    )
    dossier: NodeDossier

    def items(self, picture: Picture) -> Sequence[NodeAnswer]:
        return self.dossier.answers(picture)

    def key(self, item: NodeAnswer) -> str:
        return item.build

    def words(self, item: NodeAnswer) -> str:
        return f"{item.build} {item.refusal or 'takes it'}"

    def empty(self, picture: Picture) -> str:
        return "nothing in the queue could begin now"

    def summary(self, picture: Picture) -> str:
        found = self.items(picture)
        refused = sum(answer.refusal is not None for answer in found)
        return f"{refused} of {len(found)} refused" if found else ""

    def cells(self, item: NodeAnswer) -> tuple[Cell, ...]:
        cp = category_package(item.build)
        seconds = expected(self.picture.state.history, cp, item.node).seconds
        return Cell(item.build), Cell(f"≈{duration(seconds)}", "dim"), self._says(item)

    def _says(self, item: NodeAnswer) -> Cell:
        if item.refusal is None:
            first = next((each for each in self.items(self.picture) if each.refusal is None), item)
            return (
                Cell("✓ takes it next", "ok")
                if first.build == item.build
                else Cell(f"✓ after {first.build}", "dim")
            )
        if item.better and item.until is not None:
            return Cell(f"✗ left for {item.better}, ends {of_day(item.until)[:5]}", "dim")
        return Cell(f"✗ {item.refusal}", "dim" if item.until is not None else "wait")

    def note(self, item: NodeAnswer | None) -> list[Span]:
        if item is None or item.refusal is None:
            return []
        if item.better and item.until is not None:
            ends = of_day(item.until)[:5]
            return [(f"left for {item.better}, which is faster and should end it about {ends}", "dim")]
        if item.until is not None:
            return [(f"ends by itself about {of_day(item.until)[:5]}", "dim")]
        return (
            [(f"→ {item.lift}", "ok" if item.lift.startswith("build-swarm ") else "wait")]
            if item.lift
            else []
        )

    def opened(self, key: str) -> None:
        self.post_message(BuildChosen(key))
