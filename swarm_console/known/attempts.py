"""Attempts as lists show them: those of the session from the state, older ones from the log of the swarm."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from swarm_node.model.estimate import cp_of
from swarm_node.model.events import AttemptLost, BuildFailed, BuildStaged, Record
from swarm_node.model.state import Attempt, Failure, State
from swarm_node.model.work import Diagnosis, Measures

SIGNS: Final = {
    "open": ("● building", "accent"),
    "staged": ("✓ staged", "ok"),
    "failed": ("✗ failed", "attention"),
    "lost": ("– lost", "wait"),
    "recalled": ("← recalled", "dim"),
}
"""Outcome to glyph and word, and their tone."""


class Tale(NamedTuple):
    """One attempt as it is told; times in Unix seconds, `seconds` and `expected` 0 where nobody knows."""

    number: int
    build: str
    node: str
    outcome: str
    at: float
    """When it ended, or when it began while it is open."""
    seconds: float = 0.0
    expected: float = 0.0
    phase: str = ""
    diagnosis: Diagnosis | None = None
    reason: str = ""
    measures: Measures | None = None

    @property
    def marks(self) -> list[int]:
        """The offsets in its log of the lines that prove its failure."""
        return [place.offset for place in self.diagnosis.places] if self.diagnosis is not None else []

    @property
    def proof(self) -> int | None:
        """The first of them; None where nothing is proved."""
        return next(iter(self.marks), None)

    @property
    def matter(self) -> str:
        """What became of it, in a few words."""
        if self.diagnosis is not None:
            where = f" in {self.phase}" if self.phase else ""
            return f"{self.diagnosis.kind}{where}"
        return self.reason


def of_package(state: State, build: str, past: Iterable[Record]) -> list[Tale]:
    """Every attempt at a package, newest first; `past` are the log's records of it, in any version."""
    own = [attempt for attempt in state.attempts.values() if attempt.build == build]
    return _merged(state, own, past)


def of_node(state: State, node: str, past: Iterable[Record]) -> list[Tale]:
    """Every attempt on a node, newest first; `past` are the log's records of it."""
    own = [attempt for attempt in state.attempts.values() if attempt.node == node]
    return _merged(state, own, past)


def of_number(state: State, number: int, past: Iterable[Record]) -> Tale | None:
    """One attempt, by its number; None where neither state nor log tells of it."""
    own = [attempt for attempt in (state.attempts.get(number),) if attempt is not None]
    its = (record for record in past if getattr(record.event, "attempt", None) == number)
    return next(iter(_merged(state, own, its)), None)


def latest(state: State, word: str) -> int | None:
    """The attempt that a number, or the name of a node or build, stands for; None where there is none."""
    if word.isascii() and word.isdecimal():
        return int(word)
    attempts = state.attempts.values()
    begun = (a.number for a in attempts if word in (a.node, a.build) and a.started is not None)
    return max(begun, default=None)


def _merged(state: State, own: Iterable[Attempt], past: Iterable[Record]) -> list[Tale]:
    """The log tells more of an attempt that has ended; the state knows the others."""
    found = {attempt.number: _of_state(state, attempt) for attempt in own}
    for record in past:
        tale = _of_log(record)
        if tale is not None:
            known = found.get(tale.number)
            found[tale.number] = tale._replace(expected=known.expected) if known is not None else tale
    return sorted(found.values(), key=lambda tale: -tale.number)


def _of_state(state: State, attempt: Attempt) -> Tale:
    build = state.builds.get(attempt.build)
    failures: Iterator[Failure] = iter(build.failures if build is not None else ())
    failure = next((failure for failure in failures if failure.attempt == attempt.number), None)
    accepted = build is not None and build.attempt == attempt.number and attempt.outcome == "staged"
    measures = build.measures if accepted and build is not None else None
    began = attempt.started or attempt.opened
    seconds = attempt.ended - began if attempt.ended is not None else 0.0
    return Tale(
        number=attempt.number,
        build=attempt.build,
        node=attempt.node,
        outcome=attempt.outcome,
        at=attempt.opened if attempt.ended is None else attempt.ended,
        seconds=measures.seconds if measures is not None else seconds,
        expected=attempt.expected,
        phase=failure.phase if failure is not None else "",
        diagnosis=failure.diagnosis if failure is not None else None,
        measures=measures,
    )


def _of_log(record: Record) -> Tale | None:
    match record.event:
        case BuildStaged() as event:
            measures = event.measures
            return Tale(
                event.attempt,
                event.build,
                event.node,
                "staged",
                event.at,
                measures.seconds,
                measures=measures,
            )
        case BuildFailed() as event:
            return Tale(
                event.attempt,
                event.build,
                event.node,
                "failed",
                event.at,
                event.seconds,
                phase=event.phase,
                diagnosis=event.diagnosis,
                measures=getattr(event, "measures", None),
            )
        case AttemptLost() as event:
            return Tale(event.attempt, event.build, event.node, "lost", event.at, reason=event.reason)
    return None


def category_package(build: str) -> str:
    """The category/package of a build's id."""
    return cp_of(build.partition("@")[0])
