"""A clean room: one attempt's own world over a frozen base, and the only way to start emerge.

`open_room` prepares it, `Room.run` runs a command in it (each in fresh namespaces over the same layer),
`Room.close` throws away everything but the outputs. The whole process tree of a command dies with the
command, with its limits, with `Room.cancel` and with the drone. Where the kernel grants no namespaces the
room is a copy of the base (or `/` itself) and its kind is `none`.
"""

import asyncio
import contextlib
import os
import select
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

from msgspec import Struct

from swarm_node.drone.base import base_id
from swarm_node.drone.child import Child
from swarm_node.drone.measure import (
    Peaks,
    available_memory,
    filesystem_used,
    marked,
    process_tree,
    tree_memory,
)
from swarm_node.drone.room_script import SETUP_FAILED, Layout, dies_with_parent, enter
from swarm_node.model.work import RoomKind

Reason = Literal["ok", "failed", "time_limit", "no_output", "memory_limit", "cancelled"]
TMPDIR: Final = "var/tmp"
MARK: Final = "SWARM_ROOM"
SAMPLE_SECONDS: Final = 0.5
STRAY_ROUNDS: Final = 100
"""A stray may fork while it is being looked for; one that survives this many kills sleeps in the kernel."""
LAST_WORDS_SECONDS: Final = 5.0
"""How long output may still arrive after the command has ended."""
EXEC_SECONDS: Final = 0.1
"""After this a stray that was in execve(2), where a process has no environment, can be told for one."""
DYING_SECONDS: Final = 5.0
"""How long a killed room may take to be empty; what takes longer sleeps in the kernel."""


class RoomError(Exception):
    """A room that could not be furnished; the message names what refused."""


class Limits(Struct, frozen=True):
    """What one attempt may use: seconds in all, seconds without output, bytes of memory and of scratch."""

    time: float = 86_400.0
    silence: float = 3_600.0
    memory: int | None = None
    scratch: int = 8 << 30


class Exit(Struct, frozen=True):
    """How a command in a room ended and what it cost; bytes are None where nothing measured them."""

    rc: int
    """Exit status; negative is the number of the signal."""
    reason: Reason
    seconds: float
    room: RoomKind
    base: str
    peak_memory: int | None = None
    disk_peak: int | None = None
    measured_by: str = ""


class Room:
    """One attempt's room; made by `open_room`."""

    def __init__(self, layout: Layout, limits: Limits, base: str) -> None:
        self.layout = layout
        self.limits = limits
        self.base = base
        self._stop: Reason | None = None
        self._child: Child | None = None
        self._first: int | None = None
        """Descriptor of the killed room's process 1."""

    @property
    def kind(self) -> RoomKind:
        """How this room is kept apart from everything before it."""
        return self.layout.kind

    @property
    def root(self) -> Path:
        """EPREFIX as the commands see it; `/` for a whole system."""
        if self.layout.whole_system:
            return Path("/")
        return self.layout.scratch / "prefix" if self.kind == "none" else self.layout.at

    @property
    def settings(self) -> dict[str, str]:
        """What emerge must be told to find the room's etc/portage where that is not below its EPREFIX."""
        apart = self.kind == "none" and self.layout.whole_system
        return {"PORTAGE_CONFIGROOT": str(self.layout.scratch / "prefix")} if apart else {}

    def output(self, inside: str) -> Path:
        """Where a command finds an output directory: below EPREFIX, or outside when nothing is mounted."""
        return self.layout.outputs[inside] if self.kind == "none" else self.root / inside

    async def run(
        self,
        argv: Sequence[str],
        env: Mapping[str, str],
        *,
        on_output: Callable[[bytes], None] = lambda chunk: None,
        time_limit: float | None = None,
    ) -> Exit:
        """Run one command to its end, handing every piece of its output to `on_output`.

        Cancelling the task kills the whole process tree first.
        Raises: RoomError; whatever `on_output` raises.
        """
        started = time.monotonic()
        peaks = Peaks()
        heard = [started]
        tail = bytearray()

        def hear(chunk: bytes) -> None:
            heard[0] = time.monotonic()
            tail[:] = (tail + chunk)[-2000:]
            on_output(chunk)

        child, read = self._start(argv, env)
        deadline = started + (time_limit or self.limits.time)
        listening = asyncio.create_task(_listen(read, hear))
        watching = asyncio.create_task(self._watch(child.pid, deadline, heard, peaks))
        try:
            rc = await child.wait()
            for seconds in (EXEC_SECONDS, LAST_WORDS_SECONDS):
                self._kill_strays()
                await asyncio.wait([listening], timeout=seconds)
        finally:
            self._kill()
            self._child = None
            for task in (watching, listening):
                task.cancel()
            ends = (watching, listening, child.wait(), self._emptied())
            _, unheard, *_ = await asyncio.gather(*ends, return_exceptions=True)
        if isinstance(unheard, Exception):
            raise unheard
        if rc == SETUP_FAILED and self.kind != "none":
            raise RoomError(
                f"the room could not be furnished: {tail.decode(errors='replace').strip()[-400:]}"
            )
        peaks.see(child.largest, None, "wait4")
        reason: Reason = self._stop or ("ok" if rc == 0 else "failed")
        seconds = time.monotonic() - started
        return Exit(rc, reason, seconds, self.kind, self.base, peaks.memory, peaks.disk, peaks.method)

    def cancel(self, reason: Reason = "cancelled") -> None:
        """Kill whatever runs in the room, now, and refuse to run more; `run` then answers with `reason`."""
        self._stop = self._stop or reason
        self._kill()

    async def close(self) -> None:
        """Throw the room away. Outputs stay."""
        self.cancel()
        self._kill_strays()
        await asyncio.to_thread(_discard, self.layout)

    def _start(self, argv: Sequence[str], env: Mapping[str, str]) -> tuple[Child, int]:
        command = enter(self.layout, argv)
        read, write = os.pipe()
        try:
            self._child = Child(command, {**env, MARK: self.layout.scratch.name}, write)
        except OSError as error:
            os.close(read)
            raise RoomError(f"cannot start {argv[0]}: {error.strerror}; install util-linux") from error
        finally:
            os.close(write)
        if self._stop:
            self._kill()
        return self._child, read

    async def _watch(self, pid: int, deadline: float, heard: list[float], peaks: Peaks) -> None:
        while True:
            await asyncio.sleep(min(SAMPLE_SECONDS, max(0.01, deadline - time.monotonic())))
            now = time.monotonic()
            peaks.see(*await asyncio.to_thread(self._sample, pid))
            if now >= deadline:
                return self.cancel("time_limit")
            if now - heard[0] >= self.limits.silence:
                return self.cancel("no_output")
            if self.limits.memory is not None and (peaks.memory or 0) > self.limits.memory:
                return self.cancel("memory_limit")

    def _sample(self, pid: int) -> tuple[int | None, int | None, str]:
        tree = process_tree(pid)
        memory, method = tree_memory(tree)
        disk = None
        if self.layout.tmpfs_bytes is not None and self.kind != "none" and len(tree) > 1:
            # Only through the root of the room's process 1 can the room's tmpfs be seen.
            disk = filesystem_used(f"/proc/{tree[1]}/root{self.root / TMPDIR}")
        return memory if tree else None, disk, method

    def _kill(self) -> None:
        if self._child is not None and self._child.returncode is None:
            if self.kind != "none" and self._first is None:
                self._first = _first_process(self._child.pid)
            self._child.kill()
            self._kill_strays()

    async def _emptied(self) -> None:
        """A namespace's process 1 ends after all others in it, but not always before whoever started it."""
        first, self._first = self._first, None
        if first is not None:
            await asyncio.to_thread(_await_end, first)

    def _kill_strays(self) -> None:
        if self.kind == "none":
            _kill_marked(self.layout.scratch.name)


def open_room(
    base: Path,
    scratch: Path,
    at: Path,
    *,
    outputs: Mapping[str, Path],
    limits: Limits,
    files: Mapping[str, str] | None = None,
    kind: RoomKind | None = None,
    keep: Sequence[Path] = (),
) -> Room:
    """Prepare a room over `base`, seen at `at`, whose changes live in a new directory below `scratch`.

    `outputs` maps paths below EPREFIX to directories outside that outlive the room; `files` maps paths below
    EPREFIX to texts that stand there in the room; `keep` names host paths that the room must go on seeing.
    `kind` None asks the kernel (see `room_kind`). Raises: RoomError, OSError.
    """
    if kind is None:
        kind, _ = room_kind(base, scratch, at)
    scratch.mkdir(parents=True, exist_ok=True)
    own = scratch / f"room-{uuid.uuid4().hex[:12]}"
    own.mkdir(mode=0o700)
    layout = Layout(kind, base, at, own, dict(outputs), TMPDIR, _tmpfs_bytes(limits, kind), tuple(keep))
    for directory in (at, *outputs.values()):
        directory.mkdir(parents=True, exist_ok=True)
    for name, text in (files or {}).items():
        path = own / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    if kind == "none":
        _copy_base(layout)
    return Room(layout, limits, base_id(base))


def room_kind(base: Path, scratch: Path, at: Path) -> tuple[RoomKind, str]:
    """The best room that this kernel grants this user here, tried out, and why it is none if it is none."""
    kind: RoomKind = "root-overlay" if os.geteuid() == 0 else "user-overlay"
    if base == Path("/") and kind == "user-overlay":
        return "none", "only root can build over the host's own /; give the drone a prefix of its own"
    scratch.mkdir(parents=True, exist_ok=True)
    at.mkdir(parents=True, exist_ok=True)
    own = scratch / f"trial-{uuid.uuid4().hex[:12]}"
    own.mkdir(mode=0o700)
    layout = Layout(kind, base, at, own, {}, TMPDIR, 1 << 20)
    try:
        trial = subprocess.run(enter(layout, ["true"]), capture_output=True, text=True, timeout=30)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        return "none", str(error)
    finally:
        _discard(layout)
    return (kind, "") if trial.returncode == 0 else ("none", trial.stderr.strip()[-400:])


def sweep(scratch: Path) -> None:
    """Throw away what a drone that was killed in the middle of an attempt left behind, running or on disk."""
    for own in [*scratch.glob("room-*"), *scratch.glob("trial-*")]:
        _kill_marked(own.name)
        _remove(own)


def _first_process(pid: int) -> int | None:
    """A descriptor of the room's process 1; None while the room has none."""
    with contextlib.suppress(IndexError, ProcessLookupError):
        return os.pidfd_open(process_tree(pid)[1])
    return None


def _await_end(process: int) -> None:
    poll = select.poll()
    poll.register(process, select.POLLIN)
    poll.poll(DYING_SECONDS * 1000)
    os.close(process)


def _kill_marked(room: str) -> None:
    """Without a PID namespace a daemon that left its process group is known by its environment alone."""
    for _ in range(STRAY_ROUNDS):
        if not (strays := marked(MARK, room)):
            return
        for pid in strays:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _copy_base(layout: Layout) -> None:
    """Without an overlay: the whole prefix, or of a whole system its etc/portage (for PORTAGE_CONFIGROOT)."""
    copy = layout.scratch / "prefix"
    parts = ["etc/portage"] if layout.whole_system else ["."]
    for part in parts:
        shutil.copytree(layout.base / part, copy / part, symlinks=True)
    profile = copy / "etc/portage/make.profile"
    if profile.is_symlink():
        target = (layout.base / "etc/portage/make.profile").resolve()
        profile.unlink()
        profile.symlink_to(target)
    files = layout.scratch / "files"
    for source in [path for path in files.rglob("*") if path.is_file()]:
        target = copy / source.relative_to(files)
        if target.is_dir():
            shutil.rmtree(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def _tmpfs_bytes(limits: Limits, kind: RoomKind) -> int | None:
    """Scratch in memory only where there is memory for it; else on the disk of the room's layer."""
    return limits.scratch if kind != "none" and limits.scratch <= available_memory() // 2 else None


def _discard(layout: Layout) -> None:
    _remove(layout.scratch)


def _remove(own: Path) -> None:
    shutil.rmtree(own, ignore_errors=True)
    if own.exists() and os.geteuid() != 0:
        # Overlayfs leaves its work directory with mode 000; only root of a user namespace may enter it.
        command = [*dies_with_parent(), "unshare", "--user", "--map-root-user", "rm", "-rf", "--", str(own)]
        subprocess.run(command, capture_output=True, timeout=600)


async def _listen(descriptor: int, hear: Callable[[bytes], None]) -> None:
    reader = asyncio.StreamReader()
    pipe = os.fdopen(descriptor, "rb", buffering=0)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), pipe
    )
    try:
        while chunk := await reader.read(65_536):
            hear(chunk)
    finally:
        transport.close()
