"""GET /api/v1/trail: the audit trail, what operators did with what came of it."""

from functools import partial
from typing import Final

from aiohttp import web

from swarm_node.http.json import Body, query, reply
from swarm_node.journal.base import Journal
from swarm_node.model.events import Record
from swarm_node.model.refusal import Refused
from swarm_node.orchestrator.parts import PARTS, at_leisure

ACTION: Final = "ActionTaken"
EFFECTS: Final = (
    "SwarmHeld",
    "NodeHeld",
    "BuildUnblocked",
    "ChangeTried",
    "SessionOpened",
    "ReleasePublished",
    "ReleaseRolledBack",
)
"""What an action did, where that can be taken back or bars the way back."""


class TrailQuery(Body, frozen=True):
    limit: int = 50


async def show_trail(request: web.Request) -> web.Response:
    """GET /api/v1/trail?limit=N: the newest N actions and their effects, newest first."""
    limit = query(request, TrailQuery).limit
    if not 0 < limit <= 1_000:
        raise Refused("bad_request", f"limit {limit} is out of range", "from 1 to 1000")
    parts = request.app[PARTS]
    return reply(await at_leisure(parts.reading, partial(trail, parts.swarm.journal, limit)))


def trail(journal: Journal, limit: int) -> list[Record]:
    """The newest so many actions, and every effect since the oldest of them, newest first."""
    taken = journal.latest((ACTION,), limit)
    if not taken:
        return []
    return list(journal.read(after=taken[-1].seq - 1, kinds=(ACTION, *EFFECTS)))[::-1]


ROUTES = (web.get("/api/v1/trail", show_trail),)
