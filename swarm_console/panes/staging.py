"""Staging risk: the score of the last verify as a gauge, and each finding with its points."""

from collections.abc import Sequence
from typing import ClassVar

from swarm_console.known.picture import Picture
from swarm_console.panes.grid import Cell, Column
from swarm_console.panes.pane import Pane
from swarm_console.words.meters import bar
from swarm_console.words.pen import count, size
from swarm_console.words.spans import Span
from swarm_node.model.events import Finding

GAUGE = 20
GRAVE = 10


class StagingPane(Pane[Finding]):
    """What a release would risk."""

    HELP = """\
What a release of what is staged would risk, as the last verify found it: each finding with its
points. From the limit on a release is refused. Whenever staging changes the verdict is void.
!  enough points to stop a release by itself"""
    NAME = "Staging risk"
    SHORT = "Risk"
    DIGIT = "4"
    BREAKS = True
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("Points", 6, right=True),
        Column("Finding", 40, flex=3),
        Column("Kind", 14, spare=1),
    )

    def items(self, picture: Picture) -> Sequence[Finding]:
        return picture.state.verified.findings if picture.state.verified is not None else ()

    def key(self, item: Finding) -> str:
        return f"{item.code} {item.package} {item.message}"

    def empty(self, picture: Picture) -> str:
        if picture.state.verified is not None:
            return "✓ nothing was found against this release"
        staged = len(picture.staged)
        if staged:
            return f"? {count(staged, 'package')} staged, not verified yet: {picture.keys.get('verify', '')}"
        return "nothing is staged"

    def summary(self, picture: Picture) -> str:
        verdict = picture.state.verified
        if verdict is None:
            return ""
        return f"{verdict.score} of {picture.state.policy.risk_limit}"

    def cells(self, item: Finding) -> tuple[Cell, ...]:
        grave = item.points >= GRAVE
        return (
            Cell(f"{'!' if grave else ' '}{item.points:3}", "attention" if grave else "wait"),
            Cell(item.message),
            Cell(item.code, "dim"),
        )

    def note(self, item: Finding | None) -> list[Span]:
        if self.picture.state.verified is None:
            return []
        whole = [(f"{item.points} for: {item.message}", "")] if item is not None else []
        return [*gauge(self.picture), *whole]


def gauge(picture: Picture) -> list[Span]:
    """The score against the limit at which a release is refused."""
    verdict, limit = picture.state.verified, picture.state.policy.risk_limit
    assert verdict is not None
    line, tone = weighed(verdict.score, limit)
    safe = f"safe to release, {picture.keys.get('finalize', '')}"
    return [
        (f"{line}: {safe if verdict.score < limit else 'not safe to release'}", tone),
        (f"{count(verdict.packages, 'package')} in staging, {size(verdict.size)}", "dim"),
    ]


def weighed(score: int, limit: int) -> Span:
    """A score as a bar against the limit."""
    return f"{bar(score / limit, GAUGE)} {score} of {limit}", "ok" if score < limit else "attention"
