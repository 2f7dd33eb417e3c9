"""Releases: what was made, what clients see, and what spoke against each when it was released."""

from collections.abc import Sequence
from typing import ClassVar, Final

from swarm_console.known.picture import Picture
from swarm_console.messages import ReleaseChosen, ReleaseMarked, RowMarked
from swarm_console.panes.grid import Cell, Column
from swarm_console.panes.pane import Pane
from swarm_console.panes.staging import GRAVE, StagingPane, weighed
from swarm_console.words.pen import count, moment, size
from swarm_console.words.spans import Span
from swarm_node.model.events import Finding
from swarm_node.model.state import Release, State

BASE: Final = "◆"
"""Marks the release that others are compared with."""
SHOWN: Final = 6
"""Findings that the note has room for."""
STANDING: Final = {
    "prepared": Cell("… being made", "wait"),
    "published": Cell("✓ kept"),
    "abandoned": Cell("! given up", "dim"),
    "forgotten": Cell("· forgotten", "dim"),
}


class ReleasesPane(Pane[Release]):
    """Every release that was ever made, the newest first."""

    HELP = "Every release that was made, newest first, and which of them clients see."
    NAME = "Releases"
    DIGIT = "1"
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("Release", 7, right=True),
        Column("State", 12),
        Column("Made", 16, spare=1),
        Column("Packages", 8, right=True),
        Column("New", 5, right=True, spare=2),
        Column("Size", 9, right=True, spare=3),
        Column("Risk", 4, right=True),
        Column("Forced because", 8, flex=1, spare=4),
    )
    base: int | None = None
    """The release that others are compared with, when somebody chose one."""

    def items(self, picture: Picture) -> Sequence[Release]:
        return sorted(picture.state.releases.values(), key=lambda release: -release.number)

    def key(self, item: Release) -> str:
        return str(item.number)

    def words(self, item: Release) -> str:
        return f"{item.number} {self._standing(item).text} {moment(item.at)} {item.forced}"

    def empty(self, picture: Picture) -> str:
        return "nothing has been released yet: build-swarm release"

    def summary(self, picture: Picture) -> str:
        current = picture.state.current
        return f"clients see {current}" if current is not None else ""

    def cells(self, item: Release) -> tuple[Cell, ...]:
        tone = "" if item.status == "published" else "dim"
        risky = "attention" if item.score >= GRAVE else "wait" if item.score else tone
        sign = f"{BASE} " if item.number == self.base else ""
        made = item.status in ("published", "forgotten")
        return (
            Cell(f"{sign}{item.number}", "accent" if sign else tone),
            self._standing(item),
            Cell(moment(item.at), "dim"),
            Cell(f"{item.packages}" if made else "", tone),
            Cell(f"{item.added}" if made else "", tone),
            Cell(size(item.size) if made else "", tone),
            Cell(f"{item.score}", risky if tone == "" else tone),
            Cell(item.forced, "wait" if tone == "" else tone),
        )

    def note(self, item: Release | None) -> list[Span]:
        return against(item) if item is not None else []

    def opened(self, key: str) -> None:
        self.post_message(ReleaseChosen(int(key)))

    def on_row_marked(self, message: RowMarked) -> None:
        self.post_message(ReleaseMarked(int(message.key)))

    def _standing(self, release: Release) -> Cell:
        if release.number == self.picture.state.current:
            return Cell("▲ live", "ok")
        return STANDING[release.status]


class FindingsPane(StagingPane):
    """What spoke against one release when it was made."""

    HELP = "What spoke against this release when it was made, with the points of each finding."
    NAME = "Risk then"
    DIGIT = "3"
    release = 0

    def items(self, picture: Picture) -> Sequence[Finding]:
        release = picture.state.releases.get(self.release)
        return release.findings if release is not None else ()

    def empty(self, picture: Picture) -> str:
        return "✓ nothing spoke against this release"

    def summary(self, picture: Picture) -> str:
        release = picture.state.releases.get(self.release)
        return f"{release.score} when it was released" if release is not None else ""

    def note(self, item: Finding | None) -> list[Span]:
        release = self.picture.state.releases.get(self.release)
        if release is None:
            return []
        lines = [weighed(release.score, self.picture.state.policy.risk_limit)]
        return [*lines, *_forced(release)]


def against(release: Release) -> list[Span]:
    """What spoke against a release, the gravest first, and why it was made all the same."""
    found = sorted(release.findings, key=lambda finding: -finding.points)
    lines: list[Span] = [
        (f"{finding.points:3}  {finding.message}", "attention" if finding.points >= GRAVE else "wait")
        for finding in found[:SHOWN]
    ]
    if (rest := len(found) - SHOWN) > 0:
        lines.append((f"     and {count(rest, 'finding')} more", "dim"))
    if not found and release.status == "published":
        lines = [("✓ nothing spoke against it", "ok")]
    return [*_forced(release), *lines]


def _forced(release: Release) -> list[Span]:
    return [(f"! forced: {release.forced}", "wait")] if release.forced else []


def gone(release: Release) -> str:
    """Why there is nothing to see of a release; "" when there is."""
    word = STANDING[release.status].text.partition(" ")[2]
    return "" if release.status == "published" else f"release {release.number} is {word}"


def before(state: State, number: int) -> int:
    """The kept release that a release came after; 0 for what clients had before the first."""
    kept = (each.number for each in state.releases.values() if each.status == "published")
    return max((each for each in kept if each < number), default=0)
