"""A process that forks swarms which wait to be traced, finalize once and end; see test_release_faults.

For each directory that a line of standard input names (after a tab: where all but production is to be), the
number of a stopped child is answered; continued, it finalizes there. Forking saves a second a fault.
"""

import asyncio
import os
import shutil
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from swarm_node.model.refusal import Refused
from swarm_node.orchestrator.release import finalize
from tests.services.releases import stage, swarm

REFUSED = 7


async def prepare(home: Path) -> None:
    """A first release, and a second one staged."""
    async with swarm(home) as parts:
        await stage(parts, "app-misc/hello-1.0", "dev-libs/aa-1.0")
        await finalize(parts)
        await stage(parts, "app-misc/hello-2.0", "dev-libs/aa-1.0")


async def act(home: Path) -> int:
    """One thread does all that blocks, so that its system calls are counted in one row."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
    async with swarm(home) as parts:
        os.kill(os.getpid(), signal.SIGSTOP)
        try:
            await finalize(parts)
        except Refused:
            return REFUSED
        finally:
            parts.production.swept()
    return 0


def copy(template: Path, home: Path, elsewhere: Path | None) -> None:
    """The prepared swarm; all but production lies `elsewhere` where that is given, on another disk."""
    shutil.copytree(template, home, symlinks=True)
    for name in ("state", "staging") if elsewhere is not None else ():
        shutil.move(home / name, elsewhere / name)
        (home / name).symlink_to(elsewhere / name)


def fork(home: Path) -> int:
    """A child that stops itself right before it finalizes."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        status = asyncio.run(act(home))
    finally:
        os._exit(status)


def main() -> None:
    template = Path(sys.argv[1])
    asyncio.run(prepare(template))
    print("ready", flush=True)  # noqa: T201
    for line in sys.stdin:
        home, _, elsewhere = line.strip().partition("\t")
        copy(template, Path(home), Path(elsewhere) if elsewhere else None)
        child = fork(Path(home))
        os.waitpid(child, os.WUNTRACED)
        print(child, flush=True)  # noqa: T201
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
