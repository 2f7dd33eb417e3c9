"""Waiting for what a console comes to by itself."""

import asyncio
from collections.abc import Callable
from typing import Final

from textual.pilot import Pilot

SECONDS: Final = 60.0
"""What a busy machine may need for what takes no time."""


async def until(pilot: Pilot[None], condition: Callable[[], object], seconds: float = SECONDS) -> None:
    """Wait for something to be so."""
    async with asyncio.timeout(seconds):
        while not condition():
            await pilot.pause(0.01)
