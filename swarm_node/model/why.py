"""Why a package is not running: the chain of what it waits for, and each node's refusal with its reason."""

from msgspec import Struct

from swarm_node.model.estimate import cp_of, expected
from swarm_node.model.placement import choice_for, idle_reason, refusal
from swarm_node.model.remedies import remedies
from swarm_node.model.state import OPEN, Build, State

LONGEST_CHAIN = 50


class Waiting(Struct, frozen=True):
    """One link of the chain: a build, its status, and what is to be said of it."""

    build: str
    status: str
    reason: str


class NodeAnswer(Struct, frozen=True):
    """What one node says to the build; None: it would take it now."""

    node: str
    refusal: str | None


class Why(Struct, frozen=True):
    """The whole answer; `cure` is the command that would set it going, if any is known."""

    build: str
    status: str
    summary: str
    chain: tuple[Waiting, ...] = ()
    nodes: tuple[NodeAnswer, ...] = ()
    cure: str = ""
    needed_by: tuple[str, ...] = ()


def why(state: State, build: Build, now: float) -> Why:
    """Explain one build of the queue at a moment (Unix seconds)."""
    chain = _chain(state, build)
    nodes: tuple[NodeAnswer, ...] = ()
    if build.status == "needed" and not chain:
        nodes = tuple(_answers(state, build, now))
    blocker = next((state.builds[link.build] for link in chain if link.status == "blocked"), build)
    return Why(
        build=build.id,
        status=build.status,
        summary=_summary(state, build, chain, nodes, now),
        chain=chain,
        nodes=nodes,
        cure=_cure(state, blocker, nodes),
        needed_by=tuple(state.queue.dependents.get(build.id, ())),
    )


def _chain(state: State, build: Build) -> tuple[Waiting, ...]:
    """Depth first through what is unmet, the worst news first; every build once."""
    seen: dict[str, Waiting] = {}
    frontier = list(reversed(state.queue.unmet(build.id)))
    while frontier and len(seen) < LONGEST_CHAIN:
        need = frontier.pop()
        if need in seen:
            continue
        other = state.builds[need]
        seen[need] = Waiting(need, other.status, _standing(state, other))
        frontier += reversed(state.queue.unmet(need))
    order = {"blocked": 0, "building": 1, "assigned": 2, "needed": 3}
    return tuple(sorted(seen.values(), key=lambda link: order.get(link.status, 4)))


def _standing(state: State, build: Build) -> str:
    if build.status == "blocked" and build.diagnosis is not None:
        return f"{build.diagnosis.kind}: {build.diagnosis.summary}"
    if build.status in OPEN and build.attempt is not None:
        return f"on {state.attempts[build.attempt].node}"
    unmet = state.queue.unmet(build.id)
    return f"waits for {len(unmet)} other(s)" if unmet else "ready, waits for a node"


def _answers(state: State, build: Build, now: float) -> list[NodeAnswer]:
    answers = []
    for node in state.nodes.values():
        reason = idle_reason(state, node) or refusal(state, node, build, now)
        if reason is None and node.attempt is not None:
            busy = state.attempts[node.attempt].build
            reason = (
                f"busy with {busy} until about {state.fleet[node.name].free_at(now) - now:.0f} s from now"
            )
        if reason is None:
            kept = {left.build: left.reason for left in choice_for(state, node, now).left}
            if build.id in kept:
                reason = kept[build.id]
        answers.append(NodeAnswer(node.name, reason))
    return answers


def _summary(
    state: State, build: Build, chain: tuple[Waiting, ...], nodes: tuple[NodeAnswer, ...], now: float
) -> str:
    match build.status:
        case "building" | "assigned":
            assert build.attempt is not None
            node = state.attempts[build.attempt].node
            about = expected(state.history, cp_of(build.row.cpv), node).seconds
            since = max(now - build.since, 0.0)
            return f"it is being built on {node} since {since:.0f} s, expected to take {about:.0f} s"
        case "staged":
            return "it is built and lies in staging until the next release"
        case "released":
            return f"it is built and released; clients see release {state.current}"
        case "blocked" if build.diagnosis is not None:
            return f"it is blocked: {build.diagnosis.kind}, {build.diagnosis.summary}"
    if chain:
        stuck = sum(link.status == "blocked" for link in chain)
        return f"it waits for {len(chain)} other build(s)" + (f", {stuck} of them blocked" if stuck else "")
    if not nodes:
        return "no node is known"
    free = [answer.node for answer in nodes if answer.refusal is None]
    return f"it is next on {free[0]}" if free else "every node refuses it or is busy"


def _cure(state: State, build: Build, nodes: tuple[NodeAnswer, ...]) -> str:
    if build.status == "blocked" and build.diagnosis is not None:
        return next((remedy.line for remedy in remedies(state, build)), "")
    if state.held:
        return "build-swarm resume"
    if build.status == "needed" and build.pinned is not None and not _up(state, build.pinned):
        return f"build-swarm unblock ={build.row.cpv}"
    held = [node.name for node in state.nodes.values() if node.held]
    if nodes and held and all(answer.refusal for answer in nodes):
        return f"build-swarm resume {held[0]}"
    return ""


def _up(state: State, name: str) -> bool:
    return name in state.nodes and state.nodes[name].up
