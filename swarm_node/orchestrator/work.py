"""The drones' side of the API: register, ask for work, report, upload, finish."""

import asyncio
import math
from functools import partial

from aiohttp import web

from swarm_node.http.connection import parked
from swarm_node.http.json import Body, decode, query, reply
from swarm_node.http.limits import read_body, read_stream
from swarm_node.model.circumstances import Circumstances
from swarm_node.model.commands import (
    FailBuild,
    FinishDirective,
    GiveBack,
    SeeNode,
    StageBuild,
    StartAttempt,
)
from swarm_node.model.events import Event, ResultIgnored
from swarm_node.model.messages import (
    Completion,
    DirectiveResult,
    FailureReport,
    Progress,
    ProgressReport,
    WorkRequest,
)
from swarm_node.model.refusal import Refused
from swarm_node.model.rules.nodes import check_name
from swarm_node.model.state import Attempt
from swarm_node.model.work import Artifact, NodeFacts, Work
from swarm_node.orchestrator.failures import judge
from swarm_node.orchestrator.machines import own_trees
from swarm_node.orchestrator.orders import nothing_for
from swarm_node.orchestrator.parts import PARTS, Parts

TOKEN = "X-Node-Token"
LONGEST_WAIT = 60.0
LARGEST_PACKAGE = 16 << 30
LARGEST_CHUNK = 1 << 20
LARGEST_FACTS = 256 << 10
LONGEST_PHASE = 40


class WorkQuery(Body, frozen=True):
    wait: float = 0.0


class LogQuery(Body, frozen=True):
    offset: int = 0


async def register(request: web.Request) -> web.Response:
    """POST /api/v1/nodes/{name}: a node says what it is and is given its token."""
    parts, name = request.app[PARTS], request.match_info["name"]
    facts = await decode(request, NodeFacts, LARGEST_FACTS)
    _check_facts(facts)
    check_name(name)
    token = parts.contacts.admit(name, request.headers.get(TOKEN), parts.swarm.state.policy.lease)
    await parts.swarm.submit(SeeNode(name=name, facts=facts))
    parts.contacts.hear(name)
    return reply({"token": token, "session": parts.swarm.state.session.number})


def _check_facts(facts: NodeFacts) -> None:
    if not (0 < facts.cores <= 4096 and facts.memory >= 0 and facts.disk_free >= 0):
        raise Refused(
            "bad_request", "cores, memory or disk_free is out of range", "cores from 1 to 4096, bytes from 0"
        )


async def ask(request: web.Request) -> web.Response:
    """POST /api/v1/nodes/{name}/work?wait=S: the next thing to do, waiting up to S seconds for it."""
    parts, name = request.app[PARTS], request.match_info["name"]
    parts.contacts.check(name, request.headers.get(TOKEN))
    wait = _seconds_to_wait(request)
    holding = (await decode(request, WorkRequest)).holding
    work = await parts.dispatch.next_work(name, holding)
    if work is None and wait and holding is None:
        poll = parts.dispatch.wait(name)
        try:
            work = await parked(request, poll, wait)
        finally:
            parts.dispatch.leave(name, poll)
            parts.contacts.hear(name)
    return reply({"work": work or nothing_for(parts.swarm.state, name)})


def _seconds_to_wait(request: web.Request) -> float:
    wait = query(request, WorkQuery).wait
    if not 0 <= wait < math.inf:
        raise Refused("bad_request", f"wait={wait} is no time to wait", f"from 0 to {LONGEST_WAIT:g} s")
    return min(wait, LONGEST_WAIT)


async def progress(request: web.Request) -> web.Response:
    """POST /api/v1/attempts/{n}/progress: still at it; the answer says whether to go on."""
    parts, number = request.app[PARTS], attempt_number(request)
    report = await decode(request, ProgressReport)
    parts.contacts.check(report.node, request.headers.get(TOKEN))
    try:
        await parts.swarm.submit(StartAttempt(node=report.node, attempt=number))
    except Refused as refused:
        if refused.code not in ("stale_attempt", "unknown_attempt"):
            raise
        return reply({"continue": False, "reason": refused.message})
    phase, detail = report.phase[:LONGEST_PHASE], report.detail[:200]
    counted = (report.fraction, report.load, detail, report.round, report.seconds)
    word = Progress(number, report.node, phase, *counted)
    parts.contacts.progress[report.node] = word
    parts.stream.tell(word)
    return reply({"continue": True, "reason": ""})


async def append_log(request: web.Request) -> web.Response:
    """POST /api/v1/attempts/{n}/log?offset=N: more of the log; the answer says where the next must start."""
    parts, number = request.app[PARTS], attempt_number(request)
    _own_attempt(parts, number, request)
    offset = query(request, LogQuery).offset
    if offset < 0:
        raise Refused("bad_request", "offset is negative", "start at the size that the last answer named")
    chunk = await read_body(request, LARGEST_CHUNK)
    size = parts.logs.append(number, offset, chunk)
    parts.stream.tell_log(number, size)
    return reply({"size": size})


async def upload(request: web.Request) -> web.Response:
    """PUT /api/v1/attempts/{n}/package: the package, streamed; checked and durable when answered."""
    parts, number = request.app[PARTS], attempt_number(request)
    attempt = _own_attempt(parts, number, request)
    if attempt.outcome != "open":
        raise Refused(
            "stale_attempt", f"attempt {number} is over ({attempt.outcome})", "drop it and ask for work"
        )
    row = parts.swarm.state.builds[attempt.build].row
    receiving = parts.staging.upload(number)

    def take(chunk: bytes) -> None:
        parts.contacts.hear(attempt.node)
        receiving.write(chunk)

    try:
        await read_stream(request, take, LARGEST_PACKAGE)
        artifact = await asyncio.to_thread(
            receiving.finish,
            request.headers.get("X-SHA512"),
            cpv=row.cpv,
            build_id=number,
            repository=row.repository,
            slot=row.slot,
        )
    except Refused as refused:
        receiving.abort()
        parts.logs.note(number, f"the swarm refused the package: {refused.message}")
        raise
    except BaseException:
        receiving.abort()
        raise
    parts.received[number] = artifact
    return reply(artifact)


async def complete(request: web.Request) -> web.Response:
    """POST /api/v1/attempts/{n}/complete: the attempt is done; the answer brings the next work."""
    parts, number = request.app[PARTS], attempt_number(request)
    done = await decode(request, Completion)
    parts.contacts.check(done.node, request.headers.get(TOKEN))
    artifact = await _received(parts, number, done)
    events, work = await _record(parts, number, done, artifact)
    _refuse_ignored(events)
    return reply({"accepted": True, "work": work})


async def _record(
    parts: Parts, number: int, done: Completion, artifact: Artifact | None
) -> tuple[list[Event], Work]:
    """The package enters the index before its dependents are handed out; unwanted, it leaves again."""
    fresh = number in parts.received and artifact is not None
    if fresh and artifact is not None:
        await asyncio.to_thread(parts.staging.publish, artifact)
    try:
        result = StageBuild(node=done.node, attempt=number, artifact=artifact, measures=done.measures)
        return await parts.dispatch.finish(done.node, result)
    finally:
        accepted = parts.swarm.state.attempts.get(number)
        if fresh and artifact is not None and (accepted is None or accepted.outcome != "staged"):
            await asyncio.to_thread(parts.staging.withdraw, artifact.path)
        parts.received.pop(number, None)


async def _received(parts: Parts, number: int, done: Completion) -> Artifact | None:
    """What was uploaded for the attempt; for one that is over, the claim, for the rules to judge."""
    if not done.sha512:
        return None
    claimed = done.sha512.lower()
    received = parts.received.get(number)
    if received is not None and received.sha512 != claimed:
        raise Refused(
            "no_package", "another package was uploaded than this completion names", "upload it again"
        )
    if received is not None:
        return received
    attempt = parts.swarm.state.attempts.get(number)
    if attempt is not None and attempt.outcome == "open":
        raise Refused("no_package", f"nothing was uploaded for attempt {number}", "upload the package again")
    return Artifact("", claimed, done.size, number)


async def fail(request: web.Request) -> web.Response:
    """POST /api/v1/attempts/{n}/fail: the attempt ended without a package; diagnosed from its log."""
    parts, number = request.app[PARTS], attempt_number(request)
    report = await decode(request, FailureReport)
    parts.contacts.check(report.node, request.headers.get(TOKEN))
    if report.reason == "stopped":
        return await _give_back(parts, number, report.node)
    state = parts.swarm.state
    node, attempt = state.nodes.get(report.node), state.attempts.get(number)
    build = state.builds.get(attempt.build) if attempt is not None else None
    known = Circumstances(report.phase, report.reason, report.rc, node.facts if node is not None else None)
    diagnosis = await judge(
        parts.logs.path(number),
        parts.rules,
        known,
        partial(own_trees, parts),
        build.row.repository if build is not None else "",
    )
    result = FailBuild(
        node=report.node,
        attempt=number,
        phase=report.phase[:LONGEST_PHASE],
        diagnosis=diagnosis,
        seconds=report.seconds,
        measures=report.measures,
    )
    events, work = await parts.dispatch.finish(report.node, result)
    _refuse_ignored(events)
    return reply({"accepted": True, "diagnosis": diagnosis, "work": work})


async def _give_back(parts: Parts, number: int, node: str) -> web.Response:
    """The drone leaves: no try is counted, its name is free, and it gets no next work."""
    await parts.swarm.submit(GiveBack(node=node, attempt=number))
    parts.contacts.forget(node)
    return reply({"accepted": True, "work": nothing_for(parts.swarm.state, node)})


async def discard_unwanted(parts: Parts) -> None:
    """Remove uploads whose attempts ended without them. Raises: OSError."""
    attempts = parts.swarm.state.attempts
    for number in tuple(parts.received):
        attempt = attempts.get(number)
        if attempt is None or attempt.outcome not in ("open", "staged"):
            artifact = parts.received.pop(number)
            await asyncio.to_thread(parts.staging.withdraw, artifact.path)


async def finish_directive(request: web.Request) -> web.Response:
    """POST /api/v1/directives/{id}/result."""
    parts, number = request.app[PARTS], attempt_number(request)
    result = await decode(request, DirectiveResult)
    parts.contacts.check(result.node, request.headers.get(TOKEN))
    await parts.swarm.submit(
        FinishDirective(node=result.node, id=number, ok=result.ok, output=result.output[-4000:])
    )
    return reply({"accepted": True})


def _refuse_ignored(events: list[Event]) -> None:
    """A result that the rules recorded but did not want is refused to its sender."""
    for event in events:
        if isinstance(event, ResultIgnored):
            raise Refused(event.code, event.message, "drop it and ask for work")


def attempt_number(request: web.Request) -> int:
    text = request.match_info["number"]
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Refused("bad_request", f"{text!r:.60} is no number", "use the number from the order")
    return int(text)


def _own_attempt(parts: Parts, number: int, request: web.Request) -> Attempt:
    """The attempt, if the sender's token is its node's. Raises: Refused."""
    attempt = parts.swarm.state.attempts.get(number)
    if attempt is None:
        given = 0 < number < parts.swarm.state.next_attempt
        code = "stale_attempt" if given else "unknown_attempt"
        raise Refused(code, f"there is no open attempt {number}", "drop it and ask for work")
    parts.contacts.check(attempt.node, request.headers.get(TOKEN))
    return attempt


ROUTES = (
    web.post("/api/v1/nodes/{name}", register),
    web.post("/api/v1/nodes/{name}/work", ask),
    web.post("/api/v1/attempts/{number}/progress", progress),
    web.post("/api/v1/attempts/{number}/log", append_log),
    web.put("/api/v1/attempts/{number}/package", upload),
    web.post("/api/v1/attempts/{number}/complete", complete),
    web.post("/api/v1/attempts/{number}/fail", fail),
    web.post("/api/v1/directives/{number}/result", finish_directive),
)
