"""Looking back over HTTP: the sessions of the log, how each began, and the log itself, page by page."""

from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import Final, TypeVar

import msgspec
from aiohttp import web

from swarm_node.http.json import HEADERS, Body, query, reply
from swarm_node.journal.base import Journal, JournalError
from swarm_node.model.recorded import Recorded
from swarm_node.model.refusal import Refused
from swarm_node.orchestrator.parts import PARTS, Parts, at_leisure

LISTING: Final = "swarm-console --run sessions"
PAGE: Final = 10_000
"""Most events of one answer."""

T = TypeVar("T")


class EventsQuery(Body, frozen=True):
    after: int = 0
    limit: int = 1_000


async def show_sessions(request: web.Request) -> web.Response:
    """GET /api/v1/sessions: every session of the log, the newest first."""
    return reply(await _sessions(request.app[PARTS]))


async def show_session(request: web.Request) -> web.Response:
    """GET /api/v1/sessions/{n}: one session, and the state right after it was opened."""
    parts = request.app[PARTS]
    found = await _known(parts, request.match_info["number"])
    begun, at_hand = await _back(parts, partial(parts.sessions.beginning, found))
    if not at_hand:
        await parts.swarm.keep(begun)
    body = b'{"session":%b,"state":%b}' % (msgspec.json.encode(found), begun.body)
    return web.Response(body=body, headers=HEADERS)


async def show_events(request: web.Request) -> web.Response:
    """GET /api/v1/events?after=SEQ&limit=N: the next N events of the log, the oldest first."""
    asked = query(request, EventsQuery)
    if not 0 < asked.limit <= PAGE:
        raise Refused("bad_request", f"limit {asked.limit} is out of range", f"from 1 to {PAGE}")
    if not 0 <= asked.after < 1 << 62:
        raise Refused("bad_request", f"no event has the number {asked.after}", "they count from 1")
    parts = request.app[PARTS]
    read = partial(_page, parts.swarm.journal, asked.after, asked.limit)
    return web.Response(body=await at_leisure(parts.reading, partial(_in_words, read)), headers=HEADERS)


def _page(journal: Journal, after: int, limit: int) -> bytes:
    return msgspec.json.encode(list(islice(journal.read(after), limit)))


async def _known(parts: Parts, text: str) -> Recorded:
    """The session of a number, or of `last`. Raises: Refused (unknown_session)."""
    found = await _sessions(parts)
    wanted = [session for session in found if text in ("last", str(session.session))]
    if not wanted:
        have = f"there are {found[-1].session} to {found[0].session}" if found else "there is none yet"
        raise Refused("unknown_session", f"the log has no session {text!r:.40}; {have}", f"see {LISTING}")
    return wanted[0]


async def _sessions(parts: Parts) -> list[Recorded]:
    return await _back(parts, partial(parts.sessions.all, parts.swarm.state.seq))


async def _back(parts: Parts, look: Callable[[], T]) -> T:
    return await at_leisure(parts.sessions.gate, partial(_in_words, look))


def _in_words(look: Callable[[], T]) -> T:
    """Raises: Refused (log_unavailable)."""
    try:
        return look()
    except JournalError as error:
        raise Refused("log_unavailable", str(error), error.hint) from error


ROUTES = (
    web.get("/api/v1/sessions", show_sessions),
    web.get("/api/v1/sessions/{number}", show_session),
    web.get("/api/v1/events", show_events),
)
