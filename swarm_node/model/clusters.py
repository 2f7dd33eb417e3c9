"""Blocked builds by their causes: fourteen packages with two causes are two rows."""

from collections.abc import Iterable

from msgspec import Struct

from swarm_node.model.cause import cause_of, short_name
from swarm_node.model.configuration import proposed
from swarm_node.model.estimate import cp_of, estimate
from swarm_node.model.remedies import Remedy, remedies
from swarm_node.model.state import DONE, Build, State


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


def clusters(state: State, blocked: Iterable[Build] | None = None) -> tuple[Cluster, ...]:
    """The causes of all that is blocked, the one that holds up the most work first.

    `blocked` are the blocked builds, where they are known already.
    """
    groups: dict[str, list[Build]] = {}
    for build in state.by_status("blocked") if blocked is None else blocked:
        if build.diagnosis is not None:
            groups.setdefault(cause_of(build.row, build.diagnosis), []).append(build)
    found = (_cluster(state, cause, builds) for cause, builds in groups.items())
    return tuple(sorted(found, key=lambda cluster: (-cluster.seconds, cluster.cause)))


def held_up_by(state: State, builds: Iterable[Build]) -> list[Build]:
    """Every unfinished build that waits for any of these, near or far, themselves left out."""
    seen: dict[str, Build | None] = {build.id: None for build in builds}
    frontier = [name for build in seen for name in state.queue.dependents.get(build, ())]
    while frontier:
        name = frontier.pop()
        other = state.builds.get(name)
        if name in seen or other is None or other.status in DONE:
            continue
        seen[name] = other
        frontier += state.queue.dependents.get(name, ())
    return [build for build in seen.values() if build is not None]


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


def _cluster(state: State, cause: str, builds: list[Build]) -> Cluster:
    held = held_up_by(state, builds)
    first, *others = ordered = sorted(builds, key=lambda build: _place(state, build))
    assert first.diagnosis is not None
    return Cluster(
        name=short_name(cause),
        cause=cause,
        kind=first.diagnosis.kind,
        summary=first.diagnosis.summary,
        confidence=first.diagnosis.confidence,
        builds=tuple(build.id for build in ordered),
        holds=sum(other.status != "blocked" for other in held),
        seconds=sum(predicted(state, build) for build in {b.id: b for b in (*builds, *held)}.values()),
        evidence=proofs(first),
        remedies=remedies(state, first, *others),
    )


def _place(state: State, build: Build) -> tuple[bool, float, str]:
    """Whom a proposed line is about comes first, then who holds up the most."""
    lines = proposed(build.diagnosis.params) if build.diagnosis is not None else ()
    about = {cp_of(line.text.split()[0].lstrip("<>=~")) for line in lines}
    held = sum(predicted(state, other) for other in (build, *held_up_by(state, (build,))))
    return bool(about) and cp_of(build.row.cpv) not in about, -held, build.id
