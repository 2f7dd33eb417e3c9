"""Logs: of what a node builds, of a package, of an attempt; whole, or as they grow."""

from __future__ import annotations

from swarm_console.actions.action import Action, Outcome, Parameter
from swarm_console.errors import Usage
from swarm_console.wire.path import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from swarm_console.actions.action import Params
    from swarm_console.wire.ask import Swarm
    from swarm_console.words.pen import Pen

POLL_SECONDS = 0.4
PIECE = 1 << 20
"""Bytes that are asked for at once."""


def logs(swarm: Swarm, params: Params) -> Outcome:
    """The log of an attempt; of a node, that of what it builds now or built last. Raises: Usage."""
    if params["lines"] < 0:
        raise Usage(f"--lines {params['lines']} is less than none", "0 is the whole log")
    attempt, node = meant(swarm, params["of"])
    if params["follow"]:
        _follow(swarm, attempt, node)
        return Outcome({"attempt": attempt, "node": node, "log": ""})
    text = _last(swarm, attempt, params["lines"]) if params["lines"] else _whole(swarm, attempt)
    return Outcome({"attempt": attempt, "node": node, "log": text})


def show_log(seen: Any, pen: Pen) -> list[str]:
    lines: list[str] = seen["log"].splitlines()
    return lines


def _whole(swarm: Swarm, attempt: int) -> str:
    pieces, offset = [], 0
    while True:
        piece, total = _piece(swarm, attempt, offset)
        pieces.append(piece)
        offset += len(piece)
        if not piece or offset >= total:
            return b"".join(pieces).decode(errors="replace")


def _last(swarm: Swarm, attempt: int, lines: int) -> str:
    """The last lines, read from the end backwards: the rest of the log may be long."""
    _, begin = _piece(swarm, attempt, 0, 1)
    pieces: list[bytes] = []
    feeds = 0
    while begin > 0 and feeds <= lines:
        step = min(PIECE, begin)
        begin -= step
        pieces.insert(0, _piece(swarm, attempt, begin, step)[0])
        feeds += pieces[0].count(b"\n")
    text = b"".join(pieces).decode(errors="replace")
    return "".join(text.splitlines(keepends=True)[-lines:])


def _piece(swarm: Swarm, attempt: int, offset: int, limit: int = PIECE) -> tuple[bytes, int]:
    from swarm_console.wire.ask import document

    answer = swarm.fetch("GET", f"/api/v1/attempts/{attempt}/log?offset={offset}&limit={limit}")
    if answer.status >= 400:
        document(swarm.url, answer)
    return answer.body, int(answer.headers.get("x-log-size", 0))


def meant(swarm: Swarm, word: str) -> tuple[int, str | None]:
    """The attempt that a number, a node's or a package's name stands for, and the node if one was named."""
    if word.isascii() and word.isdecimal():
        return int(word), None
    nodes = {node["name"]: node for node in swarm.get("/api/v1/nodes")}
    if word in nodes:
        return _latest(swarm, "node", word, nodes[word].get("attempt")), word
    try:
        build = swarm.get(f"/api/v1/why/{quoted(word, safe='/')}")[0]["build"]
    except Exception as error:
        raise _neither(error, word, list(nodes)) from None
    queue = {row["build"]: row for row in swarm.get("/api/v1/queue")}
    return _latest(swarm, "build", build, queue[build]["attempt"]), None


def _neither(error: Exception, word: str, nodes: list[str]) -> Exception:
    from swarm_console.errors import nearest
    from swarm_console.wire.ask import refused

    if getattr(error, "code", "") != "unknown_package":
        return error
    hint = nearest(word, nodes, "") if nodes else ""
    if not hint.startswith("did"):
        hint = getattr(error, "hint", "")
    return refused("unknown_package", f"{word!r:.120} is neither a node nor a package of the queue", hint)


def _latest(swarm: Swarm, key: str, name: str, now: int | None) -> int:
    from swarm_console.wire.ask import refused

    if now is not None:
        return now
    for record in swarm.get("/api/v1/history?limit=10000"):
        if record["event"].get(key) == name:
            return int(record["event"]["attempt"])
    raise refused("nothing_to_do", f"{name} has no log: nothing was built yet", "build-swarm queue")


def _follow(swarm: Swarm, attempt: int, node: str | None) -> None:
    """Show the log as it grows, to its end; of a node, one attempt after the other until Ctrl-C."""
    import time

    while True:
        swarm.say(f"── attempt {attempt}" + (f" on {node}" if node else ""))
        offset, rest = 0, b""
        while True:
            running = {each["name"]: each.get("attempt") for each in swarm.get("/api/v1/nodes")}
            piece = _grown(swarm, attempt, offset, attempt in running.values())
            offset += len(piece)
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                swarm.show(line.decode(errors="replace"))
            if not piece and attempt not in running.values():
                break
            if not piece:
                time.sleep(POLL_SECONDS)
        if rest:
            swarm.show(rest.decode(errors="replace"))
        if node is None:
            return
        attempt = _next_of(swarm, node)


def _grown(swarm: Swarm, attempt: int, offset: int, running: bool) -> bytes:
    """What a log has more than before; one that has not begun yet is empty. Raises: Refused."""
    try:
        return _piece(swarm, attempt, offset)[0]
    except Exception as error:
        if running and getattr(error, "code", "") == "unknown_attempt":
            return b""
        raise


def _next_of(swarm: Swarm, node: str) -> int:
    import time

    swarm.say(f"{node} builds nothing now, waiting")
    while True:
        for each in swarm.get("/api/v1/nodes"):
            if each["name"] == node and each.get("attempt") is not None:
                return int(each["attempt"])
        time.sleep(POLL_SECONDS)


ACTIONS = (
    Action(
        "logs",
        "Logs",
        "the build log of a node, a package or an attempt",
        logs,
        show_log,
        key="l",
        parameters=(
            Parameter(
                "of",
                "a node, a package or the number of an attempt",
                word="NODE|PACKAGE|ATTEMPT",
                positional=True,
                required=True,
                completes="node",
            ),
            Parameter("follow", "go on as it grows", kind="flag", default=False),
            Parameter("lines", "only that many of the last lines", kind="integer", default=0, word="N"),
        ),
    ),
)
