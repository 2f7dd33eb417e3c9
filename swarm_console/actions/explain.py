"""Explaining: why a package is not running."""

from __future__ import annotations

from swarm_console.actions.action import Action, Outcome, Parameter
from swarm_console.wire.path import quoted
from swarm_console.words.pen import count, duration, some

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from swarm_console.actions.action import Params
    from swarm_console.wire.ask import Swarm
    from swarm_console.words.pen import Pen


def why(swarm: Swarm, params: Params) -> Outcome:
    return Outcome({"builds": swarm.get(f"/api/v1/why/{quoted(params['package'], safe='/')}")})


def show_why(seen: Any, pen: Pen) -> list[str]:
    return [line for build in seen["builds"] for line in _why(build, pen)]


def _why(build: Any, pen: Pen) -> Iterator[str]:
    sure = f" ({build['confidence']:.0%} sure)" if build.get("confidence") else ""
    yield pen("strong", build["build"])
    yield f"  {build['summary']}{sure}"
    if build.get("trial"):
        yield f"  {pen('wait', build['trial'])}"
    if build.get("running"):
        yield from _running(build["running"], build.get("progress"))
    yield from proved(build.get("odds"), build.get("proof", ()), pen)
    yield from (f"  • {link['build']}: {_link(link)}" for link in build["chain"])
    if (more := build.get("behind", 0) - len(build["chain"])) > 0:
        yield pen("dim", f"  … and {more} more")
    yield from (f"  {node['node']}: {said(node, bool(build['chain']))}" for node in build["nodes"])
    if start := build.get("start"):
        yield f"  {begins(start, _now())}"
    elif build.get("status") == "needed":
        yield "  nothing foreseeable sets it going by itself"
    if build["needed_by"]:
        yield pen("dim", f"  needed by {some(build['needed_by'])}")
    if build["cure"]:
        yield f"  → Run: {pen('strong', build['cure'])}"


def _running(running: Any, progress: Any) -> Iterator[str]:
    """How far a build is, against what history says, and where its log can be read."""
    since, expected = max(_now() - running["since"], 0.0), running["expected"]
    if progress:
        counted = f"{progress['fraction']:.0%}" if progress.get("fraction") is not None else ""
        yield "  " + " ".join(filter(None, (progress["phase"], counted, progress["detail"])))
    late = since - expected
    about = f"{duration(late)} past what" if late > 0 else f"should be done in {duration(-late)}, as"
    yield f"  for {duration(since)} now, {about} history says ({duration(expected)})"
    yield f"  its log as it grows: build-swarm logs {running['attempt']} --follow"


def proved(odds: Any, proof: Sequence[Any], pen: Pen) -> Iterator[str]:
    """Whose fault a failure is, the lines that prove it, and where the log is that they are from."""
    from swarm_console.words.fault import fault

    if odds:
        suspect, shares = fault(odds)
        yield f"  likeliest at fault: {pen('strong', suspect)} ({shares})"
    yield from (pen("dim", f"  │ {_place(line)}{line['text']}") for line in proof)
    if attempt := next((line["attempt"] for line in proof if line["attempt"]), 0):
        yield pen("dim", f"  whole log: build-swarm logs {attempt}")


def _place(line: Any) -> str:
    return f"{line['line']}: " if line["line"] else ""


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
