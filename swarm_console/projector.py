"""What the console shows in place of the live swarm: a session of the past, until somebody leaves it."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from swarm_console.background import in_thread
from swarm_console.known.mirror import Mirror
from swarm_console.wire.stream import Wire

if TYPE_CHECKING:
    from swarm_console.app import SwarmConsole
    from swarm_console.replay.recorded import Replay

BUSY: Final = "replay"
LOCKED: Final = "this is a replay: what is shown is over, nothing can be done to it"


class Live(NamedTuple):
    """What the console comes back to."""

    wire: Wire
    mirror: Mirror
    clock: Callable[[], float]
    locked: str


class Projector:
    """One console's way into the past and back."""

    def __init__(self, app: "SwarmConsole", replay: "Replay | None" = None) -> None:
        self._app = app
        self.replay = replay
        """What is being replayed, if anything is."""
        self._live: Live | None = None

    @property
    def title(self) -> str:
        """What is replayed; "" for nothing."""
        return self.replay.title if self.replay is not None else ""

    def open(self, session: int) -> None:
        """Fetch a session and show it."""
        self._app.run_worker(self._open(session), group=BUSY, exclusive=True)

    def move(self, how: str, by: int) -> None:
        """A key of the replay was pressed."""
        if self.replay is not None:
            self.replay.move(how, by)

    def leave(self) -> bool:
        """Out of the replay, to the live swarm or else to the shell; whether there was a replay to leave."""
        if self.replay is None:
            return False
        if self._live is None:
            self._app.exit()
        else:
            live, self._live = self._live, None
            self._switch(live, None)
        return True

    async def _open(self, session: int) -> None:
        from swarm_console.replay.recorded import Replay
        from swarm_console.replay.recordings import (
            load,  # what it takes to fold a session is not needed before
        )

        app = self._app
        app.orders.busy[BUSY] = f"session {session}"
        app.feed.changed()
        try:
            reel = await in_thread(partial(load, app.connect(app.say), str(session), self._tell))
            replay = Replay(reel)
        except Exception as error:
            app.fail("Replay", error)
            return
        finally:
            app.orders.busy.pop(BUSY, None)
            app.feed.changed()
        self._live = self._live or Live(app.wire, app.mirror, app.clock, app.locked)
        self._switch(Live(replay, Mirror(replay.clock), replay.clock, LOCKED), replay)

    def _tell(self, words: str) -> None:
        """How far it is, from the thread that fetches."""
        self._app.orders.busy[BUSY] = words
        self._app.call_from_thread(self._app.feed.changed)

    def _switch(self, to: Live, replay: "Replay | None") -> None:
        app = self._app
        app.wire, app.mirror, app.clock, app.locked = to
        self.replay = replay
        while len(app.screen_stack) > 1:
            app.pop_screen()
        app.about.bar(replay)
        app.feed.restart()
        app.refresh_bindings()
