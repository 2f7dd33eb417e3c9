"""A recorded session as a wire to listen on: what the player comes to is told like a swarm's own stream."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from time import monotonic
from typing import Final

from swarm_console.known.mirror import REMEMBERED
from swarm_console.replay.player import Player
from swarm_console.replay.reel import Reel
from swarm_console.wire.stream import Health, Message

FRAME_SECONDS: Final = 0.1
NEAR: Final = 300
"""Events that are told one by one; farther away the state is taken there at once."""

MOVES: Final[dict[str, Callable[[Player, int], None]]] = {
    "play": lambda player, by: player.toggle(),
    "skip": Player.skip,
    "step": Player.step,
    "mark": Player.go_to_mark,
    "speed": Player.shift,
    "end": lambda player, by: player.go_to_event(0 if by < 0 else len(player.times)),
}
"""What the keys of a replay do, forwards, or backwards with a negative number."""


class Replay:
    """Plays a reel; its clock is the session's own."""

    def __init__(self, reel: Reel, beat: Callable[[], float] = monotonic) -> None:
        self.reel = reel
        self.player = Player(reel.recorded.opened, reel.times, reel.marks)
        self._beat = beat
        """Seconds as they pass for whoever looks."""
        self._last = beat()
        self._moved = asyncio.Event()

    @property
    def title(self) -> str:
        return f"session {self.reel.recorded.session}"

    def clock(self) -> float:
        """The moment that is shown."""
        return self.player.at

    def move(self, how: str, by: int = 1) -> None:
        """Do what a key says."""
        MOVES[how](self.player, by)
        self._moved.set()

    def go_to(self, share: float) -> None:
        """To a place on the bar, 0 to 1."""
        player = self.player
        player.go_to(player.opened + share * (player.end - player.opened))
        self._moved.set()

    # -- the wire

    async def ahead(self) -> AsyncGenerator[bytes, None]:
        """Nothing is on its way."""
        return
        yield b""

    async def messages(
        self, after: int | None, generation: int | None
    ) -> AsyncGenerator[bytes | Message, None]:
        """Where it is, then where it goes, for as long as somebody listens."""
        yield self._picture()
        while True:
            await self._pass_time()
            yield self._news()

    async def past(self) -> bytes:
        """Each picture brings its past along."""
        return b"[]"

    async def health(self) -> Health:
        return Health(orchestrator="the log", asked=True)

    async def _pass_time(self) -> None:
        """Wait for the next frame, or for a key."""
        playing = self.player.playing
        try:
            async with asyncio.timeout(FRAME_SECONDS if playing else None):
                await self._moved.wait()
        except TimeoutError:
            pass
        self._moved.clear()
        before, self._last = self._last, self._beat()
        if playing:
            self.player.pass_time(self._last - before)

    def _news(self) -> Message:
        """What has happened since the last message; from far away or from later on, a new picture."""
        here, goal = self.reel.index, self.player.index
        if not 0 <= goal - here <= NEAR:
            return self._picture()
        return Message(events=self.reel.records(here, goal))

    def _picture(self) -> Message:
        goal = self.player.index
        state = self.reel.go(goal)
        before = self.reel.records(goal - REMEMBERED, goal)
        return Message(generation=0, seq=state.seq, snapshot=state, before=before)
