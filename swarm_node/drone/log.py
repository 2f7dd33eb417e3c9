"""The log of an attempt while it grows: one file, sent to the orchestrator and followed by whoever asks."""

import asyncio
from functools import partial
from pathlib import Path
from typing import Final

from msgspec import Struct

from swarm_node.drone.orchestrator import Orchestrator
from swarm_node.model.refusal import Refused

BATCH_BYTES: Final = 64 << 10
BATCH_SECONDS: Final = 1.0
"""A batch is sent when either is reached."""
LARGEST_BATCH: Final = 512 << 10
"""Bytes of one request when there is much to catch up with."""
DEAF: Final = 5
"""Batches in a row that the orchestrator may take none of before the rest of the log stays here."""


class BuildLog:
    """A file that a build appends to; `heard` and `close` wake whoever waits in `grown`.

    What `read` gives has stars in the place of `secret`: wget tells the whole address that it fetches from.
    """

    def __init__(self, path: Path, secret: str = "") -> None:
        self.path = path
        self._secret = secret.encode()
        self.closed = False
        self._news = asyncio.Event()

    @property
    def size(self) -> int:
        """Bytes in the file; 0 before the build has made it."""
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def heard(self) -> None:
        """The file has grown."""
        self._news.set()
        self._news = asyncio.Event()

    def say(self, text: str) -> None:
        """Add a line of the swarm's own, marked like Portage's messages. Raises: OSError."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as file:
            file.write(f"\n * swarm: {text}\n".encode())
        self.heard()

    def close(self) -> None:
        """Nothing more will come."""
        self.closed = True
        self.heard()

    def read(self, offset: int, most: int = LARGEST_BATCH) -> bytes:
        """Bytes from `offset` on, as many as there are, `most` at most."""
        margin = min(offset, len(self._secret))
        try:
            with self.path.open("rb") as file:
                file.seek(offset - margin)
                text = file.read(margin + most + len(self._secret))
        except FileNotFoundError:
            return b""
        if self._secret:
            text = text.replace(self._secret, b"*" * len(self._secret))
        return text[margin : margin + most]

    async def grown(self, offset: int) -> bool:
        """Wait until there is something after `offset`; False when there never will be."""
        while self.size <= offset:
            if self.closed:
                return False
            await self._news.wait()
        return True


async def ship(log: BuildLog, orchestrator: Orchestrator, attempt: int) -> None:
    """Send a log from wherever the orchestrator's copy ends until it is closed and all of it has arrived.

    Ends early when the orchestrator wants no more of it: whether the attempt still counts is told elsewhere.
    """
    path = f"/api/v1/attempts/{attempt}/log"
    offset, deaf = 0, 0
    while deaf < DEAF and await log.grown(offset):
        await _gather(log, offset)
        chunk = log.read(offset)
        try:
            size = await orchestrator.until_answered(partial(orchestrator.append, path, chunk, offset, _Size))
        except Refused:
            return
        if size.size > offset:
            offset, deaf = size.size, 0
        else:
            offset, deaf = size.size, deaf + 1
            await asyncio.sleep(BATCH_SECONDS * deaf)


async def _gather(log: BuildLog, offset: int) -> None:
    """Let a batch become large enough, or old enough."""
    try:
        async with asyncio.timeout(BATCH_SECONDS):
            while not log.closed and log.size - offset < BATCH_BYTES:
                await log.grown(log.size)
    except TimeoutError:
        pass


class _Size(Struct):
    size: int
