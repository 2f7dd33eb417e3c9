"""What blocks, and what would cure it: blocked builds, their clusters, and the changes on trial."""

import asyncio

import msgspec
from aiohttp import web

from swarm_node.http.json import reply
from swarm_node.model.blame import Odds, blame, case_of
from swarm_node.model.clusters import Cluster, clusters, held_up_by
from swarm_node.model.names import cluster_of
from swarm_node.model.remedies import Remedy, remedies
from swarm_node.model.state import Build, Change
from swarm_node.model.work import Diagnosis
from swarm_node.orchestrator.parts import PARTS, Parts
from swarm_node.orchestrator.trials import proposal

Document = dict[str, object]


async def show_blocked(request: web.Request) -> web.Response:
    """GET /api/v1/blocked: every blocked build with its diagnosis and what would cure it."""
    parts = request.app[PARTS]
    blocked = parts.swarm.state.by_status("blocked")
    diffs = await asyncio.to_thread(_diffs, parts, blocked)
    return reply([_blocked(parts, build, diffs[build.id]) for build in blocked])


def _blocked(parts: Parts, build: Build, diff: str) -> Document:
    state = parts.swarm.state
    cures = remedies(state, build)
    return {
        "build": build.id,
        "cluster": cluster_of(build),
        "odds": blame(state, case_of(state, build)),
        "diagnosis": build.diagnosis or Diagnosis("other", "human"),
        "command": cures[0].line if cures else "",
        "remedies": [_remedy(remedy, diff) for remedy in cures],
        "attempts": [failure.attempt for failure in build.failures],
        "nodes": [failure.node for failure in build.failures],
        "holds_up": len(held_up_by(state, (build,))),
    }


async def show_clusters(request: web.Request) -> web.Response:
    """GET /api/v1/clusters: the causes of all that is blocked, the one that holds up the most first."""
    return reply(await cluster_documents(request.app[PARTS]))


async def cluster_documents(parts: Parts) -> list[Document]:
    """The causes of all that is blocked with their remedies."""
    found = clusters(parts.swarm.state)
    state = parts.swarm.state
    firsts = [state.builds[cluster.builds[0]] for cluster in found]
    odds = [blame(state, case_of(state, first)) for first in firsts]
    diffs = await asyncio.to_thread(_diffs, parts, firsts)
    return [_cluster(*each, diffs[each[0].builds[0]]) for each in zip(found, odds, strict=True)]


def _cluster(cluster: Cluster, odds: Odds | None, diff: str) -> Document:
    """A cluster; the odds are of its first build, as the proof is."""
    cures = [_remedy(remedy, diff) for remedy in cluster.remedies]
    return {**msgspec.to_builtins(cluster), "odds": odds, "remedies": cures}


def _remedy(remedy: Remedy, diff: str) -> Document:
    """A remedy with its command line, and what a change of the configuration would change."""
    shown = diff if remedy.command[:1] == ("configure",) else ""
    return {**msgspec.to_builtins(remedy), "line": remedy.line, "diff": shown}


def _diffs(parts: Parts, builds: list[Build]) -> dict[str, str]:
    return {build.id: proposal(parts, build) for build in builds}


async def show_changes(request: web.Request) -> web.Response:
    """GET /api/v1/changes: changes of the configuration on trial, kept and taken back, newest first."""
    state = request.app[PARTS].swarm.state
    return reply([_change(change) for change in reversed(state.changes.values())])


def _change(change: Change) -> Document:
    return {key: value for key, value in msgspec.structs.asdict(change).items() if key != "before"}


ROUTES = (
    web.get("/api/v1/blocked", show_blocked),
    web.get("/api/v1/clusters", show_clusters),
    web.get("/api/v1/changes", show_changes),
)
