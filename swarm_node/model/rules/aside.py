"""Drones that failures point at: set aside by the swarm itself, checked, and back once the check passes."""

from typing import Final

from swarm_node.model import events as e
from swarm_node.model.blame import WORTH_A_CHECK, Case, Odds, blame, case_of, spoilt_by
from swarm_node.model.lessons import tree_of
from swarm_node.model.placement import idle_reason
from swarm_node.model.state import Build, Directive, Node, State, Tried

CHECK: Final = "check_node"
"""The directive by which a node shows that it can build."""


def after_failure(state: State, build: Build, failed: e.BuildFailed, now: float) -> list[e.Event]:
    """What follows for the drone on which a build has just failed."""
    tree = tree_of(state, build, failed.node)
    odds = blame(state, Case(build.row.cpv, failed.node, tree, failed.diagnosis.kind))
    return _set_aside(state, failed.node, odds, now, [build.id] if failed.retry_at is None else [])


def after_success(state: State, build: Build, node: str, now: float) -> list[e.Event]:
    """What follows for the drone on which a build had failed that has now been made on another."""
    case = case_of(state, build)
    if case is None or case.node == node:
        return []
    well = Tried(build.row.cpv, tree_of(state, build, node), "")
    return _set_aside(state, case.node, blame(state, case, well=well), now, [])


def _set_aside(state: State, name: str, odds: Odds | None, now: float, spoilt: list[str]) -> list[e.Event]:
    """Hold a drone that is at fault, check it, and let others try what it spoilt.

    The last drone that can work is left alone: nothing would be won.
    """
    node = state.nodes.get(name)
    if odds is None or odds.drone < WORTH_A_CHECK or node is None or node.held or not _others(state, node):
        return []
    reason = f"set aside: failures point at it ({odds.drone:.0%}), until it passes a check"
    spoilt = list(dict.fromkeys([*spoilt, *(build.id for build in spoilt_by(state, name))]))
    return [
        e.NodeHeld(at=now, name=node.name, held=True, reason=reason, aside=True),
        _check(state, node, now),
        *(e.BuildUnblocked(at=now, build=name, cure=f"without {node.name}") for name in spoilt),
    ]


def recheck(state: State, now: float) -> list[e.Event]:
    """Ask those set aside again, some time after a check that they did not pass."""
    due = [node for node in state.nodes.values() if node.aside and node.up and _due(state, node, now)]
    first = state.next_directive
    return [_check(state, node, now, first + place) for place, node in enumerate(due)]


def passed(state: State, directive: Directive, ok: bool, now: float) -> list[e.Event]:
    """What follows from the answer to a check."""
    node = state.nodes.get(directive.node)
    if directive.name != CHECK or node is None or not node.aside or not ok:
        return []
    return [e.NodeHeld(at=now, name=node.name, held=False, reason="it passed its check")]


def _others(state: State, node: Node) -> bool:
    return any(
        other is not node and other.facts.role == "drone" and idle_reason(state, other) is None
        for other in state.nodes.values()
    )


def _due(state: State, node: Node, now: float) -> bool:
    asked = [one for one in state.directives.values() if (one.node, one.name) == (node.name, CHECK)]
    if not asked:
        return True
    last = asked[-1]
    return last.finished is not None and not 0 <= now - last.finished < state.policy.recheck


def _check(state: State, node: Node, now: float, number: int | None = None) -> e.DirectiveIssued:
    number = state.next_directive if number is None else number
    return e.DirectiveIssued(at=now, id=number, node=node.name, name=CHECK)
