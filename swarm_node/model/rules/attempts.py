"""Attempts: who gets what, what counts as a result, and what follows from a failure or a death."""

from swarm_node.model import commands as c
from swarm_node.model import events as e
from swarm_node.model.lessons import jobs_of
from swarm_node.model.placement import jobs_for, pick
from swarm_node.model.refusal import Refused
from swarm_node.model.rules import Rules
from swarm_node.model.rules.aside import after_failure, after_success, recheck
from swarm_node.model.rules.nodes import known_node
from swarm_node.model.state import Attempt, Build, Node, State
from swarm_node.model.work import Diagnosis

DEADLY = Diagnosis("kills-drones", "human", "the machine that builds it dies every time")


def request_work(state: State, command: c.RequestWork, now: float) -> list[e.Event]:
    """Hand out the best build for this node; what it no longer holds is lost first."""
    node = known_node(state, command.node)
    if node.attempt is not None:
        return _reconcile(state, node, command.holding, now)
    if not node.up:
        return [e.NodeSeen(at=now, name=node.name, facts=node.facts)]
    choice = pick(state, node, now)
    if choice is None:
        return []
    jobs = jobs_for(state, node, state.builds[choice])
    return [e.BuildAssigned(at=now, build=choice, attempt=state.next_attempt, node=node.name, jobs=jobs)]


def _reconcile(state: State, node: Node, holding: int | None, now: float) -> list[e.Event]:
    """A node that asks although it has an attempt: still at it, never got it, or restarted."""
    assert node.attempt is not None
    attempt = state.attempts[node.attempt]
    if holding == attempt.number or attempt.started is None:
        return []
    return _lose(state, attempt, "the drone restarted in the middle of it", now)


def start_attempt(state: State, command: c.StartAttempt, now: float) -> list[e.Event]:
    attempt = _open_attempt(state, command.attempt, command.node)
    if attempt.started is not None:
        return []
    return [e.BuildStarted(at=now, build=attempt.build, attempt=attempt.number)]


def stage_build(state: State, command: c.StageBuild, now: float) -> list[e.Event]:
    """Accept a result exactly once; the same result again is granted silently, another one is recorded."""
    sha512 = command.artifact.sha512 if command.artifact else ""
    attempt = state.attempts.get(command.attempt)
    if attempt is not None and attempt.node == command.node and attempt.outcome == "staged":
        return [] if attempt.sha512 == sha512 else [_conflict(command, now)]
    ignored = _not_ours(state, command.attempt, command.node, now)
    if ignored is not None:
        return [ignored]
    attempt = _open_attempt(state, command.attempt, command.node)
    build = state.builds[attempt.build]
    if command.artifact is None and not (build.row.simulated and state.policy.simulated):
        raise Refused(
            "no_package",
            f"attempt {attempt.number} was completed without an upload",
            "upload the package first, then complete",
        )
    return [
        e.BuildStaged(
            at=now,
            build=build.id,
            attempt=attempt.number,
            node=command.node,
            artifact=command.artifact,
            measures=command.measures,
        ),
        *after_success(state, build, command.node, now),
    ]


def fail_build(state: State, command: c.FailBuild, now: float) -> list[e.Event]:
    """Retry the transient class elsewhere and later, at most `max_attempts` times; block everything else.

    What ran out of memory is retried with fewer make jobs. A drone that the failure points at is set aside.
    """
    known = state.attempts.get(command.attempt)
    if known is not None and known.node == command.node and known.outcome == "failed":
        return []
    ignored = _not_ours(state, command.attempt, command.node, now)
    if ignored is not None:
        return [ignored]
    attempt = _open_attempt(state, command.attempt, command.node)
    build = state.builds[attempt.build]
    again = command.diagnosis.transient and build.tries + 1 < state.policy.max_attempts
    retry_at = now + state.policy.backoff * 2**build.tries if again else None
    failed = e.BuildFailed(
        at=now,
        build=build.id,
        attempt=attempt.number,
        node=command.node,
        phase=command.phase,
        diagnosis=command.diagnosis,
        seconds=command.seconds,
        retry_at=retry_at,
        jobs=_fewer_jobs(state, attempt) if command.diagnosis.kind == "out-of-memory" else None,
        measures=command.measures,
    )
    blocked = e.BuildBlocked(at=now, build=build.id, diagnosis=command.diagnosis)
    return [failed, *([] if again else [blocked]), *after_failure(state, build, failed, now)]


def _fewer_jobs(state: State, attempt: Attempt) -> int:
    return max(jobs_of(state, attempt.number) // 2, 1)


def give_back(state: State, command: c.GiveBack, now: float) -> list[e.Event]:
    """A node that stops is lost at once, so that nobody waits for its lease to run out."""
    known = state.attempts.get(command.attempt)
    if known is not None and known.node == command.node and known.outcome == "recalled":
        return []
    attempt = _open_attempt(state, command.attempt, command.node)
    reason = "the drone was stopped"
    found = recall(state, state.builds[attempt.build], reason, now)
    if command.node in state.nodes:
        found.append(e.NodeLost(at=now, name=command.node, reason=reason))
    return found


def sweep(state: State, command: c.Sweep, now: float) -> list[e.Event]:
    """Nodes silent for longer than a lease are lost, and what they held is needed again."""
    found: list[e.Event] = []
    for name, silence in sorted(command.silent.items()):
        node = state.nodes.get(name)
        if node is None or not node.up or silence <= state.policy.lease:
            continue
        reason = f"not heard for {silence:.0f} s (lease {state.policy.lease:.0f} s)"
        if node.attempt is not None:
            found += _lose(state, state.attempts[node.attempt], reason, now)
        found.append(e.NodeLost(at=now, name=name, reason=reason))
    return [*found, *recheck(state, now)]


def _lose(state: State, attempt: Attempt, reason: str, now: float) -> list[e.Event]:
    """Three deaths on one package block the package, not the drones."""
    build = state.builds[attempt.build]
    death = attempt.started is not None
    lost = e.AttemptLost(
        at=now, build=build.id, attempt=attempt.number, node=attempt.node, reason=reason, death=death
    )
    if death and build.deaths + 1 >= state.policy.max_deaths:
        return [lost, e.BuildBlocked(at=now, build=build.id, diagnosis=DEADLY)]
    return [lost]


def recall(state: State, build: Build, reason: str, now: float) -> list[e.Event]:
    """Take a build's open attempt back, if it has one."""
    if build.attempt is None or state.attempts[build.attempt].outcome != "open":
        return []
    attempt = state.attempts[build.attempt]
    return [
        e.AttemptRecalled(at=now, build=build.id, attempt=attempt.number, node=attempt.node, reason=reason)
    ]


def _open_attempt(state: State, number: int, node: str) -> Attempt:
    attempt = state.attempts.get(number)
    if attempt is None:
        if not 0 < number < state.next_attempt:
            raise Refused(
                "unknown_attempt", f"there is no attempt {number}", "ask for work and use its number"
            )
        raise Refused(
            "stale_attempt", f"attempt {number} belongs to an earlier session", "drop it and ask for work"
        )
    if attempt.node != node:
        raise Refused("forbidden", f"attempt {number} is not {node}'s", "only its own node may report on it")
    if attempt.outcome != "open":
        raise Refused(
            "stale_attempt", f"attempt {number} is over ({attempt.outcome})", "drop it and ask for work"
        )
    return attempt


def _not_ours(state: State, number: int, node: str, now: float) -> e.ResultIgnored | None:
    """The event that records a result nobody waits for; None when it is welcome. Unknown numbers raise."""
    try:
        _open_attempt(state, number, node)
    except Refused as refused:
        if refused.code == "unknown_attempt":
            raise
        return e.ResultIgnored(at=now, attempt=number, node=node, code=refused.code, message=refused.message)
    return None


def _conflict(command: c.StageBuild, now: float) -> e.ResultIgnored:
    return e.ResultIgnored(
        at=now,
        attempt=command.attempt,
        node=command.node,
        code="conflicting_result",
        message=f"attempt {command.attempt} is already staged with another content",
    )


RULES: Rules = {
    c.RequestWork: request_work,
    c.StartAttempt: start_attempt,
    c.StageBuild: stage_build,
    c.FailBuild: fail_build,
    c.GiveBack: give_back,
    c.Sweep: sweep,
}
