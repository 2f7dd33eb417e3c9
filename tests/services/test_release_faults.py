"""kill -9, a failing disk and a full one at every step of finalize: clients see one whole release.

strace(1) injects the faults into the n-th system call of a kind; a first run tells how many there are.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from swarm_node.orchestrator.release import finalize
from tests.services.release_victim import REFUSED
from tests.services.releases import swarm

ROOT = Path(__file__).parents[2]
NAMES = ("mkdir", "link", "symlink", "rename", "unlink", "fsync")
SYNC = ("fsync",)
CHANGE = ("mkdir", "link", "symlink", "rename")


class Victim:
    """Runs finalize in a copy of one prepared swarm, under strace."""

    def __init__(self, template: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.services.release_victim", str(template)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._line() == "ready"

    def run(self, home: Path, *injected: str) -> tuple[int, list[str]]:
        """How finalize ended there (a negative signal, or its exit code), and the calls that were seen."""
        assert self._process.stdin is not None
        print(home, file=self._process.stdin, flush=True)
        child = self._line()
        trace = home.with_suffix(".trace")
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
            tracer.wait(30)
        finally:
            tracer.kill()
            tracer.wait()
        return status, trace.read_text().splitlines()

    def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)

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
