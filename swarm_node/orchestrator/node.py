"""One node in depth over HTTP: what it is, what it says to the queue, how far it has drifted.

Its configuration is held against the orchestrator's own, else against what most nodes have.
"""

import asyncio
from collections import Counter

from aiohttp import web

from swarm_node.http.client import Client
from swarm_node.http.json import reply
from swarm_node.model.answers import head
from swarm_node.model.drift import drift
from swarm_node.model.estimate import speed_of
from swarm_node.model.messages import Configuration
from swarm_node.model.names import closest
from swarm_node.model.refusal import Refused
from swarm_node.model.state import Node, State
from swarm_node.orchestrator.look import at_work
from swarm_node.orchestrator.machines import own_trees
from swarm_node.orchestrator.parts import PARTS, Parts
from swarm_node.orchestrator.preparation import own_prefix
from swarm_node.portage.configuration import digest, read_configuration

ANSWER_SECONDS = 10.0


async def show_node(request: web.Request) -> web.Response:
    """GET /api/v1/nodes/{name}: a node, what it does now, and its answers to the head of the queue."""
    parts, node = request.app[PARTS], _named(request)
    state, now = parts.swarm.state, parts.swarm.now()
    return reply(
        {
            **at_work(parts, node),
            "speed": round(speed_of(state.history, node.name), 3),
            "since_begun": _since_begun(state, node, now),
            "answers": head(state, node, now),
        }
    )


def _since_begun(state: State, node: Node, now: float) -> float | None:
    attempt = state.attempts.get(node.attempt) if node.attempt is not None else None
    return round(max(now - attempt.opened, 0.0), 1) if attempt is not None else None


def _named(request: web.Request) -> Node:
    """The node that a path names. Raises: Refused (unknown_node)."""
    nodes, name = request.app[PARTS].swarm.state.nodes, request.match_info["name"]
    if name not in nodes:
        hint = closest(name[:80], nodes, "build-swarm nodes")
        raise Refused("unknown_node", f"there is no node {name!r:.80}", hint)
    return nodes[name]


async def show_drift(request: web.Request) -> web.Response:
    """GET /api/v1/nodes/{name}/drift: what differs on a node, line by line."""
    parts, node = request.app[PARTS], _named(request)
    found = await _asked(parts, node)
    reference = await _own(parts)
    if reference is None:
        usual = _usual(parts.swarm.state, node)
        reference = found if usual is node else await _asked(parts, usual)
    return reply(drift(found, reference))


async def _asked(parts: Parts, node: Node) -> Configuration:
    """What a node says of its configuration. Raises: Refused (node_unreachable, bad_answer)."""
    url = node.facts.url
    if not url:
        raise Refused(
            "node_unreachable",
            f"{node.name} has told no address of its own",
            f"see what it runs: build-swarm node {node.name}",
        )
    try:
        async with Client(url, peer="node", token=parts.settings.token) as line:
            return await line.get("/api/v1/configuration", Configuration, seconds=ANSWER_SECONDS)
    except Refused as no:
        if no.code == "unknown_path":
            raise Refused(
                "bad_answer",
                f"{node.name} runs build-swarm {node.facts.version}, which does not tell its configuration",
                f"bring build-swarm on {node.name} up to date",
            ) from None
        raise Refused(no.code, f"{node.name}: {no.message}", no.hint) from None


async def _own(parts: Parts) -> Configuration | None:
    """The orchestrator's own configuration, on which queues are resolved; None where it has none."""
    try:
        prefix = own_prefix(parts)
        if not prefix.configuration.is_dir():
            return None
        files = await asyncio.to_thread(read_configuration, prefix)
        builder = _local(parts.swarm.state)
        trees = builder.facts.trees if builder is not None else await own_trees(parts)
    except Refused:
        return None
    return Configuration(parts.settings.node_name, digest(files), files, trees)


def _local(state: State) -> Node | None:
    return next((node for node in state.nodes.values() if node.facts.role == "local" and node.up), None)


def _usual(state: State, asked: Node) -> Node:
    """A node that is up and configured as most are; the asked one itself, if it is one of them."""
    up = [node for node in state.nodes.values() if node.up and node.facts.configuration]
    count = Counter(node.facts.configuration for node in up)
    if not count:
        return asked
    most = max(sorted(count), key=count.__getitem__)
    alike = [node for node in up if node.facts.configuration == most]
    return asked if asked in alike else alike[0]


ROUTES = (
    web.get("/api/v1/nodes/{name}", show_node),
    web.get("/api/v1/nodes/{name}/drift", show_drift),
)
