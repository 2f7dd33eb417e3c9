"""Rooms without Portage: what a command sees, what it leaves, how it ends."""

import asyncio
import os
import resource
import signal
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from swarm_node.drone import child
from swarm_node.drone import room as rooms
from swarm_node.drone.base import base_id
from swarm_node.drone.measure import marked, process_tree
from swarm_node.drone.room import Exit, Limits, Room, RoomError, open_room, room_kind, sweep
from swarm_node.model.work import RoomKind

PATH = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A directory with a small base."""
    base = tmp_path / "base"
    (base / "etc/portage").mkdir(parents=True)
    (base / "etc/portage/make.conf").write_text("frozen\n")
    (base / "usr").mkdir()
    (base / "usr/old").write_text("old\n")
    return tmp_path


@pytest.fixture
def isolated(home: Path) -> RoomKind:
    """The best kind of room here; skips, saying why, where there is none."""
    kind, reason = room_kind(home / "base", home / "scratch", home / "at")
    if kind == "none":
        pytest.skip(f"this kernel grants no clean room: {reason}")
    return kind


@pytest.fixture
def without_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    """No room looks at what its processes take while they run."""
    monkeypatch.setattr(rooms, "SAMPLE_SECONDS", 3_600.0)


def our_most() -> int:
    """Bytes that this process has taken at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def descriptors() -> set[str]:
    """The descriptors that are open in this process."""
    return {path.name for path in Path("/proc/self/fd").iterdir()}


def has_memory(pid: int) -> bool:
    """Whether a process runs; one that waits to be reaped has given its memory back."""
    try:
        return Path(f"/proc/{pid}/statm").read_bytes()[:2] != b"0 "
    except OSError:
        return False


def furnished(home: Path, kind: RoomKind, limits: Limits = Limits(), **files: str) -> Room:  # noqa: B008
    """A room over the small base with one output directory, `out`."""
    named = {name.replace("__", "/"): text for name, text in files.items()}
    places = {"outputs": {"out": home / "out"}, "limits": limits, "files": named, "kind": kind}
    return open_room(home / "base", home / "scratch", home / "at", **places)


async def told(room: Room, script: str) -> tuple[Exit, str]:
    """The end of a shell script in the room and all that it wrote."""
    heard = bytearray()
    end = await room.run(["sh", "-c", script], PATH, on_output=heard.extend)
    return end, heard.decode()


async def test_only_outputs_outlive_the_room(home: Path, isolated: RoomKind) -> None:
    before = base_id(home / "base")
    room = furnished(home, isolated)
    at = room.root
    end, output = await told(room, f"cd {at}; rm usr/old; echo new > usr/new; echo kept > out/kept; ls usr")
    assert (end.reason, end.room, end.base) == ("ok", isolated, before)
    assert output == "new\n"
    assert (await told(room, f"cat {at}/usr/new"))[1] == "new\n", (
        "the second step sees what the first one did"
    )
    await room.close()
    assert (home / "out/kept").read_text() == "kept\n"
    assert list((home / "scratch").iterdir()) == []
    assert list((home / "at").iterdir()) == []
    assert base_id(home / "base") == before


@pytest.mark.parametrize("ask_kernel", [True, False])
async def test_files_of_the_attempt_stand_in_for_those_of_the_base(home: Path, ask_kernel: bool) -> None:
    kind = room_kind(home / "base", home / "scratch", home / "at")[0] if ask_kernel else "none"
    room = furnished(home, kind, **{"etc__portage__make.conf": "mine\n", "etc__new": "too\n"})
    _, output = await told(room, f"cat {room.root}/etc/portage/make.conf {room.root}/etc/new")
    assert output == "mine\ntoo\n"
    await room.close()
    assert (home / "base/etc/portage/make.conf").read_text() == "frozen\n"


async def test_the_host_cannot_be_written(home: Path, isolated: RoomKind) -> None:
    room = furnished(home, isolated)
    target = Path("/var/lib" if os.geteuid() == 0 else Path.home()) / "written-by-a-room"
    end, output = await told(room, f"echo no > {target}")
    assert end.reason == "failed"
    assert "Read-only file system" in output
    assert not target.exists()
    await room.close()


async def test_the_room_sees_no_process_but_its_own(home: Path, isolated: RoomKind) -> None:
    room = furnished(home, isolated)
    _, output = await told(room, "ls -d /proc/[0-9]* | wc -l")
    assert int(output) < 6
    await room.close()


async def test_the_exit_status_is_the_commands(home: Path, isolated: RoomKind) -> None:
    room = furnished(home, isolated)
    assert (await told(room, "exit 3"))[0].rc == 3
    await room.close()


async def test_output_of_any_size_arrives_whole(home: Path, isolated: RoomKind) -> None:
    room = furnished(home, isolated)
    end, output = await told(room, "head -c 3000000 /dev/zero | tr '\\0' x")
    assert (end.rc, len(output)) == (0, 3_000_000)
    await room.close()


async def test_scratch_is_limited_and_measured(
    home: Path, isolated: RoomKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = furnished(home, isolated, Limits(time=60, scratch=4 << 20))
    measure, disk = room._sample, [0]

    def sample(pid: int) -> tuple[int | None, int | None, str]:
        if disk[-1] == 4 << 20:
            (home / "out/measured").touch()  # what was seen at the look before counts by now
        found = measure(pid)
        disk.append(found[1] or 0)
        return found

    monkeypatch.setattr(room, "_sample", sample)
    wait = f"until [ -e {room.root}/out/measured ]; do sleep 0.05; done"
    end, output = await told(room, f"head -c 8M /dev/zero > {room.root}/var/tmp/big; {wait}")
    assert "No space left" in output
    assert end.disk_peak == 4 << 20
    await room.close()


@pytest.mark.parametrize("ask_kernel", [True, False])
async def test_a_spike_between_samples_is_told(home: Path, without_samples: None, ask_kernel: bool) -> None:
    kind = room_kind(home / "base", home / "scratch", home / "at")[0] if ask_kernel else "none"
    room = furnished(home, kind)
    spike = our_most() + (100 << 20)
    touch = f"import time; hoard = b'x' * {spike}; time.sleep(0.05)"
    end, _ = await told(room, f'sh -c "{sys.executable} -c \\"{touch}\\"; true"; true')
    assert end.reason == "ok"
    assert end.peak_memory is not None
    assert spike <= end.peak_memory < spike + (64 << 20)
    assert end.measured_by == "wait4"
    await room.close()


async def test_what_a_drone_takes_itself_is_not_told_of_its_builds(home: Path, without_samples: None) -> None:
    room = furnished(home, "none")
    end, _ = await told(room, "true")
    assert (end.reason, end.peak_memory, end.measured_by) == ("ok", None, "")
    await room.close()


async def test_a_command_whose_end_the_kernel_keeps_to_itself_has_failed(home: Path) -> None:
    room = furnished(home, "none")
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        end, _ = await told(room, "exit 0")
    finally:
        signal.signal(signal.SIGCHLD, before)
    assert (end.rc, end.reason) == (255, "failed")
    await room.close()


async def test_an_end_that_nobody_can_be_told_of_is_known(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_late(pid: int) -> int:
        while Path(f"/proc/{pid}").exists():
            time.sleep(0.001)
        return os.pidfd_open(pid)

    room = furnished(home, "none")
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        with monkeypatch.context() as patched:
            patched.setattr(child, "os", SimpleNamespace(**vars(os) | {"pidfd_open": too_late}))
            end, _ = await told(room, "exit 0")
    finally:
        signal.signal(signal.SIGCHLD, before)
    assert (end.rc, end.reason) == (255, "failed")
    await room.close()


async def test_a_cancelled_room_is_empty_however_long_it_takes_to_die(home: Path, isolated: RoomKind) -> None:
    room = furnished(home, isolated)
    started = asyncio.Event()
    crowd = "for _ in $(seq 100); do sleep 8634569 & setsid sleep 8634569 & done; echo up; wait"
    running = asyncio.create_task(
        room.run(["sh", "-c", crowd], PATH, on_output=lambda _: started.set()),
    )
    await started.wait()
    # One that is in execve(2) right now has no environment to be known by, and nobody tells when it has.
    while len(alive := marked("SWARM_ROOM", room.layout.scratch.name)) <= 200:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert [pid for pid in reversed(alive) if has_memory(pid)] == [], (
        "the last to be killed is looked at first"
    )
    await room.close()


async def test_neither_descriptors_nor_processes_are_left(home: Path) -> None:
    async def went_on(script: str, limits: Limits) -> str:
        room = furnished(home, "none", limits)
        end, _ = await told(room, script)
        await room.close()
        return end.reason

    open_before, processes_before = descriptors(), process_tree(os.getpid())
    assert await went_on("setsid sleep 8634568 & exit 0", Limits()) == "ok"
    assert await went_on("setsid sleep 8634568 & sleep 8634568", Limits(time=0.1)) == "time_limit"
    room = furnished(home, "none")
    with pytest.raises(RoomError, match="cannot start"):
        await room.run(["sh"], {"PATH": "/" * 4_000_000})
    await room.close()
    assert descriptors() == open_before
    assert process_tree(os.getpid()) == processes_before


async def test_a_failing_listener_ends_the_run(home: Path) -> None:
    def full(chunk: bytes) -> None:
        raise OSError(28, "No space left on device")

    room = furnished(home, "none")
    with pytest.raises(OSError, match="No space left"):
        await room.run(["sh", "-c", "yes | head -c 1000000"], PATH, on_output=full)
    await room.close()


async def test_a_room_closed_early_runs_nothing(home: Path, isolated: RoomKind) -> None:
    room = furnished(home, isolated)
    room.cancel()
    end, _ = await told(room, f"sleep 3; echo done > {room.root}/out/done")
    assert end.reason == "cancelled"
    assert not (home / "out/done").exists()
    await room.close()


async def test_what_cannot_be_mounted_is_told_with_the_reason(home: Path, isolated: RoomKind) -> None:
    room = furnished(home, isolated)
    (home / "base").rename(home / "elsewhere")
    with pytest.raises(RoomError, match="could not be furnished"):
        await told(room, "true")
    await room.close()


async def test_strays_of_a_killed_drone_are_swept(home: Path) -> None:
    room = furnished(home, "none")
    started = asyncio.Event()
    running = asyncio.create_task(
        room.run(
            ["sh", "-c", "setsid sleep 8634567 & echo up; wait"], PATH, on_output=lambda _: started.set()
        )
    )
    await started.wait()
    await asyncio.to_thread(sweep, home / "scratch")
    assert (await running).rc != 0
    assert list((home / "scratch").iterdir()) == []


def test_a_name_that_mount_would_misread_means_no_room(tmp_path: Path) -> None:
    base = tmp_path / "a,b"
    base.mkdir()
    kind, reason = room_kind(base, tmp_path / "scratch", tmp_path / "at")
    assert kind == "none"
    assert "a,b" in reason


def test_a_base_is_named_by_what_it_holds(home: Path) -> None:
    base = home / "base"
    first = base_id(base)
    assert first == base_id(base)
    (base / "usr/old").write_text("new\n")
    changed = base_id(base)
    assert changed != first
    (base / "usr/old").chmod(0o755)
    assert base_id(base) not in (first, changed)
    (base / "usr/old").chmod(0o644)
    (base / "usr/old").write_text("old\n")
    assert base_id(base) == first


@pytest.mark.skipif(sys.platform != "linux", reason="rooms are made of Linux namespaces")
def test_a_whole_system_is_named_without_reading_it_all() -> None:
    assert len(base_id(Path("/"))) == 16
