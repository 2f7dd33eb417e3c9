"""Sessions, policy, pause, and the audit of what operators do."""

from swarm_node.model import commands as c
from swarm_node.model import events as e
from swarm_node.model.refusal import Refused
from swarm_node.model.rules import Rules
from swarm_node.model.state import State

PREPARING = ("syncing", "discovering")


def set_policy(state: State, command: c.SetPolicy, now: float) -> list[e.Event]:
    return [] if command.policy == state.policy else [e.PolicySet(at=now, policy=command.policy)]


def open_session(state: State, command: c.OpenSession, now: float) -> list[e.Event]:
    """One preparation at a time; a cleared session makes every older attempt stale."""
    if state.session.phase in PREPARING:
        raise Refused(
            "already_running",
            f"session {state.session.number} is {state.session.phase} already",
            "wait for it: build-swarm monitor",
        )
    return [e.SessionOpened(at=now, session=state.session.number + 1, cleared=command.clear)]


def enter_phase(state: State, command: c.EnterPhase, now: float) -> list[e.Event]:
    if (command.phase, command.detail) == (state.session.phase, state.session.detail):
        return []
    return [e.PhaseEntered(at=now, phase=command.phase, detail=command.detail)]


def hold_swarm(state: State, command: c.HoldSwarm, now: float) -> list[e.Event]:
    if state.held == command.held:
        return []
    return [e.SwarmHeld(at=now, held=command.held, reason=command.reason)]


def record_action(state: State, command: c.RecordAction, now: float) -> list[e.Event]:
    return [e.ActionTaken(at=now, name=command.name, params=command.params, by=command.by)]


RULES: Rules = {
    c.SetPolicy: set_policy,
    c.OpenSession: open_session,
    c.EnterPhase: enter_phase,
    c.HoldSwarm: hold_swarm,
    c.RecordAction: record_action,
}
