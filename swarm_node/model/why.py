"""Why a package is not running: the chain of what it waits for, and each node's refusal with its reason."""

from collections.abc import Sequence

from msgspec import Struct

from swarm_node.model.answers import NodeAnswer, answers
from swarm_node.model.blame import Odds, blame, case_of
from swarm_node.model.clusters import Proof, proofs
from swarm_node.model.estimate import cp_of, expected
from swarm_node.model.remedies import remedies
from swarm_node.model.start import Start, forecast
from swarm_node.model.state import OPEN, Build, State

LONGEST_CHAIN = 50
"""Links that are named; all are counted."""
NAMED = 2
"""Needs of one link that are named."""


class Waiting(Struct, frozen=True):
    """One link of the chain: a build, its status, and what is to be said of it."""

    build: str
    status: str
    reason: str
    ends: float | None = None
    """When it should be over (Unix seconds); None where nothing foreseeable ends it."""


class Running(Struct, frozen=True):
    """Where a build is built, since when (Unix seconds), and how many seconds history gives it there."""

    node: str
    attempt: int
    since: float
    expected: float


class Why(Struct, frozen=True):
    """The whole answer; `cure` is the command that would set it going, if any is known."""

    build: str
    status: str
    summary: str
    chain: tuple[Waiting, ...] = ()
    """What it waits for near or far, the worst news first."""
    behind: int = 0
    """How many that are in all."""
    nodes: tuple[NodeAnswer, ...] = ()
    cure: str = ""
    needed_by: tuple[str, ...] = ()
    start: Start | None = None
    """When it should begin, if it waits for nothing that needs a person."""
    trial: str = ""
    """Which change of the configuration it is built for, if it is on trial."""
    running: Running | None = None
    confidence: float = 0.0
    """How sure the diagnosis of a blocked one is; 0 where nothing was read from a log."""
    odds: Odds | None = None
    """Whose fault its failure is, where that is a question."""
    proof: tuple[Proof, ...] = ()
    """The lines that prove the diagnosis."""


def why(state: State, build: Build, now: float) -> Why:
    """Explain one build of the queue at a moment (Unix seconds)."""
    ahead = forecast(state, build, now)
    before = _before(state, build)
    nodes = answers(state, build, now) if build.status == "needed" else ()
    blocker = before[0] if before and before[0].status == "blocked" else build
    return Why(
        build=build.id,
        status=build.status,
        summary=_summary(state, build, before, nodes),
        chain=tuple(
            Waiting(other.id, other.status, _standing(state, other), ahead.ends.get(other.id))
            for other in before[:LONGEST_CHAIN]
        ),
        behind=len(before),
        nodes=nodes,
        cure=_cure(state, blocker, nodes),
        needed_by=tuple(state.queue.dependents.get(build.id, ())),
        start=ahead.start,
        trial=on_trial(state, build),
        running=_running(state, build),
        confidence=build.diagnosis.confidence if build.diagnosis is not None else 0.0,
        odds=blame(state, case_of(state, build)) if build.status == "blocked" else None,
        proof=proofs(build),
    )


def on_trial(state: State, build: Build) -> str:
    """The change that a build is on trial for, in words; "" for any other build."""
    change = next((trial for trial in state.trials() if build.id in trial.builds), None)
    if change is None:
        return ""
    told = " and ".join(f"{line.text!r} in {line.file}" for line in change.lines)
    return f"on trial on {change.node}: {told} of {change.profile}"


def _before(state: State, build: Build) -> list[Build]:
    """All that it waits for, depth first, then the worst news first; every build once."""
    seen: dict[str, Build] = {}
    frontier = list(reversed(state.queue.unmet(build.id)))
    while frontier:
        need = frontier.pop()
        if need not in seen:
            seen[need] = state.builds[need]
            frontier += reversed(state.queue.unmet(need))
    order = {"blocked": 0, "building": 1, "assigned": 2, "needed": 3}
    return sorted(seen.values(), key=lambda other: order.get(other.status, 4))


def _standing(state: State, build: Build) -> str:
    if build.status == "blocked" and build.diagnosis is not None:
        return f"{build.diagnosis.kind}: {build.diagnosis.summary}"
    if build.status in OPEN and build.attempt is not None:
        return f"on {state.attempts[build.attempt].node}"
    unmet = state.queue.unmet(build.id)
    if not unmet:
        return "ready, waits for a node"
    more = f" and {len(unmet) - NAMED} more" if len(unmet) > NAMED else ""
    return f"waits for {', '.join(unmet[:NAMED])}{more}"


def _running(state: State, build: Build) -> Running | None:
    if build.status not in OPEN or build.attempt is None:
        return None
    node = state.attempts[build.attempt].node
    about = expected(state.history, cp_of(build.row.cpv), node)
    return Running(node, build.attempt, build.since, about.seconds)


def _summary(state: State, build: Build, before: Sequence[Build], nodes: Sequence[NodeAnswer]) -> str:
    match build.status:
        case "building" | "assigned":
            assert build.attempt is not None
            return f"it is being built on {state.attempts[build.attempt].node}"
        case "staged":
            return "it is built and lies in staging until the next release"
        case "released":
            return f"it is built and released; clients see release {state.current}"
        case "blocked" if build.diagnosis is not None:
            return f"it is blocked: {build.diagnosis.kind}, {build.diagnosis.summary}"
    if before:
        stuck = sum(other.status == "blocked" for other in before)
        others = f"it waits for {len(before)} other build{'s' * (len(before) != 1)}"
        return f"{others}, {stuck} of them blocked" if stuck else others
    if not nodes:
        return "no node is known"
    free = [answer.node for answer in nodes if answer.refusal is None]
    if free:
        return f"it is next on {free[0]}"
    busy = any(answer.until is not None for answer in nodes)
    return "every node is busy, or refuses it" if busy else "no node takes it"


def _cure(state: State, build: Build, nodes: Sequence[NodeAnswer]) -> str:
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
