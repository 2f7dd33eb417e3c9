"""The gateway's application: registration, who leads, and everything else passed on to it."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import msgspec
from aiohttp import ClientSession, web

from swarm_node.gateway import registry as known
from swarm_node.gateway.proxy import Unreached, forward, session
from swarm_node.gateway.registry import Member, Registry
from swarm_node.gateway.routing import Health, InFlight, choose, judge, look, why_none
from swarm_node.http.connection import STOPPING, parked
from swarm_node.http.json import decode, reply
from swarm_node.http.metrics import METRICS
from swarm_node.http.registration import Registration
from swarm_node.http.service import make_app as make_service
from swarm_node.model.refusal import Refused
from swarm_node.settings import GatewaySettings

log = logging.getLogger(__name__)

HEARTBEATS_MISSED: Final = 3
"""Heartbeats after which a node's name is free for another."""


class Gateway:
    """What the gateway knows: members, the orchestrators' health, and who leads."""

    def __init__(self, settings: GatewaySettings) -> None:
        self.settings = settings
        self.path: Path = settings.state_dir / "gateway.json"
        self.registry: Registry = known.load(self.path)
        self.health: dict[str, Health] = {}
        self.in_flight = InFlight()
        self.wake = asyncio.Event()
        self.pool: ClientSession

    def leader(self) -> Member | None:
        """The orchestrator that leads now."""
        return self.registry.members.get(f"orchestrator/{self.registry.leader}")

    async def look_at(self, member: Member) -> None:
        """Look at one orchestrator's health and choose again."""
        answer = await look(self.pool, member.url, self.settings.health_timeout)
        if self.registry.members.get(known.key(member)) == member:
            self.heard(member.name, answer)

    def heard(self, name: str, answer: bytes | Exception) -> None:
        """Take one look's answer in; a change of the leader is kept and ends what waited for the old one."""
        self.health[name] = judge(self.health.get(name, Health()), answer)
        before = self.registry.leader
        after = choose(self.registry.orchestrators(), self.health, before)
        if not self.health[name].able:
            self.in_flight.end(name)
        if after and after != before:
            log.info("%s leads now (before: %s)", after, before or "nobody")
            self.in_flight.end(before)
            self.registry.leader = after
            self.save()

    async def look_round(self) -> None:
        """Look at every orchestrator."""
        await asyncio.gather(*map(self.look_at, self.registry.orchestrators()))

    async def missed(self, name: str, lost: Unreached) -> None:
        """A request did not reach an orchestrator: one that does not even listen is given up at once."""
        if lost.sent:
            self.wake.set()
            return
        self.heard(name, ConnectionError(str(lost)))
        if self.leader_is_down():
            await self.look_round()

    def leader_is_down(self) -> bool:
        """Whether nobody can take a request now."""
        leader = self.leader()
        return leader is None or not self.health.get(leader.name, Health()).able

    def able_leader(self) -> Member:
        """The orchestrator to send a request to. Raises: Refused when there is none."""
        leader = self.leader()
        if leader is None or self.leader_is_down():
            raise why_none(self.registry.orchestrators(), self.health)
        return leader

    def save(self) -> None:
        """Keep the registry; a full disk must not stop the gateway from routing."""
        try:
            known.save(self.registry, self.path)
        except OSError as error:
            log.error("%s cannot be written: %s", self.path, error)


GATEWAY: Final = web.AppKey("gateway", Gateway)


async def make_app(settings: GatewaySettings) -> web.Application:
    """The gateway as an application. Raises: Refused (bad_state), OSError."""
    app = make_service(names=settings.names(), token=settings.token)
    gateway = app[GATEWAY] = Gateway(settings)
    known.save(gateway.registry, gateway.path)
    nodes = app[METRICS].gauge("swarm_gateway_nodes", "Nodes that have registered")
    nodes.set_function(lambda: len(gateway.registry.members))
    app.cleanup_ctx.append(_watching)
    app.add_routes(
        [
            web.get("/health", _show_health),
            web.get("/api/v1/orchestrator", _show_orchestrator),
            web.get("/api/v1/members", _show_members),
            web.post("/api/v1/register", _register),
            web.route("*", "/api/v1/{path:.*}", _pass_on),
            web.route("*", "/packages", _pass_on),
            web.route("*", "/packages/{path:.*}", _pass_on),
            web.route("*", "/staging/{path:.*}", _pass_on),
        ]
    )
    return app


async def _watching(app: web.Application) -> AsyncIterator[None]:
    gateway = app[GATEWAY]
    async with session() as gateway.pool:
        watching = asyncio.create_task(_watch(gateway))
        yield
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def _watch(gateway: Gateway) -> None:
    """Look at every orchestrator, again and again, and at once when one registers."""
    while True:
        gateway.wake.clear()
        await gateway.look_round()
        try:
            await asyncio.wait_for(gateway.wake.wait(), gateway.settings.health_interval)
        except TimeoutError:
            pass


async def _show_health(request: web.Request) -> web.Response:
    gateway = request.app[GATEWAY]
    status = "stopping" if request.app[STOPPING].is_set() else "ok"
    leader = gateway.leader()
    return reply(
        {
            "status": status,
            "role": "gateway",
            "name": gateway.settings.node_name,
            "orchestrator": leader.name if leader else None,
            "nodes": len(gateway.registry.members),
        }
    )


async def _show_orchestrator(request: web.Request) -> web.Response:
    gateway = request.app[GATEWAY]
    shown = [_orchestrator(gateway, member) for member in gateway.registry.orchestrators()]
    leads = [each for each in shown if each["name"] == gateway.registry.leader and each["able"]]
    document: dict[str, Any] = {
        "orchestrator": leads[0] if leads else None,
        "backups": [each for each in shown if each not in leads],
    }
    if not leads:
        document |= why_none(gateway.registry.orchestrators(), gateway.health).document()
    return reply(document)


def _orchestrator(gateway: Gateway, member: Member) -> dict[str, Any]:
    health = gateway.health.get(member.name, Health())
    return {
        "name": member.name,
        "url": member.url,
        "priority": member.priority,
        "able": health.able,
        "state": health.state,
        "last_seen": member.last_seen,
    }


async def _show_members(request: web.Request) -> web.Response:
    now = time.time()
    members = request.app[GATEWAY].registry.members.values()
    rows = [{**msgspec.to_builtins(each), "seconds_ago": round(now - each.last_seen, 1)} for each in members]
    return reply({"members": rows})


async def _register(request: web.Request) -> web.Response:
    gateway = request.app[GATEWAY]
    registration = await decode(request, Registration)
    known.check(registration, request.remote)
    await _check_taken(gateway, registration)
    if known.register(gateway.registry, registration, time.time()):
        log.info("%s %s registered, at %s", registration.role, registration.name, registration.url)
        gateway.save()
        gateway.wake.set()
    leader = gateway.leader()
    return reply({"registered": registration.name, "orchestrator": leader.url if leader else None})


async def _check_taken(gateway: Gateway, registration: Registration) -> None:
    """Refuse a name whose holder still answers at another address. Raises: Refused (name_taken)."""
    holder = gateway.registry.members.get(known.key(registration))
    if holder is None or holder.url == registration.url.rstrip("/"):
        return
    grace = HEARTBEATS_MISSED * gateway.settings.heartbeat_interval
    if time.time() - holder.last_seen > grace:
        return
    answer = await look(gateway.pool, holder.url, gateway.settings.health_timeout)
    if isinstance(answer, bytes) and _name_in(answer) == holder.name:
        raise Refused(
            "name_taken",
            f"the {holder.role} {holder.name} is alive at {holder.url}",
            "give this node another NODE_NAME, or stop the other one first",
        )


def _name_in(answer: bytes) -> object:
    try:
        return msgspec.json.decode(answer, type=dict[str, Any]).get("name")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


async def _pass_on(request: web.Request) -> web.StreamResponse:
    """Answer with what the leading orchestrator answers; a dead one gives way to its backup at once."""
    gateway = request.app[GATEWAY]
    while True:
        leader = gateway.able_leader()
        passing = asyncio.ensure_future(forward(request, gateway.pool, leader.url))
        gateway.in_flight.add(leader.name, passing)
        try:
            response = await parked(request, passing)
        except Unreached as lost:
            await gateway.missed(leader.name, lost)
            if lost.sent:
                raise _lost(leader, str(lost)) from None
            continue
        except ConnectionResetError:
            if request.transport is None or request.transport.is_closing():
                raise
            raise _lost(leader, gateway.health.get(leader.name, Health()).state) from None
        assert response is not None
        return response


def _lost(leader: Member, reason: str) -> Refused:
    return Refused(
        "orchestrator_unreachable",
        f"{leader.name} went away before it answered: {reason}",
        "it may have done what was asked: look at build-swarm status, then ask again",
    )
