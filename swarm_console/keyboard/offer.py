"""What can be done to the swarm as it stands, and why not what cannot: footer, keys and palette ask here."""

from collections.abc import Callable, Mapping
from typing import Final

from swarm_console.actions.action import Action
from swarm_console.known.picture import UNSEEN, Picture
from swarm_node.model.rules.session import PREPARING

Obstacle = Callable[[Picture], str]
OF_THE_PICTURE: Final = (
    *("timeline", "sessions", "logs", "fix-blocked", "keys"),
    *("releases", "contents", "difference"),
)
"""Actions that show what the picture has, or what does not change any more: in a replay too."""


def obstacle(action: Action, picture: Picture) -> str:
    """Why an action, with nothing said beside its name, cannot be done now; "" when it can."""
    if reason := bar(action, picture):
        return reason
    if action.name not in OBSTACLES:
        return ""
    return OBSTACLES[action.name](picture) if picture.mirror.known else UNSEEN.text


def bar(action: Action, picture: Picture, given: Mapping[str, object] | None = None) -> str:
    """Why an action cannot be done from here at all, whatever it is to be about; "" when it can."""
    changes = action.alters(dict(given or {}))
    if picture.locked and (changes or (picture.replay and action.name not in OF_THE_PICTURE)):
        return picture.locked
    return "it is under way already" if action.name in picture.busy else ""


def _preparing(picture: Picture) -> str:
    session = picture.state.session
    return f"session {session.number} is {session.phase} already" if session.phase in PREPARING else ""


def _nothing_blocked(picture: Picture) -> str:
    return "" if picture.blocked else "nothing is blocked"


def _nothing_to_unblock(picture: Picture) -> str:
    if picture.blocked and all(build.row.problem is not None for build in picture.blocked):
        return "what is blocked needs another configuration: build-swarm fix-blocked proposes it"
    return _nothing_blocked(picture)


def _nothing_staged(picture: Picture) -> str:
    if picture.staged:
        return ""
    waiting = picture.totals.needed + picture.totals.building
    return f"nothing is staged yet, {waiting} still to build" if waiting else "nothing is staged"


def _no_release(picture: Picture) -> str:
    state = picture.state
    for release in state.releases.values():
        if release.status == "prepared":
            return f"release {release.number} is being made"
    if reason := _nothing_staged(picture):
        return reason
    score, limit = state.verified.score if state.verified is not None else 0, state.policy.risk_limit
    if score >= limit:
        return f"risk score {score} is not below {limit}: mend it, or build-swarm finalize --force REASON"
    return ""


def _no_older_release(picture: Picture) -> str:
    state = picture.state
    if state.current is None:
        return "nothing has been released yet"
    kept = [release.number for release in state.releases.values() if release.status == "published"]
    return (
        ""
        if min(kept, default=state.current) < state.current
        else f"no release before {state.current} is kept"
    )


def _none_live(picture: Picture) -> str:
    return "nothing has been released yet" if picture.state.current is None else ""


def _nothing_queued(picture: Picture) -> str:
    totals = picture.totals
    return "" if totals.needed or totals.building else "the queue is empty: build-swarm fresh fills it"


def _no_queue(picture: Picture) -> str:
    return "" if picture.state.builds else "the queue is empty: build-swarm fresh fills it"


def _paused(picture: Picture) -> str:
    return "the swarm is paused already" if picture.state.held else ""


def _not_paused(picture: Picture) -> str:
    if picture.state.held:
        return ""
    drained = [node.name for node in picture.state.nodes.values() if node.held]
    if not drained:
        return "the swarm is not paused"
    return f"the swarm is not paused, only nodes are: build-swarm resume {drained[0]}, or on its screen"


def _no_node(picture: Picture) -> str:
    return "" if picture.state.nodes else "no node has ever registered: swarm-node drone"


def _no_node_up(picture: Picture) -> str:
    up = any(node.up for node in picture.state.nodes.values())
    return "" if up else _no_node(picture) or "no node is up: swarm-node drone"


def _no_local_node(picture: Picture) -> str:
    local = any(node.up and node.facts.role == "local" for node in picture.state.nodes.values())
    return "" if local else "the orchestrator has no builder of its own: see BUILD_MODE in its configuration"


OBSTACLES: Final[dict[str, Obstacle]] = {
    "fresh": _preparing,
    "release": _preparing,
    "reset": _preparing,
    "verify": _nothing_staged,
    "finalize": _no_release,
    "rollback": _no_older_release,
    "contents": _none_live,
    "difference": _none_live,
    "audit": _none_live,
    "fix-blocked": _nothing_blocked,
    "unblock": _nothing_to_unblock,
    "build-local": _no_local_node,
    "balance": _nothing_queued,
    "why": _no_queue,
    "pause": _paused,
    "resume": _not_paused,
    "drain": _no_node,
    "sync-verify": _no_node_up,
    "sync-fix": _no_node_up,
    "sync-overlays": _no_node_up,
    "sync-all": _no_node_up,
}
"""What stands in the way of each action, the strongest reason first; those left out can always be done."""
