"""Blocked builds by their causes: fourteen packages with two causes are two rows."""

from collections.abc import Iterable

from msgspec import Struct

from swarm_node.model.cause import cause_of, short_name
from swarm_node.model.estimate import cp_of, estimate
from swarm_node.model.remedies import Remedy, remedies
from swarm_node.model.state import DONE, Build, State


class Cluster(Struct, frozen=True):
    """One cause, whom it blocks, and what curing it would set free."""

    name: str
    """What it is called on a command line."""
    cause: str
    kind: str
    summary: str
    builds: tuple[str, ...]
    """Ids of the blocked builds, the one that holds up the most work first."""
    holds: int
    """How many builds wait for them, near or far."""
    seconds: float
    """Of compiling in all of these, as history predicts it."""
    evidence: tuple[str, ...]
    remedies: tuple[Remedy, ...]
    """Those of its first build."""


def clusters(state: State) -> tuple[Cluster, ...]:
    """The causes of all that is blocked, the one that holds up the most work first."""
    groups: dict[str, list[Build]] = {}
    for build in state.by_status("blocked"):
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


def _cluster(state: State, cause: str, builds: list[Build]) -> Cluster:
    held = held_up_by(state, builds)
    first, *_ = ordered = sorted(builds, key=lambda build: (-_unlocks(state, build), build.id))
    assert first.diagnosis is not None
    return Cluster(
        name=short_name(cause),
        cause=cause,
        kind=first.diagnosis.kind,
        summary=first.diagnosis.summary,
        builds=tuple(build.id for build in ordered),
        holds=sum(other.status != "blocked" for other in held),
        seconds=sum(predicted(state, build) for build in {b.id: b for b in (*builds, *held)}.values()),
        evidence=first.diagnosis.evidence,
        remedies=remedies(state, first),
    )


def _unlocks(state: State, build: Build) -> float:
    return sum(predicted(state, other) for other in (build, *held_up_by(state, (build,))))
