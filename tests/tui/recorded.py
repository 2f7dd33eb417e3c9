"""The past of a told swarm, as the orchestrator serves it: sessions, how each began, pages of the log."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from swarm_console.replay.recordings import load
from swarm_console.replay.reel import Reel
from swarm_console.wire.ask import Answer, Swarm
from swarm_node.model.apply import fold
from swarm_node.model.events import Record, SessionOpened
from swarm_node.model.recorded import Recorded
from swarm_node.model.refusal import Refused
from swarm_node.model.state import State


def answered(told: list[Record], path: str) -> Answer | None:
    """The answer to a question about the past; None when it is none."""
    where = urlsplit(path)
    match where.path.split("/")[3:]:
        case ["sessions"]:
            return _ok(sessions(told))
        case ["sessions", which]:
            found = [s for s in sessions(told) if which in ("last", str(s.session))]
            if not found:
                refused = Refused("unknown_session", f"the log has no session {which}", "see them")
                return Answer(404, {}, msgspec.json.encode(refused.document()))
            state = fold(State(), (record.event for record in told[: found[0].first]))
            return _ok({"session": found[0], "state": state})
        case ["events"]:
            asked = {key: int(value) for key, value in parse_qsl(where.query)}
            return _ok(told[asked["after"] :][: asked["limit"]])
    return None


def sessions(told: list[Record]) -> list[Recorded]:
    """Every session, the newest first."""
    opened = [record for record in told if isinstance(record.event, SessionOpened)]
    ends = [*(record.seq - 1 for record in opened[1:]), len(told)]
    return [_recorded(told, *pair) for pair in zip(opened, ends, strict=True)][::-1]


def _recorded(told: list[Record], opened: Record, last: int) -> Recorded:
    assert isinstance(opened.event, SessionOpened)
    kinds = [type(record.event).__name__ for record in told[opened.seq - 1 : last]]
    return Recorded(
        session=opened.event.session,
        first=opened.seq,
        last=last,
        opened=opened.event.at,
        ended=None if last == len(told) else told[last - 1].event.at,
        staged=kinds.count("BuildStaged"),
        failed=kinds.count("BuildFailed"),
        lost=kinds.count("AttemptLost"),
        releases=kinds.count("ReleasePublished"),
    )


def _ok(value: Any) -> Answer:
    return Answer(200, {}, msgspec.json.encode(value))


class Archive(Swarm):
    """A swarm that can only be asked about its past."""

    def __init__(self, told: list[Record]) -> None:
        super().__init__("http://127.0.0.1:9")
        self.told = told
        self.asked: list[str] = []

    def fetch(self, method: str, path: str, body: object = None, seconds: float = 0.0) -> Answer:
        self.asked.append(path)
        answer = answered(self.told, path)
        assert answer is not None, path
        return answer


def reel_of(told: list[Record], session: str = "last") -> Reel:
    """A session of a told log."""
    return load(Archive(told), session)
