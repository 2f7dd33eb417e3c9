"""The one thing to do next, as the handbook's `status` ends: what is the matter, and the command."""

from collections.abc import Callable, Sequence

from msgspec import Struct

from swarm_node.model.state import OPEN, Build, State

SHOWN = 5
"""Packages that are named before the rest is only counted."""


class NextAction(Struct, frozen=True):
    """`tone` is ok, wait or attention; `action` names one of the registry, empty for a foreign command."""

    tone: str
    text: str
    command: str
    action: str = ""
    items: tuple[str, ...] = ()


def next_action(state: State, by_status: Callable[..., Sequence[Build]] | None = None) -> NextAction:
    """What a person should do now; the first that applies of the rules below.

    `by_status` is the state's own, or that of whoever has the builds sorted already.
    """
    builds = by_status or state.by_status
    blocked, waiting, staged = builds("blocked"), builds("needed", *OPEN), builds("staged")
    if state.session.phase in ("syncing", "discovering"):
        return _run("wait", f"session {state.session.number} is {state.session.phase}", "monitor")
    if state.held and waiting:
        return _run("attention", f"the swarm is paused, {len(waiting)} package(s) wait", "resume")
    if waiting and not any(node.up for node in state.nodes.values()):
        return NextAction("attention", "no node is up to build on", "swarm-node drone")
    if waiting and all(node.held for node in state.nodes.values() if node.up):
        return _held_everywhere(state, len(waiting))
    if not waiting and staged and state.verified is not None:
        return _judged(state, len(staged))
    if blocked:
        return _run("attention", f"{len(blocked)} package(s) blocked:", "fix-blocked", _names(blocked))
    if waiting:
        return _run("wait", f"{len(waiting)} package(s) still to build", "monitor")
    if staged:
        return _run("ok", f"{len(staged)} package(s) complete, not yet verified", "verify")
    return _resting(state, bool(builds("released")))


def _held_everywhere(state: State, waiting: int) -> NextAction:
    first = next(node.name for node in state.nodes.values() if node.up)
    text = f"every node is drained, {waiting} package(s) wait"
    return NextAction("attention", text, f"build-swarm resume {first}", "resume")


def _judged(state: State, staged: int) -> NextAction:
    assert state.verified is not None
    score, limit = state.verified.score, state.policy.risk_limit
    if score < limit:
        return _run("ok", f"{staged} package(s) verified, risk score {score} of {limit}", "finalize")
    worst = sorted(state.verified.findings, key=lambda finding: -finding.points)
    items = tuple(f"{finding.points}: {finding.message}" for finding in worst[:SHOWN])
    return _run("attention", f"risk score {score} is not below {limit}:", "verify", items)


def _resting(state: State, released: bool) -> NextAction:
    if released:
        return NextAction("ok", f"release {state.current} is live", "sudo apkg update")
    if state.session.detail:
        return _run("attention", state.session.detail, "fresh")
    return _run("ok", "nothing to do" if state.session.number else "no session yet", "fresh")


def _run(tone: str, text: str, action: str, items: tuple[str, ...] = ()) -> NextAction:
    return NextAction(tone, text, f"build-swarm {action}", action, items)


def _names(builds: Sequence[Build]) -> tuple[str, ...]:
    named = tuple(f"={build.row.cpv}" for build in builds[:SHOWN])
    return (*named, f"… and {len(builds) - SHOWN} more") if len(builds) > SHOWN else named
