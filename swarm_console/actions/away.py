"""While you were away: what happened since the console was looked at, or in the last hours."""

from __future__ import annotations

from swarm_console.actions.action import Action, Outcome, Parameter
from swarm_console.words.recap import recap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from swarm_console.actions.action import Params
    from swarm_console.manners.memory import Look
    from swarm_console.wire.ask import Swarm
    from swarm_console.words.pen import Pen

DAY = 24.0
TONES = {"ok": "good", "wait": "wait", "attention": "attention", "dim": "dim", "bold": "strong"}


def away(swarm: Swarm, params: Params) -> Outcome:
    """Since the last look that a console on this machine had at the swarm, or for some hours."""
    from swarm_console.manners.memory import of_user

    look = of_user().read().seen.get(swarm.url) if params["hours"] is None else None
    hours = DAY if params["hours"] is None else params["hours"]
    return Outcome(since(swarm, look) if look is not None else lately(swarm, hours))


def since(swarm: Swarm, look: Look) -> dict[str, Any]:
    """The digest since a look. Raises: Refused (unknown_event) when the log is another one than then."""
    from swarm_console.wire.ask import refused
    from swarm_node.model.refusal import Refused

    try:
        seen = swarm.get(f"/api/v1/digest?after={look.seq}&at={look.at!r}")
    except Refused as error:
        if error.code != "unknown_event":
            raise
        raise refused(
            "unknown_event",
            "the swarm's log is another one than when you looked last",
            "build-swarm away --hours 24",
        ) from None
    return {"since": look.looked, "looked": True, **seen}


def lately(swarm: Swarm, hours: float, now: float | None = None) -> dict[str, Any]:
    """The digest of the last hours. Raises: Refused (bad_request)."""
    import time

    from swarm_console.wire.ask import refused

    if not hours > 0:
        raise refused("bad_request", f"{hours:g} hours are no stretch of time", "build-swarm away --hours 24")
    begin = (time.time() if now is None else now) - hours * 3600
    return {"since": begin, "looked": False, **swarm.get(f"/api/v1/digest?since={begin!r}")}


def show_away(seen: Any, pen: Pen) -> list[str]:
    from swarm_console.words.pen import count, moment

    lines = [f"since {moment(seen['since'])}: {count(seen['events'], 'event')}"]
    for heading, told in recap(seen):
        lines += ["", pen("strong", heading)]
        lines += [
            "  " + "".join(pen(TONES[tone], text) if tone in TONES else text for text, tone in line)
            for line in told
        ]
    return lines


ACTIONS = (
    Action(
        "away",
        "While you were away",
        "what was done, failed and decided since you looked last",
        away,
        show_away,
        key="a",
        parameters=(Parameter("hours", "in the last so many hours instead", kind="number", word="N"),),
    ),
)
