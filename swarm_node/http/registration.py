"""How an orchestrator or a drone makes itself known to the gateway, once and then with every heartbeat."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any, Literal

from aiohttp import web
from msgspec import field

from swarm_node.http.client import Client
from swarm_node.http.json import Body
from swarm_node.http.service import ADDRESS
from swarm_node.model.refusal import Refused

log = logging.getLogger(__name__)

FIRST_RETRY = 0.5
"""Seconds to the second try when the gateway does not answer; doubles up to the heartbeat's interval."""


class Registration(Body, frozen=True):
    """The body of POST /api/v1/register."""

    role: Literal["orchestrator", "drone"]
    name: str
    url: str
    """Where the gateway reaches the service."""
    priority: int = 100
    """Of orchestrators: the lowest number that answers leads."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What the node says of itself; the gateway keeps it and reads nothing out of it."""


def stay_registered(
    app: web.Application,
    gateway_url: str,
    registration: Callable[[str], Registration],
    *,
    interval: float,
    token: str | None = None,
) -> None:
    """Register the service while `app` runs, every `interval` seconds, sooner while the gateway is away.

    `registration` makes the body, given the service's own address with its real port.
    """

    async def registered(app: web.Application) -> AsyncIterator[None]:
        async with Client(gateway_url, peer="gateway", token=token) as gateway:
            beating = asyncio.create_task(_beat(gateway, lambda: registration(app[ADDRESS]), interval))
            yield
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)

    app.cleanup_ctx.append(registered)


async def _beat(gateway: Client, registration: Callable[[], Registration], interval: float) -> None:
    pause, trouble = FIRST_RETRY, ""
    while True:
        try:
            await gateway.post("/api/v1/register", registration(), dict[str, Any], seconds=interval)
        except Refused as no:
            if no.message != trouble:
                log.warning("not registered: %s → %s", no.message, no.hint)
            trouble = no.message
            await asyncio.sleep(min(pause, interval))
            pause *= 2
            continue
        if trouble:
            log.info("registered at %s", gateway.url)
        pause, trouble = FIRST_RETRY, ""
        await asyncio.sleep(interval)
