"""Explaining: why a package is not running, and what blocks the blocked ones."""

from __future__ import annotations

from swarm_console.actions.action import Action, Outcome, Parameter
from swarm_console.pen import count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from swarm_console.actions.action import Params
    from swarm_console.ask import Swarm
    from swarm_console.pen import Pen


def why(swarm: Swarm, params: Params) -> Outcome:
    return Outcome({"builds": swarm.get(f"/api/v1/why/{quoted(params['package'])}")})


def quoted(name: str) -> str:
    """A package's name as part of a path."""
    from urllib.parse import quote

    return quote(name, safe="/")


def show_why(seen: Any, pen: Pen) -> list[str]:
    lines: list[str] = []
    for build in seen["builds"]:
        lines += [pen("strong", build["build"]), f"  {build['summary']}"]
        lines += [f"  • {link['build']}: {link['status']}, {link['reason']}" for link in build["chain"]]
        lines += [f"  {node['node']}: {node['refusal'] or 'would take it now'}" for node in build["nodes"]]
        if build["needed_by"]:
            lines.append(pen("dim", f"  needed by {_some(build['needed_by'])}"))
        if build["cure"]:
            lines.append(f"  → Run: {pen('strong', build['cure'])}")
    return lines


def _some(names: list[str], shown: int = 4) -> str:
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more


def fix_blocked(swarm: Swarm, params: Params) -> Outcome:
    return Outcome({"blocked": swarm.get("/api/v1/blocked")})


def show_blocked(seen: Any, pen: Pen) -> list[str]:
    blocked = seen["blocked"]
    if not blocked:
        return [f"{pen('good', '✓')} nothing is blocked"]
    lines = [f"{pen('attention', '⚠')} {count(len(blocked), 'package')} blocked:"]
    for build in blocked:
        lines += ["", *_blocked(build, pen)]
    return lines


def _blocked(build: Any, pen: Pen) -> list[str]:
    diagnosis = build["diagnosis"]
    lines = [
        f"{pen('strong', build['build'])}  {pen('attention', diagnosis['kind'])}",
        f"  {diagnosis.get('summary') or 'no known pattern in its log'}",
        *(pen("dim", f"  │ {line}") for line in diagnosis.get("evidence", ())),
    ]
    if build["holds_up"]:
        lines.append(f"  {count(build['holds_up'], 'other build')} wait for it")
    if build["attempts"]:
        lines.append(pen("dim", f"  whole log: build-swarm logs {build['attempts'][-1]}"))
    return [*lines, f"  → {remedy(build, pen)}"]


def remedy(build: Any, pen: Pen) -> str:
    """What to do about a blocked build, as a sentence that ends with the command."""
    action = build["diagnosis"]["remedy"]
    command = pen("strong", build["command"])
    if action == "edit-portage-and-fresh":
        params = build["diagnosis"].get("params") or {}
        told = "; ".join(f"{key}: {value}" for key, value in params.items())
        return f"edit etc/portage of the client profile{f' ({told})' if told else ''}, then run: {command}"
    if not build["command"]:
        return f"a person must look at it; then run: {pen('strong', 'build-swarm unblock =' + _cpv(build))}"
    return f"Run: {command}"


def _cpv(build: Any) -> str:
    name: str = build["build"]
    return name.partition("@")[0]


ACTIONS = (
    Action(
        "why",
        "Why is it not running",
        "why a package is not running: what it waits for, and what each node says",
        why,
        show_why,
        key="w",
        parameters=(
            Parameter(
                "package",
                "any spelling of a package of the queue",
                positional=True,
                required=True,
                completes="package",
            ),
        ),
    ),
    Action(
        "fix-blocked",
        "Diagnose blocked packages",
        "every blocked package: what is the matter, the proof, and the command that cures it",
        fix_blocked,
        show_blocked,
        key="f",
    ),
)
