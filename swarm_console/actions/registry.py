"""The registry: every action once, by name, in the order in which lists show them."""

from __future__ import annotations

from swarm_console.actions import (
    away,
    build,
    cure,
    dashboard,
    diagnose,
    drift,
    explain,
    follow,
    keys,
    logs,
    look,
    machines,
    node,
    package,
    pipeline,
    releases,
    repair,
    sessions,
    timeline,
    undo,
    whatif,
)
from swarm_console.actions.action import Action
from swarm_console.actions.status import STATUS

__all__ = ["ACTIONS", "Action", "find"]

ACTIONS: dict[str, Action] = {
    action.name: action
    for action in (
        STATUS,
        *dashboard.ACTIONS,
        *look.ACTIONS,
        *releases.ACTIONS,
        *away.ACTIONS,
        *timeline.ACTIONS,
        *sessions.ACTIONS,
        *follow.ACTIONS,
        *logs.ACTIONS,
        *explain.ACTIONS,
        *package.ACTIONS,
        *cure.ACTIONS,
        *pipeline.ACTIONS,
        *build.ACTIONS,
        *repair.ACTIONS,
        *machines.ACTIONS,
        *node.ACTIONS,
        *drift.ACTIONS,
        *undo.ACTIONS,
        *whatif.ACTIONS,
        *diagnose.ACTIONS,
        *keys.ACTIONS,
    )
}


def find(name: str) -> Action:
    """The action of a name. Raises: Usage with the nearest names."""
    if name in ACTIONS:
        return ACTIONS[name]
    from swarm_console.errors import Usage, nearest

    raise Usage(
        f"there is no action {name!r:.60}", nearest(name, ACTIONS, "see them all: swarm-console --list")
    )
