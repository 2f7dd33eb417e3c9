"""kill -9, a failing disk and a full one at every step of finalize: clients see one whole release.

strace(1) injects the faults into the n-th system call of a kind; a first run tells how many there are.
"""

import fcntl
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from swarm_node.orchestrator.release import finalize
from tests.services.release_victim import REFUSED
from tests.services.releases import swarm

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
NAMES = ("mkdir", "link", "symlink", "rename", "unlink", "fsync")
SYNC = ("fsync",)
CHANGE = ("mkdir", "link", "symlink", "rename")


class Victim:
    """Runs finalize in a copy of one prepared swarm, under strace."""

    def __init__(self, template: Path) -> None:
        self._traces = template.parent
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.services.release_victim", str(template)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._line() == "ready"

    def run(
        self,
        home: Path,
        *injected: str,
        elsewhere: Path | None = None,
        before: Callable[[], object] = lambda: None,
    ) -> tuple[int, list[str]]:
        """How finalize ended there (a negative signal, or its exit code), and the calls that were seen.

        `before` is called when everything is ready to begin.
        """
        assert self._process.stdin is not None
        print(home if elsewhere is None else f"{home}\t{elsewhere}", file=self._process.stdin, flush=True)
        child = self._line()
        before()
        trace = self._traces / f"{child}.trace"
        options = [f"--inject={one}" for one in injected]
        command = [
            "strace",
            "-f",
            "-qq",
            "-o",
            str(trace),
            f"--trace={','.join(NAMES)}",
            *options,
            "-p",
            child,
        ]
        tracer = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            _wait_until_traced(child, tracer)
            os.kill(int(child), signal.SIGCONT)
            status = int(self._line())
            tracer.wait(300)
        finally:
            tracer.kill()
            tracer.wait()
        return status, trace.read_text().splitlines()

    def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(300)

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


def _wait_until_traced(child: str, tracer: subprocess.Popen[bytes]) -> None:
    """The kernel says in the child's status who traces it."""
    tasks = Path(f"/proc/{child}/task")
    while tracer.poll() is None:
        found = [re.search(r"TracerPid:\t(\d+)", (task / "status").read_text()) for task in tasks.iterdir()]
        if all(one is not None and one[1] != "0" for one in found):
            return


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    found = Victim(tmp_path_factory.mktemp("victim") / "template")
    yield found
    found.end()


def counted(lines: list[str]) -> dict[str, int]:
    """The longest row of each call in one thread: what an injection can name."""
    rows: dict[tuple[str, str], int] = {}
    for line in lines:
        if (seen := re.match(r"(\d+) +(\w+)\(", line)) is not None:
            rows[seen[2], seen[1]] = rows.get((seen[2], seen[1]), 0) + 1
    return {name: max((n for (call, _), n in rows.items() if call == name), default=0) for name in NAMES}


async def check(home: Path, status: int) -> int:
    """Recovered, clients see release 1 or 2, whole; and finalize comes to its end. Answers which it was."""
    async with swarm(home) as parts:
        state, production = parts.swarm.state, parts.production
        seen = production.current()
        assert seen in (1, 2)
        assert state.current == seen
        assert production.audit(1) == ()
        assert production.audit(seen) == ()
        assert {release.status for release in state.releases.values()} <= {"published", "abandoned"}
        assert len(state.by_status("staged")) == (2 if seen == 1 else 0)
        production.swept()
        kept = {path.name for path in (home / "production/releases").iterdir()}
        assert kept == {str(n) for n, release in state.releases.items() if release.status == "published"}
        assert not list((home / "staging/.incoming").glob("*"))
        assert len(list((home / "staging").glob("*/*/*"))) == (2 if seen == 1 else 0)
        assert status != 0 or seen == 2, "what was acknowledged is lost"
        assert status != REFUSED or seen == 1, "what was refused was done"
        if seen == 1:
            last = (await finalize(parts)).release
            assert production.audit(last) == ()
            assert len(production.index(last)) == 3
        return seen


async def test_a_fault_at_any_step_leaves_one_whole_release(
    victim: Victim, tmp_path: Path, needs: Callable[..., None]
) -> None:
    needs("strace")
    status, lines = victim.run(tmp_path / "dry")
    if not lines:
        pytest.skip("strace may not trace here")
    assert status == 0
    assert await check(tmp_path / "dry", 0) == 2
    calls = counted(lines)
    assert calls["link"] == 3, calls
    faults = [
        *((name, f"signal=KILL:when={n}") for name in NAMES for n in range(1, calls[name] + 1)),
        *((name, f"error=EIO:when={n}") for name in SYNC for n in range(1, calls[name] + 1)),
        *((name, f"error=ENOSPC:when={n}") for name in CHANGE for n in range(1, calls[name] + 1)),
    ]
    seen: list[int] = []
    for number, (name, fault) in enumerate(faults):
        home = tmp_path / str(number)
        status, _ = victim.run(home, f"{name}:{fault}")
        assert status in (0, REFUSED, -signal.SIGKILL), (name, fault, status)
        try:
            seen.append(await check(home, status))
        except AssertionError as wrong:
            wrong.add_note(f"{name}:{fault} ended with {status}")
            raise
    assert {1, 2} == set(seen)


SHUTDOWN, NO_FLUSH = 0x8004587D, 2
"""EXT4_IOC_SHUTDOWN: the file system stops as in a power cut, its journal not flushed."""


class Disk:
    """A file system of its own, whose power can be cut.

    After a cut a copy of the image goes on: another process's mount namespace may hold on to the old mount.
    """

    def __init__(self, home: Path) -> None:
        self.image, self.place = home / "image", home / "disk"
        self.cuts = 0
        self.place.mkdir()
        with self.image.open("wb") as image:
            image.truncate(96 << 20)
        self.usable = self._run("mkfs.ext4", "-q", self.image) and self.plug()

    def plug(self) -> bool:
        return self._run("mount", "-o", "loop", self.image, self.place)

    def sync(self) -> None:
        assert self._run("sync", "-f", self.place)

    def cut(self) -> None:
        """Everything that was not durable is gone; then the power is back."""
        directory = os.open(self.place, os.O_RDONLY)
        try:
            fcntl.ioctl(directory, SHUTDOWN, struct.pack("I", NO_FLUSH))
        finally:
            os.close(directory)
        assert self._run("umount", "-l", self.place)
        self.cuts += 1
        old, self.image = self.image, self.image.with_name(f"image{self.cuts}")
        assert self._run("cp", "--sparse=always", old, self.image)
        old.unlink()
        assert self.plug()

    def remove(self) -> None:
        self._run("umount", "-l", self.place)

    def _run(self, *command: object) -> bool:
        return subprocess.run([str(word) for word in command], capture_output=True).returncode == 0


@pytest.fixture
def disk(short_dir: Path, needs_root: None, needs: Callable[..., None]) -> Iterator[Disk]:
    needs("strace", "mkfs.ext4", "mount", "umount", "sync")
    found = Disk(short_dir)
    if not found.usable:
        pytest.skip("cannot mount a loop device")
    yield found
    found.remove()


@pytest.mark.parametrize("alone", [False, True], ids=["one disk for all", "production on its own"])
async def test_a_power_cut_at_any_step_leaves_one_whole_release(
    victim: Victim, disk: Disk, tmp_path: Path, alone: bool
) -> None:
    """Whatever else is written to a disk makes durable what was there before; alone, nothing does."""

    def run(name: str, *injected: str) -> tuple[int, list[str]]:
        elsewhere = tmp_path / name if alone else None
        return victim.run(disk.place / name, *injected, elsewhere=elsewhere, before=disk.sync)

    status, lines = run("dry")
    if not lines:
        pytest.skip("strace may not trace here")
    assert status == 0
    disk.cut()
    assert await check(disk.place / "dry", 0) == 2, "what was acknowledged is lost"
    calls = counted(lines)
    names = ("rename", "symlink", "fsync") if alone else ("rename", "symlink")
    steps = [(name, n) for name in names for n in range(1, calls[name] + 1)]
    seen: list[int] = []
    for name, n in steps:
        home = disk.place / f"{name}{n}"
        status, _ = run(home.name, f"{name}:signal=KILL:when={n}")
        disk.cut()
        try:
            seen.append(await check(home, status))
        except AssertionError as wrong:
            wrong.add_note(f"power cut at {name} {n}, finalize ended with {status}")
            raise
        shutil.rmtree(home)
    assert {1, 2} == set(seen)
