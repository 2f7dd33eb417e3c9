"""Discovery: what must be built so that every client's world can be installed from production."""

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path

from swarm_node.model.refusal import Refused
from swarm_node.model.work import PlanRow
from swarm_node.portage.client import furnish
from swarm_node.portage.index import BadIndex, Index
from swarm_node.portage.install import Portage
from swarm_node.portage.prefix import Repository
from swarm_node.portage.profile import ClientProfile
from swarm_node.portage.resolution import Resolution, ask
from swarm_node.portage.rows import plan


async def discover(
    portage: Portage,
    profiles: Sequence[ClientProfile],
    repositories: Sequence[Repository],
    production: Path,
    workdir: Path,
) -> tuple[PlanRow, ...]:
    """Ask Portage's resolver, for each client, what production lacks; the rows of the queue, by id.

    `production` is the directory of a binhost, which may not exist yet. `workdir` keeps a prefix a client
    from one time to the next, because Portage is quicker where it has been before; it may be deleted.
    What cannot be resolved comes as a row with its problem and takes nothing else with it.
    Raises: Refused (unresolvable, bad_request) when nothing at all can be said.
    """
    if not profiles:
        raise Refused("bad_request", "there is no client profile", "put one into PROFILES_DIR")
    await asyncio.to_thread(_check, production)
    await asyncio.to_thread(_forget, workdir, {profile.name for profile in profiles})
    found = await asyncio.gather(
        *(_resolve(portage, profile, repositories, production, workdir) for profile in profiles)
    )
    worlds = {profile.name: resolution for profile, resolution in zip(profiles, found, strict=True)}
    return await asyncio.to_thread(plan, worlds)


async def _resolve(
    portage: Portage,
    profile: ClientProfile,
    repositories: Sequence[Repository],
    production: Path,
    workdir: Path,
) -> Resolution:
    prefix = await asyncio.to_thread(
        furnish, workdir / profile.name, profile, repositories, [production], portage
    )
    try:
        return await ask(prefix, profile.world)
    except Refused as refused:
        raise Refused(refused.code, f"{profile.portage}: {refused.message}", refused.hint) from None


def _check(production: Path) -> None:
    """Portage takes a damaged index for an empty one, and the whole world would be built again."""
    try:
        Index.load(production / "Packages")
    except BadIndex as error:
        raise Refused("unresolvable", str(error), "build-swarm rollback, or write the index anew") from None
    except OSError as error:
        raise Refused(
            "unresolvable", f"{production}: {error.strerror}", "make production readable for the orchestrator"
        ) from None


def _forget(workdir: Path, names: set[str]) -> None:
    """Remove the prefixes of clients that there are no more."""
    if workdir.is_dir():
        for path in workdir.iterdir():
            if path.name not in names:
                shutil.rmtree(path, ignore_errors=True)
