"""One copy of what many builds say alike: it halves what fifty thousand of them take of memory."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from sys import intern
from typing import Final

from msgspec.structs import force_setattr

from swarm_node.model.estimate import Sample
from swarm_node.model.events import BuildStaged, Event
from swarm_node.model.state import Attempt, Build
from swarm_node.model.work import Measures

KEPT: Final = 4_096
"""Reasons, moments and sets of flags that are known again; most say one of few, some what no other says."""
_NOTHING: Final[dict[str, str]] = {}
"""What most rows say of their environment; a row is frozen, so nobody writes into it."""


def share(build: Build, builds: Mapping[str, Build]) -> None:
    """Have a build say what it says in the words of the others; only where its texts lie is different."""
    row = build.row
    if row.cpv == row.id:
        force_setattr(row, "cpv", row.id)
    if not row.package_env:
        force_setattr(row, "package_env", _NOTHING)
    force_setattr(row, "use", _flags(row.use))
    force_setattr(row, "reason", _text(row.reason))
    build.since = _moment(build.since)
    force_setattr(row, "slot", intern(row.slot))
    force_setattr(row, "repository", intern(row.repository))
    force_setattr(row, "needs", _named(row.needs, builds))
    build.needs = row.needs if build.needs == row.needs else _named(build.needs, builds)
    if build.measures is not None:
        share_measures(build.measures)


def share_measures(measures: Measures) -> None:
    """The same for what an attempt cost: there are few bases, and few ways to measure."""
    force_setattr(measures, "base", intern(measures.base))
    force_setattr(measures, "measured_by", intern(measures.measured_by))


def share_attempt(attempt: Attempt, builds: Mapping[str, Build]) -> None:
    """The same for an attempt."""
    attempt.node = intern(attempt.node)
    build = builds.get(attempt.build)
    if build is not None:
        attempt.build = build.row.id
        if build.artifact is not None and build.artifact.sha512 == attempt.sha512:
            attempt.sha512 = build.artifact.sha512


def share_samples(samples: Iterable[Sample]) -> None:
    """The same for what history keeps of finished builds: few nodes, many builds."""
    for sample in samples:
        force_setattr(sample, "node", intern(sample.node))


def share_event(event: Event, builds: Mapping[str, Build]) -> None:
    """The same for an event before it is folded: names stay in attempts and in history."""
    node, name = getattr(event, "node", None), getattr(event, "build", None)
    if isinstance(node, str):
        force_setattr(event, "node", intern(node))
    if isinstance(name, str) and name in builds:
        force_setattr(event, "build", builds[name].row.id)
    if isinstance(event, BuildStaged):
        share_measures(event.measures)


def _named(names: Iterable[str], builds: Mapping[str, Build]) -> tuple[str, ...]:
    return tuple([builds[name].row.id if name in builds else name for name in names])


@lru_cache(KEPT)
def _flags(flags: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(intern, flags))


@lru_cache(KEPT)
def _text(text: str) -> str:
    return text


@lru_cache(KEPT)
def _moment(at: float) -> float:
    return at
