"""`verify` with Portage's real resolver, and what a real client makes of a rollback."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from swarm_node.http.service import serving
from swarm_node.model.work import Diagnosis, PlanRow
from swarm_node.orchestrator.app import make_app
from swarm_node.orchestrator.parts import PARTS, Parts
from swarm_node.orchestrator.release import finalize, rollback, verify
from swarm_node.orchestrator.verify import Report
from swarm_node.portage.prefix import Binrepo, Prefix, make_prefix, portage_environment
from swarm_node.settings import OrchestratorSettings
from tests.e2e.portage_world import ARCH, Gentoo, add, client, gentoo
from tests.services.releases import plan, see_node, settings, stage, swarm

pytestmark = pytest.mark.e2e


@pytest.fixture
def place(tmp_path: Path) -> Gentoo:
    """app runs with aa, other with nothing; desk wants both."""
    place = gentoo(tmp_path / "place")
    for version in ("1.0", "2.0"):
        add(place, f"dev-libs/aa-{version}", SLOT=f"0/{version[0]}")
    add(place, "app-misc/app-1.0", RDEPEND="dev-libs/aa:=")
    add(place, "app-misc/other-1.0")
    client(place, "desk", "app-misc/app", "app-misc/other")
    return place


@pytest.fixture
def told(place: Gentoo, tmp_path: Path) -> OrchestratorSettings:
    own = prefix(place, "own")
    return settings(tmp_path).model_copy(update={"portage_prefix": own.root, "profiles_dir": place.profiles})


@pytest.fixture
async def parts(told: OrchestratorSettings, tmp_path: Path) -> AsyncIterator[Parts]:
    async with swarm(tmp_path, told=told) as parts:
        yield parts


def prefix(place: Gentoo, name: str, *binrepos: Binrepo) -> Prefix:
    profile = place.repositories[0].location / "profiles/default"
    return make_prefix(place.root / name, repositories=place.repositories, profile=profile, binrepos=binrepos)


def row(cpv: str, slot: str = "0", problem: Diagnosis | None = None) -> PlanRow:
    return PlanRow(cpv, cpv, slot, "main", "new", problem=problem)


async def put(parts: Parts, cpv: str, slot: str = "0", depend: str = "") -> None:
    await stage(parts, row(cpv, slot), SLOT=slot, RDEPEND=depend, KEYWORDS=ARCH, LICENSE="Trial")


def codes(report: Report) -> list[tuple[str, str]]:
    return [(finding.code, finding.package) for finding in report.findings]


async def test_a_world_that_can_be_installed_costs_nothing(parts: Parts) -> None:
    await put(parts, "dev-libs/aa-1.0", "0/1")
    await put(parts, "app-misc/app-1.0", depend="dev-libs/aa:0/1=")
    await put(parts, "app-misc/other-1.0")
    assert codes(await verify(parts)) == []


async def test_a_world_that_lacks_a_package_is_a_finding_that_names_it(parts: Parts) -> None:
    await put(parts, "dev-libs/aa-1.0", "0/1")
    await put(parts, "app-misc/app-1.0", depend="dev-libs/aa:0/1=")
    report = await verify(parts)
    assert codes(report) == [("rehearsal", "desk")]
    assert "app-misc/other" in report.findings[0].message


async def test_what_is_blocked_counts_once(parts: Parts) -> None:
    await put(parts, "dev-libs/aa-1.0", "0/1")
    await put(parts, "app-misc/app-1.0", depend="dev-libs/aa:0/1=")
    await plan(parts, row("app-misc/other-1.0", problem=Diagnosis("masked", "human")))
    assert codes(await verify(parts)) == [("blocked", "app-misc/other-1.0")]
    assert (await finalize(parts)).risk == 1


async def test_what_waits_for_a_blocked_package_counts_as_that_alone(parts: Parts) -> None:
    await put(parts, "app-misc/other-1.0")
    blocked = row("dev-libs/aa-1.0", "0/1", Diagnosis("masked", "human"))
    waiting = PlanRow("app-misc/app-1.0", "app-misc/app-1.0", "0", "main", "new", needs=(blocked.id,))
    await plan(parts, blocked, waiting)
    assert codes(await verify(parts)) == [("blocked", "dev-libs/aa-1.0")]


async def test_a_blocked_package_that_the_release_needs_counts_as_that_alone(parts: Parts) -> None:
    await put(parts, "app-misc/other-1.0")
    await put(parts, "app-misc/app-1.0", depend="dev-libs/aa:0/1=")
    await plan(parts, row("dev-libs/aa-1.0", "0/1", Diagnosis("masked", "human")))
    report = await verify(parts)
    assert codes(report) == [("needed-blocked", "dev-libs/aa-1.0")]


async def test_a_library_that_moves_on_without_its_users_is_found(parts: Parts) -> None:
    await put(parts, "dev-libs/aa-1.0", "0/1")
    await put(parts, "app-misc/app-1.0", depend="~dev-libs/aa-1.0:0/1=")
    await put(parts, "app-misc/other-1.0")
    await finalize(parts)
    await put(parts, "dev-libs/aa-1.0", "0/2", depend="")
    assert codes(await verify(parts)) == [("unsatisfied-dependency", "app-misc/app-1.0")]


async def test_a_real_client_follows_a_release_a_rollback_and_the_next_release(
    told: OrchestratorSettings, place: Gentoo
) -> None:
    app = await make_app(told)

    async def made() -> object:
        return app

    async with serving(made) as url:  # type: ignore[arg-type]
        parts = app[PARTS]
        await see_node(parts)
        away = prefix(place, "away", Binrepo("production", f"{url}/packages"))
        await put(parts, "dev-libs/aa-1.0", "0/1")
        await put(parts, "app-misc/app-1.0", depend="dev-libs/aa")
        await put(parts, "app-misc/other-1.0")
        await finalize(parts)
        assert await seen(away) == "dev-libs/aa-1.0"
        await put(parts, "dev-libs/aa-2.0", "0/2")
        await finalize(parts)
        assert await seen(away) == "dev-libs/aa-2.0"
        await rollback(parts, None)
        assert await seen(away) == "dev-libs/aa-1.0"
        await rollback(parts, 2)
        assert await seen(away) == "dev-libs/aa-2.0"
    parts.production.swept()


async def seen(away: Prefix) -> str:
    """Which version of aa the client's emerge would install now."""

    command = [away.portage.python, away.portage.emerge, "--pretend", "--quiet", "--usepkgonly"]
    done = await asyncio.to_thread(
        subprocess.run,
        [*command, "--getbinpkgonly", "--color=n", "dev-libs/aa"],
        env=portage_environment(away),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (line,) = (line for line in done.stdout.splitlines() if "dev-libs/aa" in line)
    return line.split("] ")[1].split()[0].rpartition("-")[0]
