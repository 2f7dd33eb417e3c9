"""GET /api/v1/dashboard: what the console's dashboard shows, of one moment and in one document."""

from functools import partial
from heapq import nsmallest
from typing import Final

import msgspec
from aiohttp import web

from swarm_node.http.json import Body, query, reply
from swarm_node.journal.base import Journal
from swarm_node.model.events import Record
from swarm_node.model.refusal import Refused
from swarm_node.model.status import status
from swarm_node.orchestrator.blocked import cluster_documents
from swarm_node.orchestrator.look import at_work, in_queue, place
from swarm_node.orchestrator.parts import PARTS, Parts, at_leisure

MOST: Final = 1_000


class DashboardQuery(Body, frozen=True):
    """How many builds of the queue's top, and how many of the newest events."""

    queue: int = 12
    events: int = 10


async def show_dashboard(request: web.Request) -> web.Response:
    """GET /api/v1/dashboard?queue=N&events=N."""
    parts, asked = request.app[PARTS], query(request, DashboardQuery)
    if not (0 <= asked.queue <= MOST and 0 <= asked.events <= MOST):
        raise Refused("bad_request", "so many rows are out of range", f"from 0 to {MOST} of each")
    blocked = await cluster_documents(parts)
    seen = {**_seen(parts, asked.queue), "blocked": blocked}
    until = parts.swarm.state.seq
    newest = partial(_newest, parts.swarm.journal, until, asked.events)
    return reply({**seen, "events": await at_leisure(parts.reading, newest)})


def _seen(parts: Parts, rows: int) -> dict[str, object]:
    state = parts.swarm.state
    top = nsmallest(rows, state.builds.values(), key=place)
    verdict = msgspec.to_builtins(state.verified) if state.verified is not None else None
    return {
        **msgspec.to_builtins(status(state, parts.swarm.now())),
        "orchestrator": parts.settings.node_name,
        "at": parts.swarm.now(),
        "nodes": [at_work(parts, node) for node in parts.swarm.state.nodes.values()],
        "queue": [in_queue(state, build) for build in top],
        "queued": len(state.builds),
        "verdict": verdict and {"findings": [], "limit": state.policy.risk_limit, **verdict},
    }


def _newest(journal: Journal, until: int, count: int) -> list[Record]:
    return list(journal.read(after=max(until - count, 0)))[:count][::-1]


ROUTES = (web.get("/api/v1/dashboard", show_dashboard),)
