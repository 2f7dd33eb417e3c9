"""One node in depth, as its screen shows it: what it is and does, its answers, its history, its drift."""

from __future__ import annotations

from swarm_console.actions.action import Action, Outcome, Parameter
from swarm_console.actions.drift import show_node
from swarm_console.actions.explain import said
from swarm_console.actions.look import show_history
from swarm_console.wire.path import quoted
from swarm_console.words.pen import count, duration, size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from swarm_console.actions.action import Params
    from swarm_console.wire.ask import Swarm
    from swarm_console.words.pen import Pen

TAIL_BYTES, TAIL_LINES = 8_192, 10
"""How much of the log is asked for, and shown to people."""
NAMED = 6
"""Builds of which it says the same that are named for people; the document has all."""


def node(swarm: Swarm, params: Params) -> Outcome:
    """What cannot be had of it (a log, a drift) is told in its place and does not hide the rest."""
    name = params["node"]
    found = swarm.get(f"/api/v1/nodes/{quoted(name)}")
    past = swarm.get(f"/api/v1/history?limit={params['limit']}&node={quoted(name)}")
    attempt = found.get("attempt")
    if attempt is None and past:
        attempt = past[0]["event"]["attempt"]
    return Outcome(
        {
            **found,
            "history": past,
            "log": _tail(swarm, attempt) if attempt is not None else {"attempt": None, "lines": []},
            "drift": _asked(lambda: swarm.get(f"/api/v1/nodes/{quoted(name)}/drift"), node=name),
        }
    )


def _tail(swarm: Swarm, attempt: int) -> Any:
    """The end of a log, whole lines."""

    def read() -> Any:
        from swarm_console.wire.ask import document

        answer = swarm.fetch("GET", f"/api/v1/attempts/{attempt}/log?offset=-{TAIL_BYTES}")
        if answer.status >= 400:
            document(swarm.url, answer)
        whole = int(answer.headers.get("x-log-size", 0)) <= len(answer.body)
        lines = answer.body.decode(errors="replace").splitlines()
        return {"attempt": attempt, "lines": lines if whole else lines[1:]}

    return _asked(read, attempt=attempt, lines=[])


def _asked(ask: Any, **otherwise: object) -> Any:
    """What is answered; where it is refused, that."""
    try:
        return ask()
    except Exception as error:
        if not hasattr(error, "document"):
            raise
        return {**otherwise, **error.document()}


def show(seen: Any, pen: Pen) -> list[str]:
    lines = [*_head(seen, pen), *_machine(seen), *_answers(seen, pen)]
    if seen["history"]:
        lines += ["", pen("strong", "History"), *show_history({"attempts": seen["history"]}, pen)]
    lines += ["", *show_node(seen["drift"], pen)]
    if seen["log"]["lines"]:
        lines += ["", pen("strong", f"Log of attempt {seen['log']['attempt']}")]
        lines += [f"  │ {line}" for line in seen["log"]["lines"][-TAIL_LINES:]]
    return lines


def _head(seen: Any, pen: Pen) -> list[str]:
    state = "✓ up" if seen.get("up", True) else "✗ lost"
    if seen.get("held"):
        because = f": {seen['hold_reason']}" if seen.get("hold_reason") else ""
        state = f"– drained{because}"
    lines = [f"{pen('strong', seen['name'])}  {state}"]
    if seen["building"]:
        progress = seen.get("progress") or {}
        share = progress.get("fraction")
        done = f", {share:.0%}" if share is not None else ""
        since = f"since {duration(seen['since_begun'])}" if seen.get("since_begun") is not None else ""
        phase = f", {progress['phase']}" if progress.get("phase") else ""
        lines.append(f"  builds {seen['building']}  {since}{phase}{done}")
    return lines


def _machine(seen: Any) -> list[str]:
    facts = seen["facts"]
    room = facts.get("room", "none") + (f": {facts['room_reason']}" if facts.get("room_reason") else "")
    load = (seen.get("progress") or {}).get("load")
    parts = [
        facts.get("role", "drone"),
        count(facts.get("cores", 1), "core"),
        f"{size(facts['memory'])} of memory" if facts.get("memory") else "",
        f"{size(facts['disk_free'])} of disk free" if facts.get("disk_free") else "",
        f"load {load:.2f}" if load is not None else "",
    ]
    return [
        f"  {', '.join(filter(None, parts))}",
        f"  speed {seen['speed']:.2f} (1.00 is eight cores), {seen.get('built', 0)} built, "
        f"{seen.get('failed', 0)} failed",
        f"  clean room {room}, address {facts.get('url') or 'not told'}",
    ]


def _answers(seen: Any, pen: Pen) -> list[str]:
    if not seen["answers"]:
        return []
    alike: dict[str, list[str]] = {}
    for answer in seen["answers"]:
        alike.setdefault(said(answer, waits=False), []).append(answer["build"])
    lines = ["", pen("strong", "What it says to the head of the queue")]
    for words, builds in alike.items():
        more = f" and {len(builds) - NAMED} more" if len(builds) > NAMED else ""
        lines.append(f"  {words}: {', '.join(builds[:NAMED])}{more}")
    return lines


ACTIONS = (
    Action(
        "node",
        "A node in depth",
        "one node: what it builds, its history, what it refuses and why, its drift",
        node,
        show,
        parameters=(
            Parameter("node", "its name", positional=True, required=True, completes="node"),
            Parameter("limit", "how much of its history", kind="integer", default=20, word="N"),
        ),
    ),
)
