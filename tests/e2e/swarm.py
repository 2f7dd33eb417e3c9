"""An embedded swarm for tests: `swarm-node demo` as a process of its own, followed over its live stream."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Self

import msgspec
import pytest

from swarm_node.demo.remotes import TREES
from swarm_node.demo.requirements import missing
from swarm_node.http.client import PATIENT, Client
from swarm_node.model.apply import apply
from swarm_node.model.events import Record
from swarm_node.model.refusal import Refused
from swarm_node.model.state import Build, State

SLOW = 1500.0
"""Seconds that a whole desktop may take on a machine that does other things too."""


class Up(msgspec.Struct, frozen=True):
    """The line of a swarm that is up."""

    gateway: str
    dir: str


class Told(msgspec.Struct):
    """The messages of the stream that a picture is made of."""

    generation: int | None = None
    snapshot: State | None = None
    events: tuple[Record, ...] = ()


class Swarm:
    """A running embedded swarm, until its input is closed or somebody kills it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.process: subprocess.Popen[bytes] | None = None
        self.gateway = ""
        self.failures = 0
        """How many tests had failed before the story that this swarm is for began."""

    def start(self) -> Self:
        """Start it and wait until it says that it is up."""
        assert self.process is None
        with (self.directory / "demo.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "swarm_node", "demo", "--dir", self.directory, "--until-eof"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, (self.directory / "demo.log").read_text()
        self.gateway = msgspec.json.decode(line, type=Up).gateway
        return self

    def end(self, how: signal.Signals | None = None) -> int:
        """End it by a signal, or by closing its input; its exit code."""
        process, self.process = self.process, None
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        if how is not None:
            process.send_signal(how)
            code = process.wait(300)
            process.stdin.close()
        else:
            process.stdin.close()
            code = process.wait(300)
        process.stdout.close()
        return code

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def service(self, name: str) -> int:
        """The process of one service or node, by the settings file that it was started with."""
        wanted = str(self.directory / name / f"{name}.conf").encode()
        return next(pid for pid in children(self.pid) if wanted in words(pid))

    @asynccontextmanager
    async def line(self) -> AsyncIterator[Client]:
        """A client of its gateway."""
        async with Client(self.gateway, peer="gateway") as client:
            yield client

    async def act(self, action: str, **params: object) -> dict[str, Any]:
        """Do what an operator does. Raises: Refused."""
        async with self.line() as line:
            return await line.post(f"/api/v1/actions/{action}", params, dict[str, Any], seconds=SLOW)

    async def get(self, path: str, kind: Any = Any) -> Any:
        """Look at something; a service that is being started again is waited for. Raises: Refused."""
        async with self.line() as line:
            return await line.get(f"/api/v1/{path}", kind, retry=PATIENT)

    async def log(self, attempt: int) -> str:
        """The log of an attempt."""
        async with (
            self.line() as line,
            line.session.get(f"{line.url}/api/v1/attempts/{attempt}/log") as answer,
        ):
            return await answer.text()

    async def until(self, met: Callable[[State], bool], seconds: float = SLOW) -> State:
        """Follow the swarm's stream until a condition holds, through restarts of its services."""
        state = State()
        try:
            async with asyncio.timeout(seconds):
                async for state in self._follow():
                    if met(state):
                        return state
        except TimeoutError:
            raise AssertionError(f"still not after {seconds} s: {_picture(state)}") from None
        raise AssertionError("the stream cannot end")

    async def _follow(self) -> AsyncIterator[State]:
        while True:
            try:
                async with AsyncExitStack() as stack:
                    line = await stack.enter_async_context(self.line())
                    socket = await stack.enter_async_context(
                        line.websocket("/api/v1/stream", largest=64 << 20)
                    )
                    state = State()
                    async for message in socket:
                        told = msgspec.json.decode(message.data, type=Told)
                        state = told.snapshot or state
                        for record in told.events:
                            apply(state, record.event)
                        yield state
            except Refused:
                pass
            await asyncio.sleep(0.1)

    async def emerge(self, *arguments: str) -> str:
        """emerge(1) of the desktop; what it said, once it has succeeded."""
        return await succeed(str(self.directory / "client/emerge"), *arguments)

    async def run(self, program: str, *arguments: str) -> str:
        """What a program that the desktop has installed prints."""
        return await succeed(str(self.directory / "client/prefix" / program), *arguments)


def furnish(root: Path, worlds: Mapping[str, Iterable[str]] | None = None) -> Swarm:
    """A swarm that is not started yet, with client profiles of these names and worlds instead of its own.

    A profile of the demo's keeps its etc/portage. Skips the test, naming them, when programs are missing.
    """
    lacking = sorted({program.name for program in missing() if not program.optional})
    if lacking:
        pytest.skip(f"not installed: {', '.join(lacking)}")
    for name, world in (worlds or {}).items():
        etc = root / "profiles" / name / "etc/portage"
        etc.mkdir(parents=True)
        (etc.parents[1] / "world").write_text("".join(f"{atom}\n" for atom in world))
        for source in sorted((TREES / "profiles" / name / "etc/portage").rglob("*")):
            if source.is_file():
                target = etc / source.relative_to(TREES / "profiles" / name / "etc/portage")
                target.parent.mkdir(exist_ok=True)
                target.write_bytes(source.read_bytes())
    return Swarm(root)


def of_a_story(swarm: Swarm, request: pytest.FixtureRequest) -> Iterator[Swarm]:
    """A swarm for the tests of one story, ended after the last."""
    swarm.failures = request.session.testsfailed
    yield swarm
    if swarm.process is not None:
        swarm.end()


def goes_on(swarm: Swarm, request: pytest.FixtureRequest) -> None:
    """Skip what comes after the first failure of a story."""
    if request.session.testsfailed > swarm.failures:
        pytest.skip("an earlier part of this story failed")


def settled(state: State) -> bool:
    """Whether there is a queue, and everything in it is staged, released or blocked."""
    ready = bool(state.builds) and state.session.phase in ("building", "idle")
    return ready and not state.by_status("needed", "assigned", "building")


def named(state: State, package: str) -> Build:
    """The build of category/name; there is one."""
    (build,) = [build for build in state.builds.values() if build.row.cpv.rpartition("-")[0] == package]
    return build


def blocked(state: State) -> dict[str, tuple[str, str]]:
    """Every blocked package (category/name) with the kind of its diagnosis and the remedy."""
    return {
        build.row.cpv.rpartition("-")[0]: (build.diagnosis.kind, build.diagnosis.remedy)
        for build in state.by_status("blocked")
        if build.diagnosis is not None
    }


async def succeed(*command: str) -> str:
    """Run a program; what it printed. It must succeed."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output = (await process.communicate())[0].decode()
    assert process.returncode == 0, output
    return output


def words(pid: int) -> list[bytes]:
    """The command line of a process; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


def children(pid: int) -> list[int]:
    """The processes that a process started and that still run."""
    found = []
    with suppress(FileNotFoundError, ProcessLookupError):  # it may end while it is looked at
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += [int(child) for child in (task / "children").read_text().split()]
    return found


def family(pid: int) -> list[int]:
    """A process and all that descends from it."""
    return [pid, *(one for child in children(pid) for one in family(child))]


def working_for(directory: Path) -> dict[int, str]:
    """The processes of this machine that have to do with a directory, by what they were started with."""
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        pid = int(path.name)
        try:
            told = (path / "cmdline").read_bytes() + b"\0" + (path / "environ").read_bytes()
        except OSError:
            continue
        if str(directory).encode() in told and pid != os.getpid():
            found[pid] = b" ".join(words(pid)).decode(errors="replace")
    return found


async def deserted(directory: Path, seconds: float = 300.0) -> None:
    """Wait until nothing runs any more that has to do with a directory; orphans take a moment to be killed.

    Raises: AssertionError naming what still runs.
    """
    try:
        async with asyncio.timeout(seconds):
            while working_for(directory):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"still there: {working_for(directory)}") from None


async def gone(pids: Iterable[int], seconds: float = 300.0) -> None:
    """Wait until processes have ended. Raises: AssertionError naming one that has not."""
    for pid in pids:
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(descriptor, ended.set)
        try:
            async with asyncio.timeout(seconds):
                await ended.wait()
        except TimeoutError:
            raise AssertionError(f"{pid} is still there: {words(pid)}") from None
        finally:
            loop.remove_reader(descriptor)
            os.close(descriptor)


def _picture(state: State) -> str:
    builds = {build.id: build.status for build in state.builds.values() if build.status != "staged"}
    return f"session {state.session.phase} ({state.session.detail}), {builds}, {list(state.nodes)}"
