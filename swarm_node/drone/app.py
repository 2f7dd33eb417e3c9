"""The drone's small HTTP service: health, the current build and its log; and the loop that does the work."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Final, Literal

from aiohttp import web
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector
from yarl import URL

from swarm_node.drone.facts import gather, open_workshop
from swarm_node.drone.job import Drone
from swarm_node.drone.log import BuildLog
from swarm_node.drone.orchestrator import Orchestrator
from swarm_node.drone.worker import stop, work
from swarm_node.http.client import Client
from swarm_node.http.connection import STOPPING, parked
from swarm_node.http.json import Body, query, reply
from swarm_node.http.metrics import METRICS
from swarm_node.http.registration import Registration, stay_registered
from swarm_node.http.service import ADDRESS
from swarm_node.http.service import make_app as make_service
from swarm_node.model.messages import Configuration
from swarm_node.model.refusal import Refused
from swarm_node.portage.configuration import digest, read_configuration
from swarm_node.settings.roles import DroneSettings

DRONE: Final = web.AppKey("drone", Drone)
WORKING: Final = web.AppKey("working", asyncio.Task[None])
FOLLOW_SECONDS: Final = 15.0
"""How long a followed log may be silent before its stream looks whether the peer is still there."""


async def make_app(settings: DroneSettings) -> web.Application:
    """The drone as an application; its loop runs from start to cleanup.

    Raises: Refused when this machine cannot build at all, OSError.
    """
    workshop, room_reason = await open_workshop(settings)
    app = make_service(names=settings.names(), token=settings.token)

    async def working(app: web.Application) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as open_until_cleanup:
            url = _own_url(settings, app)
            facts = await gather(settings, workshop, room_reason, url)
            gateway = Client(settings.gateway_url, peer="gateway", token=settings.token)
            await open_until_cleanup.enter_async_context(gateway)
            line = Orchestrator(settings, gateway, facts)
            await open_until_cleanup.enter_async_context(line)
            app[DRONE] = Drone(settings, workshop, line, room_reason)
            app[WORKING] = asyncio.create_task(work(app[DRONE]))
            yield
            await stop(app[DRONE], app[WORKING])

    app.cleanup_ctx.append(working)
    if settings.node_role == "drone":
        stay_registered(
            app,
            settings.gateway_url,
            lambda _: Registration(role="drone", name=settings.node_name, url=_own_url(settings, app)),
            interval=settings.heartbeat_interval,
            token=settings.token,
        )
    app[METRICS].registry.register(_Attempts(app))
    app.add_routes(
        [
            web.get("/health", _show_health),
            web.get("/api/v1/build", _show_build),
            web.get("/api/v1/log", _show_log),
            web.get("/api/v1/configuration", _show_configuration),
        ]
    )
    return app


def _own_url(settings: DroneSettings, app: web.Application) -> str:
    return settings.url(URL(app[ADDRESS]).port)


async def _show_health(request: web.Request) -> web.Response:
    """GET /health: `ok`; `lost` while no orchestrator can be reached; `failed` when the loop ended."""
    drone, working = request.app[DRONE], request.app[WORKING]
    trouble = drone.orchestrator.trouble
    status = "stopping" if request.app[STOPPING].is_set() else "lost" if trouble else "ok"
    job = drone.building
    return reply(
        {
            "status": "failed" if working.done() and status != "stopping" else status,
            "role": "drone",
            "name": drone.settings.node_name,
            "orchestrator": drone.orchestrator.url or None,
            "trouble": trouble,
            "building": job.order.cpv if job else None,
        }
    )


async def _show_build(request: web.Request) -> web.Response:
    """GET /api/v1/build: the attempt that is being worked on, or the last one with `ended` true."""
    drone = request.app[DRONE]
    job = drone.job
    about: dict[str, Any] = {"node": drone.settings.node_name, "attempt": None}
    if job is not None:
        about |= {
            "attempt": job.order.attempt,
            "build": job.order.build,
            "cpv": job.order.cpv,
            "phase": job.phase,
            "fraction": job.fraction,
            "seconds": round(job.seconds, 3),
            "ended": job.ended is not None,
            "log": job.log.size,
        }
    return reply(about)


class _LogQuery(Body, frozen=True):
    offset: int = 0
    follow: Literal[0, 1] = 0


async def _show_log(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/log?offset=N&follow=1: the log of the current or last attempt, which X-Attempt names.

    A negative offset counts from the end; a followed log ends with its attempt.
    """
    asked = query(request, _LogQuery)
    job = request.app[DRONE].job
    if job is None:
        raise Refused("unknown_attempt", "this drone has not built anything yet", "see build-swarm queue")
    size = job.log.size
    offset = max(0, asked.offset + size) if asked.offset < 0 else asked.offset
    response = web.StreamResponse()
    response.headers.update(
        {
            "Content-Type": "text/plain; charset=utf-8",
            "X-Content-Type-Options": "nosniff",
            "X-Attempt": str(job.order.attempt),
            "X-Offset": str(offset),
        }
    )
    await response.prepare(request)
    while True:
        while chunk := job.log.read(offset):
            await response.write(chunk)
            offset += len(chunk)
        if not asked.follow or not await _more(request, job.log, offset):
            return response


async def _show_configuration(request: web.Request) -> web.Response:
    """GET /api/v1/configuration: etc/portage as text, machine-own paths named and secrets left out."""
    drone = request.app[DRONE]
    files = await asyncio.to_thread(read_configuration, drone.workshop.prefix)
    trees = drone.orchestrator.facts.trees
    return reply(Configuration(drone.settings.node_name, digest(files), files, trees))


async def _more(request: web.Request, log: BuildLog, offset: int) -> bool:
    """Whether a followed log goes on."""
    while True:
        grown = await parked(request, log.grown(offset), FOLLOW_SECONDS)
        if grown is not None:
            return grown


class _Attempts(Collector):
    """The drone's attempts by outcome, and whether it is building, read when they are asked for."""

    def __init__(self, app: web.Application) -> None:
        self._app = app

    def collect(self) -> list[Any]:
        counter = CounterMetricFamily("swarm_drone_attempts", "Attempts that ended", labels=["outcome"])
        if DRONE in self._app:
            for outcome, count in self._app[DRONE].finished.items():
                counter.add_metric([outcome], count)
        return [counter]
