"""Long work on the screen takes turns with the keys."""

import asyncio
from collections.abc import Iterator
from time import monotonic, perf_counter
from typing import Final

ENOUGH, BREATH = 0.005, 0.005
"""Seconds of work after which keys have their turn, and how long that is."""
ANSWER: Final = 0.04
"""Seconds for which a key that was pressed may take up the screen by itself."""


class Turns:
    """The keys of one console, and what would otherwise hold them up."""

    def __init__(self) -> None:
        self._heard = monotonic()
        self._news = asyncio.Event()

    def expect(self) -> None:
        """A key was pressed, or the mouse, and is on its way; to be said in whatever thread."""
        self._heard = monotonic()

    def hear(self) -> None:
        """The key is there that was expected."""
        self.expect()
        self._news.set()

    async def next(self) -> None:
        """Wait for a key that nobody has waited for."""
        await self._news.wait()
        self._news.clear()

    @property
    def rest(self) -> float:
        """Seconds without a key."""
        return monotonic() - self._heard

    async def take(self, parts: Iterator[None], enough: float = ENOUGH) -> float:
        """Go through the parts of a piece of work; the seconds that it took without the keys' turns."""
        spent, begin = 0.0, perf_counter()
        for _ in parts:
            part = perf_counter() - begin
            if part > enough:
                await asyncio.sleep(BREATH)
                if (rest := self.rest) < ANSWER:
                    await asyncio.sleep(ANSWER - rest)
                spent, begin = spent + part, perf_counter()
        return spent + perf_counter() - begin
