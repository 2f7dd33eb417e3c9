"""What operators do: every action of the API with its parameters, each recorded in the audit trail."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, NamedTuple

import msgspec
from aiohttp import web

from swarm_node.http.json import Body, decode, query, reply
from swarm_node.model import commands as c
from swarm_node.model.events import BuildUnblocked, Event
from swarm_node.model.names import closest
from swarm_node.model.placement import idle_reason
from swarm_node.model.refusal import Refused
from swarm_node.model.state import OPEN
from swarm_node.model.work import PlanRow
from swarm_node.orchestrator import machines, release, trials
from swarm_node.orchestrator.machines import Nodes, Nothing, Overlays
from swarm_node.orchestrator.parts import PARTS, Parts
from swarm_node.orchestrator.preparation import prepare, would_lose


class Finalize(Body, frozen=True):
    force: str = ""
    verify_id: str = ""


class Rollback(Body, frozen=True):
    release: int | None = None


class Unblock(Body, frozen=True):
    packages: tuple[str, ...] = ()
    jobs: int | None = None
    node: str | None = None


class Hold(Body, frozen=True):
    node: str | None = None
    reason: str = ""


class Stress(Body, frozen=True):
    count: int = 100


class Package(Body, frozen=True):
    package: str


class ActQuery(Body, frozen=True):
    """`undoes`: the number in the log of the action that this one takes back."""

    undoes: int | None = None


async def fresh(parts: Parts, asked: Nothing) -> object:
    return await prepare(parts, clear=True)


async def plan(parts: Parts, asked: Nothing) -> object:
    return await prepare(parts, clear=False)


async def reset(parts: Parts, asked: Nothing) -> object:
    """Empty the queue and staging; what runs becomes stale. Releases, history and nodes stay."""
    lost = would_lose(parts.swarm.state, parts.swarm.now())
    await parts.swarm.submit(c.OpenSession(clear=True), c.EnterPhase(phase="idle"))
    await machines.clear_staging(parts)
    return {"session": parts.swarm.state.session.number, "lost": lost}


async def verify(parts: Parts, asked: Nothing) -> object:
    return await release.verify(parts)


async def finalize(parts: Parts, asked: Finalize) -> object:
    return await release.finalize(parts, force=asked.force, verify_id=asked.verify_id)


async def rollback(parts: Parts, asked: Rollback) -> object:
    return await release.rollback(parts, asked.release)


async def unblock(parts: Parts, asked: Unblock) -> object:
    wish = c.Unblock(builds=asked.packages, jobs=asked.jobs, node=asked.node)
    return {"unblocked": _unblocked(await parts.swarm.submit(wish))}


async def build_local(parts: Parts, asked: Package) -> object:
    """Pin a build to the orchestrator's own builder."""
    local = [node for node in parts.swarm.state.nodes.values() if node.facts.role == "local" and node.up]
    if not local:
        raise Refused(
            "unknown_node",
            "the orchestrator has no builder of its own",
            "set BUILD_MODE to delegate_first or hybrid and start it again",
        )
    reason = idle_reason(parts.swarm.state, local[0])
    if reason is not None:
        raise Refused("nothing_to_do", f"the local builder takes nothing: {reason}", "build-swarm resume")
    events = await parts.swarm.submit(
        c.Unblock(builds=(asked.package,), node=local[0].name, cure="build-local")
    )
    return {"unblocked": _unblocked(events), "node": local[0].name}


async def balance(parts: Parts, asked: Nothing) -> object:
    recalled = len(parts.swarm.state.by_status("assigned"))
    await parts.swarm.submit(c.Balance())
    return {"recalled": recalled, "ranked": len(parts.swarm.state.by_status("needed", *OPEN))}


async def pause(parts: Parts, asked: Hold) -> object:
    if asked.node is not None:
        return await drain(parts, asked)
    await parts.swarm.submit(c.HoldSwarm(held=True, reason=asked.reason))
    return {"paused": True, "building": len(parts.swarm.state.by_status(*OPEN))}


async def resume(parts: Parts, asked: Hold) -> object:
    if asked.node is None:
        await parts.swarm.submit(c.HoldSwarm(held=False))
        return {"paused": False}
    await parts.swarm.submit(c.HoldNode(name=asked.node, held=False))
    return {"node": asked.node, "held": False}


async def drain(parts: Parts, asked: Hold) -> object:
    """The node finishes what it builds and gets nothing more until it is resumed."""
    if asked.node is None:
        raise Refused("bad_request", "no node named", "build-swarm drain NODE")
    await parts.swarm.submit(c.HoldNode(name=asked.node, held=True, reason=asked.reason))
    attempt = parts.swarm.state.nodes[asked.node].attempt
    return {"node": asked.node, "held": True, "finishing": attempt}


async def stress(parts: Parts, asked: Stress) -> object:
    """Queue dummies that nobody compiles, on a swarm that was started for nothing else."""
    if not parts.settings.simulated:
        raise Refused(
            "forbidden",
            "this swarm builds real packages",
            "start a throw-away orchestrator with SIMULATED=true and its own STATE_DIR",
        )
    if not 0 < asked.count <= 100_000:
        raise Refused("bad_request", f"{asked.count} dummies are out of range", "from 1 to 100000")
    rows = tuple(_dummy(number) for number in range(asked.count))
    await parts.swarm.submit(
        c.OpenSession(clear=True), c.PlanQueue(rows=rows), c.EnterPhase(phase="building")
    )
    return {"queued": len(rows)}


def _dummy(number: int) -> PlanRow:
    cpv = f"dummy/package{number}-1"
    return PlanRow(id=cpv, cpv=cpv, slot="0", repository="dummy", reason="stress", simulated=True)


def _unblocked(events: Iterable[Event]) -> list[str]:
    return [event.build for event in events if isinstance(event, BuildUnblocked)]


class Action(NamedTuple):
    """The type of an action's parameters and what it does."""

    params: type[Any]
    run: Callable[[Parts, Any], Awaitable[object]]


ACTIONS: dict[str, Action] = {
    "fresh": Action(Nothing, fresh),
    "plan": Action(Nothing, plan),
    "reset": Action(Nothing, reset),
    "verify": Action(Nothing, verify),
    "finalize": Action(Finalize, finalize),
    "rollback": Action(Rollback, rollback),
    "unblock": Action(Unblock, unblock),
    "build-local": Action(Package, build_local),
    "configure": Action(trials.Configure, trials.configure),
    "stress": Action(Stress, stress),
    "balance": Action(Nothing, balance),
    "pause": Action(Hold, pause),
    "resume": Action(Hold, resume),
    "drain": Action(Hold, drain),
    "sync-verify": Action(Nothing, machines.sync_verify),
    "sync-fix": Action(Nodes, machines.sync_fix),
    "sync-overlays": Action(Overlays, machines.sync_overlays),
    "sync-all": Action(Nothing, machines.sync_all),
}


async def act(request: web.Request) -> web.Response:
    """POST /api/v1/actions/{name}: do it, and answer when it is done."""
    parts, name = request.app[PARTS], request.match_info["name"]
    action = ACTIONS.get(name)
    if action is None:
        raise Refused(
            "unknown_action", f"there is no action {name!r:.60}", closest(name, ACTIONS, "build-swarm --list")
        )
    asked = await decode(request, action.params)
    said = {**msgspec.structs.asdict(asked), **_taken_back(parts, query(request, ActQuery))}
    words = {key: msgspec.json.encode(value).decode() for key, value in said.items()}
    await parts.swarm.submit(c.RecordAction(name=name, params=words, by=request.remote or ""))
    return reply(await action.run(parts, asked))


def _taken_back(parts: Parts, asked: ActQuery) -> dict[str, int]:
    """The number of the action that is taken back, for the audit trail; nothing when none is."""
    if asked.undoes is None:
        return {}
    if not 0 < asked.undoes <= parts.swarm.state.seq:
        raise Refused("bad_request", f"there is no action {asked.undoes}", "build-swarm undo")
    return {"undoes": asked.undoes}


ROUTES = (web.post("/api/v1/actions/{name}", act),)
