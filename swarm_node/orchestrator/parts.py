"""What the handlers share: the orchestrator's parts, put together once in `app`."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from aiohttp import web

from swarm_node.model.failure import Rule
from swarm_node.model.work import Artifact
from swarm_node.orchestrator.catalogue import Catalogue
from swarm_node.orchestrator.contacts import Contacts
from swarm_node.orchestrator.dispatch import Dispatch
from swarm_node.orchestrator.logs import Logs
from swarm_node.orchestrator.production import Production
from swarm_node.orchestrator.sessions import Sessions
from swarm_node.orchestrator.staging import Staging
from swarm_node.orchestrator.stream import Stream
from swarm_node.orchestrator.swarm import Swarm
from swarm_node.settings.roles import OrchestratorSettings

T = TypeVar("T")


@dataclass(frozen=True)
class Parts:
    """One of each; `received` are packages that lie in staging but are not yet recorded."""

    settings: OrchestratorSettings
    url: str
    swarm: Swarm
    contacts: Contacts
    dispatch: Dispatch
    logs: Logs
    staging: Staging
    production: Production
    catalogue: Catalogue
    stream: Stream
    sessions: Sessions
    rules: tuple[Rule, ...]
    """How failures are told apart."""
    received: dict[int, Artifact] = field(default_factory=dict)
    releasing: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held by whoever changes production."""
    reading: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))
    """Held by whoever reads long: whole releases, stretches of the log. Uploads need threads as well."""
    auditing: asyncio.Lock = field(default_factory=asyncio.Lock)
    planning: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held by whoever asks the resolver and plans the queue."""


PARTS = web.AppKey("parts", Parts)


async def at_leisure(gate: asyncio.Lock | asyncio.Semaphore, work: Callable[[], T]) -> T:
    """Long reading, in a thread, when it is its turn; the gate stays shut until the thread is done."""

    async def reading() -> T:
        async with gate:
            return await asyncio.to_thread(work)

    return await asyncio.shield(asyncio.ensure_future(reading()))
