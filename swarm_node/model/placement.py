"""Who may build what: each node's refusals with their reasons, and the choice for a node that asks."""

from functools import partial
from math import inf

from swarm_node.model.appetite import Appetite, jobs_that_fit, memory_at
from swarm_node.model.estimate import Estimate, cp_of, estimate
from swarm_node.model.outlook import Outlook
from swarm_node.model.schedule import Choice, choose
from swarm_node.model.state import DONE, OPEN, Build, Node, State

LEAST_DISK = 1 << 30
"""Bytes that a node must have free to be given anything."""


def pick(state: State, node: Node, now: float) -> str | None:
    """The build that this node should start now; None when there is none for it."""
    if idle_reason(state, node) is not None:
        return None
    return choice_for(state, node, now).build


def choice_for(state: State, node: Node, now: float) -> Choice:
    """The scheduler's answer to one asking node, with what it passed over and why."""

    def refuses(name: str, build: str) -> str | None:
        other = state.nodes[name]
        return idle_reason(state, other) or refusal(state, other, state.builds[build], now)

    def predicted(build: str) -> Estimate:
        return estimate(state.history, cp_of(state.builds[build].row.cpv))

    outlook = None
    if state.heavy:
        ends = partial(_ends, state, now)
        outlook = Outlook(state.heavy, lambda build: state.builds[build].rank, state.queue.needs, ends)
    asking, ready = state.fleet[node.name], state.queue.ready
    return choose(asking, ready, state.fleet.values(), now, predicted, refuses, outlook)


def _ends(state: State, now: float, name: str) -> float | None:
    """When a build is over, as Outlook asks."""
    build = state.builds[name]
    if build.status in DONE:
        return now
    if build.status in OPEN and build.attempt is not None:
        return state.fleet[state.attempts[build.attempt].node].free_at(now)
    return inf if build.status == "blocked" else None


def idle_reason(state: State, node: Node) -> str | None:
    """Why this node gets nothing at all; None when it may work."""
    if state.held:
        return f"the swarm is paused{_because(state.hold_reason)}"
    if not node.up:
        return f"{node.name} is lost"
    if node.held:
        return f"{node.name} is drained{_because(node.hold_reason)}"
    if 0 < node.facts.disk_free < LEAST_DISK:
        return f"{node.name} has only {node.facts.disk_free >> 20} MiB of disk free"
    if node.facts.role == "local" and state.policy.build_mode == "delegate_only":
        return "BUILD_MODE is delegate_only"
    return None


def refusal(state: State, node: Node, build: Build, now: float) -> str | None:
    """Why this node may not have this build now; None when it may."""
    if seconds := pause(state, build, now):
        return f"waits {seconds:.0f} s after a transient failure"
    reason = _lasting_refusal(state, node, build)
    if reason is None and node.facts.role == "local" and build.pinned != node.name:
        return _delegated(state, node, build)
    return reason


def pause(state: State, build: Build, now: float) -> float:
    """Seconds that a build still waits after a transient failure; 0 when it does not."""
    seconds = build.not_before - now
    longest = state.policy.backoff * 2**build.tries
    return seconds if 0 < seconds <= longest else 0.0  # more: the clock was set back


def _lasting_refusal(state: State, node: Node, build: Build) -> str | None:
    if build.pinned is not None:
        return None if build.pinned == node.name else f"pinned to {build.pinned}"
    if build.row.simulated and not state.policy.simulated:
        return "dummies are not built here"
    if node.name in build.avoid and _others(state, build):
        return "failed there just now, another drone tries first"
    return _too_big(state, node, build)


def best_node(state: State, build: Build) -> Node | None:
    """The drone for one try of a build: one that is idle before one that is busy, fast before slow."""
    able = [
        node
        for node in state.nodes.values()
        if node.facts.role == "drone"
        and idle_reason(state, node) is None
        and not _too_big(state, node, build)
    ]
    return min(
        able,
        key=lambda node: (node.attempt is not None, -state.fleet[node.name].speed, node.name),
        default=None,
    )


def jobs_for(state: State, node: Node, build: Build) -> int | None:
    """The most make jobs for a build on a node, as asked for and as its memory allows; None: all."""
    appetite = state.appetites.get(cp_of(build.row.cpv))
    fitting = max(jobs_that_fit(appetite, node.facts), 1) if appetite is not None else node.facts.cores
    jobs = min(build.jobs or node.facts.cores, fitting)
    return jobs if build.jobs is not None or jobs < node.facts.cores else None


def _too_big(state: State, node: Node, build: Build) -> str | None:
    """What the package took before and the node does not have, if another node has it."""
    appetite = state.appetites.get(cp_of(build.row.cpv))
    if appetite is None or (lack := _lack(appetite, node)) is None:
        return None
    roomier = (other for other in state.nodes.values() if other is not node and other.up and not other.held)
    return lack if any(_lack(appetite, other) is None for other in roomier) else None


def _lack(appetite: Appetite, node: Node) -> str | None:
    facts = node.facts
    if not jobs_that_fit(appetite, facts):
        need = memory_at(appetite, 1)
        return f"it takes about {need >> 20} MiB of memory, {node.name} has {facts.memory >> 20}"
    if 0 < facts.disk_free < appetite.disk:
        return (
            f"it takes about {appetite.disk >> 20} MiB of disk, {node.name} has {facts.disk_free >> 20} free"
        )
    return None


def _others(state: State, build: Build) -> bool:
    """Whether some node that may work has not failed at this build yet."""
    return any(
        other.name not in build.avoid and other.facts.role == "drone" and idle_reason(state, other) is None
        for other in state.nodes.values()
    )


def _delegated(state: State, node: Node, build: Build) -> str | None:
    """delegate_first: the orchestrator's own builder takes only what no drone can."""
    if state.policy.build_mode != "delegate_first":
        return None
    for other in state.nodes.values():
        if other.facts.role != "drone" or idle_reason(state, other) is not None:
            continue
        if _lasting_refusal(state, other, build) is None:
            return f"delegated: {other.name} can take it"
    return None


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""
