"""One attempt at one build: a clean room, its dependencies as binaries, exactly one binary package."""

import shutil
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import BinaryIO, Final

from msgspec import Struct
from msgspec.structs import replace

from swarm_node.drone.bars import WithoutBars
from swarm_node.drone.progress import Phase, Progress, advance, split_lines
from swarm_node.drone.room import Exit, Limits, Reason, Room, open_room
from swarm_node.model.work import BuildOrder, Measures, RoomKind
from swarm_node.portage.emerge import (
    build_command,
    build_env,
    index_before,
    install_command,
    package_path,
    package_settings,
)
from swarm_node.portage.prefix import ROOT, Binrepo, Prefix, binrepos_conf, portage_environment
from swarm_node.portage.repositories import repositories

PKGDIR: Final = "var/cache/binpkgs"
DISTDIR: Final = "var/cache/distfiles"
FETCHED: Final = "var/cache/fetched"
"""PKGDIR of step one: the dependencies' packages go the way of the room."""


class Workshop(Struct, frozen=True):
    """What a drone builds with; the same for every attempt."""

    prefix: Prefix
    """The frozen base: a furnished prefix, or the host's own `/`."""
    at: Path
    """Where every room shows the base: the EPREFIX that all drones have in common."""
    scratch: Path
    """Holds the rooms' layers; a disk, of the kind that can be an overlay's upper layer."""
    attempts: Path
    """Holds a directory for each attempt with its package and its log."""
    distfiles: Path
    """Downloaded sources, shared by all attempts."""
    binrepos: tuple[Binrepo, ...] = ()
    """Staging and production, where dependencies come from."""
    cores: int = 1
    kind: RoomKind | None = None
    """As `room_kind` found it; None asks the kernel for every attempt."""


class BuildOutcome(Struct, frozen=True):
    """How an attempt ended; `package` is None unless it is ok."""

    ok: bool
    reason: Reason
    phase: Phase
    """The last phase, or the one that failed."""
    rc: int
    log: Path
    """The complete output of both steps, but for cargo's bars."""
    measures: Measures
    package: Path | None = None


class Attempt:
    """A running attempt, for whoever wants to cancel it."""

    def __init__(self) -> None:
        self.room: Room | None = None
        self.cancelled = False

    def cancel(self) -> None:
        """End the attempt now, with everything that it started."""
        self.cancelled = True
        if self.room is not None:
            self.room.cancel()


async def build(
    order: BuildOrder,
    workshop: Workshop,
    on_output: Callable[[bytes], None] = lambda chunk: None,
    on_phase: Callable[[Progress], None] = lambda progress: None,
    attempt: Attempt | None = None,
    try_again: Callable[[], Awaitable[bool]] | None = None,
) -> BuildOutcome:
    """Make the binary package of `order` in a room of its own; `on_phase` hears of every change of progress.

    `try_again` is asked when the dependencies could not be installed: whether that was the binhost's fault.
    Raises: RoomError, OSError when the drone itself (not the package) is at fault.
    """
    home = workshop.attempts / str(order.attempt)
    shutil.rmtree(home, ignore_errors=True)
    packages = home / "packages"
    packages.mkdir(parents=True)
    if index := index_before(order.cpv, order.build_id):
        (packages / "Packages").write_text(index)
    room = _open(order, workshop, packages)
    if attempt is not None:
        attempt.room = room
        if attempt.cancelled:
            room.cancel()
    try:
        with (home / "build.log").open("wb", buffering=0) as log:
            listener = _Listener(log, on_output, on_phase)
            try:
                return await _steps(order, workshop, room, packages, listener, try_again)
            finally:
                listener.end()
    finally:
        await room.close()


def _open(order: BuildOrder, workshop: Workshop, packages: Path) -> Room:
    prefix = workshop.prefix
    limits = Limits(order.time_limit, order.silence_limit, order.memory_limit, order.scratch_bytes)
    return open_room(
        prefix.root,
        workshop.scratch,
        workshop.at,
        outputs={PKGDIR: packages, DISTDIR: workshop.distfiles},
        limits=limits,
        files=_configuration(order, workshop),
        kind=workshop.kind,
        keep=[*(repository.location for repository in repositories(prefix)), prefix.portage.bin.parent],
    )


async def _steps(
    order: BuildOrder,
    workshop: Workshop,
    room: Room,
    packages: Path,
    listener: "_Listener",
    try_again: Callable[[], Awaitable[bool]] | None,
) -> BuildOutcome:
    portage = workshop.prefix.portage
    deadline = time.monotonic() + order.time_limit
    env = _environment(order, workshop, room)
    exits: list[Exit] = []
    while order.install:
        step = {"PKGDIR": str(room.root / FETCHED)}
        left = max(0.1, deadline - time.monotonic())
        install = install_command(portage, order.install)
        exits.append(await room.run(install, env | step, on_output=listener.hear, time_limit=left))
        if exits[-1].reason != "failed" or try_again is None or not await try_again():
            break
    if not exits or exits[-1].reason == "ok":
        listener.enter("pretend")
        command = build_command(portage, order.cpv, order.repository)
        left = max(0.1, deadline - time.monotonic())
        exits.append(await room.run(command, env, on_output=listener.hear, time_limit=left))
    package = packages / package_path(order.cpv, order.build_id)
    made = exits[-1].reason == "ok" and package.is_file() and package.stat().st_size > 0
    if not made:
        shutil.rmtree(packages, ignore_errors=True)
    reason: Reason = "failed" if exits[-1].reason == "ok" and not made else exits[-1].reason
    return BuildOutcome(
        made,
        reason,
        listener.progress.phase,
        exits[-1].rc,
        packages.parent / "build.log",
        _measures(exits),
        package if made else None,
    )


def _environment(order: BuildOrder, workshop: Workshop, room: Room) -> dict[str, str]:
    prefix = replace(workshop.prefix, root=room.root)
    account = ROOT if room.kind == "user-overlay" else None
    directories = {
        "PKGDIR": str(room.output(PKGDIR)),
        "DISTDIR": str(room.output(DISTDIR)),
        "PORTAGE_TMPDIR": str(room.root / "var/tmp"),
    }
    isolated = room.kind != "none"
    return (
        portage_environment(prefix, account)
        | build_env(order, workshop.cores, isolated=isolated)
        | directories
    )


def _configuration(order: BuildOrder, workshop: Workshop) -> dict[str, str]:
    """The files of etc/portage that this attempt's room has beside, or in place of, the base's."""
    files = {"etc/portage/binrepos.conf": binrepos_conf(workshop.binrepos)}
    for name, lines in package_settings(order).items():
        existing = workshop.prefix.configuration / name
        if existing.is_dir():
            files[f"etc/portage/{name}/zz-attempt"] = lines
        else:
            files[f"etc/portage/{name}"] = (existing.read_text() if existing.is_file() else "") + lines
    return files


def _measures(exits: list[Exit]) -> Measures:
    greediest = max(exits, key=lambda one: one.peak_memory or 0)
    disk = [one.disk_peak for one in exits if one.disk_peak is not None]
    return Measures(
        seconds=sum(one.seconds for one in exits),
        peak_memory=greediest.peak_memory,
        peak_disk=max(disk, default=None),
        room=exits[-1].room,
        base=exits[-1].base,
        measured_by=greediest.measured_by,
    )


class _Listener:
    """Keeps the log, passes output on, and tells of progress as the lines come in."""

    def __init__(
        self, log: BinaryIO, on_output: Callable[[bytes], None], on_phase: Callable[[Progress], None]
    ) -> None:
        self.progress = Progress()
        self._log, self._on_output, self._on_phase = log, on_output, on_phase
        self._pending = b""
        self._bars = WithoutBars()

    def hear(self, chunk: bytes) -> None:
        self._keep(self._bars.take(chunk))
        lines, self._pending = split_lines(self._pending, chunk)
        progress = self.progress
        for line in lines:
            progress = advance(progress, line)
        self._tell(progress)

    def enter(self, phase: Phase) -> None:
        self._tell(Progress(phase))

    def end(self) -> None:
        """Write what may still be owed to the log."""
        self._keep(self._bars.end())

    def _keep(self, output: bytes) -> None:
        self._log.write(output)
        self._on_output(output)

    def _tell(self, progress: Progress) -> None:
        if progress != self.progress:
            self.progress = progress
            self._on_phase(progress)
