"""Changes of the configuration on trial, as `apply` keeps them in the state."""

from typing import Final, Literal

from swarm_node.model import lessons
from swarm_node.model.events import ChangeKept, ChangeSettled, ChangeTakenBack, ChangeTried
from swarm_node.model.state import Change, State

KEPT: Final = 50
"""Ended trials that stay in the state; the log has them all."""


def begin(state: State, event: ChangeTried) -> None:
    """The builds of a trial are for its node alone."""
    state.changes[event.change] = Change(
        event.change,
        event.build,
        event.profile,
        event.lines,
        event.node,
        event.at,
        event.builds,
        event.before,
    )
    for name in event.builds:
        state.builds[name].pinned = event.node


def keep(state: State, event: ChangeKept) -> None:
    """It was built."""
    change = state.changes[event.change]
    lessons.tried(state, change, 1)
    for name in change.builds:
        if name in state.builds:
            state.builds[name].pinned = None
    _end(state, change, "kept", event.at)


def take_back(state: State, event: ChangeTakenBack) -> None:
    """It was not."""
    change = state.changes[event.change]
    lessons.tried(state, change, -1)
    change.reason = event.reason
    _end(state, change, "taken back", event.at)


def settle(state: State, event: ChangeSettled) -> None:
    """Nothing is left to be done for it."""
    state.changes[event.change].settled = True


def _end(state: State, change: Change, status: Literal["kept", "taken back"], at: float) -> None:
    change.status, change.ended = status, at
    change.builds = change.before = ()
    settled = [number for number, one in state.changes.items() if one.settled]
    for number in settled[: len(settled) - KEPT]:
        del state.changes[number]
