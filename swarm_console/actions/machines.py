"""Machines: drained for maintenance, their trees and overlays held in step."""

from __future__ import annotations

from swarm_console.actions.action import Action, Outcome, Parameter
from swarm_console.actions.build import RESUMED, show_held
from swarm_console.words.pen import count, some

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from swarm_console.actions.action import Params
    from swarm_console.wire.ask import Swarm
    from swarm_console.words.pen import Pen


def drain(swarm: Swarm, params: Params) -> Outcome:
    return Outcome(swarm.act("drain", node=params["node"], reason=params["reason"]))


def sync_verify(swarm: Swarm, params: Params) -> Outcome:
    """Exit code 1 when a node is out of step, so that a script can ask."""
    swarm.say("asking every node for the hashes of its trees")
    return _judged(swarm.act("sync-verify"))


def sync_fix(swarm: Swarm, params: Params) -> Outcome:
    swarm.say("mending the trees of nodes that are out of step")
    return _judged(swarm.act("sync-fix", nodes=params["nodes"]))


def sync_overlays(swarm: Swarm, params: Params) -> Outcome:
    named = " ".join(params["overlays"]) or "the orchestrator's overlays"
    swarm.say(f"giving every node {named}")
    return _judged(swarm.act("sync-overlays", overlays=params["overlays"]))


def sync_all(swarm: Swarm, params: Params) -> Outcome:
    swarm.say("syncing from upstream, the orchestrator and every node")
    return _judged(swarm.act("sync-all"))


def _judged(seen: Any) -> Outcome:
    failed = any(answer["ok"] is False for answer in seen["answers"])
    return Outcome(seen, 0 if seen["in_step"] and not failed else 1)


def show_sync(seen: Any, pen: Pen) -> list[str]:
    lines = [_step(step, pen) for step in seen["trees"]]
    lines += [
        f"{pen('attention', '⚠')} {answer['node']}: {answer['output'] or 'did not answer'}"
        for answer in seen["answers"]
        if not answer["ok"]
    ]
    if requeued := seen.get("requeued"):
        lines += [f"{count(len(requeued), 'build')} cured by it, back in the queue: {some(requeued)}"]
    if seen["in_step"]:
        return [*lines, f"{pen('good', '✓')} every node is in step"]
    if any(answer["ok"] is None for answer in seen["answers"]):
        return [*lines, f"… some have not done it yet; then run: {pen('strong', 'build-swarm sync-verify')}"]
    missing = any(not step["hash"] for step in seen["trees"] if not step["in_step"])
    step = "build-swarm sync-overlays" if missing else "build-swarm sync-fix"
    return [*lines, f"{pen('attention', '⚠')} some are out of step", f"→ Run: {pen('strong', step)}"]


def _step(step: Any, pen: Pen) -> str:
    sign = pen("good", "✓") if step["in_step"] else pen("bad", "✗")
    if step["in_step"]:
        return f"{sign} {step['node']}: {step['tree']} {short(step['hash'])}"
    has = f"has {short(step['hash'])}" if step["hash"] else "lacks it"
    return f"{sign} {step['node']}: {step['tree']} {has}, not {short(step['expected'])}"


def short(digest: str) -> str:
    """A tree's hash: its commit, and whether files differ from it."""
    commit, changed, _ = digest.partition("+")
    return f"{commit[:12]} with changes of its own" if changed else commit[:12]


ACTIONS = (
    Action(
        "drain",
        "Drain a node",
        "let a node finish what it builds and give it nothing more",
        drain,
        show_held,
        parameters=(
            Parameter("node", "its name", positional=True, required=True, completes="node"),
            Parameter("reason", "shown to whoever asks why", default="", word="WORDS"),
        ),
        changes=True,
        inverses=(RESUMED,),
    ),
    Action(
        "sync-verify",
        "Check trees",
        "hold every node's trees against the orchestrator's",
        sync_verify,
        show_sync,
        changes=True,
    ),
    Action(
        "sync-fix",
        "Repair trees",
        "make trees that are out of step exactly what upstream is",
        sync_fix,
        show_sync,
        parameters=(
            Parameter(
                "nodes",
                "which (default: all that are out of step)",
                word="NODE",
                positional=True,
                many=True,
                completes="node",
            ),
        ),
        changes=True,
    ),
    Action(
        "sync-overlays",
        "Sync overlays",
        "give every node the orchestrator's overlays, brought up to date",
        sync_overlays,
        show_sync,
        parameters=(
            Parameter(
                "overlays",
                "which (default: all of the orchestrator's)",
                word="OVERLAY",
                positional=True,
                many=True,
            ),
        ),
        changes=True,
    ),
    Action(
        "sync-all",
        "Sync everything",
        "sync from upstream, the orchestrator and every node",
        sync_all,
        show_sync,
        changes=True,
    ),
)
