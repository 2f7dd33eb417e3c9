"""Actions on nodes: trees and overlays in step everywhere."""

import asyncio

from msgspec import Struct

from swarm_node.http.json import Body
from swarm_node.model.names import closest
from swarm_node.model.refusal import Refused
from swarm_node.model.remedies import cured_by
from swarm_node.model.state import State
from swarm_node.orchestrator.directives import Answer, ask_nodes
from swarm_node.orchestrator.parts import Parts
from swarm_node.orchestrator.preparation import own_prefix, sync_everywhere
from swarm_node.orchestrator.requeue import requeue
from swarm_node.portage import trees
from swarm_node.portage.prefix import Repository


class Nothing(Body, frozen=True):
    pass


class Nodes(Body, frozen=True):
    nodes: tuple[str, ...] = ()


class Overlays(Body, frozen=True):
    overlays: tuple[str, ...] = ()


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


async def sync_verify(parts: Parts, asked: Nothing) -> object:
    """Ask every node for its trees' hashes and compare."""
    answers = await ask_nodes(parts.swarm, "verify_trees")
    return _report(parts, answers, await own_trees(parts))


async def sync_fix(parts: Parts, asked: Nodes) -> object:
    """Make the trees of nodes that are out of step exactly what upstream is."""
    if not asked.nodes and any(parts.swarm.state.builds[name].row.problem for name in _cured(parts)):
        await _fix_own(parts)
    expected = await own_trees(parts)
    named = asked.nodes or await _out_of_step(parts, expected)
    answers = await ask_nodes(parts.swarm, "fix_trees", nodes=named) if named else []
    requeued = await requeue(parts, "sync-fix", asked.nodes)
    return {**_report(parts, answers, expected), "requeued": requeued}


def _cured(parts: Parts) -> tuple[str, ...]:
    return cured_by(parts.swarm.state, "sync-fix", ())


async def _fix_own(parts: Parts) -> None:
    """The resolver itself cannot read a tree: it reads the orchestrator's."""
    for tree in trees.trees(own_prefix(parts)):
        await trees.fix(tree)


async def _out_of_step(parts: Parts, expected: dict[str, str]) -> tuple[str, ...]:
    await ask_nodes(parts.swarm, "verify_trees")
    steps = compare(parts.swarm.state, expected)
    return tuple(sorted({step.node for step in steps if not step.in_step and step.hash}))


async def sync_overlays(parts: Parts, asked: Overlays) -> object:
    """Give every node the orchestrator's overlays, or those named, and bring them up to date."""
    overlays = _named(trees.trees(own_prefix(parts))[1:], asked.overlays)
    answers: list[Answer] = []
    for overlay in overlays:
        await trees.sync(overlay)
        answers += await ask_nodes(parts.swarm, "sync_overlay", _overlay(overlay))
    requeued = await requeue(parts, "sync-overlays", asked.overlays)
    expected = await own_trees(parts)
    if asked.overlays:
        expected = {name: expected[name] for name in asked.overlays}
    return {**_report(parts, answers, expected), "requeued": requeued}


def _named(overlays: tuple[Repository, ...], names: tuple[str, ...]) -> tuple[Repository, ...]:
    """The overlays of these names, all of them without any. Raises: Refused."""
    if not overlays:
        raise Refused(
            "nothing_to_do", "the orchestrator has no overlay", "add one to its repos.conf, then try again"
        )
    known = {overlay.name: overlay for overlay in overlays}
    for name in names:
        if name not in known:
            hint = f"{closest(name[:80], known, 'its repos.conf')}; add it there, then try again"
            raise Refused("unknown_overlay", f"the orchestrator has no overlay {name!r:.80}", hint)
    return tuple(known[name] for name in dict.fromkeys(names)) or overlays


async def sync_all(parts: Parts, asked: Nothing) -> object:
    """Upstream to the orchestrator, then every node."""
    return _report(parts, await sync_everywhere(parts), await own_trees(parts))


def _overlay(overlay: Repository) -> dict[str, str]:
    words = {"name": overlay.name, "sync_type": overlay.sync_type, "sync_uri": overlay.sync_uri}
    return words if overlay.priority is None else {**words, "priority": str(overlay.priority)}


async def clear_staging(parts: Parts) -> None:
    await asyncio.to_thread(parts.staging.clear)


def _report(parts: Parts, answers: list[Answer], expected: dict[str, str]) -> dict[str, object]:
    steps = compare(parts.swarm.state, expected)
    return {"in_step": all(step.in_step for step in steps), "answers": answers, "trees": steps}
