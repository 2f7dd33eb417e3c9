"""kill -9 of each role and of the supervisor in the middle of it all: nothing is lost, nothing comes twice.

One embedded swarm with a smaller desktop; the tests are one story, in this order.
"""

import asyncio
import hashlib
import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
import pytest

from swarm_node.demo.site import DRONES
from swarm_node.journal.sqlite import SqliteJournal
from swarm_node.model import events as e
from swarm_node.model.apply import fold
from swarm_node.model.events import Record
from swarm_node.model.state import Attempt, State
from swarm_node.orchestrator.content import Manifest
from swarm_node.portage.index import Index
from tests.e2e.swarm import (
    SLOW,
    Swarm,
    deserted,
    family,
    furnish,
    goes_on,
    gone,
    named,
    of_a_story,
    settled,
    working_for,
)

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(3000)]

WORLD: Final = ("app-misc/deepfield", "app-misc/moonphase", "app-misc/sundial", "app-text/almanac")
LONGEST: Final = "sci-libs/libnebula"
ENDS: Final = (e.BuildStaged, e.BuildFailed, e.AttemptLost, e.AttemptRecalled)
"""What an attempt can come to; each comes to one of these, once."""


@pytest.fixture(scope="module")
def swarm(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Swarm]:
    """A swarm whose desktop wants a dozen packages, none of which fails by itself."""
    yield from of_a_story(furnish(tmp_path_factory.mktemp("swarm"), {"desktop": WORLD}).start(), request)


@pytest.fixture(autouse=True)
def story(swarm: Swarm, request: pytest.FixtureRequest) -> None:
    goes_on(swarm, request)


async def test_builds_go_on_while_the_orchestrator_is_killed_and_started_again(swarm: Swarm) -> None:
    await swarm.act("fresh")
    before = await swarm.until(lambda state: named(state, LONGEST).status == "building")
    running = {build.id: build.attempt for build in before.by_status("assigned", "building")}
    killed = swarm.service("orchestrator")
    os.kill(killed, signal.SIGKILL)
    await gone([killed])
    state = await swarm.until(lambda state: named(state, LONGEST).status == "staged")
    assert swarm.service("orchestrator") != killed
    for build, attempt in running.items():
        assert state.builds[build].attempt == attempt, f"{build} was not begun again"
    assert not [attempt for attempt in state.attempts.values() if attempt.outcome == "lost"]


async def test_a_killed_drone_takes_its_build_along_and_the_build_is_made_all_the_same(swarm: Swarm) -> None:
    processes, lost = await in_the_middle_of_a_build(swarm)
    os.kill(processes[0], signal.SIGKILL)
    await gone(processes)
    state = await swarm.until(lambda state: state.builds[lost.build].status == "staged")
    assert state.attempts[lost.number].outcome == "lost"
    assert state.builds[lost.build].attempt != lost.number
    assert state.builds[lost.build].deaths == 1


async def test_nobody_notices_a_killed_gateway(swarm: Swarm) -> None:
    killed = swarm.service("gateway")
    os.kill(killed, signal.SIGKILL)
    await gone([killed])
    state = await swarm.until(settled)
    assert swarm.service("gateway") != killed
    assert {build.status for build in state.builds.values()} == {"staged"}
    assert sum(attempt.outcome == "lost" for attempt in state.attempts.values()) == 1


async def test_no_process_of_an_attempt_is_left(swarm: Swarm) -> None:
    await swarm.until(settled)
    assert rooms_of(swarm) == []
    assert not list(swarm.directory.glob("*/scratch/*/room-*"))


async def test_the_release_holds_exactly_what_was_staged(swarm: Swarm) -> None:
    staged = await swarm.get("state", State)
    report = await swarm.act("verify")
    assert report["score"] == 0, report["findings"]
    await swarm.act("finalize")
    artifacts = [build.artifact for build in staged.builds.values() if build.artifact is not None]
    manifest = manifest_of(swarm.directory / "production/current")
    assert {(one.path, one.size, one.sha512) for one in manifest.packages} == {
        (one.path, one.size, one.sha512) for one in artifacts
    }
    assert_intact(swarm.directory / "production/current")
    await swarm.emerge("--getbinpkgonly", "--usepkgonly", "-1", "app-misc/sundial")
    assert await swarm.run("usr/bin/sundial")


async def test_the_supervisor_killed_in_the_middle_of_a_build_leaves_nothing_running(swarm: Swarm) -> None:
    await swarm.act("fresh")
    raised = swarm.directory / "profiles/desktop/world"
    raised.write_text("".join(f"{atom}\n" for atom in (*WORLD, "games-misc/starquiz")))
    await swarm.act("plan")
    drone, _ = await in_the_middle_of_a_build(swarm)
    before: State = await swarm.get("state", State)
    processes = family(swarm.pid)
    assert drone[0] in processes
    swarm.end(signal.SIGKILL)
    await gone(processes)
    await deserted(swarm.directory)
    swarm.start()
    state = await swarm.until(settled)
    assert state.builds.keys() == before.builds.keys()
    assert {build.status for build in state.builds.values()} == {"staged"}
    assert (await swarm.act("finalize"))["release"] == 2


async def test_the_log_tells_every_build_once_and_folds_to_what_is_served(swarm: Swarm) -> None:
    served = await swarm.get("state", State)
    assert swarm.end(signal.SIGTERM) == 0
    records = read_log(swarm.directory)
    told = fold(State(), (record.event for record in records if record.seq <= served.seq))
    assert told == served
    assert [record.seq for record in records] == list(range(1, len(records) + 1))
    check_attempts([record.event for record in records])
    for release in sorted((swarm.directory / "production/releases").glob("[0-9]*")):
        assert_intact(release)


def rooms_of(swarm: Swarm) -> list[int]:
    """The processes that work in a room of this swarm."""
    found = []
    for pid in working_for(swarm.directory):
        try:
            if b"SWARM_ROOM=" in Path(f"/proc/{pid}/environ").read_bytes():
                found.append(pid)
        except OSError:
            continue
    return found


async def in_the_middle_of_a_build(swarm: Swarm) -> tuple[list[int], Attempt]:
    """A drone that was stopped (SIGSTOP) while its room worked, with all its processes, and its attempt.

    Until it goes on, it can neither end that attempt nor begin another.
    """
    async with asyncio.timeout(SLOW):
        while True:
            for drone in DRONES:
                service = swarm.service(drone.name)
                os.kill(service, signal.SIGSTOP)
                attempt = await attempt_of(swarm, drone.name)
                processes = family(service)
                if attempt is not None and set(processes) & set(rooms_of(swarm)):
                    return processes, attempt
                os.kill(service, signal.SIGCONT)
            await asyncio.sleep(0.05)


async def attempt_of(swarm: Swarm, node: str) -> Attempt | None:
    """The attempt that a node is at, as the orchestrator knows it."""
    state: State = await swarm.get("state", State)
    number = state.nodes[node].attempt
    return None if number is None else state.attempts[number]


def read_log(directory: Path) -> list[Record]:
    """The whole log of a swarm that has ended."""
    journal = SqliteJournal(directory / "orchestrator/state/swarm.db")
    try:
        return list(journal.read())
    finally:
        journal.close()


def check_attempts(happened: list[e.AnyEvent]) -> None:
    """Numbers only rise, each attempt ends once, and no build is staged twice without being needed again."""
    numbers = [event.attempt for event in happened if isinstance(event, e.BuildAssigned)]
    assert numbers == sorted(set(numbers))
    ends = Counter(event.attempt for event in happened if isinstance(event, ENDS))
    assert ends.keys() == set(numbers)
    assert set(ends.values()) == {1}
    staged: set[str] = set()
    for event in happened:
        if isinstance(event, e.BuildNeeded):
            staged.discard(event.row.id)
        elif isinstance(event, e.BuildStaged):
            assert event.build not in staged
            staged.add(event.build)
    assert staged


def manifest_of(release: Path) -> Manifest:
    return msgspec.json.decode((release / "release.json").read_bytes(), type=Manifest)


def assert_intact(release: Path) -> None:
    """Manifest, index and files of a release say the same: paths, bytes and digests."""
    manifest = manifest_of(release)
    found = {path.relative_to(release).as_posix() for path in release.rglob("*.gpkg.tar")}
    assert found == {one.path for one in manifest.packages}
    assert found == {entry.path for entry in Index.load(release / "Packages")}
    for one in manifest.packages:
        content = (release / one.path).read_bytes()
        assert (len(content), hashlib.sha512(content).hexdigest()) == (one.size, one.sha512)
