"""The asking side of a told swarm: actions become commands of the story, and every request is kept."""

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from swarm_console.wire.ask import Answer, Swarm
from swarm_node.model import commands as c
from swarm_node.model.catalogue import KINDS
from swarm_node.model.clusters import clusters
from swarm_node.model.digest import digest
from swarm_node.model.names import find_builds
from swarm_node.model.next_action import next_action
from swarm_node.model.refusal import Refused
from swarm_node.model.remedies import cured_by
from swarm_node.model.status import status
from swarm_node.orchestrator.trail import ACTION, EFFECTS
from tests.tui.recorded import answered
from tests.tui.story import Story

TRAIL = (ACTION, *EFFECTS)


class Operator:
    """Makes swarms to ask; `acted` lists (action, parameters) in order.

    `answers` overrides by action and by path.
    """

    def __init__(self, story: Story, answers: dict[str, Any]) -> None:
        self.story, self.answers = story, answers
        self.acted: list[tuple[str, dict[str, Any]]] = []
        self.fetched: list[str] = []

    def connect(self, say: Callable[[str], None]) -> Swarm:
        return Told(self, say)


class Told(Swarm):
    """A `Swarm` whose other end is the story."""

    def __init__(self, operator: Operator, say: Callable[[str], None]) -> None:
        super().__init__("http://127.0.0.1:9", say=say)
        self._operator = operator

    def get(self, path: str) -> Any:
        story = self._operator.story
        answer = self._operator.answers.get(path)
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            return answer
        match path:
            case "/api/v1/state":
                return msgspec.to_builtins(story.state)
            case "/api/v1/status":
                return msgspec.to_builtins(status(story.state, story.now))
            case "/api/v1/clusters":
                return causes(story)
            case "/api/v1/blocked":
                return []
            case "/api/v1/releases":
                made = sorted(story.state.releases.values(), key=lambda release: -release.number)
                return {"current": story.state.current, "releases": msgspec.to_builtins(made)}
            case str() if path.startswith("/api/v1/trail"):
                return [
                    msgspec.to_builtins(r) for r in reversed(story.told) if type(r.event).__name__ in TRAIL
                ]
            case str() if "/difference/" in path:
                return {"changes": [], "size": 0, "counts": dict.fromkeys(KINDS, 0)}
            case str() if path.startswith("/api/v1/digest?"):
                return _digest(story, dict(parse_qsl(urlsplit(path).query)))
        where = urlsplit(path)
        match where.path.split("/")[3:]:
            case ["history"]:
                return story.history(**dict(parse_qsl(where.query)))
            case ["production", *_]:
                return {"release": story.state.current, "packages": []}
            case ["nodes", node, "drift"]:
                known = story.state.nodes[node].facts.configuration
                return {"node": node, "against": "main", "in_step": True, "hash": known, "expected": known}
        raise Refused("unknown_path", f"a told swarm has no {path}")

    def get_all(self, *paths: str) -> list[Any]:
        return [self.get(path) for path in paths]

    def fetch(self, method: str, path: str, body: object = None, seconds: float = 0.0) -> Answer:
        """Logs and their times by offset, as the orchestrator serves them; every request is kept."""
        story = self._operator.story
        self._operator.fetched.append(path)
        if story.gone:
            raise Refused("gateway_unreachable", f"no gateway answers: {story.gone}", "start it")
        if (answer := answered(story.told, path)) is not None:
            return answer
        where = urlsplit(path)
        asked = {key: float(value) for key, value in parse_qsl(where.query)}
        number, offset, limit = (
            int(where.path.split("/")[4]),
            int(asked.get("offset", 0)),
            int(asked["limit"]),
        )
        log = story.logs.get(int(number))
        if log is None:
            refused = Refused("unknown_attempt", f"there is no log of attempt {number}", "history")
            return Answer(refused.kind.status, {}, msgspec.json.encode(refused.document()))
        if where.path.endswith("/times"):
            begin = offset + len(log.text) if offset < 0 else offset
            first = max(bisect_right(log.arrivals, (begin, math.inf)) - 1, 0)
            if "since" in asked:
                first = max(bisect_right(log.arrivals, asked["since"], key=lambda entry: entry[1]) - 1, 0)
            told = {"size": len(log.text), "times": log.arrivals[first : first + limit]}
            return Answer(200, {}, msgspec.json.encode(told))
        return Answer(200, {"x-log-size": str(len(log.text))}, bytes(log.text[offset : offset + limit]))

    def act(self, action: str, **params: object) -> Any:
        given = {key: value for key, value in params.items() if value is not None}
        self._operator.acted.append((action, given))
        said = {**given, **({"undoes": self.undoes} if self.undoes is not None else {})}
        words = {key: msgspec.json.encode(value).decode() for key, value in said.items()}
        self._operator.story.tell(c.RecordAction(name=action, params=words, by="127.0.0.1"))
        answer = self._operator.answers.get(action)
        if isinstance(answer, Exception):
            raise answer
        return answer if answer is not None else ACTS[action](self._operator.story, given)


def _digest(story: Story, asked: dict[str, str]) -> Any:
    """As the orchestrator reads it from its log."""
    told = {record.seq: record for record in story.told}
    after = int(asked.get("after", 0))
    if "since" in asked:
        after = sum(record.event.at < float(asked["since"]) for record in story.told)
    elif after and (after not in told or told[after].event.at != float(asked["at"])):
        raise Refused("unknown_event", f"this log has no such event {after}", "build-swarm history")
    found = digest((record for record in story.told if record.seq > after), after, story.state.seq)
    step = msgspec.to_builtins(next_action(story.state))
    return {**msgspec.to_builtins(found), "quiet": found.quiet, "next": step}


def causes(story: Story, diffs: Mapping[str, str] | None = None) -> list[Any]:
    """What GET /api/v1/clusters answers; `diffs` by the first build of a cause."""
    found = []
    for cluster in clusters(story.state):
        diff = (diffs or {}).get(cluster.builds[0], "")
        cures = [
            {
                **msgspec.to_builtins(remedy),
                "line": remedy.line,
                "diff": diff if remedy.command[:1] == ("configure",) else "",
            }
            for remedy in cluster.remedies
        ]
        found.append({**msgspec.to_builtins(cluster), "remedies": cures})
    return found


def _unblock(story: Story, given: dict[str, Any]) -> Any:
    names = tuple(given.get("packages", ()))
    before = [build.id for build in story.state.by_status("blocked")]
    story.tell(c.Unblock(builds=names))
    return {"unblocked": list(names) or before}


def _balance(story: Story, given: dict[str, Any]) -> Any:
    story.tell(c.Balance())
    return {"recalled": 0, "ranked": len(story.state.by_status("needed"))}


def _reset(story: Story, given: dict[str, Any]) -> Any:
    staged, open_ = story.state.by_status("staged"), story.state.by_status("building")
    story.tell(c.OpenSession(clear=True), c.EnterPhase(phase="idle"))
    lost = {"staged": len(staged), "building": len(open_), "seconds": 90.0}
    return {"session": story.state.session.number, "lost": lost}


def _verify(story: Story, given: dict[str, Any]) -> Any:
    story.verify()
    verdict = story.state.verified
    assert verdict is not None
    return {**msgspec.to_builtins(verdict), "size": verdict.size, "findings": [], "limit": 10}


def _hold(held: bool) -> Callable[[Story, dict[str, Any]], Any]:
    def hold(story: Story, given: dict[str, Any]) -> Any:
        if "node" in given:
            story.tell(c.HoldNode(name=given["node"], held=held))
            return {"node": given["node"], "held": held, "finishing": None}
        story.tell(c.HoldSwarm(held=held))
        return {"paused": held, "building": len(story.state.by_status("building"))}

    return hold


def _sync(action: str, names: str) -> Callable[[Story, dict[str, Any]], Any]:
    def sync(story: Story, given: dict[str, Any]) -> Any:
        cured = cured_by(story.state, action, given[names])
        story.tell(c.Unblock(builds=cured, cure=action))
        return {"in_step": True, "trees": [], "answers": [], "requeued": list(cured)}

    return sync


def _build_local(story: Story, given: dict[str, Any]) -> Any:
    names = [build.id for build in find_builds(story.state, given["package"])]
    story.tell(c.Unblock(builds=tuple(names), cure="build-local"))
    return {"unblocked": names, "node": "main-local"}


def _rollback(story: Story, given: dict[str, Any]) -> Any:
    left = story.state.current
    story.tell(c.RollBack(release=given.get("release")))
    return {"release": story.state.current, "left": left}


ACTS: dict[str, Callable[[Story, dict[str, Any]], Any]] = {
    "unblock": _unblock,
    "balance": _balance,
    "reset": _reset,
    "verify": _verify,
    "pause": _hold(True),
    "resume": _hold(False),
    "drain": _hold(True),
    "rollback": _rollback,
    "sync-overlays": _sync("sync-overlays", "overlays"),
    "sync-fix": _sync("sync-fix", "nodes"),
    "build-local": _build_local,
}
