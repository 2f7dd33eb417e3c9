"""One package in depth over HTTP: why it is where it is, its remedies, neighbours, change and cost."""

from functools import partial

import msgspec
from aiohttp import web

from swarm_node.http.json import reply
from swarm_node.model.change import change
from swarm_node.model.estimate import cp_of, expected
from swarm_node.model.graph import reach
from swarm_node.model.names import find_builds
from swarm_node.model.remedies import remedies
from swarm_node.model.state import Build, State
from swarm_node.model.why import why
from swarm_node.orchestrator.parts import PARTS, at_leisure


async def show_package(request: web.Request) -> web.Response:
    """GET /api/v1/packages/{package}: every build of that name in depth."""
    parts = request.app[PARTS]
    found = find_builds(parts.swarm.state, request.match_info["package"])
    offers = {
        cp: await at_leisure(parts.reading, partial(parts.catalogue.offer, cp))
        for cp in {cp_of(build.row.cpv) for build in found}
    }
    state, now = parts.swarm.state, parts.swarm.now()
    return reply(
        [
            {
                **msgspec.to_builtins(build),
                "why": why(state, build, now),
                "remedies": [
                    {**msgspec.to_builtins(one), "line": one.line} for one in remedies(state, build)
                ],
                "neighbours": _neighbours(state, build),
                "change": change(build, offers[cp_of(build.row.cpv)]),
                "expected": _expected(state, build),
            }
            for build in found
            if build.id in state.builds
        ]
    )


def _neighbours(state: State, build: Build) -> dict[str, list[str]]:
    """What it needs and what needs it, near and far."""
    queue = state.queue
    needs, by = queue.needs.get(build.id, ()), queue.dependents.get(build.id, ())
    return {
        "needs": list(needs),
        "needs_far": sorted(reach(queue.needs, build.id) - {*needs, build.id}),
        "needed_by": list(by),
        "needed_by_far": sorted(reach(queue.dependents, build.id) - {*by, build.id}),
    }


def _expected(state: State, build: Build) -> dict[str, float]:
    """Predicted seconds on each node."""
    cp = cp_of(build.row.cpv)
    return {name: round(expected(state.history, cp, name).seconds, 1) for name in state.nodes}


ROUTES = (web.get("/api/v1/packages/{package:.+}", show_package),)
