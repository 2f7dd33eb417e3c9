"""What can be seen: status, state, queue, nodes, blocked, why, history, logs."""

import asyncio
from functools import partial

import msgspec
from aiohttp import web

from swarm_node.http.json import Body, query, reply
from swarm_node.journal.base import Wanted
from swarm_node.model.estimate import cp_of
from swarm_node.model.events import AnyEvent
from swarm_node.model.names import find_builds
from swarm_node.model.refusal import Refused
from swarm_node.model.state import Build, Node, State
from swarm_node.model.status import status
from swarm_node.model.why import why
from swarm_node.orchestrator.logs import LARGEST
from swarm_node.orchestrator.parts import PARTS, Parts, at_leisure
from swarm_node.orchestrator.work import attempt_number

FINISHED = ("BuildStaged", "BuildFailed", "AttemptLost")


class HistoryQuery(Body, frozen=True):
    limit: int = 50
    before: int | None = None
    """A sequence number: the page that ends before it."""
    node: str = ""
    package: str = ""
    """Any version of it: category/package, or with a version, which does not count."""


class LogQuery(Body, frozen=True):
    offset: int = 0
    limit: int = 1 << 20


class TimesQuery(Body, frozen=True):
    offset: int = 0
    limit: int = 1_000
    since: float | None = None


async def health(request: web.Request) -> web.Response:
    """GET /health."""
    parts = request.app[PARTS]
    return reply({"status": "ok", "role": "orchestrator", "name": parts.settings.node_name})


async def show_status(request: web.Request) -> web.Response:
    """GET /api/v1/status: what `build-swarm status` prints."""
    parts = request.app[PARTS]
    seen = msgspec.to_builtins(status(parts.swarm.state, parts.swarm.now()))
    return reply({**seen, "orchestrator": parts.settings.node_name})


async def show_state(request: web.Request) -> web.Response:
    """GET /api/v1/state: the whole fold of the log."""
    return reply(request.app[PARTS].swarm.state)


async def show_queue(request: web.Request) -> web.Response:
    """GET /api/v1/queue: every build in the order in which it would be handed out."""
    state = request.app[PARTS].swarm.state
    return reply([in_queue(state, build) for build in sorted(state.builds.values(), key=place)])


def place(build: Build) -> tuple[int, float, str]:
    """Sorts builds by what runs, what comes next, what is stuck, what is done."""
    order = ("building", "assigned", "needed", "blocked", "staged", "released")
    return order.index(build.status), -build.rank, build.id


def in_queue(state: State, build: Build) -> dict[str, object]:
    """A build as lists show it."""
    attempt = state.attempts.get(build.attempt) if build.attempt is not None else None
    return {
        "build": build.id,
        "status": build.status,
        "reason": build.row.reason,
        "node": attempt.node if attempt is not None else None,
        "attempt": build.attempt,
        "since": build.since,
        "rank": round(build.rank, 1),
        "waits_for": state.queue.unmet(build.id),
        "tries": len(build.failures),
        "room": build.measures.room if build.measures is not None else None,
    }


async def show_nodes(request: web.Request) -> web.Response:
    """GET /api/v1/nodes: every node that ever registered, with what it does now."""
    parts = request.app[PARTS]
    return reply([at_work(parts, node) for node in parts.swarm.state.nodes.values()])


def at_work(parts: Parts, node: Node) -> dict[str, object]:
    """A node with what it does now."""
    at = node.attempt
    return {
        **msgspec.to_builtins(node),
        "building": parts.swarm.state.attempts[at].build if at is not None else None,
        "progress": parts.contacts.progress.get(node.name) if at is not None else None,
        "silence": round(parts.contacts.silence(node.name), 1),
    }


async def show_why(request: web.Request) -> web.Response:
    """GET /api/v1/why/{package}: why it is not running, for every build of that name."""
    parts, name = request.app[PARTS], request.match_info["package"]
    try:
        found = find_builds(parts.swarm.state, name)
    except Refused as error:
        raise await _not_queued(parts, name, error) from None
    return reply([_why(parts, build) for build in found])


def _why(parts: Parts, build: Build) -> dict[str, object]:
    """The answer, with how far it is while it is being built."""
    swarm = parts.swarm
    answer = why(swarm.state, build, swarm.now())
    progress = parts.contacts.progress.get(answer.running.node) if answer.running is not None else None
    ours = progress is not None and answer.running is not None and progress.attempt == answer.running.attempt
    return {**msgspec.to_builtins(answer), "progress": progress if ours else None}


async def _not_queued(parts: Parts, name: str, error: Refused) -> Refused:
    """What is not in the queue may be what clients have already; else it gets there when one needs it."""
    offer = await at_leisure(parts.reading, partial(parts.catalogue.offer, name))
    if offer.packages:
        have = ", ".join(package.cpv for package in offer.packages)
        told = f"{name!r:.120} is not in the queue: release {offer.release} gives clients {have}"
        return Refused(error.code, told, "build-swarm fresh, where they need another one by now")
    if "did you mean" in error.hint:
        return error
    hint = f"{error.hint}; what a client profile needs comes in with build-swarm fresh"
    return Refused(error.code, error.message, hint)


async def show_history(request: web.Request) -> web.Response:
    """GET /api/v1/history?limit=N&before=SEQ&node=NAME&package=CP: finished attempts, newest first."""
    asked = query(request, HistoryQuery)
    if not 0 < asked.limit <= 10_000:
        raise Refused("bad_request", f"limit {asked.limit} is out of range", "from 1 to 10000")
    if asked.before is not None and not 0 <= asked.before < 1 << 63:
        raise Refused("bad_request", f"before {asked.before} is out of range", "a seq of an earlier page")
    journal = request.app[PARTS].swarm.journal
    return reply(journal.latest(FINISHED, asked.limit, asked.before, _wanted(asked)))


def _wanted(asked: HistoryQuery) -> Wanted | None:
    cp = cp_of(asked.package)
    if not asked.node and not cp:
        return None

    def fits(event: AnyEvent) -> bool:
        return (not asked.node or getattr(event, "node", "") == asked.node) and (
            not cp or cp_of(getattr(event, "build", "").partition("@")[0]) == cp
        )

    text = msgspec.json.encode(asked.node or f"{cp}-")
    return Wanted(b'"node":' + text if asked.node else b'"build":' + text.removesuffix(b'"'), fits)


async def show_log(request: web.Request) -> web.Response:
    """GET /api/v1/attempts/{n}/log?offset=N&limit=M: a piece of a log; a negative offset is from the end."""
    parts, asked = request.app[PARTS], query(request, LogQuery)
    if not 0 < asked.limit <= 16 << 20:
        raise Refused("bad_request", f"limit {asked.limit} is out of range", "at most 16 MiB")
    _check_offset(asked.offset)
    number = attempt_number(request)
    piece = await asyncio.to_thread(parts.logs.read, number, asked.offset, asked.limit)
    headers = {
        "Content-Type": "text/plain; charset=utf-8",
        "X-Content-Type-Options": "nosniff",
        "X-Log-Size": str(parts.logs.size(number)),
    }
    return web.Response(body=piece, headers=headers)


async def show_log_times(request: web.Request) -> web.Response:
    """GET /api/v1/attempts/{n}/log/times?offset=N&limit=M&since=S: when a log arrived, as pairs.

    Each is an offset and Unix seconds; the first is that of the piece that `offset` is in, or with `since`
    of the one that holds what came at that moment.
    """
    parts, asked = request.app[PARTS], query(request, TimesQuery)
    if not 0 < asked.limit <= 10_000:
        raise Refused("bad_request", f"limit {asked.limit} is out of range", "from 1 to 10000")
    _check_offset(asked.offset)
    number = attempt_number(request)
    times = await asyncio.to_thread(parts.logs.times, number, asked.offset, asked.limit, asked.since)
    return reply({"size": parts.logs.size(number), "times": times})


def _check_offset(offset: int) -> None:
    if abs(offset) > LARGEST:
        raise Refused("bad_request", f"offset {offset:.3e} is out of range", "see X-Log-Size")


async def show_opening(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/opening."""
    return await request.app[PARTS].stream.show(request)


async def show_stream(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/stream."""
    return await request.app[PARTS].stream.serve(request)


async def show_orchestrator(request: web.Request) -> web.Response:
    """GET /api/v1/orchestrator, asked of the orchestrator itself."""
    parts = request.app[PARTS]
    return reply({"orchestrator": {"name": parts.settings.node_name, "url": parts.url}, "backups": []})


ROUTES = (
    web.get("/health", health),
    web.get("/api/v1/orchestrator", show_orchestrator),
    web.get("/api/v1/status", show_status),
    web.get("/api/v1/state", show_state),
    web.get("/api/v1/queue", show_queue),
    web.get("/api/v1/nodes", show_nodes),
    web.get("/api/v1/why/{package:.+}", show_why),
    web.get("/api/v1/history", show_history),
    web.get("/api/v1/attempts/{number}/log", show_log),
    web.get("/api/v1/attempts/{number}/log/times", show_log_times),
    web.get("/api/v1/opening", show_opening),
    web.get("/api/v1/stream", show_stream),
)
