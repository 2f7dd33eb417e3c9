"""Drones that failures point at: set aside by the swarm itself, checked, and back once the check passes."""

from typing import Final

from swarm_node.model import events as e
from swarm_node.model.blame import CERTAIN, Case, blame, suspects
from swarm_node.model.lessons import tree_of
from swarm_node.model.placement import idle_reason
from swarm_node.model.state import Build, Directive, Node, State

CHECK: Final = "check_node"
"""The directive by which a node shows that it can build."""


def set_aside(state: State, build: Build, failed: e.BuildFailed, now: float) -> list[e.Event]:
    """Hold the drone of a failure that is its fault, check it, and let others try what it spoilt.

    The last drone that can work is left alone: nothing would be won.
    """
    node = state.nodes.get(failed.node)
    if node is None or node.held or not _others(state, node):
        return []
    case = Case(build.row.cpv, node.name, tree_of(state, build, node.name), failed.diagnosis.kind)
    odds = blame(state, case)
    if odds is None or odds.drone < CERTAIN:
        return []
    reason = f"set aside: failures point at it ({odds.drone:.0%}), until it passes a check"
    spoilt = {one.id: one for one in suspects(state, node.name)}
    if failed.retry_at is None:
        spoilt[build.id] = build
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
