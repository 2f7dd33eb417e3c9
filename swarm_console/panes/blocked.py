"""Blocked: what will not be tried again until somebody acts, why, and what would cure it."""

from collections.abc import Sequence
from typing import ClassVar

from swarm_console.messages import BuildChosen
from swarm_console.panes.grid import Cell, Column
from swarm_console.panes.pane import Pane
from swarm_console.panes.tones import Span
from swarm_console.pen import count, duration
from swarm_console.picture import Picture
from swarm_node.model.state import Build
from swarm_node.model.why import remedy_command

EVIDENCE = 3
EDIT = "edit-portage-and-fresh"
"""The remedy whose first half is a person's."""


class BlockedPane(Pane[Build]):
    """Blocked builds, those that hold up the most first."""

    NAME = "Blocked"
    DIGIT = "3"
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("Package", 22, flex=3),
        Column("Cause", 16, flex=1),
        Column("Unlocks", 8, right=True, spare=1),
    )

    def items(self, picture: Picture) -> Sequence[Build]:
        return sorted(picture.blocked, key=lambda build: (-unlocked(picture, build)[1], build.id))

    def key(self, item: Build) -> str:
        return item.id

    def words(self, item: Build) -> str:
        return f"{item.id} {item.diagnosis.kind if item.diagnosis is not None else ''}"

    def empty(self, picture: Picture) -> str:
        return "✓ nothing is blocked"

    def summary(self, picture: Picture) -> str:
        blocked = len(picture.blocked)
        return f"{blocked} need{'s' if blocked == 1 else ''} you" if blocked else ""

    def cells(self, item: Build) -> tuple[Cell, ...]:
        kind = item.diagnosis.kind if item.diagnosis is not None else "unknown"
        return (
            Cell(item.id),
            Cell(kind, "attention"),
            Cell(duration(unlocked(self.picture, item)[1]), "dim"),
        )

    def note(self, item: Build | None) -> list[Span]:
        return advice(self.picture, item) if item is not None else []

    def opened(self, key: str) -> None:
        self.post_message(BuildChosen(key))


def unlocked(picture: Picture, build: Build) -> tuple[int, float]:
    """How many builds would go on if this one did, and the seconds of compiling in them and it."""
    held = picture.held_up_by(build)
    return len(held), sum(picture.predicted(other) for other in (build, *held))


def cure_of(build: Build) -> tuple[str, str]:
    """What would cure a blocked build, in words, and the command that is a part of it ("" for none)."""
    command = remedy_command(build) if build.diagnosis is not None else ""
    if not command:
        return "only a person can: mend the ebuild or its input, then build-swarm unblock", ""
    if build.diagnosis is not None and build.diagnosis.remedy == EDIT:
        return f"edit etc/portage of the client profile, then {command}", command
    return command, command


def advice(picture: Picture, build: Build) -> list[Span]:
    """Cause, evidence and cure of a blocked build, line by line."""
    if build.diagnosis is None:
        return [("no diagnosis was recorded; Enter shows its attempts", "dim")]
    found = build.diagnosis
    held, _ = unlocked(picture, build)
    cure, command = cure_of(build)
    also = f", holds up {count(held, 'other build')}" if held else ""
    evidence = [(f"│ {line}", "dim") for line in found.evidence[:EVIDENCE]]
    return [(found.summary + also, "bold"), (f"→ {cure}", "ok" if command else "wait"), *evidence]
