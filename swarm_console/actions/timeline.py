"""The timeline without a screen: how busy each drone was, and the chain of builds that determined the end."""

from __future__ import annotations

from swarm_console.actions.action import Action, Outcome
from swarm_console.words.pen import count, duration, moment, table
from swarm_console.words.times import of_day

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from swarm_console.actions.action import Params
    from swarm_console.wire.ask import Swarm
    from swarm_console.words.pen import Pen

BAR = 30
"""Characters for a drone's busy share."""


def timeline(swarm: Swarm, params: Params) -> Outcome:
    """Raises: Refused."""
    import time

    from msgspec import convert, json

    from swarm_node.model.chronology import chronology
    from swarm_node.model.state import State

    state = convert(swarm.get("/api/v1/state"), State, strict=False)
    return Outcome(json.decode(json.encode(chronology(state, time.time()))))


def show_timeline(seen: Any, pen: Pen) -> list[str]:
    if not seen["path"]["links"]:
        return [f"session {seen['session']}: nothing has been built yet; see build-swarm status"]
    until = "ended" if seen["over"] else "so far until"
    took = duration(seen["end"] - seen["begin"])
    head = f"session {seen['session']}: from {moment(seen['begin'])} {until} {moment(seen['end'])}, {took}"
    heads = ("Drone", "Busy", "", "Building", "Idle", "Attempts", "Failed or lost")
    return [head, "", *table(heads, map(_node, seen["nodes"]), pen), "", *_path(seen["path"], pen)]


def _node(use: Any) -> tuple[object, ...]:
    full = round(use["share"] * BAR)
    bar = "█" * full + "░" * (BAR - full)
    busy, idle = duration(use["busy"]), duration(use["idle"])
    return use["node"], f"{use['share']:.0%}", bar, busy, idle, use["builds"], use["bad"]


def _path(path: Any, pen: Pen) -> list[str]:
    building, waiting = duration(path["building"]), duration(path["waiting"])
    head = f"critical path: {count(len(path['links']), 'build')}, {building} building, {waiting} waiting"
    builds = {link["attempt"]: link["build"] for link in path["links"]}
    heads = ("Began", "Took", "Package", "Drone", "Outcome", "Waited for")
    rows = [
        (
            of_day(link["begin"]),
            duration(link["end"] - link["begin"]),
            link["build"],
            link["node"],
            OUTCOMES[link["outcome"]],
            _reason(link, builds),
        )
        for link in path["links"]
    ]
    return [pen("strong", head), *table(heads, rows, pen)]


def _reason(link: Any, builds: dict[int, str]) -> str:
    before = builds.get(link["after"], "")
    what = {
        "plan": "the plan",
        "drone": f"the drone: {before}",
        "retry": "its own last try",
        "need": f"{before}, which it needs",
    }[link["reason"]]
    return f"{what}, {duration(link['waited'])} before" if link["waited"] >= 1 else what


OUTCOMES = {
    "staged": "✓ staged",
    "failed": "✗ failed",
    "lost": "– lost",
    "recalled": "← recalled",
    "open": "● building",
}

ACTIONS = (
    Action(
        "timeline",
        "Timeline",
        "the session drone by drone: who idled how long, and the critical path",
        timeline,
        show_timeline,
        key="T",
    ),
)
