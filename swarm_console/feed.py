"""What runs behind the screens: the stream is followed, health is asked for, and what changed is drawn."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import suppress
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from textual.screen import Screen

from swarm_console.actions.registry import ACTIONS
from swarm_console.keyboard.offer import obstacle
from swarm_console.known.follower import follow, watch_health
from swarm_console.known.picture import Picture
from swarm_console.known.sliced import SLICE
from swarm_console.manners.attention import Vigil, claims, headline
from swarm_console.screens.live import LiveScreen
from swarm_console.sweeper import Sweeper
from swarm_console.turns import ENOUGH

if TYPE_CHECKING:
    from swarm_console.app import SwarmConsole

FRAME_SECONDS: Final = 0.25
"""At most four pictures a second, whatever happens in the swarm; what a key moves is painted at once."""
REST: Final = 4
"""The pause after a picture, as a multiple of what it took to draw: at most a fifth of the time."""
TICK_SECONDS: Final = 1.0
"""Between two pictures at most, where something on the screen counts."""
OPENED: Final = 1.0
"""Seconds after which what stays for as long as the console does is there."""
PAINTED: Final = 1.0
"""Seconds at most that what comes after the first picture waits for it to be painted."""
ALONE: Final = 1.0
"""Seconds without a key after which a picture has time for more than a little."""


class Feed:
    """Feeds the screens of one console with pictures, for as long as it runs."""

    def __init__(self, app: "SwarmConsole") -> None:
        self._app = app
        self._changed = asyncio.Event()
        self._turned = asyncio.Event()
        """The stream began or broke."""
        self._greyed: frozenset[str] = frozenset()
        self._vigil = Vigil()
        self._known = asyncio.Event()
        """There is a swarm to draw."""
        self._seen = asyncio.Event()
        """A picture of the swarm was drawn."""
        self._parent = os.getppid()
        self._began = monotonic()
        self.sweeper = Sweeper()

    def begin(self) -> None:
        """Start all of it."""
        self.restart()
        self._app.run_worker(self._keep_drawing(), group="draw", exclusive=True)
        if self._app.is_web:
            self._app.set_interval(TICK_SECONDS, self._end_with_server)

    def restart(self) -> None:
        """Listen to the console's wire and ask after its health; another one before it is let go."""
        self._known.clear()
        self._seen.clear()
        self.listen()
        self._app.run_worker(self._keep_asking(), group="health", exclusive=True)

    def listen(self) -> None:
        """Follow the swarm; what was followed before is let go."""
        app = self._app
        following = follow(app.wire, app.mirror, self.changed, self._turned.set, self._shown)
        app.run_worker(following, group="listen", exclusive=True)

    def begin_anew(self) -> None:
        """A fresh snapshot over a new connection."""
        self._app.mirror.forget()
        self.listen()
        self.changed()

    def changed(self) -> None:
        """Something is different from the last picture."""
        self._changed.set()
        if self._app.mirror.known:
            self._known.set()

    def draw(self) -> None:
        """Hand the present picture to every screen that lies open."""
        for _ in self._parts():
            pass

    def _parts(self) -> Iterator[None]:
        """The same, part by part."""
        if not self._app.is_running:
            return
        picture = self._app.picture(inf if self._app.turns.rest > ALONE else SLICE)
        self._grey(picture)
        self._call(picture)
        for screen in tuple(self._app.screen_stack):
            if self._lies_open(screen) and isinstance(screen, LiveScreen) and screen.is_mounted:
                for _ in screen.parts(picture):
                    yield
                    if not self._lies_open(screen):
                        break
        if picture.unfinished:
            self.changed()

    def _lies_open(self, screen: Screen[Any]) -> bool:
        """Whether it still does: a key may have closed it, or ended the console, between two parts."""
        return self._app.is_running and screen in self._app.screen_stack

    def _grey(self, picture: Picture) -> None:
        """Have all footers drawn anew, those behind a dialog too, when other keys can do nothing."""
        greyed = frozenset(
            action.name for action in ACTIONS.values() if action.key and obstacle(action, picture)
        )
        if greyed != self._greyed:
            self._greyed = greyed
            for screen in self._app.screen_stack:
                screen.refresh_bindings()

    def _call(self, picture: Picture) -> None:
        """Call for a person who looks elsewhere, when something newly needs one."""
        if not picture.mirror.known:
            return
        wanted = self._app.configuration.attention
        if self._vigil.is_new(claims(picture)) and wanted.bell:
            self._app.bell()
        if wanted.title and self._app.terminal is not None:
            self._app.terminal.entitle(headline(picture))

    async def _keep_asking(self) -> None:
        """Ask how gateway and orchestrator are."""
        await watch_health(self._app.wire, self._app.mirror, self.changed, self._turned)

    async def _keep_drawing(self) -> None:
        """Draw whenever something changed, but never so often that nothing else gets its turn."""
        drawn = monotonic()
        while True:
            await self._news(drawn + TICK_SECONDS - monotonic())
            drawn = monotonic()
            spent = await self._draw()
            self.sweep()
            await self._pause(max(FRAME_SECONDS, REST * spent))

    async def _news(self, tick: float) -> None:
        """Wait until something changed, or where something on the screen counts for so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(tick if self._counts else None):
                await self._changed.wait()
        self._changed.clear()

    @property
    def _counts(self) -> bool:
        """Whether time alone changes the picture."""
        mirror = self._app.mirror
        return not mirror.link.live or any(node.attempt for node in mirror.state.nodes.values())

    async def _draw(self) -> float:
        """Draw, and let keys have their turn on the way; the seconds that it took without these.

        The first picture of a swarm is waited for, and drawn in one go.
        """
        known, seen = self._known.is_set(), self._seen.is_set()
        spent = await self._app.turns.take(self._parts(), ENOUGH if seen else inf)
        if known:
            self._seen.set()
        return spent

    async def _pause(self, seconds: float) -> None:
        """Draw nothing for so long; but the first picture of a swarm as soon as there is one."""
        if self._known.is_set():
            await asyncio.sleep(seconds)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._known.wait()

    async def _shown(self) -> None:
        """Wait until a picture of the swarm is on the screen; not for long, in case nobody sees it."""
        painted = asyncio.Event()
        with suppress(TimeoutError):
            async with asyncio.timeout(PAINTED):
                await self._seen.wait()
                self._app.screen.call_after_refresh(painted.set)
                await painted.wait()

    def sweep(self) -> None:
        """Look for garbage, unless a key is likely to wait."""
        if self._app.mirror.preview is None and monotonic() - self._began > OPENED:
            self.sweeper.begin()  # what there is now stays
        self.sweeper.sweep(self._app.turns.rest)

    def _end_with_server(self) -> None:
        """Whoever served it to a browser may be gone."""
        if os.getppid() != self._parent:
            self._app.exit()
