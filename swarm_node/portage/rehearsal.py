"""The dress rehearsal: would a client's own emerge install its world from these binhosts alone?"""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

from swarm_node.model.refusal import Refused
from swarm_node.portage.client import furnish
from swarm_node.portage.install import Portage
from swarm_node.portage.prefix import Prefix, Repository, portage_environment
from swarm_node.portage.process import run
from swarm_node.portage.profile import ClientProfile
from swarm_node.portage.resolution import ask

EMERGE: Final = (
    "--pretend",
    "--usepkgonly",
    "--getbinpkgonly",
    "--verbose",
    "--autounmask=n",
    "--ignore-default-opts",
    "--color=n",
    "--nospinner",
)
"""A fresh client that compiles nothing, see emerge(1)."""

LINES: Final = 200


class Uninstallable(Struct, frozen=True):
    """A package of the world that the client could not install, and why."""

    cpv: str
    """Without a version where there is no such package."""
    summary: str
    because: str = ""
    """The package that is the reason, in the same form; itself where nothing else is."""


class Rehearsal(Struct, frozen=True):
    """How one client's installation would go."""

    profile: str
    ok: bool
    lines: tuple[str, ...]
    """What emerge said: the list of packages, or why there is none."""
    missing: tuple[Uninstallable, ...] = ()


async def rehearse(
    portage: Portage,
    profile: ClientProfile,
    repositories: Sequence[Repository],
    binhosts: Sequence[Path],
    workdir: Path,
) -> Rehearsal:
    """Have real emerge pretend to install the client's world from these directories; the first one wins.

    Nothing is installed or fetched; only the binhosts' indexes are read. `workdir` is as for `discover`, but
    a directory of its own. Raises: Refused (unresolvable, bad_request) when emerge cannot be run at all.
    """
    prefix = await asyncio.to_thread(
        furnish, workdir / profile.name, profile, repositories, binhosts, portage
    )
    if not profile.world:
        return Rehearsal(profile.name, True, ("the world is empty",))
    status, lines = await _emerge(prefix, profile.world)
    if status == 0:
        return Rehearsal(profile.name, True, lines)
    return Rehearsal(profile.name, False, lines, await _missing(prefix, profile))


async def _emerge(prefix: Prefix, atoms: Sequence[str]) -> tuple[int, tuple[str, ...]]:
    command = [str(prefix.portage.python), str(prefix.portage.emerge), *EMERGE, "--", *atoms]
    done = await run(command, portage_environment(prefix))
    lines = (done.out + done.err).decode(errors="replace").splitlines()
    return done.status, tuple(line.rstrip() for line in lines if line.strip())[:LINES]


async def _missing(prefix: Prefix, profile: ClientProfile) -> tuple[Uninstallable, ...]:
    """Which packages it is about; what Portage's own answer for the whole world tells only of the first."""
    try:
        found = await ask(prefix, profile.world, binaries_only=True)
    except Refused:
        return ()
    return tuple(
        Uninstallable(refusal.cpv, refusal.problem.summary, refusal.problem.because)
        for refusal in found.refused
    )
