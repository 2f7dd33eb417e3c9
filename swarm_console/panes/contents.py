"""Contents: every package of a release."""

from collections.abc import Sequence
from typing import ClassVar

from swarm_console.known.picture import Picture
from swarm_console.panes.grid import Cell, Column
from swarm_console.panes.pane import Pane
from swarm_console.words.pen import count, size
from swarm_console.words.spans import Span
from swarm_node.model.catalogue import Contents, Package
from swarm_node.model.use import enabled


class ContentsPane(Pane[Package]):
    """The packages of one release, or why they are not there."""

    HELP = "Every package of the release, with its size."
    NAME = "Contents"
    DIGIT = "1"
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("Package", 18, flex=3),
        Column("Version", 12, flex=1),
        Column("Slot", 6, spare=3),
        Column("USE", 8, flex=3, spare=2),
        Column("Size", 9, right=True),
        Column("Repository", 10, spare=4),
        Column("Build", 5, right=True, spare=5),
    )
    contents: Contents | None = None
    reason = ""
    """Why there are none to show."""

    def items(self, picture: Picture) -> Sequence[Package]:
        return self.contents.packages if self.contents is not None else ()

    def key(self, item: Package) -> str:
        return item.path

    def words(self, item: Package) -> str:
        return f"{item.cpv}:{item.slot}::{item.repository} {_on(item)}"

    def empty(self, picture: Picture) -> str:
        return self.reason if self.contents is None else "this release is empty"

    def summary(self, picture: Picture) -> str:
        found = self.contents
        return f"{count(len(found.packages), 'package')}, {size(found.size)}" if found is not None else ""

    def cells(self, item: Package) -> tuple[Cell, ...]:
        return (
            Cell(item.cp),
            Cell(item.version),
            Cell(item.slot, "dim"),
            Cell(_on(item), "accent"),
            Cell(size(item.size)),
            Cell(item.repository, "dim"),
            Cell(f"{item.build_id}", "dim"),
        )

    def note(self, item: Package | None) -> list[Span]:
        if item is None:
            return []
        off = [flag for flag in item.use if flag.startswith("-")]
        return [
            (f"{item.cpv}:{item.slot}::{item.repository}  {size(item.size)}, build {item.build_id}", ""),
            (f"USE {' '.join([_on(item), *off]).strip() or 'none'}", "accent"),
            (f"SHA-512 {item.sha512}", "dim"),
        ]

    def show(self, found: Contents | None, reason: str = "") -> None:
        """Draw these packages, or say why there are none."""
        self.contents, self.reason = found, reason
        self.draw(self.picture)


def _on(package: Package) -> str:
    return " ".join(sorted(enabled(package.use)))
