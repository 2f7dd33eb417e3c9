"""One program of Portage's, run to its end in a given environment; it and its children end with the call."""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from swarm_node.model.refusal import Refused
from swarm_node.portage.command import dies_with_us

SECONDS: Final = 1800.0
"""The time limit of one resolution."""


class Ended(NamedTuple):
    """How a program ended and what it wrote."""

    status: int
    out: bytes
    err: bytes


async def run(argv: Sequence[str], environment: Mapping[str, str], request: bytes = b"") -> Ended:
    """Run a program with exactly this environment, `request` on its standard input.

    Raises: Refused (unresolvable) when it cannot be started or takes longer than SECONDS.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *dies_with_us(),
            *argv,
            env=environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise _refused(f"{argv[0]} cannot be started: {error.strerror}") from None
    try:
        async with asyncio.timeout(SECONDS):
            out, err = await process.communicate(request)
    except TimeoutError:
        raise _refused(f"Portage's resolver took longer than {SECONDS:.0f} s") from None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    return Ended(process.returncode or 0, out, err)


def _refused(problem: str) -> Refused:
    return Refused("unresolvable", problem, "see that `emerge --pretend @world` works on the orchestrator")
