"""One copy of each text that many builds say: it halves what fifty thousand of them take of memory."""

from collections.abc import Iterable, Mapping
from sys import intern
from typing import Final

from msgspec.structs import force_setattr

from swarm_node.model.estimate import Sample
from swarm_node.model.events import Event
from swarm_node.model.state import Attempt, Build

_NOTHING: Final[dict[str, str]] = {}
"""What most rows say of their environment; a row is frozen, so nobody writes into it."""


def share(build: Build, builds: Mapping[str, Build]) -> None:
    """Have a build say what it says in the words of the others; only where its texts lie is different."""
    row = build.row
    if row.cpv == row.id:
        force_setattr(row, "cpv", row.id)
    if not row.package_env:
        force_setattr(row, "package_env", _NOTHING)
    force_setattr(row, "use", tuple(map(intern, row.use)))
    force_setattr(row, "slot", intern(row.slot))
    force_setattr(row, "repository", intern(row.repository))
    force_setattr(row, "needs", _named(row.needs, builds))
    build.needs = row.needs if build.needs == row.needs else _named(build.needs, builds)


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


def _named(names: Iterable[str], builds: Mapping[str, Build]) -> tuple[str, ...]:
    return tuple([builds[name].row.id if name in builds else name for name in names])
