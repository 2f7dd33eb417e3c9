"""The queue: planned, unblocked, pinned, balanced."""

from collections.abc import Iterable, Iterator

from swarm_node.model import commands as c
from swarm_node.model import events as e
from swarm_node.model.estimate import cp_of
from swarm_node.model.names import find_builds
from swarm_node.model.refusal import Refused
from swarm_node.model.remedies import remedies
from swarm_node.model.rules import Rules
from swarm_node.model.rules.attempts import recall
from swarm_node.model.rules.nodes import known_node
from swarm_node.model.state import OPEN, Build, State
from swarm_node.model.work import PlanRow


def plan_queue(state: State, command: c.PlanQueue, now: float) -> list[e.Event]:
    """Bring the queue to the resolver's answer, keeping what is already built or being built as asked for."""
    wanted = {row.id: row for row in command.rows}
    wanted |= {row.id: row for row in _on_trial(state, command.rows)}
    found: list[e.Event] = []
    for build in state.builds.values():
        if build.id not in wanted and build.status != "released":
            found += recall(state, build, "no longer needed", now)
            found.append(e.BuildDropped(at=now, build=build.id, reason="no longer needed"))
    for row in wanted.values():
        present = state.builds.get(row.id)
        if present is not None and present.status != "released" and stands(present, row):
            continue
        if present is not None:
            found += recall(state, present, "to be built differently", now)
            found.append(e.BuildDropped(at=now, build=row.id, reason="to be built differently"))
        found.append(e.BuildNeeded(at=now, row=row))
        if row.problem is not None:
            found.append(e.BuildBlocked(at=now, build=row.id, diagnosis=row.problem))
    return [*found, e.QueueOrdered(at=now, reason="planned")]


def _on_trial(state: State, rows: Iterable[PlanRow]) -> Iterator[PlanRow]:
    """What a change is tried with stays as it is, while there is still something to be cured."""
    packages = {cp_of(row.cpv) for row in rows}
    for change in state.trials():
        builds = [state.builds[name] for name in change.builds if name in state.builds]
        if any(build.id == change.build and cp_of(build.row.cpv) in packages for build in builds):
            yield from (build.row for build in builds)


def stands(build: Build, row: PlanRow) -> bool:
    """Whether what the queue holds is what is asked for now."""
    if build.status in (*OPEN, "staged"):
        return _result(build.row) == _result(row)
    return build.row == row


def _result(row: PlanRow) -> tuple[object, ...]:
    """All of a row that shows in the package that comes out of it."""
    return (row.cpv, row.slot, row.repository, row.use, row.package_env, row.simulated)


MOST_JOBS = 4096


def unblock(state: State, command: c.Unblock, now: float) -> list[e.Event]:
    """Give blocked builds a clean slate; with a node named, also builds that wait, and pin them to it.

    A build that waits for the one node that it is pinned to is let go by naming it: any node may take it.
    """
    if command.node is not None:
        known_node(state, command.node)
    if command.jobs is not None and not 1 <= command.jobs <= MOST_JOBS:
        raise Refused(
            "bad_request", f"{command.jobs} jobs cannot build anything", f"from 1 to {MOST_JOBS} jobs"
        )
    named = [build for name in command.builds for build in find_builds(state, name)]
    builds = named or state.by_status("blocked")
    movable = [build for build in builds if _movable(build, command.node)]
    if not movable:
        raise _nothing_to_unblock(state, builds)
    found: list[e.Event] = []
    for build in {build.id: build for build in movable}.values():
        found += recall(state, build, "moved by an operator", now)
        node = "" if build.status == "needed" and command.node is None else command.node
        found.append(
            e.BuildUnblocked(at=now, build=build.id, jobs=command.jobs, node=node, cure=_cure(command))
        )
    return found


def _cure(command: c.Unblock) -> str:
    """What is to cure the builds, as `remedies.sort_of` spells it."""
    if command.cure != "unblock":
        return command.cure
    options = {"--jobs": command.jobs, "--node": command.node}
    return " ".join(["unblock", *(option for option, value in options.items() if value is not None)])


def _movable(build: Build, node: str | None) -> bool:
    if build.status == "blocked":
        return build.row.problem is None
    if node is None:
        return build.status == "needed" and build.pinned is not None
    return build.status in ("needed", *OPEN)


def _first_remedy(state: State, build: Build) -> str:
    first = next(iter(remedies(state, build)), None)
    return f"{first.words}: {first.line}" if first is not None else f"build-swarm why ={build.row.cpv}"


def _nothing_to_unblock(state: State, builds: list[Build]) -> Refused:
    for build in builds:
        if build.status == "blocked":
            return Refused(
                "nothing_to_do",
                f"{build.row.cpv} cannot be built with the present configuration",
                _first_remedy(state, build),
            )
    if builds:
        return Refused(
            "nothing_to_do",
            f"{builds[0].row.cpv} is {builds[0].status}, not blocked",
            f"build-swarm why ={builds[0].row.cpv}",
        )
    return Refused("nothing_to_do", "nothing is blocked", "build-swarm status")


def balance(state: State, command: c.Balance, now: float) -> list[e.Event]:
    """Rank the queue by what history now knows and take back what was handed out but never begun."""
    if not state.by_status("needed", *OPEN):
        raise Refused("nothing_to_do", "the queue is empty", "build-swarm fresh")
    found: list[e.Event] = []
    for build in state.by_status("assigned"):
        found += recall(state, build, "balanced", now)
    return [*found, e.QueueOrdered(at=now, reason="balanced")]


RULES: Rules = {c.PlanQueue: plan_queue, c.Unblock: unblock, c.Balance: balance}
