"""What only a clean room gives: nothing left over from before, nothing left behind, limits that hold."""

import asyncio
import os
import resource
import signal
import socket
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from zlib import crc32

import pytest
from msgspec.structs import replace

from swarm_node.drone.base import base_id
from swarm_node.drone.build import Attempt, Workshop, build
from swarm_node.drone.room import room_kind
from tests.e2e.workshop import build_now, build_until, furnish, order, publish, served
from tests.services.drone_standin import processes

pytestmark = pytest.mark.e2e

GONE_SECONDS = 60.0


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """A workshop with rooms, and a binhost that has libaa and libhid."""
    home = tmp_path_factory.mktemp("room")
    packages = home / "served/packages"
    packages.mkdir(parents=True)
    with served(home / "served") as address:
        made = furnish(home, address)
        kind, reason = room_kind(made.prefix.root, made.scratch, made.at)
        if kind == "none":
            pytest.skip(f"this kernel grants no clean room: {reason}")
        made = replace(made, kind=kind)
        for name in ("libaa", "libhid"):
            publish(made, build_now(made, order(f"dev-libs/{name}")), packages)
        yield made


@pytest.fixture
def daemon_seconds(request: pytest.FixtureRequest) -> str:
    """A duration that no other process of this machine sleeps for."""
    return f"86{crc32(request.node.name.encode()) % 10_000_000:07}"


async def test_what_an_earlier_build_left_behind_cannot_be_used(workshop: Workshop) -> None:
    before = base_id(workshop.prefix.root)
    earlier = await build(order("hidu", "libhid"), workshop)
    assert earlier.ok, earlier.log.read_text()
    sneaky = await build(order("sneaky", "libaa", attempt=2), workshop)
    assert (sneaky.ok, sneaky.phase) == (False, "compile")
    assert "hid.h" in sneaky.log.read_text()
    assert base_id(workshop.prefix.root) == before == sneaky.measures.base
    declared = await build(order("sneaky", "libaa", "libhid", attempt=3), workshop)
    assert declared.ok, "sneaky fails for want of the header alone"


async def test_an_undeclared_library_is_not_linked(workshop: Workshop) -> None:
    clean = await build(order("automagic", "libaa", attempt=4), workshop)
    dirty = await build(order("automagic", "libaa", "libhid", attempt=5), workshop)
    assert clean.package and dirty.package
    assert b"libhid.so.1" not in installed(clean.package, "usr/bin/automagic")
    assert b"libhid.so.1" in installed(dirty.package, "usr/bin/automagic"), "it links what it finds"


async def test_a_daemon_is_gone_when_the_build_is_over(workshop: Workshop, daemon_seconds: str) -> None:
    outcome = await build(
        order("daemonic", attempt=6, package_env={"DAEMON_SECONDS": daemon_seconds}), workshop
    )
    assert outcome.ok, outcome.log.read_text()
    assert processes("sleep", daemon_seconds) == []


async def test_a_cancelled_build_is_gone_with_its_daemon(workshop: Workshop, daemon_seconds: str) -> None:
    alive: list[int] = []

    def cancel(attempt: Attempt) -> None:
        alive.extend(processes("sleep", daemon_seconds))
        attempt.cancel()

    wanted = order("sleeper", attempt=7, package_env={"DAEMON_SECONDS": daemon_seconds})
    outcome = await build_until(workshop, wanted, "ASLEEP", cancel)
    assert len(alive) == 1
    assert (outcome.ok, outcome.reason, outcome.phase) == (False, "cancelled", "compile")
    assert processes("sleep", daemon_seconds) == []
    assert list(workshop.scratch.iterdir()) == []


async def test_cancelling_the_task_ends_the_build(workshop: Workshop, daemon_seconds: str) -> None:
    asleep = asyncio.Event()

    def listen(chunk: bytes) -> None:
        if b"ASLEEP" in chunk:
            asleep.set()

    wanted = order("sleeper", attempt=8, package_env={"DAEMON_SECONDS": daemon_seconds})
    task = asyncio.create_task(build(wanted, workshop, on_output=listen))
    await asleep.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert processes("sleep", daemon_seconds) == []


@pytest.mark.parametrize(
    ("changes", "chatter", "reason"),
    [
        ({"time_limit": 5.0}, "yes", "time_limit"),
        ({"silence_limit": 3.0}, "", "no_output"),
    ],
)
async def test_a_stuck_build_is_ended(
    workshop: Workshop, daemon_seconds: str, changes: dict[str, object], chatter: str, reason: str
) -> None:
    env = {"DAEMON_SECONDS": daemon_seconds, "CHATTER": chatter}
    outcome = await build(order("sleeper", attempt=9, package_env=env, **changes), workshop)
    assert (outcome.ok, outcome.reason) == (False, reason)
    assert processes("sleep", daemon_seconds) == []


async def test_a_build_that_takes_too_much_memory_is_ended(workshop: Workshop) -> None:
    outcome = await build(order("greedy", attempt=10, memory_limit=200 << 20), workshop)
    assert (outcome.ok, outcome.reason, outcome.phase) == (False, "memory_limit", "compile")
    assert outcome.measures.peak_memory is not None
    assert outcome.measures.peak_memory > 200 << 20


async def test_a_short_spike_of_memory_is_told(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swarm_node.drone.room.SAMPLE_SECONDS", 3_600.0)
    spike = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 + (100 << 20)
    wanted = order("spiky", attempt=17, package_env={"SPIKE_BYTES": str(spike)})
    outcome = await build(wanted, workshop)
    assert outcome.ok, outcome.log.read_text()
    assert outcome.measures.peak_memory is not None
    assert spike <= outcome.measures.peak_memory < spike + (64 << 20)
    assert outcome.measures.measured_by == "wait4"


async def test_a_build_that_fills_its_scratch_space_fails(workshop: Workshop) -> None:
    outcome = await build(order("hungry", attempt=11, scratch_bytes=8 << 20), workshop)
    assert (outcome.ok, outcome.reason, outcome.phase) == (False, "failed", "compile")
    assert "No space left on device" in outcome.log.read_text()
    enough = await build(order("hungry", attempt=12, scratch_bytes=64 << 20), workshop)
    assert enough.ok, enough.log.read_text()


async def test_compiling_has_no_network(workshop: Workshop) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        env = {"SERVER_PORT": str(server.getsockname()[1])}
        outcome = await build(order("online", attempt=13, package_env=env), workshop)
        assert (outcome.ok, outcome.phase) == (False, "compile")
        unkept = await build(order("online", attempt=14, package_env=env), replace(workshop, kind="none"))
        assert unkept.ok, unkept.log.read_text()


async def test_without_a_kernel_that_helps_the_result_is_marked(
    workshop: Workshop, daemon_seconds: str
) -> None:
    poor = replace(workshop, kind="none")
    before = base_id(poor.prefix.root)
    outcome = await build(order("bb", "libaa", attempt=15), poor)
    assert outcome.ok, outcome.log.read_text()
    assert (outcome.measures.room, outcome.measures.peak_disk) == ("none", None)
    assert base_id(poor.prefix.root) == before
    wanted = order("daemonic", attempt=16, package_env={"DAEMON_SECONDS": daemon_seconds})
    assert (await build(wanted, poor)).ok
    assert processes("sleep", daemon_seconds) == []


def test_a_killed_drone_leaves_nothing_running(workshop: Workshop, daemon_seconds: str) -> None:
    drone = subprocess.Popen(
        [sys.executable, "-c", DRONE, str(workshop.prefix.root.parent), daemon_seconds],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert drone.stdout is not None
    with drone.stdout:
        assert any(b"ASLEEP" in line for line in drone.stdout)
        assert len(processes("sleep", daemon_seconds)) == 1
        os.kill(drone.pid, signal.SIGKILL)
        drone.wait()
        # Whatever still lived in the room would hold this pipe open.
        assert drone.stdout.read() is not None
    assert gone(lambda: processes("sleep", daemon_seconds))


DRONE = """
import asyncio, sys
from pathlib import Path
from swarm_node.drone.build import Workshop, build
from swarm_node.portage.install import find_portage
from swarm_node.portage.prefix import Prefix, current_account
from tests.e2e.workshop import order
home = Path(sys.argv[1])
prefix = Prefix(home / "base", find_portage(), current_account())
workshop = Workshop(prefix, home / "room", home / "scratch", home / "attempts", home / "distfiles", cores=2)
wanted = order("sleeper", attempt=99, package_env={"DAEMON_SECONDS": sys.argv[2]})
show = lambda chunk: (sys.stdout.buffer.write(chunk), sys.stdout.flush())
asyncio.run(build(wanted, workshop, on_output=show))
"""


def gone(alive: Callable[[], list[int]]) -> bool:
    """Whether nothing is left after `GONE_SECONDS`: the kernel tears namespaces down in its own time."""
    end = time.monotonic() + GONE_SECONDS
    while alive():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


def installed(package: Path, name: str) -> bytes:
    """The content of one installed file of a package."""
    with tarfile.open(package) as outer:
        [member] = [one for one in outer.getmembers() if "/image.tar" in one.name]
        with tarfile.open(fileobj=outer.extractfile(member)) as inner:
            [path] = [one for one in inner.getnames() if one.endswith(name)]
            content = inner.extractfile(path)
            assert content is not None
            return content.read()
