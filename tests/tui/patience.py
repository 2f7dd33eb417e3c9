"""Waiting for what a console comes to by itself."""

import asyncio
from collections.abc import Callable
from typing import Final

from textual._context import active_app
from textual._wait import wait_for_idle
from textual.app import App
from textual.message_pump import MessagePump
from textual.pilot import Pilot

SECONDS: Final = 180.0
"""What a busy machine may need for what takes no time."""
FRAMES, FRAME = 300, 1 / 60
"""How often it is looked whether all is painted, and seconds from one look to the next."""


async def until(pilot: Pilot[None], condition: Callable[[], object]) -> None:
    """Wait for something to be so, and for whatever the console then has on its mind."""
    async with asyncio.timeout(SECONDS):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await pilot.pause()


async def idle(*seconds: float) -> None:
    """Wait for what Textual takes for idle, and on: a process that gets no turn looks idle as well.

    Every message is handled then and everything that changed is painted, unless that takes very long.
    """
    await wait_for_idle(*seconds)
    app = active_app.get()
    for _ in range(FRAMES):
        if not (app.is_running and app.screen_stack and _at_work(app)):
            return
        await asyncio.sleep(FRAME)


def _at_work(app: App[object]) -> bool:
    """Whether a message waits or is being handled, or something must be laid out or painted."""
    screen = app.screen
    unpainted = (
        app._resize_event
        or screen._layout_required
        or screen._scroll_required
        or screen._repaint_required
        or screen._recompose_required
        or screen._dirty_widgets
        or screen._callbacks
    )
    return bool(unpainted) or any(_handles(pump) for pump in (app, *screen.walk_children(with_self=True)))


def _handles(pump: MessagePump) -> bool:
    queue = pump._message_queue
    return not pump._closing and (not queue.empty() or not queue.ready_event._waiters)
