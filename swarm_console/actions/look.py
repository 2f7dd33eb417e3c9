"""Looking: addresses, nodes, the queue and what was built."""

from __future__ import annotations

from swarm_console.actions.action import Action, Outcome, Parameter
from swarm_console.words.pen import duration, moment, table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from swarm_console.actions.action import Params
    from swarm_console.wire.ask import Swarm
    from swarm_console.words.pen import Pen


def info(swarm: Swarm, params: Params) -> Outcome:
    """Every address that one may want to type somewhere."""
    from swarm_console import __version__

    health, who = swarm.get_all("/health", "/api/v1/orchestrator")
    if who["orchestrator"] is None:
        swarm.get("/api/v1/status")  # refused, with the reason
    return Outcome(
        {
            "gateway": {"url": swarm.url, "name": health["name"], "members": health.get("nodes")},
            "orchestrator": who["orchestrator"],
            "backups": who["backups"],
            "binhost": f"{who['orchestrator']['url']}/packages",
            "version": __version__,
        }
    )


def show_info(seen: Any, pen: Pen) -> list[str]:
    rows = [
        ("Gateway", seen["gateway"]["url"], seen["gateway"]["name"]),
        ("Orchestrator", seen["orchestrator"]["url"], seen["orchestrator"]["name"]),
        *(("Backup", backup["url"], f"{backup['name']}, {backup['state']}") for backup in seen["backups"]),
        ("Binhost", seen["binhost"], "for PORTAGE_BINHOST or binrepos.conf"),
        ("Console", seen["version"], ""),
    ]
    return table(("Part", "Address", "Name"), rows, pen)


def nodes(swarm: Swarm, params: Params) -> Outcome:
    return Outcome({"nodes": swarm.get("/api/v1/nodes")})


def show_nodes(seen: Any, pen: Pen) -> list[str]:
    heads = ("Node", "State", "Cores", "Built", "Failed", "Room", "Doing")
    return table(heads, map(_node, seen["nodes"]), pen) or ["no node has ever registered"]


def _node(node: Any) -> tuple[object, ...]:
    facts = node["facts"]
    up, held = node.get("up", True), node.get("held", False)
    state = "✗ lost" if not up else "– drained" if held else "✓ building" if node["building"] else "✓ idle"
    doing = node["building"] or (node.get("hold_reason") if held else "") or ""
    room = facts.get("room", "none")
    built, failed = node.get("built", 0), node.get("failed", 0)
    return node["name"], state, facts.get("cores", 1), built, failed, room, doing


def queue(swarm: Swarm, params: Params) -> Outcome:
    builds, wanted = swarm.get("/api/v1/queue"), params["status"]
    return Outcome({"builds": [build for build in builds if not wanted or build["status"] == wanted]})


STATUSES = ("needed", "assigned", "building", "staged", "blocked", "released")


def show_queue(seen: Any, pen: Pen) -> list[str]:
    heads = ("Package", "Status", "Node", "Waits for", "Why it is built")
    rows = (
        (b["build"], b["status"], b["node"] or "", _first(b["waits_for"]), b["reason"])
        for b in seen["builds"]
    )
    return table(heads, rows, pen) or ["the queue is empty; fill it: build-swarm fresh"]


def _first(names: list[str]) -> str:
    return "" if not names else names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def history(swarm: Swarm, params: Params) -> Outcome:
    from urllib.parse import urlencode

    asked = {
        name: params[name] for name in ("limit", "node", "package", "before") if params[name] is not None
    }
    return Outcome({"attempts": swarm.get(f"/api/v1/history?{urlencode(asked)}")})


def show_history(seen: Any, pen: Pen) -> list[str]:
    heads = ("When", "Attempt", "Package", "Node", "Outcome", "Took", "What was the matter")
    return table(heads, map(_finished, seen["attempts"]), pen) or ["nothing has been built yet"]


def _finished(record: Any) -> tuple[object, ...]:
    event = record["event"]
    measures, diagnosis = event.get("measures") or {}, event.get("diagnosis") or {}
    seconds = measures.get("seconds", event.get("seconds"))
    matter = diagnosis.get("summary") or event.get("reason", "")
    return (
        moment(event["at"]),
        event["attempt"],
        event["build"],
        event.get("node", ""),
        OUTCOMES.get(event["event"], event["event"]),
        "" if not seconds else duration(seconds),
        matter,
    )


OUTCOMES = {"BuildStaged": "✓ staged", "BuildFailed": "✗ failed", "AttemptLost": "– lost"}

ACTIONS = (
    Action("info", "Addresses", "addresses of gateway, orchestrator and binhost", info, show_info),
    Action("nodes", "Nodes", "every machine that builds, and what it does", nodes, show_nodes),
    Action(
        "queue",
        "Queue",
        "every build of the session in the order of handing out",
        queue,
        show_queue,
        parameters=(Parameter("status", "only builds in this status", choices=STATUSES, word="STATUS"),),
    ),
    Action(
        "history",
        "History",
        "the newest finished attempts and how they ended",
        history,
        show_history,
        parameters=(
            Parameter("limit", "how many", kind="integer", default=50, word="N"),
            Parameter("node", "only on this node", completes="node", word="NODE"),
            Parameter("package", "only of this package, in any version", completes="package", word="PACKAGE"),
            Parameter("before", "only those before this number of the log", kind="integer", word="SEQ"),
        ),
    ),
)
