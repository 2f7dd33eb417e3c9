"""A swarm whose answers a test scripts: what it is asked is kept, and each path answers as it is told."""

from collections.abc import Callable
from typing import Any

from swarm_console.wire.ask import Swarm
from swarm_node.model.refusal import Refused

Answer = Any
GONE = Refused("gateway_unreachable", "nobody there", "start it")


class Scripted(Swarm):
    """`answers` maps a path, or `POST action`, to its answers in turn; the last one stays."""

    def __init__(self, answers: dict[str, list[Answer]]) -> None:
        self.said: list[str] = []
        self.shown: list[str] = []
        self.asked: list[str] = []
        self.params: dict[str, dict[str, object]] = {}
        self._answers = {path: list(each) for path, each in answers.items()}
        super().__init__("http://scripted:1", "", self.said.append, self.shown.append)

    def get(self, path: str) -> Any:
        return self._answer(path)

    def get_all(self, *paths: str) -> list[Any]:
        return [self._answer(path) for path in paths]

    def act(self, action: str, **params: object) -> Any:
        self.params[action] = params
        return self._answer(f"POST {action}")

    def _answer(self, path: str) -> Any:
        self.asked.append(path)
        turns = self._answers[path]
        answer = turns.pop(0) if len(turns) > 1 else turns[0]
        if isinstance(answer, Exception):
            raise answer
        return answer() if isinstance(answer, Callable) else answer  # type: ignore[arg-type]


def status(needed: int = 0, building: int = 0, complete: int = 0, blocked: int = 0, **more: Any) -> Any:
    """What GET /api/v1/status answers."""
    totals = {"needed": needed, "building": building, "complete": complete, "blocked": blocked}
    return {
        "session": 1,
        "phase": "building",
        "totals": totals,
        "nodes_up": 1,
        "nodes": 1,
        "held": False,
        "release": None,
        "risk": None,
        "next": {"tone": "ok", "text": "nothing to do", "command": "build-swarm fresh", "items": []},
        "remaining": None,
        "orchestrator": "orchestrator",
        **more,
    }


def build(name: str, state: str, *waits_for: str, **more: Any) -> Any:
    """A row of GET /api/v1/queue."""
    row = {"build": name, "status": state, "reason": "new", "node": None, "attempt": None, "since": 0.0}
    return {**row, "rank": 1.0, "waits_for": list(waits_for), "tries": 0, "room": None, **more}
