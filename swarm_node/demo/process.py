"""One supervised process: started, waited for until it is ready, started again, ended with us."""

import asyncio
import contextlib
import logging
import os
import signal
from asyncio.subprocess import DEVNULL
from asyncio.subprocess import Process as Child
from collections.abc import Mapping, Sequence
from pathlib import Path

from swarm_node.portage.command import dies_with_us

log = logging.getLogger(__name__)

GRACE_SECONDS = 12.0
FIRST_PAUSE, LONGEST_PAUSE = 0.3, 5.0


class Process:
    """A child in a session of its own: Ctrl-C reaches it only through us, and it dies with us however we end.

    `{ready}` in its arguments becomes the descriptor that it writes to when it is ready.
    """

    def __init__(self, name: str, argv: Sequence[str], env: Mapping[str, str], log_file: Path) -> None:
        self.name = name
        self._argv = list(argv)
        self._env = dict(env)
        self._log_file = log_file
        self._child: Child | None = None
        self._keeper: asyncio.Task[None] | None = None
        self.ready = asyncio.Event()

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child is not None and self._child.returncode is None else None

    def start(self) -> None:
        """Keep it running from now on."""
        self._keeper = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """End it: SIGTERM, then SIGKILL after a grace."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        child = self._child
        if child is None or child.returncode is not None:
            return
        child.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(GRACE_SECONDS):
                await child.wait()
        except TimeoutError:
            child.kill()
            await child.wait()

    async def _keep(self) -> None:
        pause, clock = FIRST_PAUSE, asyncio.get_running_loop().time
        while True:
            began = clock()
            code = await self._run_once()
            if clock() - began > LONGEST_PAUSE:
                pause = FIRST_PAUSE
            log.warning("%s ended with %s, starting it again", self.name, code)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _run_once(self) -> int:
        """Start it, let `ready` follow its ready pipe, and return its exit code."""
        readable, writable = os.pipe()
        argv = [word.replace("{ready}", str(writable)) for word in self._argv]
        with self._log_file.open("ab") as out:
            self._child = await asyncio.create_subprocess_exec(
                *dies_with_us(),
                *argv,
                env=self._env,
                stdin=DEVNULL,
                stdout=out,
                stderr=out,
                pass_fds=(writable,),
                start_new_session=True,
            )
        os.close(writable)
        loop = asyncio.get_running_loop()
        loop.add_reader(readable, self._heard, readable)
        try:
            return await self._child.wait()
        finally:
            self.ready.clear()
            loop.remove_reader(readable)
            with contextlib.suppress(OSError):
                os.close(readable)

    def _heard(self, readable: int) -> None:
        if os.read(readable, 1024):
            self.ready.set()
        asyncio.get_running_loop().remove_reader(readable)
