"""Explaining: why a package is not running."""

from __future__ import annotations

from swarm_console.actions.action import Action, Outcome, Parameter
from swarm_console.wire.path import quoted
from swarm_console.words.pen import count, duration, some

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from swarm_console.actions.action import Params
    from swarm_console.wire.ask import Swarm
    from swarm_console.words.pen import Pen


def why(swarm: Swarm, params: Params) -> Outcome:
    return Outcome({"builds": swarm.get(f"/api/v1/why/{quoted(params['package'], safe='/')}")})


def show_why(seen: Any, pen: Pen) -> list[str]:
    lines: list[str] = []
    for build in seen["builds"]:
        lines += [pen("strong", build["build"]), f"  {build['summary']}"]
        if build.get("trial"):
            lines.append(f"  {pen('wait', build['trial'])}")
        lines += [f"  • {link['build']}: {_link(link)}" for link in build["chain"]]
        if (more := build.get("behind", 0) - len(build["chain"])) > 0:
            lines.append(pen("dim", f"  … and {more} more"))
        lines += [f"  {node['node']}: {said(node, bool(build['chain']))}" for node in build["nodes"]]
        if start := build.get("start"):
            lines.append(f"  {begins(start, _now())}")
        if build["needed_by"]:
            lines.append(pen("dim", f"  needed by {some(build['needed_by'])}"))
        if build["cure"]:
            lines.append(f"  → Run: {pen('strong', build['cure'])}")
    return lines


def _link(link: Any) -> str:
    over = f", over about {_clock(link['ends'])}" if link.get("ends") else ""
    return f"{link['status']}, {link['reason']}{over}"


def said(node: Any, waits: bool) -> str:
    if node["refusal"] is None:
        return "would take it as soon as it can begin" if waits else "would take it now"
    if lift := node.get("lift"):
        return f"{node['refusal']} → {lift}"
    until = node.get("until")
    if better := node.get("better"):
        return f"left for {better}, which should end it about {_clock(until)}"
    return f"{node['refusal']}, ends by itself about {_clock(until)}" if until else str(node["refusal"])


def begins(start: Any, now: float) -> str:
    """When a build should begin, in a sentence."""
    wait, low, high = (duration(start[key] - now) for key in ("at", "low", "high"))
    band = f" ({low} – {high})" if low != high else ""
    where = f" on {start['node']}" if start["node"] else ""
    after = f", after {start['after']}" if start["after"] else ""
    others = f" and {count(start['ahead'], 'other')}" if start["after"] and start["ahead"] else ""
    if start["at"] <= now:
        return f"should begin now{where}, and take {duration(start['seconds'])}"
    when = f"should begin about {_clock(start['at'])}, in {wait}{band}"
    return f"{when}{where}{after}{others}, and take {duration(start['seconds'])}"


def _now() -> float:
    import time

    return time.time()


def _clock(at: float) -> str:
    from swarm_console.words.times import of_day

    return of_day(at)[:5]


PACKAGE = Parameter(
    "package", "any spelling of a package of the queue", positional=True, required=True, completes="package"
)

ACTIONS = (
    Action(
        "why",
        "Why is it not running",
        "why a package is not running: what it waits for, and what each node says",
        why,
        show_why,
        key="w",
        parameters=(PACKAGE,),
    ),
)
