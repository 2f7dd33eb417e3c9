"""`apply(state, event) -> state`: what is true after an event.

The state that is passed in is consumed: it is changed in place and returned, so that folding a long
log costs no copies. `apply` never refuses; an event is a fact. Everything here must be a function of
state and event alone, because the console folds the same events into its own picture.
"""

from collections.abc import Callable, Iterable
from typing import Any, Literal

from swarm_node.model import events as e
from swarm_node.model import lessons, trials
from swarm_node.model.estimate import cp_of, estimate, expected, meet, observe
from swarm_node.model.graph import graph_of, upward_ranks
from swarm_node.model.outlook import heaviest
from swarm_node.model.queue import among
from swarm_node.model.state import (
    DONE,
    OPEN,
    Attempt,
    Build,
    Directive,
    Failure,
    Node,
    Release,
    Session,
    State,
    Status,
    Verify,
)

DIRECTIVES_KEPT = 200
"""Answered directives that stay in the state; the log has them all."""

Apply = Callable[[State, Any], None]
_APPLY: dict[type[e.Event], Apply] = {}


def _on(kind: type[e.Event]) -> Callable[[Apply], Apply]:
    def register(function: Apply) -> Apply:
        _APPLY[kind] = function
        return function

    return register


def apply(state: State, event: e.Event) -> State:
    """Fold one event into the state; returns the same object, changed."""
    _APPLY[type(event)](state, event)
    state.seq += 1
    state.at = event.at
    return state


def fold(state: State, events: Iterable[e.Event]) -> State:
    """Fold many events into the state; returns the same object, changed."""
    for event in events:
        apply(state, event)
    return state


def _enter(build: Build, status: Status, at: float) -> None:
    build.status, build.since = status, at


def _close(state: State, number: int, outcome: Any, at: float) -> None:
    attempt = state.attempts[number]
    attempt.outcome, attempt.ended = outcome, at
    node = state.nodes.get(attempt.node)
    if node is not None and node.attempt == number:
        node.attempt = None
        state.refleet(node.name)


def _need_again(state: State, build: Build, at: float) -> None:
    build.attempt = None
    _enter(build, "needed", at)
    state.queue.need(build.id, build.rank)


@_on(e.PolicySet)
def _policy_set(state: State, event: e.PolicySet) -> None:
    state.policy = event.policy


@_on(e.ActionTaken)
def _action_taken(state: State, event: e.ActionTaken) -> None:
    """The audit trail lives in the log alone."""


@_on(e.SessionOpened)
def _session_opened(state: State, event: e.SessionOpened) -> None:
    state.session = Session(number=event.session, opened=event.at, phase="syncing")
    if event.cleared:
        state.builds.clear()
        state.attempts.clear()
        state.verified = None
        for node in state.nodes.values():
            node.attempt = None
        state.directives = {n: d for n, d in state.directives.items() if d.finished is None}
    else:
        state.builds = {name: b for name, b in state.builds.items() if b.status != "released"}
        state.attempts = {n: a for n, a in state.attempts.items() if a.build in state.builds}
    state.reindex()


@_on(e.PhaseEntered)
def _phase_entered(state: State, event: e.PhaseEntered) -> None:
    state.session.phase, state.session.detail = event.phase, event.detail


@_on(e.BuildNeeded)
def _build_needed(state: State, event: e.BuildNeeded) -> None:
    """Indexed by the QueueOrdered that closes every plan."""
    state.builds[event.row.id] = Build(row=event.row, since=event.at)


@_on(e.BuildDropped)
def _build_dropped(state: State, event: e.BuildDropped) -> None:
    state.queue.take(event.build)
    del state.builds[event.build]
    state.verified = None


@_on(e.QueueOrdered)
def _queue_ordered(state: State, event: e.QueueOrdered) -> None:
    _rank(state)
    state.reindex()


def _rank(state: State) -> None:
    """Say of each build what it waits for and how much waits for it."""
    builds = state.builds
    graph = graph_of({name: among(builds, build.row.needs) for name, build in builds.items()})
    seconds, known = dict.fromkeys(builds, 0.0), dict[str, float]()
    for name, build in builds.items():
        if build.status not in DONE:
            guess = estimate(state.history, cp_of(build.row.cpv))
            seconds[name] = guess.seconds
            if guess.known:
                known[name] = guess.seconds
    state.heavy = tuple(heaviest(known))
    ranks = upward_ranks(graph, seconds)
    for name, build in builds.items():
        build.needs, build.rank = graph.needs[name], ranks[name]


@_on(e.BuildAssigned)
def _build_assigned(state: State, event: e.BuildAssigned) -> None:
    build = state.builds[event.build]
    _enter(build, "assigned", event.at)
    build.attempt = event.attempt
    state.attempts[event.attempt] = Attempt(
        event.attempt,
        event.build,
        event.node,
        state.session.number,
        event.at,
        expected(state.history, cp_of(build.row.cpv), event.node).seconds,
        jobs=event.jobs,
    )
    state.next_attempt = max(state.next_attempt, event.attempt + 1)
    if event.node in state.nodes:
        state.nodes[event.node].attempt = event.attempt
        state.refleet(event.node)
    state.queue.take(build.id)


@_on(e.BuildStarted)
def _build_started(state: State, event: e.BuildStarted) -> None:
    _enter(state.builds[event.build], "building", event.at)
    state.attempts[event.attempt].started = event.at


@_on(e.BuildStaged)
def _build_staged(state: State, event: e.BuildStaged) -> None:
    build = state.builds[event.build]
    _enter(build, "staged", event.at)
    build.artifact, build.measures, build.diagnosis = event.artifact, event.measures, None
    lessons.built(state, build, event)
    _close(state, event.attempt, "staged", event.at)
    state.attempts[event.attempt].sha512 = event.artifact.sha512 if event.artifact else ""
    node = state.nodes.get(event.node)
    if node is not None:
        node.built += 1
        _learn(state, cp_of(build.row.cpv), event)
    state.queue.finish(build.id)
    state.verified = None


def _learn(state: State, cp: str, event: e.BuildStaged) -> None:
    """A build teaches the speed of its node, and of every other that built the package before."""
    observe(state.history, cp, event.node, event.measures.seconds)
    for name in {sample.node for sample in state.history.samples[cp]} & state.nodes.keys():
        state.refleet(name)


@_on(e.BuildFailed)
def _build_failed(state: State, event: e.BuildFailed) -> None:
    build = state.builds[event.build]
    lessons.failed(state, build, event)
    tree = lessons.tree_of(state, build, event.node)
    failure = Failure(event.attempt, event.node, event.phase, event.diagnosis, event.at, event.seconds, tree)
    build.failures += (failure,)
    build.tries += 1
    build.jobs = event.jobs if event.jobs is not None else build.jobs
    if event.node in state.nodes:
        state.nodes[event.node].failed += 1
    _close(state, event.attempt, "failed", event.at)
    if event.retry_at is not None:
        build.not_before = event.retry_at
        if event.node not in build.avoid:
            build.avoid += (event.node,)
    _need_again(state, build, event.at)


@_on(e.AttemptLost)
def _attempt_lost(state: State, event: e.AttemptLost) -> None:
    build = state.builds[event.build]
    build.deaths += event.death
    _close(state, event.attempt, "lost", event.at)
    _need_again(state, build, event.at)


@_on(e.AttemptRecalled)
def _attempt_recalled(state: State, event: e.AttemptRecalled) -> None:
    _close(state, event.attempt, "recalled", event.at)
    _need_again(state, state.builds[event.build], event.at)


@_on(e.ResultIgnored)
def _result_ignored(state: State, event: e.ResultIgnored) -> None:
    """Recorded for the audit; changes nothing."""


@_on(e.BuildBlocked)
def _build_blocked(state: State, event: e.BuildBlocked) -> None:
    build = state.builds[event.build]
    build.diagnosis = event.diagnosis
    _enter(build, "blocked", event.at)
    state.queue.take(build.id)
    state.verified = None


@_on(e.BuildUnblocked)
def _build_unblocked(state: State, event: e.BuildUnblocked) -> None:
    build = state.builds[event.build]
    lessons.curing(build, event.cure)
    build.diagnosis = None
    build.tries = build.deaths = 0
    build.not_before = 0.0
    build.avoid = ()
    build.jobs = event.jobs if event.jobs is not None else build.jobs
    build.pinned = build.pinned if event.node is None else event.node or None
    state.verified = None
    if build.status not in OPEN:
        _need_again(state, build, event.at)


_on(e.ChangeTried)(trials.begin)
_on(e.ChangeKept)(trials.keep)
_on(e.ChangeTakenBack)(trials.take_back)
_on(e.ChangeSettled)(trials.settle)


@_on(e.NodeSeen)
def _node_seen(state: State, event: e.NodeSeen) -> None:
    node = state.nodes.setdefault(event.name, Node(event.name, event.facts, since=event.at))
    if not node.up:
        node.since = event.at
    node.facts, node.up = event.facts, True
    meet(state.history, event.name, event.facts.cores)
    state.refleet(event.name)


@_on(e.NodeLost)
def _node_lost(state: State, event: e.NodeLost) -> None:
    node = state.nodes[event.name]
    node.up, node.since, node.attempt = False, event.at, None
    state.refleet(event.name)


@_on(e.NodeHeld)
def _node_held(state: State, event: e.NodeHeld) -> None:
    node = state.nodes[event.name]
    if node.aside and not event.held:
        node.record.clear()
    node.held, node.hold_reason, node.aside = event.held, event.reason, event.aside
    state.refleet(event.name)


@_on(e.SwarmHeld)
def _swarm_held(state: State, event: e.SwarmHeld) -> None:
    state.held, state.hold_reason = event.held, event.reason


@_on(e.DirectiveIssued)
def _directive_issued(state: State, event: e.DirectiveIssued) -> None:
    _forget_directives(state)
    state.directives[event.id] = Directive(event.id, event.node, event.name, event.params, event.at)
    state.next_directive = max(state.next_directive, event.id + 1)


def _forget_directives(state: State) -> None:
    """Keep what is open and the newest of what is answered."""
    if len(state.directives) < DIRECTIVES_KEPT:
        return
    answered = [number for number, one in state.directives.items() if one.finished is not None]
    for number in answered[: len(answered) - DIRECTIVES_KEPT + 1]:
        del state.directives[number]


@_on(e.DirectiveFinished)
def _directive_finished(state: State, event: e.DirectiveFinished) -> None:
    directive = state.directives[event.id]
    directive.finished, directive.ok, directive.output = event.at, event.ok, event.output


@_on(e.StagingVerified)
def _staging_verified(state: State, event: e.StagingVerified) -> None:
    state.verified = Verify(
        event.verify_id, event.at, event.score, event.findings, event.packages, event.size
    )


@_on(e.ReleasePrepared)
def _release_prepared(state: State, event: e.ReleasePrepared) -> None:
    state.releases[event.release] = Release(
        event.release,
        event.at,
        event.verify_id,
        event.builds,
        event.score,
        event.forced,
        fence=state.next_attempt,
        findings=state.verified.findings if state.verified is not None else (),
    )


@_on(e.ReleasePublished)
def _release_published(state: State, event: e.ReleasePublished) -> None:
    release = state.releases[event.release]
    release.status, release.at = "published", event.at
    release.packages, release.size, release.added = event.packages, event.size, event.added
    state.current = event.release
    builds, release.builds = release.builds, ()
    for name in builds:
        build = state.builds.get(name)
        if build is not None and build.status == "staged" and (build.attempt or 0) < release.fence:
            _enter(build, "released", event.at)
    state.verified = None


@_on(e.ReleaseAbandoned)
def _release_abandoned(state: State, event: e.ReleaseAbandoned) -> None:
    _drop_release(state, event.release, "abandoned")


@_on(e.ReleaseRolledBack)
def _release_rolled_back(state: State, event: e.ReleaseRolledBack) -> None:
    state.current = event.release


@_on(e.ReleaseForgotten)
def _release_forgotten(state: State, event: e.ReleaseForgotten) -> None:
    _drop_release(state, event.release, "forgotten")


def _drop_release(state: State, number: int, status: Literal["abandoned", "forgotten"]) -> None:
    """Its line in the list stays, what was known of it beyond that goes."""
    release = state.releases[number]
    release.status, release.builds, release.findings = status, (), ()
