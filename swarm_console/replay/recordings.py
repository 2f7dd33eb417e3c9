"""Fetching a recorded session: how it began, then its events page by page, in a thread."""

from collections.abc import Callable
from typing import Final, TypeVar

import msgspec

from swarm_console.replay.reel import Reel
from swarm_console.wire.ask import WORK_SECONDS, Swarm, document, refused
from swarm_node.model.recorded import Recorded
from swarm_node.model.state import State

PAGE: Final = 5_000
TOO_NEW: Final = "this console may be older than the swarm: install the same version"

T = TypeVar("T")


class Beginning(msgspec.Struct):
    """The answer of GET /api/v1/sessions/{n}."""

    session: Recorded
    state: State


def sessions(swarm: Swarm) -> list[Recorded]:
    """Every session of the log, the newest first. Raises: Refused."""
    return _fetched(swarm, "/api/v1/sessions", list[Recorded])


def load(swarm: Swarm, session: str, done: Callable[[str], None] = lambda words: None) -> Reel:
    """A session by its number, or `last`; `done` is told in words how far it is. Raises: Refused."""
    begun = _fetched(swarm, f"/api/v1/sessions/{session}", Beginning)
    reel = Reel(begun.session, begun.state)
    try:
        while reel.last < begun.session.last:
            if not reel.add(_page(swarm, reel.last)):
                break
            done(f"session {begun.session.session}: {len(reel):,} of {begun.session.events - 1:,} events")
        reel.prepare()
    except (msgspec.MsgspecError, ValueError, KeyError) as error:
        raise refused(
            "bad_answer", f"session {session} cannot be replayed: {error!r:.200}", TOO_NEW
        ) from error
    return reel


def _page(swarm: Swarm, after: int) -> bytes:
    answer = swarm.fetch("GET", f"/api/v1/events?after={after}&limit={PAGE}", seconds=WORK_SECONDS)
    if answer.status != 200:
        document(swarm.url, answer)
    return answer.body


def _fetched(swarm: Swarm, path: str, kind: type[T]) -> T:
    answer = swarm.fetch("GET", path, seconds=WORK_SECONDS)
    if answer.status != 200:
        document(swarm.url, answer)
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except msgspec.MsgspecError as error:
        raise refused("bad_answer", f"{swarm.url}{path} answers something else: {error}", TOO_NEW) from error
