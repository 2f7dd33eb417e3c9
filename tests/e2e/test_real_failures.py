"""Every kind of failure as real Portage makes it: the whole log, its diagnosis, its cure, then the package.

One story, told once: a drone with a damaged tree and without an overlay builds what the client wants, and
nearly everything fails; the cures that the diagnoses name are done, for the rest a person mends the ebuilds;
everything is built again. Each test looks at one package of it.
"""

import asyncio
import shutil
from collections.abc import Coroutine, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import pytest

from swarm_node.drone.build import BuildOutcome, build
from swarm_node.drone.room import room_kind
from swarm_node.model.circumstances import Circumstances
from swarm_node.model.configuration import proposed
from swarm_node.model.work import Diagnosis, PlanRow
from swarm_node.portage import gpkg, trees
from swarm_node.portage.emerge import DRONE_FEATURES
from tests.e2e.clinic import Clinic, opened
from tests.unit.test_diagnosis import KINDS

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(3000)]

PROGRAMS = ("git", "gcc", "g++", "make", "patch", "wget")
AT_ONCE = 2
"""Builds at the same time."""
TIGHT = 60_000
"""Kibibytes of address space in which no C++ compiler can work."""


T = TypeVar("T")


class Trouble(NamedTuple):
    """A package, how it is built so that it fails, what is said of it, and how it is built in the end."""

    package: str
    kind: str
    remedy: str
    params: Mapping[str, str] = {}
    order: Mapping[str, object] = {}
    cured: Mapping[str, object] = {}
    """What is otherwise in the order of the second try, as its remedy says."""
    needs: str = ""
    """A program without which it cannot be tried."""
    rooms: bool = False
    """Whether it takes a room of its own, with its own scratch and network."""

    @property
    def name(self) -> str:
        return self.package.split()[0].rpartition("/")[2]


TROUBLES = {
    trouble.name: trouble
    for trouble in (
        Trouble("app-misc/header", "missing-dependency", "human", {"dependency": "moon.h"}),
        Trouble(
            "app-misc/pkgconf", "missing-dependency", "human", {"dependency": "moon"}, needs="pkg-config"
        ),
        Trouble("app-misc/cmaker", "missing-dependency", "human", {"dependency": "Moon"}, needs="cmake"),
        Trouble("app-misc/pythonic", "missing-dependency", "human", {"dependency": "moon"}),
        Trouble("app-misc/typo", "compile-error", "human"),
        Trouble("app-misc/flunker", "test-failure", "human"),
        Trouble("app-misc/misfit", "other", "human", {"file": "lantern"}),
        Trouble("app-misc/patchy", "patch-failed", "human", {"patch": "rhyme.patch"}),
        Trouble("app-misc/collider", "file-collision", "human"),
        Trouble(
            *("app-misc/trespasser", "sandbox-violation", "human"),
            order={"package_env": {"FEATURES": f"{DRONE_FEATURES} sandbox"}},
            cured={"package_env": {"FEATURES": f"{DRONE_FEATURES} sandbox"}},
            needs="sandbox",
        ),
        Trouble("app-misc/online", "network-sandbox", "human", {"host": "git.failures.invalid"}, rooms=True),
        Trouble(
            *("app-misc/hardened", "toolchain", "human"),
            order={"package_env": {"CFLAGS": "-march=moonlight"}},
            cured={"package_env": {"CFLAGS": "-O2"}},
        ),
        Trouble("app-misc/lensed", "tree-out-of-sync", "sync-fix", {"file": "lens.eclass"}),
        Trouble("app-misc/fetched", "tree-out-of-sync", "sync-fix", {"file": "fetched-1.0.txt"}),
        Trouble("app-misc/guest", "missing-overlay", "sync-overlays", {"overlay": "extra"}),
        Trouble("sys-kernel/moonmod", "kernel-specific", "build-local"),
        Trouble("app-misc/distant", "transient-network", "unblock", {"host": "127.0.0.1"}),
        Trouble(
            *("app-misc/greedy", "out-of-memory", "unblock"),
            order={"memory_limit": 300 << 20},
            cured={"memory_limit": 300 << 20, "jobs": 1},
        ),
        Trouble(
            *("app-misc/tight", "out-of-memory", "unblock"),
            order={"package_env": {"ADDRESS_SPACE": str(TIGHT)}},
        ),
        Trouble(*("app-misc/bulky", "disk-full", "unblock"), order={"scratch_bytes": 8 << 20}, rooms=True),
        Trouble(
            *("app-misc/dawdler", "stuck", "unblock"),
            order={"silence_limit": 15.0},
            cured={"package_env": {"NAP": "0"}},
        ),
        Trouble(
            *("app-misc/loiterer", "time-limit", "human"),
            order={"time_limit": 20.0},
            cured={"package_env": {"NAP": "0"}},
        ),
    )
}
"""What fails on the drone, by the package's name."""
REFUSED = {
    trouble.name: trouble
    for trouble in (
        Trouble("app-misc/young", "masked", "edit-portage-and-fresh", {"keyword": "~amd64"}),
        Trouble("app-misc/stern", "masked", "edit-portage-and-fresh", {"license": "Strict"}),
        Trouble("app-misc/banned", "masked", "edit-portage-and-fresh", {"mask": "app-misc/banned-1.0"}),
        Trouble("app-misc/hemisphere", "use-mismatch", "edit-portage-and-fresh", {"use": "north"}),
        Trouble("app-misc/choosy", "use-mismatch", "edit-portage-and-fresh", {"use": "extra"}),
        Trouble("app-misc/older app-misc/newer", "dependency-conflict", "human"),
    )
}
"""What already fails in emerge's eyes when the client asks for it, by the first package's name."""


class Case(NamedTuple):
    """What became of one package."""

    log: Path
    """Of the failure, as it came."""
    diagnosis: Diagnosis
    cured: BuildOutcome | None = None
    """Of the build after its cure."""


Cases = dict[str, Case]


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cases]:
    absent = [
        program for program in ("git", "gcc", "g++", "make", "patch", "wget") if not shutil.which(program)
    ]
    if absent:
        pytest.skip(f"not installed: {', '.join(absent)}")
    every = (*TROUBLES.values(), *REFUSED.values())
    world = [atom for trouble in every for atom in trouble.package.split()]
    world[world.index("app-misc/guest")] = "app-misc/guest::extra"
    with opened(tmp_path_factory.mktemp("clinic"), world) as clinic:
        yield asyncio.run(story(clinic))


async def story(clinic: Clinic) -> Cases:
    """Fail, find out, cure, and build again."""
    apart = room_kind(clinic.drone.prefix.root, clinic.drone.scratch, clinic.drone.at)[0] != "none"
    tried = [one for one in TROUBLES.values() if able(one) and (apart or not one.rooms)]
    rows = await clinic.plan()
    damage(clinic.tree.location)
    failed = await all_of(*(fail(clinic, one, row_of(rows, one)) for one in tried))
    refused = await all_of(*(refuse(clinic, one) for one in REFUSED.values()))
    for case in refused:
        clinic.accept(proposed(case.diagnosis.params))
    await trees.fix(clinic.tree)
    await trees.add_overlay(clinic.drone.prefix, "extra", "git", clinic.own[1].sync_uri)
    clinic.far_mirror_comes_back()
    await clinic.mend()
    rows = await clinic.plan()
    every = [*tried, *REFUSED.values()]
    built = await all_of(*(cure(clinic, one, row_of(rows, one)) for one in every))
    ended = zip(every, [*failed, *refused], built, strict=True)
    return {one.name: case._replace(cured=outcome) for one, case, outcome in ended}


async def all_of(*doing: Coroutine[Any, Any, T]) -> list[T]:
    """The results, a few at a time."""
    busy = asyncio.Semaphore(AT_ONCE)

    async def one(what: Coroutine[Any, Any, T]) -> T:
        async with busy:
            return await what

    return await asyncio.gather(*map(one, doing))


def able(trouble: Trouble) -> bool:
    return not trouble.needs or shutil.which(trouble.needs) is not None


def row_of(rows: Mapping[str, PlanRow], trouble: Trouble) -> PlanRow:
    return rows[f"{trouble.package.split()[0]}-1.0"]


def damage(tree: Path) -> None:
    """The drone's clone lacks an eclass, and a Manifest is not what it was."""
    (tree / "eclass/lens.eclass").unlink()
    manifest = tree / "app-misc/fetched/Manifest"
    manifest.write_text(manifest.read_text().replace("fetched-1.0.txt 3", "fetched-1.0.txt 4"))


async def fail(clinic: Clinic, trouble: Trouble, row: PlanRow) -> Case:
    outcome = await build(clinic.order(row, **trouble.order), clinic.drone)
    assert not outcome.ok, f"{trouble.name} was to fail"
    log = clinic.home / f"{trouble.name}.log"
    shutil.copyfile(outcome.log, log)
    known = Circumstances(outcome.phase, outcome.reason, outcome.rc)
    return Case(log, await clinic.judged(log, known, row.repository))


async def refuse(clinic: Clinic, trouble: Trouble) -> Case:
    log = await clinic.seen_by_the_client(trouble.package, clinic.home / f"{trouble.name}.log")
    return Case(log, await clinic.judged(log, Circumstances()))


async def cure(clinic: Clinic, trouble: Trouble, row: PlanRow) -> BuildOutcome:
    workshop = clinic.local if trouble.remedy == "build-local" else clinic.drone
    return await build(clinic.order(row, **trouble.cured), workshop)


EVERY = pytest.mark.parametrize("name", [*TROUBLES, *REFUSED])


def case_of(cases: Cases, name: str) -> Case:
    """Skips by name what this machine cannot try."""
    if name not in cases:
        needs = TROUBLES[name].needs
        pytest.skip(f"not installed: {needs}" if needs else "the kernel grants no room of one's own here")
    return cases[name]


@EVERY
def test_a_real_failure_is_told_by_its_log(cases: Cases, name: str) -> None:
    trouble = TROUBLES.get(name) or REFUSED[name]
    case = case_of(cases, name)
    found = case.diagnosis
    assert (found.kind, found.remedy) == (trouble.kind, trouble.remedy), case.log.read_text()
    assert trouble.params.items() <= found.params.items(), found.params
    assert found.evidence


@EVERY
def test_the_evidence_stands_where_it_is_said_to(cases: Cases, name: str) -> None:
    case = case_of(cases, name)
    log = case.log.read_bytes()
    for text, place in zip(case.diagnosis.evidence, case.diagnosis.places, strict=True):
        line = log[place.offset :].partition(b"\n")[0].decode()
        assert text in line
        assert log[: place.offset].count(b"\n") + 1 == place.line


@EVERY
def test_its_cure_makes_a_package(cases: Cases, name: str) -> None:
    outcome = case_of(cases, name).cured
    assert outcome is not None and outcome.package is not None, outcome and outcome.log.read_text()
    number = int(outcome.log.parent.name)
    category = (TROUBLES.get(name) or REFUSED[name]).package.partition("/")[0]
    package = gpkg.check(outcome.package, category=category, pf=f"{name}-1.0", build_id=number)
    assert package.image_files > 0 or name not in ("header", "typo", "misfit")


@pytest.mark.parametrize(
    "name", [name for name, trouble in REFUSED.items() if trouble.kind != "dependency-conflict"]
)
def test_the_proposed_line_is_one_that_portage_takes(cases: Cases, name: str) -> None:
    lines = proposed(case_of(cases, name).diagnosis.params)
    assert len(lines) == 1
    assert lines[0].text.lstrip("=><").startswith(("app-misc/", "dev-libs/aa"))


def test_there_is_one_of_every_kind_that_a_log_can_tell() -> None:
    told_by_the_drone = {"drone-trouble", "bad-package"}
    assert {one.kind for one in (*TROUBLES.values(), *REFUSED.values())} == KINDS - told_by_the_drone
