"""What a drone says of itself: its size, its rooms, its base and its trees, all looked at, none assumed."""

import asyncio
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from swarm_node.drone.base import base_id
from swarm_node.drone.build import Workshop
from swarm_node.drone.room import room_kind
from swarm_node.model.refusal import Refused
from swarm_node.model.work import NodeFacts
from swarm_node.portage.configuration import digest, read_configuration
from swarm_node.portage.install import PortageMissing, find_portage
from swarm_node.portage.prefix import Prefix, current_account, system_prefix
from swarm_node.portage.repositories import repositories
from swarm_node.portage.trees import tree_hashes
from swarm_node.settings.roles import DroneSettings

DISK_STEP: Final = 1 << 30
"""Free disk is told in steps of this many bytes: each change of a fact is an event of the swarm."""


async def open_workshop(settings: DroneSettings) -> tuple[Workshop, str]:
    """What this drone builds with, and why it has no clean room if it has none.

    Raises: Refused (bad_request) when there is no Portage, or no prefix where the settings say one is.
    """
    prefix = _prefix(settings)
    # Two nodes of one machine must not clear away each other's rooms.
    scratch = settings.scratch_dir / settings.node_name
    at = settings.room_at or (scratch / "root" if settings.base_prefix is None else prefix.root)
    kind, reason = await asyncio.to_thread(room_kind, prefix.root, scratch, at)
    workshop = Workshop(
        prefix=prefix,
        at=at,
        scratch=scratch,
        attempts=settings.state_dir / "attempts",
        distfiles=settings.state_dir / "distfiles",
        cores=settings.cores,
        kind=kind,
    )
    return workshop, reason


async def gather(settings: DroneSettings, workshop: Workshop, room_reason: str, url: str) -> NodeFacts:
    """Everything that the drone can say of itself now. Raises: Refused when repos.conf cannot be read."""
    prefix = workshop.prefix
    return NodeFacts(
        role=settings.node_role,
        cores=workshop.cores,
        memory=os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        disk_free=disk_free(workshop.scratch),
        arch=platform.machine(),
        room=workshop.kind or "none",
        room_reason=room_reason,
        base=await asyncio.to_thread(base_id, prefix.root),
        url=url,
        trees=await tree_hashes(repositories(prefix)),
        configuration=digest(await asyncio.to_thread(read_configuration, prefix)),
        kernel=platform.release(),
        version=_version(),
    )


def disk_free(directory: Path) -> int:
    """Bytes free for builds, rounded down to `DISK_STEP`."""
    directory.mkdir(parents=True, exist_ok=True)
    status = os.statvfs(directory)
    return status.f_bavail * status.f_frsize // DISK_STEP * DISK_STEP


def _prefix(settings: DroneSettings) -> Prefix:
    try:
        if settings.base_prefix is None:
            prefix = system_prefix()
        else:
            prefix = Prefix(settings.base_prefix, find_portage(), current_account())
    except PortageMissing as missing:
        raise Refused("bad_request", "this machine has no Portage", str(missing)) from None
    if not prefix.configuration.is_dir():
        raise Refused(
            "bad_request",
            f"{prefix.configuration}: no such directory, so nothing can be built here",
            "on a machine that is not Gentoo set BASE_PREFIX to a furnished Portage prefix",
        )
    return prefix


def _version() -> str:
    try:
        return version("build-swarm")
    except PackageNotFoundError:
        return ""
