"""What one is likely to open next is made, drawn and painted while no key is pressed, to be there at once."""

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from swarm_console.screens import doors
from swarm_console.screens.live import LiveScreen

if TYPE_CHECKING:
    from swarm_console.app import SwarmConsole

LOOK: Final = 0.1
"""Seconds between two looks."""
PAUSE, GONE = 0.15, 3.0
"""Seconds without a key between which somebody looks at what is marked."""
LULL: Final = 2.0
"""Seconds without a key after which what there is not yet is made."""


class Foresight:
    """Looks ahead for one console, for as long as it runs."""

    def __init__(self, app: "SwarmConsole") -> None:
        self._app = app
        self._made = False
        """Whether the screens are there that one may go to."""

    async def keep(self) -> None:
        """Look ahead after every key, until nobody seems to be there."""
        while True:
            while self._rest < GONE or not self._made:
                await asyncio.sleep(max(PAUSE - self._rest, LOOK if self._rest < GONE else LULL))
                await self.look()
                self._app.feed.sweep()
            doors.put_away(self._app)
            await self._app.turns.next()

    async def look(self) -> None:
        """Go on for as long as no key is pressed."""
        mirror, rest = self._app.mirror, self._rest
        if not self._app.is_running or not mirror.known or mirror.preview is not None:
            return
        if rest > LULL and not self._made:
            doors.make_ready(self._app)
            self._made = True
        if PAUSE <= rest < GONE:
            await self._app.turns.take(self._undisturbed())

    def _undisturbed(self) -> Iterator[None]:
        for screen in self._app.screen_stack[-1:]:
            if isinstance(screen, LiveScreen) and screen.is_mounted:
                for _ in screen.foresee():
                    yield
                    if self._rest < PAUSE or not self._lies_open(screen):
                        break

    def _lies_open(self, screen: LiveScreen) -> bool:
        return self._app.is_running and self._app.screen_stack[-1:] == [screen]

    @property
    def _rest(self) -> float:
        return self._app.turns.rest
