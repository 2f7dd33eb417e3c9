"""Nodes: seen, held back, and asked to do things beside building."""

import re

from swarm_node.model import commands as c
from swarm_node.model import events as e
from swarm_node.model.names import closest
from swarm_node.model.refusal import Refused
from swarm_node.model.rules import Rules
from swarm_node.model.rules.aside import passed
from swarm_node.model.state import Node, State

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}\Z")
"""A node's name: what a host name, a file name and a URL segment all accept."""


def known_node(state: State, name: str) -> Node:
    """The node of that name. Raises Refused with the nearest names when there is none."""
    node = state.nodes.get(name)
    if node is None:
        raise Refused(
            "unknown_node", f"there is no node {name!r}", closest(name, state.nodes, "build-swarm nodes")
        )
    return node


def check_name(name: str) -> None:
    """Raises Refused(bad_name) unless a node may be called that."""
    if not NAME.match(name):
        raise Refused(
            "bad_name", f"{name!r:.80} is no node name", "use letters, digits, dot, dash and underscore"
        )


def see_node(state: State, command: c.SeeNode, now: float) -> list[e.Event]:
    """Record a node only when it is new, returns, or says something else than before."""
    check_name(command.name)
    node = state.nodes.get(command.name)
    if node is not None and node.up and node.facts == command.facts:
        return []
    return [e.NodeSeen(at=now, name=command.name, facts=command.facts)]


def hold_node(state: State, command: c.HoldNode, now: float) -> list[e.Event]:
    node = known_node(state, command.name)
    if node.held == command.held:
        return []
    return [e.NodeHeld(at=now, name=node.name, held=command.held, reason=command.reason)]


def issue_directive(state: State, command: c.IssueDirective, now: float) -> list[e.Event]:
    """One directive a node; a node that already has the same one waiting is not asked twice."""
    nodes = [known_node(state, name) for name in command.nodes] or [n for n in state.nodes.values() if n.up]
    if not nodes:
        raise Refused("nothing_to_do", "no node is up to do that", "start a drone: swarm-node drone")
    waiting = {
        d.node
        for d in state.directives.values()
        if d.finished is None and (d.name, d.params) == (command.name, command.params)
    }
    asked = [node.name for node in nodes if node.name not in waiting]
    return [
        e.DirectiveIssued(
            at=now, id=state.next_directive + place, node=name, name=command.name, params=command.params
        )
        for place, name in enumerate(asked)
    ]


def finish_directive(state: State, command: c.FinishDirective, now: float) -> list[e.Event]:
    directive = state.directives.get(command.id)
    if directive is None and 0 < command.id < state.next_directive:
        return []
    if directive is None:
        raise Refused("unknown_directive", f"there is no directive {command.id}", "ask for work")
    if directive.node != command.node:
        raise Refused(
            "forbidden", f"directive {command.id} is not {command.node}'s", "only its own node may answer it"
        )
    if directive.finished is not None:
        return []
    finished = e.DirectiveFinished(at=now, id=directive.id, ok=command.ok, output=command.output)
    return [finished, *passed(state, directive, command.ok, now)]


RULES: Rules = {
    c.SeeNode: see_node,
    c.HoldNode: hold_node,
    c.IssueDirective: issue_directive,
    c.FinishDirective: finish_directive,
}
