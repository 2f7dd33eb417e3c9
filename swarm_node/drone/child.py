"""One child process that only we reap: its end is waited for without a thread, and tells what it took.

wait4(2) counts a child with all its descendants that were waited for, and its `ru_maxrss` is the largest
single process among them, not their sum. Tried with rooms: it reaches through setpriv, unshare (with a user
namespace or without), the shell that is process 1, and what that runs. Processes that a signal killed count,
and so do orphans that process 1 inherits and that end before it. What process 1 takes with it when it ends
does not count, nor what dies with the whole group, nor orphans outside a PID namespace, nor the children of
a program that ignores SIGCHLD.
"""

import asyncio
import os
import resource
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

UNKNOWN: Final = 255
"""Exit status of a child that somebody else reaped: the kernel does, where SIGCHLD is ignored."""


class Child:
    """A command in a session of its own, with no input, whose output all goes to one descriptor.

    Raises: OSError when it cannot be started.
    """

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], output: int) -> None:
        self._process = subprocess.Popen(
            argv,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.pid: Final = self._process.pid
        self.returncode: int | None = None
        """Exit status; negative is the number of the signal."""
        self.largest: int | None = None
        """Bytes of the largest process of it and its descendants; None where ours may hide it."""
        # exec(2) counts the memory that it replaces, at first ours: nothing smaller can be told from it.
        self._ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        self._ended = asyncio.Event()
        try:
            descriptor = os.pidfd_open(self.pid)
        except ProcessLookupError:  # has ended, and the kernel itself has reaped it
            self._end(UNKNOWN)
            return
        except OSError:
            self._process.kill()
            self._process.wait()
            raise
        asyncio.get_running_loop().add_reader(descriptor, self._reap, descriptor)

    async def wait(self) -> int:
        """Its exit status, once it has ended."""
        await self._ended.wait()
        assert self.returncode is not None
        return self.returncode

    def kill(self) -> None:
        """Kill it and its whole process group, unless it has ended."""
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    def _reap(self, descriptor: int) -> None:
        asyncio.get_running_loop().remove_reader(descriptor)
        os.close(descriptor)
        try:
            _, status, usage = os.wait4(self.pid, 0)
        except ChildProcessError:
            self._end(UNKNOWN)
        else:
            if usage.ru_maxrss > self._ours:
                self.largest = usage.ru_maxrss * 1024
            self._end(os.waitstatus_to_exitcode(status))

    def _end(self, status: int) -> None:
        self.returncode = status
        self._process.returncode = status  # it waits for what it thinks is still running
        self._ended.set()
