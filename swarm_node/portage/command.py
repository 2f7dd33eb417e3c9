"""Running a program of the system to its end: no prompt, no terminal, a time limit, nothing left behind."""

import asyncio
import os
import shutil
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

UNATTENDED: Final = {
    "LC_ALL": "C.UTF-8",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "true",
    "SSH_ASKPASS": "true",
    "GIT_SSH_COMMAND": "ssh -o BatchMode=yes -o ConnectTimeout=20",
    "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh",
    "GIT_OPTIONAL_LOCKS": "0",
}
"""What keeps git, rsync and ssh from asking a person, and git from running transport helpers."""

TOLD: Final = 2000
"""How many characters of a failed program's last words are passed on."""


class CommandError(Exception):
    """A program could not be started, failed or took too long; the message holds its last words."""


class Ended(NamedTuple):
    """How a program ended and what it wrote."""

    status: int
    out: bytes
    err: bytes


async def run(argv: Sequence[str], *, seconds: float, cwd: Path | None = None) -> str:
    """The standard output of a program of the system that succeeds, asked for nothing by it.

    Raises: CommandError, also with the last words of one that fails.
    """
    ended = await execute(argv, _environment(os.environ), seconds=seconds, cwd=cwd)
    if ended.status:
        last = (ended.err or ended.out).decode(errors="replace").strip()[-TOLD:]
        raise CommandError(last or f"{Path(argv[0]).name} ended with status {ended.status}")
    return ended.out.decode(errors="surrogateescape")


async def execute(
    argv: Sequence[str],
    environment: Mapping[str, str],
    *,
    seconds: float,
    cwd: Path | None = None,
    request: bytes = b"",
) -> Ended:
    """Run a program with exactly this environment, `request` on its standard input, to its end.

    It and its children end with this call. Raises: CommandError when it cannot be started or takes longer.
    """
    name = Path(argv[0]).name
    if shutil.which(argv[0]) is None:
        raise CommandError(f"{name} is not installed on this machine")
    try:
        process = await asyncio.create_subprocess_exec(
            *dies_with_us(),
            *argv,
            cwd=cwd,
            env=environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise CommandError(f"{name} cannot be started: {error.strerror}") from None
    try:
        async with asyncio.timeout(seconds):
            out, err = await process.communicate(request)
    except TimeoutError:
        raise CommandError(f"{name} took longer than {seconds:.0f} s") from None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    return Ended(process.returncode or 0, out, err)


@cache
def dies_with_us() -> tuple[str, ...]:
    """What to put in front of a command that must not outlive this process, however that ends: setpriv(1).

    Nothing where it is missing.
    """
    return ("setpriv", "--pdeathsig", "KILL", "--") if shutil.which("setpriv") else ()


def _environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without what would lead git to another repository."""
    kept = {name: value for name, value in inherited.items() if not name.startswith("GIT_")}
    return kept | UNATTENDED
