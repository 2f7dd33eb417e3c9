"""Blocked builds by their causes: fourteen packages with two causes are two rows."""

import sys
from collections.abc import Generator, Iterable
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from swarm_node.model.cause import cause_of, short_name
from swarm_node.model.configuration import proposed
from swarm_node.model.estimate import cp_of, estimate
from swarm_node.model.remedies import Remedy, remedies
from swarm_node.model.state import Build, State
from swarm_node.model.work import Diagnosis

HELD_MOST = 2_000
"""Builds held up by one cause that are counted; in a very long queue one may hold up all others."""
WEIGHED_MOST = 300
"""Blocked builds, and builds that wait for each, up to which they are put in order by the work held up."""
STEP = 100
"""Builds whose seconds are worked out between two pauses."""


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


def clusters(state: State) -> tuple[Cluster, ...]:
    """The causes of all that is blocked, the one that holds up the most work first."""
    steps = clusters_steps(state, state.by_status("blocked"))
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: tuple[Cluster, ...] = end.value
            return found


def clusters_steps(state: State, blocked: Iterable[Build]) -> Generator[None, None, tuple[Cluster, ...]]:
    """The same of these blocked builds, with pauses on the way, between which the swarm may change."""
    groups: dict[str, list[Build]] = {}
    for build in blocked:
        if build.diagnosis is not None:
            groups.setdefault(cause_of(build.row, build.diagnosis), []).append(build)
    seconds, found = _Seconds(state), []
    for cause, builds in groups.items():
        yield
        if (one := (yield from _cluster(state, cause, builds, seconds))) is not None:
            found.append(one)
    return tuple(sorted(found, key=lambda cluster: (-cluster.seconds, cluster.cause)))


def standing(state: State, found: Iterable[Cluster]) -> tuple[Cluster, ...]:
    """Those of these clusters, and those of their builds, that are blocked still."""
    kept = ((each, tuple(name for name in each.builds if _is_blocked(state, name))) for each in found)
    return tuple(
        each if len(names) == len(each.builds) else replace(each, builds=names)
        for each, names in kept
        if names
    )


def _is_blocked(state: State, name: str) -> bool:
    build = state.builds.get(name)
    return build is not None and build.status == "blocked"


class _Seconds:
    """Predicted seconds by build, each worked out once."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._known: dict[str, float] = {}

    def of(self, build: Build) -> float:
        """Of one build."""
        if build.id not in self._known:
            self._known[build.id] = predicted(self._state, build)
        return self._known[build.id]


def held_up_by(state: State, builds: Iterable[Build], most: int = sys.maxsize) -> list[Build]:
    """Every unfinished build that waits for any of these, near or far, themselves left out.

    Of more than `most`, those that wait the nearest; a few more than so many.
    """
    names = state.queue.held_up((build.id for build in builds), most)
    return [state.builds[name] for name in names if name in state.builds]


class Freed(NamedTuple):
    """What would be set free with one build: how many others, and seconds of compiling in all of them."""

    others: int
    seconds: float
    beyond: bool
    """More wait for it than were counted."""


def freed(state: State, build: Build, most: int = HELD_MOST) -> Freed:
    """What waits for a build, near or far, up to so many."""
    held = held_up_by(state, (build,), most)
    seconds = sum([predicted(state, other) for other in (build, *held)])
    return Freed(len(held), seconds, len(held) >= most)


def predicted(state: State, build: Build) -> float:
    """Seconds of compiling that history gives a build, on a drone of speed 1."""
    return estimate(state.history, cp_of(build.row.cpv)).seconds


def proofs(build: Build) -> tuple[Proof, ...]:
    """The lines that prove a blocked build's diagnosis, with their places."""
    found = build.diagnosis
    if found is None:
        return ()
    # A trial that was taken back has failed later, for reasons of its own.
    failed = (failure.attempt for failure in reversed(build.failures) if failure.diagnosis == found)
    return proofs_of(found, next(failed, 0))


def proofs_of(found: Diagnosis, attempt: int) -> tuple[Proof, ...]:
    """The lines that prove a diagnosis, with their places in the log of an attempt; 0 where there is none."""
    if not attempt or len(found.places) != len(found.evidence):
        return tuple(Proof(text) for text in found.evidence)
    return tuple(
        Proof(text, attempt, place.line, place.offset)
        for text, place in zip(found.evidence, found.places, strict=True)
    )


def _cluster(
    state: State, cause: str, builds: list[Build], seconds: _Seconds
) -> Generator[None, None, Cluster | None]:
    """None where they were set free meanwhile."""
    held = held_up_by(state, builds, HELD_MOST)
    yield
    places = []
    for build in builds:
        places.append((_place(state, build, len(builds), seconds), build))
        yield
    total, both = 0.0, {build.id: build for build in (*builds, *held)}
    for number, build in enumerate(both.values(), 1):
        total += seconds.of(build)
        if not number % STEP:
            yield
    ordered = [build for _, build in sorted(places, key=lambda each: each[0])]
    left = [(build, build.diagnosis) for build in ordered if build.diagnosis is not None]
    if not left:
        return None
    first, found = left[0]
    return Cluster(
        name=short_name(cause),
        cause=cause,
        kind=found.kind,
        summary=found.summary,
        confidence=found.confidence,
        builds=tuple(build.id for build, _ in left),
        holds=sum(other.status != "blocked" for other in held),
        seconds=total,
        evidence=proofs(first),
        remedies=remedies(state, first, *(build for build, _ in left[1:])),
        beyond=len(held) >= HELD_MOST,
    )


def _place(state: State, build: Build, among: int, seconds: _Seconds) -> tuple[bool, bool, float, str]:
    """Whom a proposed line is about comes first, then who holds up most; of many, by longest chain."""
    lines = proposed(build.diagnosis.params) if build.diagnosis is not None else ()
    about = {cp_of(line.text.split()[0].lstrip("<>=~")) for line in lines}
    beside = bool(about) and cp_of(build.row.cpv) not in about
    held = held_up_by(state, (build,), WEIGHED_MOST) if among <= WEIGHED_MOST else ()
    if held and len(held) < WEIGHED_MOST:
        return beside, True, -sum(map(seconds.of, (build, *held))), build.id
    return beside, not held, -build.rank, build.id
