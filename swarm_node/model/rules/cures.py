"""What follows from a cure that worked: all that the same cause blocks is tried the same way."""

from collections.abc import Iterator, Sequence

from swarm_node.model import events as e
from swarm_node.model.cause import cause_of
from swarm_node.model.state import Build, State


def follow(state: State, events: Sequence[e.Event], now: float) -> list[e.Event]:
    """Once a build is staged that a cure had unblocked, the rest of its cluster gets that cure too."""
    found: dict[str, e.Event] = {}
    for event in events:
        if isinstance(event, e.BuildStaged):
            for build, unblocked in _same(state, state.builds[event.build], now):
                found.setdefault(build, unblocked)
    return list(found.values())


def _same(state: State, cured: Build, now: float) -> Iterator[tuple[str, e.Event]]:
    if cured.curing is None:
        return
    cause, cure = cured.curing
    for build in state.by_status("blocked"):
        found = build.diagnosis
        if found is not None and build.row.problem is None and cause_of(build.row, found) == cause:
            yield (
                build.id,
                e.BuildUnblocked(at=now, build=build.id, jobs=cured.jobs, node=cured.pinned, cure=cure),
            )
