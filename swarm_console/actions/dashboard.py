"""`dashboard`: the console's first screen as text or as one document, where there is no terminal for it."""

from __future__ import annotations

from swarm_console.actions.action import Action, Outcome, Parameter
from swarm_console.actions.status import show_status, unanswered, with_addresses
from swarm_console.words.pen import count, duration, findings, size, table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from swarm_console.actions.action import Params
    from swarm_console.wire.ask import Swarm
    from swarm_console.words.pen import Pen

BAR = 30
SIGNS = {
    "building": "● building",
    "assigned": "◐ assigned",
    "staged": "✓ staged",
    "blocked": "✗ blocked",
    "released": "▲ released",
}


def dashboard(swarm: Swarm, params: Params) -> Outcome:
    """A swarm that does not answer is part of the picture, as it is for `status`."""
    path = f"/api/v1/dashboard?queue={params['queue']}&events={params['events']}"
    try:
        who, seen = swarm.get_all("/api/v1/orchestrator", path)
    except Exception as error:
        return unanswered(swarm, error)
    totals = seen["totals"]
    share = totals["complete"] / seen["queued"] if seen["queued"] else 0.0
    return Outcome(with_addresses(swarm, who, {**seen, "share": round(share, 4)}))


def show_dashboard(seen: Any, pen: Pen) -> list[str]:
    if "error" in seen:
        return show_status(seen, pen)
    parts = (
        ("PROGRESS", _progress(seen)),
        (f"NODES ({seen['nodes_up']} of {len(seen['nodes'])} up)", _nodes(seen, pen)),
        (f"QUEUE ({len(seen['queue'])} of {seen['queued']})", _queue(seen, pen)),
        ("BLOCKED", _blocked(seen, pen)),
        ("STAGING RISK", _risk(seen, pen)),
        ("EVENTS", _events(seen, pen)),
    )
    lines = show_status(seen, pen)
    for name, told in parts:
        lines += ["", pen("strong", f"═══ {name} ═══"), *told]
    return lines


def _progress(seen: Any) -> Iterator[str]:
    from swarm_console.words.meters import bar
    from swarm_console.words.times import of_day

    if not seen["queued"]:
        yield "no queue"
        return
    ends = ""
    if left := seen.get("remaining"):
        early, late = (of_day(seen["at"] + left[key])[:5] for key in ("low", "high"))
        band = f" ({early} – {late})" if early != late else ""
        ends = f"  done at {of_day(seen['at'] + left['seconds'])[:5]}{band}"
    yield f"{bar(seen['share'], BAR)} {seen['share']:.0%}{ends}"


def _nodes(seen: Any, pen: Pen) -> list[str]:
    heads = ("Node", "Role", "State", "Builds", "Phase", "Done", "Load", "Disk free")
    return table(heads, map(_node, seen["nodes"]), pen) or ["no node has ever registered"]


def _node(node: Any) -> tuple[object, ...]:
    facts, progress = node["facts"], node["progress"] or {}
    up, held = node.get("up", True), node.get("held", False)
    state = "✗ lost" if not up else "‖ drained" if held else "● building" if node["building"] else "○ idle"
    share, load = progress.get("fraction"), progress.get("load")
    return (
        node["name"],
        facts.get("role", "drone"),
        state,
        node["building"] or node.get("hold_reason", ""),
        progress.get("phase", ""),
        "" if share is None else f"{share:.0%}",
        "" if load is None else f"{load:.1f}",
        size(facts["disk_free"]) if facts.get("disk_free") else "?",
    )


def _queue(seen: Any, pen: Pen) -> list[str]:
    heads = ("State", "Package", "Why it is built", "Node", "Elapsed")
    rows = (
        (_state(build), build["build"], build["reason"], build["node"] or "", _elapsed(build, seen["at"]))
        for build in seen["queue"]
    )
    return table(heads, rows, pen) or ["the queue is empty; fill it: build-swarm fresh"]


def _state(build: Any) -> str:
    waits = "· waiting" if build["waits_for"] else "○ ready"
    return SIGNS.get(build["status"], waits)


def _elapsed(build: Any, now: float) -> str:
    return duration(now - build["since"]) if build["status"] in ("building", "assigned") else ""


def _blocked(seen: Any, pen: Pen) -> Iterator[str]:
    if not seen["blocked"]:
        yield f"{pen('good', '✓')} nothing is blocked"
    for cluster in seen["blocked"]:
        first = cluster["remedies"][0]
        extent = f"{count(len(cluster['builds']), 'package')}, unlocks {duration(cluster['seconds'])}"
        yield f"{pen('attention', cluster['name'])}: {cluster['summary']} ({extent})"
        yield f"  • {', '.join(cluster['builds'][:3])}{', …' if len(cluster['builds']) > 3 else ''}"
        yield f"  → Run: {pen('strong', first['line'])}" if first["line"] else f"  → {first['words']}"


def _risk(seen: Any, pen: Pen) -> list[str]:
    verdict = seen["verdict"]
    if verdict is None:
        waits = seen["totals"]["complete"] and seen["next"]["action"] == "verify"
        return ["staged packages are not verified yet: build-swarm verify" if waits else "not verified"]
    safe = verdict["score"] < verdict["limit"]
    sign = pen("good", "✓") if safe else pen("bad", "✗")
    judged = f"{sign} {verdict['score']} of {verdict['limit']}: {'' if safe else 'not '}safe to release"
    return [judged, *findings(verdict["findings"], pen)]


def _events(seen: Any, pen: Pen) -> list[str]:
    import msgspec

    from swarm_console.words.chronicle import describe
    from swarm_console.words.times import of_day
    from swarm_node.model.events import Record

    rows = []
    for record in msgspec.convert(seen["events"], list[Record]):
        line = describe(record.event)
        rows.append((of_day(record.event.at), f"{line.glyph} {line.word}", line.subject, line.text))
    return table(("Time", "Event", "Subject", "Detail"), rows, pen) or ["nothing has happened yet"]


ACTIONS = (
    Action(
        "dashboard",
        "Dashboard",
        "the console's first screen as text: progress, nodes, queue, what blocks, risk, events",
        dashboard,
        show_dashboard,
        parameters=(
            Parameter("queue", "how many builds of the queue's top", kind="integer", default=12, word="N"),
            Parameter("events", "how many of the newest events", kind="integer", default=10, word="N"),
        ),
    ),
)
