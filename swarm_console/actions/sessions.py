"""The sessions of the log: what each came to, and how to see it again."""

from __future__ import annotations

from swarm_console.actions.action import Action, Outcome
from swarm_console.words.pen import duration, moment, table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from swarm_console.actions.action import Params
    from swarm_console.wire.ask import Swarm
    from swarm_console.words.pen import Pen


def sessions(swarm: Swarm, params: Params) -> Outcome:
    return Outcome({"sessions": swarm.get("/api/v1/sessions")})


def show_sessions(seen: Any, pen: Pen) -> list[str]:
    heads = ("Session", "Opened", "Took", "Staged", "Failed", "Lost", "Releases", "Events")
    lines = table(heads, map(_session, seen["sessions"]), pen)
    if not lines:
        return ["no session has been opened yet: build-swarm fresh"]
    return [*lines, "", f"see one again: {pen('strong', 'swarm-console --replay SESSION')}"]


def _session(session: Any) -> tuple[object, ...]:
    ended = session["ended"]
    return (
        session["session"],
        moment(session["opened"]),
        "● goes on" if ended is None else duration(ended - session["opened"]),
        session["staged"],
        session["failed"],
        session["lost"],
        session["releases"],
        session["last"] - session["first"] + 1,
    )


ACTIONS = (
    Action(
        "sessions",
        "Sessions",
        "every session of the log, and what it came to; swarm-console --replay shows one again",
        sessions,
        show_sessions,
        key="S",
    ),
)
