"""Actions on nodes: trees and overlays in step everywhere; what a cure unblocks goes back to the queue."""

import asyncio

from msgspec import Struct

from swarm_node.http.json import Body
from swarm_node.model.commands import Unblock
from swarm_node.model.refusal import Refused
from swarm_node.model.state import State
from swarm_node.orchestrator.directives import Answer, ask_nodes
from swarm_node.orchestrator.parts import Parts
from swarm_node.orchestrator.preparation import own_prefix, sync_everywhere
from swarm_node.portage import trees
from swarm_node.portage.prefix import Repository


class Step(Struct, frozen=True):
    """One node's tree held against the orchestrator's; an empty hash: the node lacks the tree."""

    node: str
    tree: str
    hash: str
    expected: str
    in_step: bool


async def own_trees(parts: Parts) -> dict[str, str]:
    """Repository name to hash of the orchestrator's own trees, which are the measure."""
    return await trees.tree_hashes(trees.trees(own_prefix(parts)))


def compare(state: State, expected: dict[str, str]) -> list[Step]:
    """Every node that is up against the measure, tree by tree."""
    return [
        Step(node.name, tree, node.facts.trees.get(tree, ""), wanted, node.facts.trees.get(tree) == wanted)
        for node in state.nodes.values()
        if node.up
        for tree, wanted in expected.items()
    ]


async def sync_verify(parts: Parts, asked: Body) -> object:
    """Ask every node for its trees' hashes and compare."""
    answers = await ask_nodes(parts.swarm, "verify_trees")
    return _report(parts, answers, await own_trees(parts))


async def sync_fix(parts: Parts, asked: Body) -> object:
    """Make the trees of nodes that are out of step exactly what upstream is."""
    expected = await own_trees(parts)
    named: tuple[str, ...] = getattr(asked, "nodes", ())
    if not named:
        await ask_nodes(parts.swarm, "verify_trees")
        steps = compare(parts.swarm.state, expected)
        named = tuple(sorted({step.node for step in steps if not step.in_step and step.hash}))
    answers = await ask_nodes(parts.swarm, "fix_trees", nodes=named) if named else []
    requeued = await requeue(parts, "sync-fix")
    return {**_report(parts, answers, expected), "requeued": requeued}


async def sync_overlays(parts: Parts, asked: Body) -> object:
    """Give every node the orchestrator's overlays and bring them up to date."""
    overlays = trees.trees(own_prefix(parts))[1:]
    if not overlays:
        raise Refused(
            "nothing_to_do", "the orchestrator has no overlay", "add one to its repos.conf, then try again"
        )
    answers: list[Answer] = []
    for overlay in overlays:
        await trees.sync(overlay)
        answers += await ask_nodes(parts.swarm, "sync_overlay", _overlay(overlay))
    requeued = await requeue(parts, "sync-overlays")
    return {**_report(parts, answers, await own_trees(parts)), "requeued": requeued}


async def sync_all(parts: Parts, asked: Body) -> object:
    """Upstream to the orchestrator, then every node."""
    return _report(parts, await sync_everywhere(parts), await own_trees(parts))


def _overlay(overlay: Repository) -> dict[str, str]:
    words = {"name": overlay.name, "sync_type": overlay.sync_type, "sync_uri": overlay.sync_uri}
    return words if overlay.priority is None else {**words, "priority": str(overlay.priority)}


async def requeue(parts: Parts, remedy: str) -> list[str]:
    """Give the builds that this remedy cures another try."""
    cured = tuple(
        build.id
        for build in parts.swarm.state.by_status("blocked")
        if build.diagnosis is not None and build.diagnosis.remedy == remedy and build.row.problem is None
    )
    if cured:
        await parts.swarm.submit(Unblock(builds=cured, cure=remedy))
    return list(cured)


async def clear_staging(parts: Parts) -> None:
    await asyncio.to_thread(parts.staging.clear)


def _report(parts: Parts, answers: list[Answer], expected: dict[str, str]) -> dict[str, object]:
    steps = compare(parts.swarm.state, expected)
    return {"in_step": all(step.in_step for step in steps), "answers": answers, "trees": steps}
