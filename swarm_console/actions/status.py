"""`status`: the whole swarm at a glance, and what to do next; the one command that must feel instant."""

from __future__ import annotations

from swarm_console.actions.action import Action, Outcome
from swarm_console.words.pen import duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from swarm_console.actions.action import Params
    from swarm_console.wire.ask import Swarm
    from swarm_console.words.pen import Pen

TONES = {"ok": ("✓", "good"), "wait": ("…", "wait"), "attention": ("⚠", "attention")}


def status(swarm: Swarm, params: Params) -> Outcome:
    """The handbook's picture. A swarm that does not answer is part of it: which half, and what to do."""
    try:
        who, seen = swarm.get_all("/api/v1/orchestrator", "/api/v1/status")
    except Exception as error:
        return unanswered(swarm, error)
    return Outcome(with_addresses(swarm, who, seen))


def with_addresses(swarm: Swarm, who: Any, seen: Any) -> dict[str, Any]:
    """What was seen, with where gateway and orchestrator are."""
    leader = who["orchestrator"] or {}
    return {
        "gateway": {"url": swarm.url, "ok": True},
        **seen,
        "orchestrator": {"name": seen["orchestrator"], "url": leader.get("url", ""), "ok": True},
    }


def unanswered(swarm: Swarm, error: Exception) -> Outcome:
    """The picture of a swarm that does not answer. Raises: whatever else the error is."""
    from swarm_node.model.refusal import UNANSWERED, Refused

    if not isinstance(error, Refused) or error.kind.exit_code != UNANSWERED:
        raise error
    gateway = error.code != "gateway_unreachable"
    document = {
        "gateway": {"url": swarm.url, "ok": gateway},
        "orchestrator": {"name": "", "url": "", "ok": False},
        "next": {
            "tone": "attention",
            "text": error.message,
            "command": "",
            "action": "",
            "items": [],
        },
        **error.document(),
    }
    return Outcome(document, UNANSWERED)


def show_status(seen: Any, pen: Pen) -> list[str]:
    lines = [pen("strong", "═══ BUILD SWARM STATUS ═══"), _gateway(seen, pen), _orchestrator(seen, pen)]
    if "totals" in seen:
        lines += _progress(seen, pen)
    lines += ["", *_next_action(seen["next"], pen)]
    return [*lines, f"→ {seen['error']['hint']}"] if "error" in seen else lines


def _gateway(seen: Any, pen: Pen) -> str:
    address = seen["gateway"]["url"].partition("://")[2]
    return f"Gateway: {pen('good', '✓') if seen['gateway']['ok'] else pen('bad', '✗')} {address}"


def _orchestrator(seen: Any, pen: Pen) -> str:
    found = seen["orchestrator"]
    if not found["ok"]:
        return f"Orchestrator: {pen('bad', '✗')} {'unknown' if not seen['gateway']['ok'] else 'unreachable'}"
    address = found["url"].partition("://")[2] or found["name"]
    return f"Orchestrator: {pen('good', '✓')} {address} (API Online)"


def _progress(seen: Any, pen: Pen) -> list[str]:
    totals = seen["totals"]
    blocked = str(totals["blocked"])
    lines = [
        "",
        "Build Progress:",
        f"  Needed:   {totals['needed']}",
        f"  Building: {totals['building']}",
        f"  Complete: {totals['complete']}",
        f"  Blocked:  {pen('attention', blocked) if totals['blocked'] else blocked}",
    ]
    if left := seen.get("remaining"):
        low, high = duration(left["low"]), duration(left["high"])
        span = f" ({low} to {high})" if low != high else ""
        lines.append(f"  Remaining: about {duration(left['seconds'])}{span}")
    return lines


def _next_action(step: Any, pen: Pen) -> list[str]:
    sign, tone = TONES.get(step["tone"], TONES["attention"])
    lines = [pen("strong", "═══ NEXT ACTION ═══"), f"{pen(tone, sign)} {step['text']}"]
    lines += [f"  • {item}" for item in step["items"]]
    return [*lines, f"→ Run: {pen('strong', step['command'])}"] if step["command"] else lines


STATUS = Action("status", "Status", "the whole swarm at a glance, and what to do next", status, show_status)
