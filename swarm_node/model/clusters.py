"""Blocked builds by their causes: fourteen packages with two causes are two rows."""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from swarm_node.model.cause import cause_of, short_name
from swarm_node.model.configuration import proposed
from swarm_node.model.estimate import cp_of, estimate
from swarm_node.model.remedies import Remedy, remedies
from swarm_node.model.state import DONE, Build, State
from swarm_node.model.steps import Steps, at_once

STRIDE: Final = 256
"""Builds that are looked at between two steps."""


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
    """Ids of the blocked builds, the one with the longest way to the end first."""
    holds: int
    """How many builds wait for them, near or far."""
    seconds: float
    """Of compiling in all of these, as history predicts it."""
    evidence: tuple[Proof, ...]
    """Of its first build."""
    remedies: tuple[Remedy, ...]
    """Those that cure all of its builds."""


def clusters(state: State) -> tuple[Cluster, ...]:
    """The causes of all that is blocked, the one that holds up the most work first."""
    return at_once(cluster_steps(state, state.by_status("blocked")))


def cluster_steps(state: State, blocked: Iterable[Build]) -> Steps[tuple[Cluster, ...]]:
    """The same in steps, between which the state may change; `blocked` are the blocked builds."""
    groups: dict[str, list[Build]] = {}
    for build in blocked:
        if build.diagnosis is not None:
            groups.setdefault(cause_of(build.row, build.diagnosis), []).append(build)
    found: list[Cluster] = []
    seconds = _Seconds(state)
    for cause, group in groups.items():
        builds = [build for build in group if build.status == "blocked" and build.id in state.builds]
        if builds:
            held = yield from held_steps(state, builds)
            total = 0.0
            for number, build in enumerate((*builds, *held), 1):
                total += seconds[build.row.id]
                if not number % STRIDE:
                    yield
            found.append(_cluster(state, cause, builds, held, total))
    return tuple(sorted(found, key=lambda cluster: (-cluster.seconds, cluster.cause)))


def held_up_by(state: State, builds: Iterable[Build]) -> list[Build]:
    """Every unfinished build that waits for any of these, near or far, themselves left out."""
    return at_once(held_steps(state, builds))


def held_steps(state: State, builds: Iterable[Build]) -> Steps[list[Build]]:
    """The same in steps, between which the state may change."""
    frontier = [build.id for build in builds]
    seen, found = set(frontier), list[Build]()
    while frontier:
        name = frontier.pop()
        above = [other for other in state.queue.dependents.get(name, ()) if other not in seen]
        seen.update(above)
        for other in dict.fromkeys(above):
            build = state.builds.get(other)
            if build is not None and build.status not in DONE:
                found.append(build)
                frontier.append(other)
        if not len(found) % STRIDE:
            yield
    return found


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


class _Seconds(dict[str, float]):
    """Seconds of compiling by build, each worked out once: causes often hold up the same builds."""

    def __init__(self, state: State) -> None:
        super().__init__()
        self._state = state

    def __missing__(self, name: str) -> float:
        build = self._state.builds.get(name)
        self[name] = seconds = predicted(self._state, build) if build is not None else 0.0
        return seconds


def _cluster(state: State, cause: str, builds: list[Build], held: list[Build], seconds: float) -> Cluster:
    first, *others = ordered = sorted(builds, key=_place)
    assert first.diagnosis is not None
    return Cluster(
        name=short_name(cause),
        cause=cause,
        kind=first.diagnosis.kind,
        summary=first.diagnosis.summary,
        confidence=first.diagnosis.confidence,
        builds=tuple(build.id for build in ordered),
        holds=sum(other.status != "blocked" for other in held),
        seconds=seconds,
        evidence=proofs(first),
        remedies=remedies(state, first, *others),
    )


def _place(build: Build) -> tuple[bool, float, str]:
    """Whom a proposed line is about comes first, then whose way to the end is the longest."""
    lines = proposed(build.diagnosis.params) if build.diagnosis is not None else ()
    about = {cp_of(line.text.split()[0].lstrip("<>=~")) for line in lines}
    return bool(about) and cp_of(build.row.cpv) not in about, -build.rank, build.id
