"""Waiting for what a console comes to by itself."""

import asyncio
from collections.abc import Callable
from typing import Final

from textual.pilot import Pilot

SECONDS: Final = 60.0
"""What a busy machine may need for what takes no time."""


async def until(pilot: Pilot[None], condition: Callable[[], object]) -> None:
    """Wait for something to be so, and for whatever the console then has on its mind."""
    async with asyncio.timeout(SECONDS):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await pilot.pause()
