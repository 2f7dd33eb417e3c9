"""GET /api/v1/digest: what happened since somebody looked last, read from the log in a thread."""

from bisect import bisect_left
from functools import partial
from typing import Final

import msgspec
from aiohttp import web

from swarm_node.http.json import Body, query, reply
from swarm_node.journal.base import Journal, JournalError
from swarm_node.model.digest import KINDS, Digest, digest
from swarm_node.model.next_action import next_action
from swarm_node.model.refusal import Refused
from swarm_node.orchestrator.parts import PARTS, at_leisure

LISTING: Final = "build-swarm history"


class DigestQuery(Body, frozen=True):
    """After an event, which happened `at` that moment, or `since` a moment (Unix seconds)."""

    after: int | None = None
    at: float | None = None
    since: float | None = None


async def show_digest(request: web.Request) -> web.Response:
    """GET /api/v1/digest?after=SEQ&at=MOMENT or ?since=MOMENT; `at` proves that the log is still the same."""
    parts, asked = request.app[PARTS], query(request, DigestQuery)
    if (asked.after is None) == (asked.since is None):
        raise Refused("bad_request", "since when?", "name either after=SEQ or since=MOMENT")
    upto = parts.swarm.state.seq
    found = await at_leisure(parts.reading, partial(_read, parts.swarm.journal, asked, upto))
    step = next_action(parts.swarm.state)
    return reply({**msgspec.structs.asdict(found), "quiet": found.quiet, "next": step})


def _read(journal: Journal, asked: DigestQuery, upto: int) -> Digest:
    """Raises: Refused (unknown_event, log_unavailable)."""
    try:
        after = _place(journal, asked, upto)
        records = (record for record in journal.read(after, KINDS) if record.seq <= upto)
        return digest(records, after, upto)
    except JournalError as error:
        raise Refused("log_unavailable", str(error), error.hint) from error


def _place(journal: Journal, asked: DigestQuery, upto: int) -> int:
    if asked.since is not None:
        return bisect_left(range(1, upto + 1), asked.since, key=partial(_moment, journal))
    assert asked.after is not None
    known = 0 <= asked.after <= upto
    if not known or (asked.after and asked.at is not None and _moment(journal, asked.after) != asked.at):
        raise Refused("unknown_event", f"this log has no such event {asked.after}", LISTING)
    return asked.after


def _moment(journal: Journal, seq: int) -> float:
    """When an event of the log happened."""
    return next(iter(journal.read(seq - 1))).event.at


ROUTES = (web.get("/api/v1/digest", show_digest),)
