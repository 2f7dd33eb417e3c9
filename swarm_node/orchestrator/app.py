"""The orchestrator as a service: its parts put together, started in order and stopped in reverse."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator

from aiohttp import web
from yarl import URL

from swarm_node.http import service
from swarm_node.http.registration import Registration, stay_registered
from swarm_node.http.service import ADDRESS
from swarm_node.journal.base import JournalError
from swarm_node.journal.sqlite import SqliteJournal
from swarm_node.model.commands import SetPolicy, Sweep
from swarm_node.model.events import Policy
from swarm_node.model.refusal import Refused
from swarm_node.orchestrator import (
    actions,
    away,
    blocked,
    failures,
    files,
    gauges,
    local,
    look,
    node,
    overview,
    package,
    past,
    preparation,
    release,
    releases,
    trail,
    trials,
    work,
)
from swarm_node.orchestrator.catalogue import Catalogue
from swarm_node.orchestrator.contacts import Contacts
from swarm_node.orchestrator.dispatch import Dispatch
from swarm_node.orchestrator.logs import Logs
from swarm_node.orchestrator.parts import PARTS, Parts
from swarm_node.orchestrator.production import Production
from swarm_node.orchestrator.sessions import Sessions
from swarm_node.orchestrator.staging import Staging
from swarm_node.orchestrator.stream import Stream
from swarm_node.orchestrator.swarm import Swarm
from swarm_node.settings.roles import OrchestratorSettings

log = logging.getLogger(__name__)

SWEEPS_A_LEASE = 9
"""How often silence is looked at: a lost drone's build is needed again at most a ninth of a lease late."""


async def make_app(settings: OrchestratorSettings) -> web.Application:
    """The application; nothing is opened before it starts."""
    app = service.make_app(names=settings.names(), token=settings.token)
    for routes in (
        look.ROUTES,
        blocked.ROUTES,
        releases.ROUTES,
        away.ROUTES,
        past.ROUTES,
        node.ROUTES,
        package.ROUTES,
        work.ROUTES,
        actions.ROUTES,
        trail.ROUTES,
        overview.ROUTES,
        files.ROUTES,
    ):
        app.add_routes(routes)

    async def running(app: web.Application) -> AsyncIterator[None]:
        parts = assemble(settings, app[ADDRESS])
        app[PARTS] = parts
        gauges.register(app, parts)
        await recover(parts)
        tasks = [
            asyncio.create_task(parts.dispatch.run()),
            asyncio.create_task(_sweep(parts)),
            asyncio.create_task(preparation.resume(parts)),
            asyncio.create_task(trials.follow(parts)),
        ]
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await parts.swarm.close()

    app.cleanup_ctx.append(running)
    app.cleanup_ctx.append(local.builder(settings))
    if settings.gateway_url:
        stay_registered(
            app,
            settings.gateway_url,
            lambda address: _registration(settings, address),
            interval=settings.heartbeat_interval,
            token=settings.token,
        )
    return app


def assemble(settings: OrchestratorSettings, address: str) -> Parts:
    """Open the log and the directories. Raises: Refused naming what cannot be opened."""
    rules = failures.load(settings.failures_dir)
    try:
        swarm = Swarm(SqliteJournal(settings.state_dir / "swarm.db"))
    except JournalError as error:
        raise Refused("log_unavailable", str(error), error.hint) from None
    url = settings.url(URL(address).port)
    production = Production(settings.production_dir, url=settings.packages_url or f"{url}/packages")
    return Parts(
        settings=settings,
        url=url,
        swarm=swarm,
        contacts=Contacts(settings.state_dir / "tokens.json"),
        dispatch=Dispatch(swarm),
        logs=Logs(settings.state_dir / "logs"),
        staging=Staging(settings.staging_dir),
        production=production,
        catalogue=Catalogue(production),
        stream=Stream(swarm),
        sessions=Sessions(swarm.journal),
        rules=rules,
    )


async def recover(parts: Parts) -> None:
    """Bring policy, staging and production in step with the log after whatever ended the last run."""
    settings = parts.settings
    await parts.swarm.submit(
        SetPolicy(
            policy=Policy(
                lease=settings.lease_seconds,
                max_attempts=settings.max_attempts,
                backoff=settings.retry_seconds,
                recheck=settings.recheck_seconds,
                build_mode=settings.build_mode,
                time_limit=settings.time_limit,
                silence_limit=settings.silence_limit,
                simulated=settings.simulated,
            )
        )
    )
    await release.recover(parts)


async def _sweep(parts: Parts) -> None:
    """Whoever is parked at a long poll is there, though it has not been heard for as long as that lasts.

    After a stop of our own (SIGSTOP, a suspended machine) what the nodes said meanwhile is still to be read.
    """
    pause = parts.settings.lease_seconds / SWEEPS_A_LEASE
    while True:
        begin = time.monotonic()
        await asyncio.sleep(pause)
        if time.monotonic() - begin > pause + parts.settings.lease_seconds / 2:
            parts.contacts.excuse()
            continue
        up = [name for name, node in parts.swarm.state.nodes.items() if node.up]
        silent = {name: parts.contacts.silence(name) for name in up if not parts.dispatch.waits(name)}
        try:
            await parts.swarm.submit(Sweep(silent=silent))
            await work.discard_unwanted(parts)
        except (Refused, OSError) as error:
            log.warning("not swept: %s", error)


def _registration(settings: OrchestratorSettings, address: str) -> Registration:
    return Registration(
        role="orchestrator",
        name=settings.node_name,
        url=settings.url(URL(address).port),
        priority=settings.priority,
    )
