"""Following the orchestrator's live stream: connect, read, and connect again from where it broke."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress

from swarm_console.known.mirror import Mirror, OutOfStep
from swarm_console.wire.stream import Unreachable, Wire

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 1.0
"""Seconds between tries; never longer, so that a picture is live again within a second of the swarm."""
HEALTH_SECONDS, SELDOM_SECONDS = 2.0, 30.0
"""Between two questions after health; while the stream is live, whose pings pass through both services."""


async def _at_once() -> None:
    """What has nothing to wait for."""


async def follow(
    wire: Wire,
    mirror: Mirror,
    changed: Callable[[], None],
    turned: Callable[[], object] = lambda: None,
    shown: Callable[[], Awaitable[object]] = _at_once,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> None:
    """Keep the mirror in step for as long as it is awaited.

    `changed` is called after each message, `turned` when the stream has begun or broken. `shown` is waited
    for once there is a first picture: the rest of a long state, and the stream, are work that would delay it.
    """
    await _take_ahead(wire, mirror, changed, shown)
    pause = FIRST_PAUSE
    while True:
        first = True
        reason = "the stream ended"
        try:
            async with aclosing(wire.messages(*mirror.place)) as messages:
                async for message in messages:
                    mirror.take(message)
                    if first:
                        first, pause = False, FIRST_PAUSE
                        mirror.join()
                        turned()
                        await _look_back(wire, mirror)
                    changed()
                    await asyncio.sleep(0)  # many may have come at once, and keys wait too
        except Unreachable as error:
            reason = str(error)
        except OutOfStep as error:
            mirror.forget()
            reason = str(error)
        mirror.lose(reason)
        turned()
        changed()
        await sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


async def _take_ahead(
    wire: Wire, mirror: Mirror, changed: Callable[[], None], shown: Callable[[], Awaitable[object]]
) -> None:
    """Take what was asked for before anybody listened."""
    first = True
    async with aclosing(wire.ahead()) as messages:
        async for message in messages:
            try:
                mirror.take(message)
            except OutOfStep:
                return
            if first:
                await _look_back(wire, mirror)
            changed()
            await (shown() if first else asyncio.sleep(0))  # a long state comes in many messages
            first = False


async def _look_back(wire: Wire, mirror: Mirror) -> None:
    if mirror.recent:
        return
    try:
        mirror.take_past(await wire.past())
    except Unreachable:
        return


async def watch_health(
    wire: Wire, mirror: Mirror, changed: Callable[[], None], turned: asyncio.Event
) -> None:
    """Ask gateway and orchestrator how they are, again and again, and at once when the stream has turned."""
    while True:
        before = mirror.changes
        turned.clear()
        mirror.judge(health := await wire.health())
        if mirror.changes != before:
            changed()
        well = mirror.link.live and not health.gateway and not health.orchestrator_trouble
        with suppress(TimeoutError):
            async with asyncio.timeout(SELDOM_SECONDS if well else HEALTH_SECONDS):
                await turned.wait()
