"""Following a session to its end: what goes on, why nothing does, and patience with a swarm that restarts."""

from __future__ import annotations

import time

from swarm_console.actions.action import Action, Outcome
from swarm_console.words.pen import count, duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from swarm_console.actions.action import Params
    from swarm_console.wire.ask import Swarm
    from swarm_console.words.pen import Pen

POLL_SECONDS = 0.3
OUTAGE_SECONDS = 120.0
"""How long a swarm may be silent in the middle of something before it is given up."""
STILL_SECONDS = 5.0
"""Without a change for so long, one says why."""
PREPARING = ("syncing", "discovering")


def follow(swarm: Swarm) -> Any:
    """Wait until nothing can be built any more; the status then. Raises: Refused when the swarm is gone."""
    told, since, why = "", time.monotonic(), ""
    while True:
        seen = patiently(swarm, lambda: swarm.get("/api/v1/status"))
        line = summary(seen)
        if line != told:
            told, since, why = line, time.monotonic(), ""
            swarm.say(line)
        needed, building = seen["totals"]["needed"], seen["totals"]["building"]
        if seen["phase"] not in PREPARING and not building:
            queue = patiently(swarm, lambda: swarm.get("/api/v1/queue")) if needed else []
            held_up = sum(row["status"] == "needed" for row in queue)
            free = can_move(queue)
            if free is None and held_up:
                swarm.say(f"{count(held_up, 'build')} cannot be made: blocked ones are in the way")
            if free is None and bool(held_up) == bool(needed):  # or else they were built meanwhile
                return seen
            if free is not None and time.monotonic() - since > STILL_SECONDS:
                why = _say_why(swarm, free, why)
        time.sleep(POLL_SECONDS)


def summary(seen: Any) -> str:
    """A status in one line."""
    totals = seen["totals"]
    if seen["phase"] in PREPARING:
        return f"session {seen['session']}: {seen['phase']}"
    figures = ", ".join(f"{totals[key]} {key}" for key in ("needed", "building", "complete", "blocked"))
    return f"session {seen['session']}: {figures}"


def can_move(queue: list[Any]) -> str | None:
    """The first build that waits for nothing blocked, however far away; None: nothing can move any more."""
    rows = {row["build"]: row for row in queue}
    stuck = {name for name, row in rows.items() if row["status"] == "blocked"}
    grew = True
    while grew:
        more = {
            name
            for name, row in rows.items()
            if name not in stuck and row["status"] == "needed" and not stuck.isdisjoint(row["waits_for"])
        }
        stuck |= more
        grew = bool(more)
    free = (
        n for n, row in rows.items() if n not in stuck and row["status"] in ("needed", "assigned", "building")
    )
    return next(free, None)


def _say_why(swarm: Swarm, name: str, told: str) -> str:
    """Say once why a build that could move does not."""
    from swarm_console.wire.path import quoted
    from swarm_node.model.refusal import Refused

    try:
        answer = patiently(swarm, lambda: swarm.get(f"/api/v1/why/{quoted(name, safe='/')}"))[0]
    except Refused:  # it left the queue meanwhile
        return told
    refusals = [f"{node['node']}: {node['refusal']}" for node in answer["nodes"] if node["refusal"]]
    why = f"nothing moves: {name}: {answer['summary']}"
    why += f" ({'; '.join(refusals)})" if refusals else ""
    why += f" → {answer['cure']}" if answer["cure"] else ""
    if _without_numbers(why) != _without_numbers(told):
        swarm.say(why)
    return why


def _without_numbers(text: str) -> str:
    return "".join(sign for sign in text if not sign.isdigit())


def patiently(swarm: Swarm, ask: Callable[[], Any]) -> Any:
    """Ask again while nothing answers, for a while. Raises: Refused."""
    from swarm_node.model.refusal import UNANSWERED, Refused

    began = 0.0
    while True:
        try:
            return ask()
        except Refused as error:
            if error.kind.exit_code != UNANSWERED and error.code != "bad_answer":
                raise
            if not began:
                began = time.monotonic()
                swarm.say(f"{error.message}; waiting up to {duration(OUTAGE_SECONDS)}")
            if time.monotonic() - began > OUTAGE_SECONDS:
                raise
            time.sleep(POLL_SECONDS)


def monitor(swarm: Swarm, params: Params) -> Outcome:
    """Without a screen: status lines as they change, until nothing is left to build. Raises: Refused."""
    swarm.get("/api/v1/status")  # patience is for a swarm that was there
    return Outcome(follow(swarm))


def show_followed(seen: Any, pen: Pen) -> list[str]:
    command = seen["next"]["command"]
    return [summary(seen), *([f"→ Run: {pen('strong', command)}"] if command else [])]


ACTIONS = (
    Action(
        "monitor",
        "Monitor",
        "the full-screen console; without a terminal, a line for each change",
        monitor,
        show_followed,
    ),
)
