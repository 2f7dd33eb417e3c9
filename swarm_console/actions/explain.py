"""Explaining: why a package is not running, what blocks the blocked ones, what the logs say."""

from __future__ import annotations

from swarm_console.actions.action import Action, Outcome, Parameter
from swarm_console.pen import count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from swarm_console.actions.action import Params
    from swarm_console.ask import Swarm
    from swarm_console.pen import Pen

POLL_SECONDS = 0.4
PIECE = 1 << 20


def why(swarm: Swarm, params: Params) -> Outcome:
    return Outcome({"builds": swarm.get(f"/api/v1/why/{quoted(params['package'])}")})


def quoted(name: str) -> str:
    """A package's name as part of a path."""
    from urllib.parse import quote

    return quote(name, safe="/")


def show_why(seen: Any, pen: Pen) -> list[str]:
    lines: list[str] = []
    for build in seen["builds"]:
        lines += [pen("strong", build["build"]), f"  {build['summary']}"]
        lines += [f"  • {link['build']}: {link['status']}, {link['reason']}" for link in build["chain"]]
        lines += [f"  {node['node']}: {node['refusal'] or 'would take it now'}" for node in build["nodes"]]
        if build["needed_by"]:
            lines.append(pen("dim", f"  needed by {_some(build['needed_by'])}"))
        if build["cure"]:
            lines.append(f"  → Run: {pen('strong', build['cure'])}")
    return lines


def _some(names: list[str], shown: int = 4) -> str:
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more


def fix_blocked(swarm: Swarm, params: Params) -> Outcome:
    return Outcome({"blocked": swarm.get("/api/v1/blocked")})


def show_blocked(seen: Any, pen: Pen) -> list[str]:
    blocked = seen["blocked"]
    if not blocked:
        return [f"{pen('good', '✓')} nothing is blocked"]
    lines = [f"{pen('attention', '⚠')} {count(len(blocked), 'package')} blocked:"]
    for build in blocked:
        lines += ["", *_blocked(build, pen)]
    return lines


def _blocked(build: Any, pen: Pen) -> list[str]:
    diagnosis = build["diagnosis"]
    lines = [
        f"{pen('strong', build['build'])}  {pen('attention', diagnosis['kind'])}",
        f"  {diagnosis.get('summary') or 'no known pattern in its log'}",
        *(pen("dim", f"  │ {line}") for line in diagnosis.get("evidence", ())),
    ]
    if build["holds_up"]:
        lines.append(f"  {count(build['holds_up'], 'other build')} wait for it")
    if build["attempts"]:
        lines.append(pen("dim", f"  whole log: build-swarm logs {build['attempts'][-1]}"))
    return [*lines, f"  → {remedy(build, pen)}"]


def remedy(build: Any, pen: Pen) -> str:
    """What to do about a blocked build, as a sentence that ends with the command."""
    action = build["diagnosis"]["remedy"]
    command = pen("strong", build["command"])
    if action == "edit-portage-and-fresh":
        params = build["diagnosis"].get("params") or {}
        told = "; ".join(f"{key}: {value}" for key, value in params.items())
        return f"edit etc/portage of the client profile{f' ({told})' if told else ''}, then run: {command}"
    if not build["command"]:
        return f"a person must look at it; then run: {pen('strong', 'build-swarm unblock =' + _cpv(build))}"
    return f"Run: {command}"


def _cpv(build: Any) -> str:
    name: str = build["build"]
    return name.partition("@")[0]


def logs(swarm: Swarm, params: Params) -> Outcome:
    """The log of an attempt; of a node, that of what it builds now or built last."""
    attempt, node = _meant(swarm, params["of"])
    if params["follow"]:
        _follow(swarm, attempt, node)
        return Outcome({"attempt": attempt, "node": node, "log": ""})
    pieces, offset = [], 0
    while True:
        piece, total = _piece(swarm, attempt, offset)
        pieces.append(piece)
        offset += len(piece)
        if not piece or offset >= total:
            break
    text = b"".join(pieces).decode(errors="replace")
    if params["lines"]:
        text = "".join(text.splitlines(keepends=True)[-params["lines"] :])
    return Outcome({"attempt": attempt, "node": node, "log": text})


def show_log(seen: Any, pen: Pen) -> list[str]:
    lines: list[str] = seen["log"].splitlines()
    return lines


def _piece(swarm: Swarm, attempt: int, offset: int) -> tuple[bytes, int]:
    from swarm_console.ask import document

    answer = swarm.fetch("GET", f"/api/v1/attempts/{attempt}/log?offset={offset}&limit={PIECE}")
    if answer.status >= 400:
        document(swarm.url, answer)
    return answer.body, int(answer.headers.get("x-log-size", 0))


def _meant(swarm: Swarm, word: str) -> tuple[int, str | None]:
    """The attempt that a number, a node's or a package's name stands for, and the node if one was named."""
    if word.isascii() and word.isdecimal():
        return int(word), None
    nodes = {node["name"]: node for node in swarm.get("/api/v1/nodes")}
    if word in nodes:
        return _latest(swarm, "node", word, nodes[word].get("attempt")), word
    try:
        build = swarm.get(f"/api/v1/why/{quoted(word)}")[0]["build"]
    except Exception as error:
        raise _neither(error, word, list(nodes)) from None
    queue = {row["build"]: row for row in swarm.get("/api/v1/queue")}
    return _latest(swarm, "build", build, queue[build]["attempt"]), None


def _neither(error: Exception, word: str, nodes: list[str]) -> Exception:
    from swarm_console.ask import refused
    from swarm_console.errors import nearest

    if getattr(error, "code", "") != "unknown_package":
        return error
    hint = nearest(word, nodes, "") if nodes else ""
    if not hint.startswith("did"):
        hint = getattr(error, "hint", "")
    return refused("unknown_package", f"{word!r:.120} is neither a node nor a package of the queue", hint)


def _latest(swarm: Swarm, key: str, name: str, now: int | None) -> int:
    from swarm_console.ask import refused

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
        "why",
        "Why is it not running",
        "why a package is not running: what it waits for, and what each node says",
        why,
        show_why,
        key="w",
        parameters=(
            Parameter(
                "package",
                "any spelling of a package of the queue",
                positional=True,
                required=True,
                completes="package",
            ),
        ),
    ),
    Action(
        "fix-blocked",
        "Diagnose blocked packages",
        "every blocked package: what is the matter, the proof, and the command that cures it",
        fix_blocked,
        show_blocked,
        key="f",
    ),
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
