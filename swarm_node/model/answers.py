"""What a node says to a build: that it would take it, or why not, and what would change its mind."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from swarm_node.model.placement import choice_for, idle_reason, pause, refusal
from swarm_node.model.schedule import Left
from swarm_node.model.state import Build, Node, State

HEAD: Final = 40
"""Ready builds of which a node is asked."""


class NodeAnswer(Struct, frozen=True):
    """One node's answer to one build; `refusal` None: it would take it now."""

    node: str
    build: str
    refusal: str | None = None
    lift: str = ""
    """What a person could do so that it is taken: a command line, or words where it is no command."""
    until: float | None = None
    """When the refusal ends by itself (Unix seconds), if it does."""
    better: str = ""
    """The node that it is left for, which should end it `until` then."""


def answers(state: State, build: Build, now: float) -> tuple[NodeAnswer, ...]:
    """Every node's answer to a build that waits; what comes of being busy only where it could begin now."""
    ready = build.id in state.queue.ready
    return tuple(
        _answer(state, node, build, now, _left(state, node, now) if ready else None)
        for node in state.nodes.values()
    )


def head(state: State, node: Node, now: float, most: int = HEAD) -> tuple[NodeAnswer, ...]:
    """A node's answers to the builds at the head of the queue, those that could begin now."""
    left = _left(state, node, now)
    builds = (state.builds[name] for name in state.queue.ready.top(most))
    return tuple(_answer(state, node, build, now, left) for build in builds)


def _left(state: State, node: Node, now: float) -> Mapping[str, Left]:
    """What the scheduler would leave to other nodes; of a node that is busy it does not ask."""
    if node.attempt is not None or idle_reason(state, node) is not None:
        return {}
    return {left.build: left for left in choice_for(state, node, now).left}


def _answer(
    state: State, node: Node, build: Build, now: float, left: Mapping[str, Left] | None
) -> NodeAnswer:
    """The first thing that stands against it; `left` None: it cannot begin yet, wherever."""
    reason = idle_reason(state, node)
    if reason is not None:
        return NodeAnswer(
            node.name,
            build.id,
            reason.removeprefix(f"{node.name} ").removeprefix("is "),
            _awakening(state, node),
        )
    reason = refusal(state, node, build, now)
    if reason is not None:
        return NodeAnswer(node.name, build.id, reason, *_persuasion(state, node, build, now))
    if left is None:
        return NodeAnswer(node.name, build.id)
    if node.attempt is not None:
        return _busy(state, node, build, now)
    passed = left.get(build.id)
    if passed is not None and passed.drone != node.name:
        return NodeAnswer(node.name, build.id, passed.reason, until=passed.finish, better=passed.drone)
    if passed is not None:
        return NodeAnswer(node.name, build.id, passed.reason)
    return NodeAnswer(node.name, build.id)


def _busy(state: State, node: Node, build: Build, now: float) -> NodeAnswer:
    assert node.attempt is not None
    free, busy = state.fleet[node.name].free_at(now), state.attempts[node.attempt].build
    return NodeAnswer(node.name, build.id, f"busy with {busy}", until=free)


def _awakening(state: State, node: Node) -> str:
    """What lets a node work again that gets nothing at all."""
    if state.held:
        return "build-swarm resume"
    if not node.up:
        return f"start its service again, on {node.name}: rc-service swarm-drone start"
    if node.held:
        return f"build-swarm resume {node.name}"
    if node.facts.role == "local" and state.policy.build_mode == "delegate_only":
        return "set BUILD_MODE to delegate_first or hybrid, then start the orchestrator again"
    return f"free space where it builds: SCRATCH_DIR on {node.name}"


def _persuasion(state: State, node: Node, build: Build, now: float) -> tuple[str, float | None]:
    """What makes a node take a build that it refuses, and until when it refuses it by itself."""
    if pause(state, build, now):
        return "", build.not_before
    elsewhere = f"build-swarm unblock ={build.row.cpv} --node {node.name}"
    if build.pinned is not None:
        return elsewhere, None
    if build.row.simulated and not state.policy.simulated:
        return "start the orchestrator with SIMULATED=true", None
    if node.facts.role == "local":
        return f"build-swarm build-local ={build.row.cpv}", None
    return elsewhere, None
