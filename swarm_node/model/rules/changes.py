"""Changes of a client profile's configuration: tried on one node, then kept for all or taken back."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from swarm_node.model import commands as c
from swarm_node.model import events as e
from swarm_node.model.clusters import proofs_of
from swarm_node.model.configuration import proposed, words_of
from swarm_node.model.estimate import cp_of
from swarm_node.model.offers import spelt
from swarm_node.model.placement import best_node
from swarm_node.model.refusal import Refused
from swarm_node.model.rules import Rules
from swarm_node.model.rules.attempts import recall
from swarm_node.model.rules.nodes import known_node
from swarm_node.model.rules.queue import stands
from swarm_node.model.state import DONE, Build, Change, State
from swarm_node.model.work import Diagnosis, Line, PlanRow

PROOF_LONGEST: Final = 200
"""Characters of a log's line in the reason of a change that was taken back."""


def try_change(state: State, command: c.TryChange, now: float) -> list[e.Event]:
    """Put what the lines change about a build, and about what it needs, into the queue, for one node.

    Nothing else of the queue is touched before the lines are kept. Where nothing is left to be built with
    them, production has it already and they are kept at once.
    """
    build = to_be_cured(state, command.build)
    number = max(state.changes, default=0) + 1
    row = _row_for(state, build, command)
    if row is None:
        return [
            _tried(state, command, now, build.id, ""),
            e.ChangeKept(at=now, change=number, build=build.id),
        ]
    changed = _changed(state, build, row, {row.id: row for row in command.rows})
    node = _node_for(state, command.node, build)
    found: list[e.Event] = []
    for old in dict.fromkeys((build.id, *changed)) if build.row != row else changed:
        if old in state.builds:
            found += _dropped(state, old, "to be tried with another configuration", now)
    found += [e.BuildNeeded(at=now, row=new) for new in changed.values()]
    if build.row == row:
        found += [e.BuildUnblocked(at=now, build=build.id, cure="configure")]
    builds = (row.id, *(name for name in changed if name != row.id))
    ordered = e.QueueOrdered(at=now, reason="a change is tried")
    return [*found, ordered, _tried(state, command, now, row.id, node, builds)]


def to_be_cured(state: State, name: str) -> Build:
    """The blocked build of that id. Raises: Refused."""
    build = state.builds.get(name)
    if build is None:
        raise Refused("unknown_package", f"{name!r:.120} is not in the queue", "build-swarm queue")
    if build.status != "blocked":
        hint = f"build-swarm why ={build.row.cpv}"
        raise Refused("nothing_to_do", f"{build.row.cpv} is {build.status}, not blocked", hint)
    return build


def _row_for(state: State, build: Build, command: c.TryChange) -> PlanRow | None:
    """What the build becomes, in whatever version; None where nothing of it is left to build.

    Raises: Refused.
    """
    cpv = build.row.cpv
    same = [row for row in command.rows if cp_of(row.cpv) == cp_of(cpv)]
    found = [row for row in same if row.cpv == cpv or not _is_there(state, row)]
    row = min(found, key=lambda row: (row.cpv != cpv, row.profile != build.row.profile, row.id), default=None)
    if row is not None and row.problem is not None:
        raise _still_refused(build, command.lines, row.problem)
    return row


def _still_refused(build: Build, lines: Sequence[Line], problem: Diagnosis) -> Refused:
    """With what Portage says now, and the lines that it asks for beside those that were tried."""
    cpv = build.row.cpv
    more = [line for line in proposed(problem.params) if line not in lines]
    together = shlex.join(["build-swarm", "configure", spelt(build), *words_of([*lines, *more])])
    return Refused(
        "unresolvable",
        f"with it, {cpv} still cannot be built: {problem.summary}",
        f"try them together: {together}" if more else "nothing was changed; the lines do not help",
    )


def _changed(state: State, build: Build, row: PlanRow, rows: Mapping[str, PlanRow]) -> dict[str, PlanRow]:
    """The rows that a trial brings into the queue, by id: the build's and those of what it needs.

    Raises: Refused.
    """
    needed = list(_with_needs(row, rows))
    for one in needed:
        held = next((trial for trial in state.trials() if one.id in trial.builds), None)
        if held is not None and not _is_there(state, one):
            raise Refused(
                "already_running",
                f"{one.cpv} is on trial already, for {held.build}",
                f"wait for it, or end it: build-swarm configure {held.build} --take-back",
            )
    changed = {one.id: one for one in needed if not _is_there(state, one)}
    if not changed and build.row == row:
        raise Refused(
            "nothing_to_do",
            f"it changes nothing about how {row.cpv} is built",
            "look at the lines again, and for which package they are",
        )
    for one in needed:
        other = state.builds.get(one.id)
        if other is not None and other is not build and other.status == "blocked" and one.id not in changed:
            raise Refused(
                "nothing_to_do",
                f"{row.cpv} would wait for {one.cpv}, which is blocked",
                f"cure that first: build-swarm why ={one.cpv}",
            )
    return changed


def _is_there(state: State, row: PlanRow) -> bool:
    present = state.builds.get(row.id)
    return present is not None and stands(present, row)


def _with_needs(row: PlanRow, rows: Mapping[str, PlanRow]) -> Iterator[PlanRow]:
    """The row and all that it needs, near or far, of what is to be built."""
    seen, waiting = {row.id}, [row]
    while waiting:
        one = waiting.pop()
        yield one
        fresh = [need for need in one.needs if need in rows and need not in seen]
        seen |= set(fresh)
        waiting += (rows[need] for need in fresh)


def _node_for(state: State, name: str | None, build: Build) -> str:
    if name is not None:
        return known_node(state, name).name
    node = best_node(state, build)
    if node is None:
        raise Refused("nothing_to_do", "no drone is up to try it on", "start one, or: build-swarm resume")
    return node.name


def _tried(
    state: State, command: c.TryChange, now: float, build: str, node: str, builds: Sequence[str] = ()
) -> e.ChangeTried:
    places = dict.fromkeys((command.build, *builds))
    before = (state.builds[name] for name in places if name in state.builds)
    return e.ChangeTried(
        at=now,
        change=max(state.changes, default=0) + 1,
        build=build,
        profile=state.builds[command.build].row.profile,
        lines=command.lines,
        node=node,
        builds=tuple(builds),
        before=tuple(e.Stood(one.row, one.diagnosis) for one in before),
    )


def _dropped(state: State, name: str, reason: str, now: float) -> list[e.Event]:
    return [
        *recall(state, state.builds[name], reason, now),
        e.BuildDropped(at=now, build=name, reason=reason),
    ]


def take_back_change(state: State, command: c.TakeBackChange, now: float) -> list[e.Event]:
    change = next((t for t in state.trials() if command.build in (t.build, *t.builds)), None)
    if change is None:
        raise Refused("nothing_to_do", f"{command.build} is not on trial", f"build-swarm why {command.build}")
    return _taken_back(state, change, "by an operator", (), now)


def settle_change(state: State, command: c.SettleChange, now: float) -> list[e.Event]:
    change = state.changes.get(command.change)
    if change is None or change.status == "tried" or change.settled:
        return []
    return [e.ChangeSettled(at=now, change=change.number, build=change.build)]


def follow(state: State, events: Sequence[e.Event], now: float) -> list[e.Event]:
    """What events mean for the changes on trial: built, they are kept; blocked or dropped, taken back."""
    found: list[e.Event] = []
    for change in state.trials():
        found += _followed(state, change, events, now)
    return found


def _followed(state: State, change: Change, events: Sequence[e.Event], now: float) -> list[e.Event]:
    failed: dict[str, int] = {}
    blocked: dict[str, str] = {}
    for event in events:
        match event:
            case e.SessionOpened(cleared=True):
                return _over(change, "the session was cleared", now)
            case e.ChangeTakenBack(change=change.number):
                return []
            case e.BuildStaged(build=change.build):
                return [e.ChangeKept(at=now, change=change.number, build=change.build)]
            case e.BuildDropped(build=name) if name in change.builds:
                return _over(change, f"{name} left the queue", now)
            case e.BuildFailed(build=name, attempt=attempt):
                failed[name] = attempt
            case e.BuildBlocked(build=name, diagnosis=why) if name in change.builds:
                blocked[name] = _proven(why, failed.get(name, 0))
            case e.BuildUnblocked(build=name):
                blocked.pop(name, None)
    if blocked:
        return _taken_back(state, change, next(iter(blocked.values())), events, now)
    return [*_let_go(change, events, now)]


def _proven(found: Diagnosis, attempt: int) -> str:
    """A diagnosis with the line that proves it best; the queue will not show it, for it will be as before."""
    told = f"{found.kind}: {found.summary}"
    proof = next(iter(proofs_of(found, attempt)), None)
    if proof is None:
        return told
    place = f" ({proof.place})" if proof.place else ""
    return f"{told}: {proof.text.strip()[:PROOF_LONGEST]}{place}"


def _over(change: Change, reason: str, now: float) -> list[e.Event]:
    """The end of a trial where the queue has been planned anew already."""
    return [
        e.ChangeTakenBack(at=now, change=change.number, build=change.build, reason=reason),
        e.ChangeSettled(at=now, change=change.number, build=change.build),
    ]


def _let_go(change: Change, events: Sequence[e.Event], now: float) -> Iterator[e.Event]:
    """A node that is set aside does not keep the trial waiting: any other may go on with it."""
    if any(isinstance(event, e.NodeHeld) and event.aside and event.name == change.node for event in events):
        for event in events:
            if isinstance(event, e.BuildUnblocked) and event.build in change.builds:
                yield e.BuildUnblocked(at=now, build=event.build, node="")


def _taken_back(
    state: State, change: Change, reason: str, events: Sequence[e.Event], now: float
) -> list[e.Event]:
    """The end of a trial, and the queue as it was; `events` have happened since the state was such."""
    found: list[e.Event] = [
        e.ChangeTakenBack(at=now, change=change.number, build=change.build, reason=reason)
    ]
    over = {event.build for event in events if isinstance(event, e.BuildFailed | e.AttemptLost)}
    gone = {event.build for event in events if isinstance(event, e.BuildDropped)}
    stood = {one.row.id: one for one in change.before}
    for name in change.builds:
        build = state.builds.get(name)
        if build is None or name in gone:
            continue
        if name not in over:
            found += recall(state, build, "the change was taken back", now)
        if name not in stood or stood[name].row != build.row:
            found.append(e.BuildDropped(at=now, build=name, reason="the change was taken back"))
            gone.add(name)
    for name, one in stood.items():
        if name in gone or name not in state.builds:
            found.append(e.BuildNeeded(at=now, row=one.row))
        elif state.builds[name].status in DONE:
            continue
        if one.diagnosis is not None:
            found.append(e.BuildBlocked(at=now, build=name, diagnosis=one.diagnosis))
    return [*found, e.QueueOrdered(at=now, reason="a change was taken back")]


RULES: Rules = {
    c.TryChange: try_change,
    c.TakeBackChange: take_back_change,
    c.SettleChange: settle_change,
}
