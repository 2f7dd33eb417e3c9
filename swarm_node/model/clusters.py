"""Blocked builds by their causes: fourteen packages with two causes are two rows."""

import sys
from collections.abc import Callable, Iterable

from msgspec import Struct

from swarm_node.model.cause import cause_of, short_name
from swarm_node.model.configuration import proposed
from swarm_node.model.estimate import cp_of, estimate
from swarm_node.model.remedies import Remedy, remedies
from swarm_node.model.state import Build, State

HELD_MOST = 2_000
"""Builds held up by one cause that are counted; in a very long queue one may hold up all others."""
WEIGHED_MOST = 300
"""Blocked builds, and builds that wait for each, up to which they are put in order by the work held up."""


class Proof(Struct, frozen=True):
    """One line of evidence and where in the log of an attempt it stands; 0 where it is from no log."""

    text: str
    attempt: int = 0
    line: int = 0
    offset: int = 0

    @property
    def place(self) -> str:
        """Where it stands, in words; empty where it is from no log."""
        return f"log {self.attempt}:{self.line}" if self.line else ""


class Cluster(Struct, frozen=True):
    """One cause, whom it blocks, and what curing it would set free."""

    name: str
    """What it is called on a command line."""
    cause: str
    kind: str
    summary: str
    confidence: float
    """0 where nothing was read from a log."""
    builds: tuple[str, ...]
    """Ids of the blocked builds, the one that holds up the most work first."""
    holds: int
    """How many builds wait for them, near or far."""
    seconds: float
    """Of compiling in all of these, as history predicts it."""
    evidence: tuple[Proof, ...]
    """Of its first build."""
    remedies: tuple[Remedy, ...]
    """Those that cure all of its builds."""
    beyond: bool = False
    """More wait for it than were counted."""


def clusters(state: State, blocked: Iterable[Build] | None = None) -> tuple[Cluster, ...]:
    """The causes of all that is blocked, the one that holds up the most work first.

    `blocked` are the blocked builds, where they are known already.
    """
    groups: dict[str, list[Build]] = {}
    for build in state.by_status("blocked") if blocked is None else blocked:
        if build.diagnosis is not None:
            groups.setdefault(cause_of(build.row, build.diagnosis), []).append(build)
    seconds = _Seconds(state)
    found = (_cluster(state, cause, builds, seconds) for cause, builds in groups.items())
    return tuple(sorted(found, key=lambda cluster: (-cluster.seconds, cluster.cause)))


class _Seconds(dict[str, float]):
    """Predicted seconds by build, each worked out once."""

    def __init__(self, state: State) -> None:
        self._state = state

    def __missing__(self, name: str) -> float:
        self[name] = found = predicted(self._state, self._state.builds[name])
        return found

    def of(self, builds: Iterable[str]) -> float:
        """Of all of these."""
        return sum(map(self.__getitem__, builds))


def held_up_by(state: State, builds: Iterable[Build], most: int = sys.maxsize) -> list[Build]:
    """Every unfinished build that waits for any of these, near or far, themselves left out.

    Of more than `most`, those that wait the nearest; a few more than so many.
    """
    names = state.queue.held_up((build.id for build in builds), most)
    return [state.builds[name] for name in names if name in state.builds]


def predicted(state: State, build: Build) -> float:
    """Seconds of compiling that history gives a build, on a drone of speed 1."""
    return estimate(state.history, cp_of(build.row.cpv)).seconds


def proofs(build: Build) -> tuple[Proof, ...]:
    """The lines that prove a blocked build's diagnosis, with their places."""
    found = build.diagnosis
    if found is None:
        return ()
    attempt = build.failures[-1].attempt if build.failures else 0
    if not attempt or len(found.places) != len(found.evidence):
        return tuple(Proof(text) for text in found.evidence)
    return tuple(
        Proof(text, attempt, place.line, place.offset)
        for text, place in zip(found.evidence, found.places, strict=True)
    )


def _cluster(state: State, cause: str, builds: list[Build], seconds: _Seconds) -> Cluster:
    held = held_up_by(state, builds, HELD_MOST)
    first, *others = ordered = sorted(builds, key=_order(state, builds, seconds))
    assert first.diagnosis is not None
    return Cluster(
        name=short_name(cause),
        cause=cause,
        kind=first.diagnosis.kind,
        summary=first.diagnosis.summary,
        confidence=first.diagnosis.confidence,
        builds=tuple(build.id for build in ordered),
        holds=sum(other.status != "blocked" for other in held),
        seconds=seconds.of({build.id for build in (*builds, *held)}),
        evidence=proofs(first),
        remedies=remedies(state, first, *others),
        beyond=len(held) >= HELD_MOST,
    )


def _order(
    state: State, builds: list[Build], seconds: _Seconds
) -> Callable[[Build], tuple[bool, bool, float, str]]:
    """Whom a proposed line is about comes first, then who holds up most; of many, by longest chain."""

    def place(build: Build) -> tuple[bool, bool, float, str]:
        lines = proposed(build.diagnosis.params) if build.diagnosis is not None else ()
        about = {cp_of(line.text.split()[0].lstrip("<>=~")) for line in lines}
        beside = bool(about) and cp_of(build.row.cpv) not in about
        held = state.queue.held_up((build.id,), WEIGHED_MOST) if len(builds) <= WEIGHED_MOST else ()
        if held and len(held) < WEIGHED_MOST:
            return beside, True, -seconds.of((build.id, *held)), build.id
        return beside, not held, -build.rank, build.id

    return place
