"""Drift: whether nodes are configured as the swarm is, and where not, line by line."""

from __future__ import annotations

from swarm_console.actions.action import Action, Outcome, Parameter
from swarm_console.actions.machines import short
from swarm_console.wire.path import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from swarm_console.actions.action import Params
    from swarm_console.wire.ask import Swarm
    from swarm_console.words.pen import Pen

TONES = {"+": "good", "-": "bad", "@": "dim"}


def drift(swarm: Swarm, params: Params) -> Outcome:
    """Exit code 1 when a node is out of step or cannot be asked, so that a script can ask."""
    nodes = params["nodes"] or [node["name"] for node in swarm.get("/api/v1/nodes") if node.get("up", True)]
    found = [_asked(swarm, node, alone=len(nodes) == 1) for node in nodes]
    return Outcome({"nodes": found}, 0 if all(each.get("in_step") for each in found) else 1)


def _asked(swarm: Swarm, node: str, alone: bool) -> Any:
    """What one node answers; of several, one that cannot be asked does not hide the others."""
    try:
        return swarm.get(f"/api/v1/nodes/{quoted(node)}/drift")
    except Exception as error:
        if alone or not hasattr(error, "document"):
            raise
        return {"node": node, **error.document()}


def show_drift(seen: Any, pen: Pen) -> list[str]:
    lines: list[str] = []
    for node in seen["nodes"]:
        lines += show_node(node, pen)
    return lines or ["no node is up"]


def show_node(found: Any, pen: Pen) -> list[str]:
    """One node's answer, line by line."""
    name = pen("strong", found["node"])
    if error := found.get("error"):
        return [f"{pen('attention', '?')} {name}: {error['message']}", f"  → {error['hint']}"]
    if found["in_step"]:
        return [f"{pen('good', '✓')} {name} is in step with {found['against']}"]
    lines = [f"{pen('bad', '≠')} {name} is out of step with {found['against']}"]
    for tree in found["trees"]:
        has = f"has {short(tree['hash'])}" if tree["hash"] else "lacks it"
        lines.append(f"  {tree['tree']}: {has}, not {short(tree['expected'])}")
    for file in found["files"]:
        lines += [f"  {_toned(line, pen)}" for line in file["lines"]]
    return lines + [f"  → Run: {pen('strong', line)}" for line in cures(found)]


def _toned(line: str, pen: Pen) -> str:
    tone = TONES.get(line[:1])
    return pen(tone, line) if tone else line


def cures(found: Any) -> list[str]:
    """The commands that bring trees in step; what etc/portage says is a person's to change."""
    missing = any(not tree["hash"] for tree in found["trees"])
    differing = any(tree["hash"] for tree in found["trees"])
    return [
        *(["build-swarm sync-overlays"] if missing else []),
        *([f"build-swarm sync-fix {found['node']}"] if differing else []),
    ]


ACTIONS = (
    Action(
        "drift",
        "Configuration drift",
        "which lines of a node's etc/portage and which trees differ from the swarm's",
        drift,
        show_drift,
        parameters=(
            Parameter(
                "nodes",
                "which (default: all that are up)",
                word="NODE",
                positional=True,
                many=True,
                completes="node",
            ),
        ),
    ),
)
