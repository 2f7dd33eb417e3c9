"""The demo's packages under real emerge: they build, they run elsewhere, five fail until they are cured."""

import asyncio
import platform
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest
from aiohttp.test_utils import TestServer

from swarm_node.demo.faults import FAULTS, choose_use, damage, install_kernel
from swarm_node.demo.mirror import make_app, portage_mirrors, set_outage
from swarm_node.demo.remotes import TREES, Remotes, bump, git, plant, profile_of
from swarm_node.portage.prefix import Prefix, Repository, make_prefix, portage_environment

pytestmark = pytest.mark.e2e

SIGNS = {fault.package: fault.sign for fault in FAULTS}
WORLD = (TREES / "profiles/desktop/world").read_text().split()


class Mirror(NamedTuple):
    """The running mirror and its ledger of outages."""

    url: str
    ledger: Path


class Emerged(NamedTuple):
    """How an emerge ended and what it said."""

    status: int
    output: str


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Remotes:
    absent = [program for program in ("git", "gcc", "make", "wget") if shutil.which(program) is None]
    if absent:
        pytest.skip(f"not installed: {', '.join(absent)}")
    return plant(tmp_path_factory.mktemp("remotes"))


@pytest.fixture
async def mirror(tmp_path: Path) -> AsyncIterator[Mirror]:
    ledger = tmp_path / "outages.json"
    async with TestServer(make_app(TREES / "distfiles", ledger)) as server:
        yield Mirror(str(server.make_url("/")), ledger)


def furnish(
    root: Path, remotes: Remotes, names: tuple[str, ...], *, mirror: str = "", profile: str = "desktop"
) -> Prefix:
    """A prefix with a clone of each named tree, and with a client profile's etc/portage."""
    trees = root / "trees"
    trees.mkdir(parents=True)
    for name in names:
        git(trees, "clone", "--quiet", remotes.git_uri(name), name)
    prefix = make_prefix(
        root,
        repositories=[Repository(name, trees / name) for name in names],
        profile=trees / "demo/profiles" / profile_of(platform.machine()),
    )
    shutil.copytree(TREES / "profiles" / profile / "etc/portage", prefix.configuration, dirs_exist_ok=True)
    (prefix.configuration / "mirrors").write_text(portage_mirrors(mirror or "http://127.0.0.1:9"))
    return prefix


async def emerge(prefix: Prefix, *arguments: str) -> Emerged:
    process = await asyncio.create_subprocess_exec(
        str(prefix.portage.bin / "emerge"),
        *arguments,
        env=portage_environment(prefix),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return Emerged(process.returncode or 0, output.decode())


async def build(prefix: Prefix, cpv: str) -> Emerged:
    """One package alone, its dependencies taken as they are."""
    return await emerge(prefix, "--buildpkgonly", "--nodeps", f"={cpv}")


def built(prefix: Prefix, package: str) -> list[Path]:
    """The binary packages of category/name that are in the prefix's PKGDIR."""
    folder = prefix.root / "var/cache/binpkgs" / package
    return [path for path in folder.glob("*.gpkg.tar") if path.stat().st_size]


async def resolved(prefix: Prefix, *atoms: str) -> dict[str, str]:
    """What the resolver would merge: category/name-version to the rest of its line."""
    done = await emerge(prefix, "--pretend", "--verbose", *atoms)
    assert done.status == 0, done.output
    return {
        match[1]: match[2]
        for match in re.finditer(r"^\[ebuild[^\]]*\]\s+([^\s:]+)(\S*.*)$", done.output, re.MULTILINE)
    }


def needs_of(remotes: Remotes) -> dict[str, set[str]]:
    """Package to the packages it is built with, from the ebuilds' own metadata (DEPEND and BDEPEND)."""
    graph = {}
    for entry in remotes.demo.glob("metadata/md5-cache/*/*"):
        lines = dict(line.split("=", 1) for line in entry.read_text().splitlines())
        atoms = f"{lines.get('DEPEND', '')} {lines.get('BDEPEND', '')}"
        name = entry.relative_to(remotes.demo / "metadata/md5-cache").as_posix().rpartition("-")[0]
        graph[name] = set(re.findall(r"[a-z]+-[a-z]+/[a-z-]+[a-z]", atoms))
    return graph


def depth(graph: dict[str, set[str]], name: str) -> int:
    return 1 + max((depth(graph, need) for need in graph[name]), default=0)


async def test_a_desktop_needs_a_deep_chain_and_a_wide_fan(planted: Remotes, tmp_path: Path) -> None:
    desktop = furnish(tmp_path / "desktop", planted, ("demo", "extra"))
    choose_use(desktop.root)
    packages = await resolved(desktop, *WORLD)
    assert len(packages) == 35
    assert "svg" in packages["media-libs/libcanvas-2.2"]
    graph = needs_of(planted)
    assert depth(graph, "app-misc/constellation") >= 6
    assert sum("dev-libs/libstar" in needs for needs in graph.values()) >= 8


async def test_a_library_and_its_program_run_in_a_prefix_of_another_path(
    planted: Remotes, tmp_path: Path
) -> None:
    room = furnish(tmp_path / "room", planted, ("demo",))
    done = await emerge(room, "--buildpkg", "app-misc/sundial")
    assert done.status == 0, done.output
    assert "[1/4] Compiling moon.c" in _log(room, "dev-libs:libephem")
    client = furnish(tmp_path / "elsewhere" / "client", planted, ("demo",))
    shutil.rmtree(client.root / "var/cache/binpkgs")
    shutil.copytree(room.root / "var/cache/binpkgs", client.root / "var/cache/binpkgs")
    shutil.rmtree(room.root)
    done = await emerge(client, "--usepkgonly", "app-misc/sundial")
    assert done.status == 0, done.output
    program = await asyncio.create_subprocess_exec(
        str(client.root / "usr/bin/sundial"), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await program.communicate()
    assert program.returncode == 0
    assert "12:00" in output.decode()


def _log(prefix: Prefix, name: str) -> str:
    return "".join(path.read_text() for path in (prefix.root / "var/log/portage").glob(f"{name}*"))


async def test_a_new_subslot_upstream_is_what_the_resolver_takes(planted: Remotes, tmp_path: Path) -> None:
    shutil.copytree(planted.root, tmp_path / "remotes", symlinks=True)
    remotes = Remotes(tmp_path / "remotes", tmp_path / "remotes/demo", tmp_path / "remotes/extra")
    bump(remotes.demo, "dev-libs/libephem", "2.1", subslot="3")
    room = furnish(tmp_path / "room", remotes, ("demo",))
    assert (await resolved(room, "app-misc/moonphase"))["dev-libs/libephem-2.1"].startswith(":0/3")


async def test_missing_overlay(planted: Remotes, tmp_path: Path) -> None:
    drone = furnish(tmp_path / "drone", planted, ("demo",))
    done = await build(drone, "games-misc/cometfall-1.0::extra")
    assert done.status == 1
    assert SIGNS["games-misc/cometfall"] in done.output
    synced = furnish(tmp_path / "synced", planted, ("demo", "extra"))
    assert "games-misc/cometfall-1.0" in await resolved(synced, "games-misc/cometfall")


async def test_tree_mismatch(planted: Remotes, tmp_path: Path, mirror: Mirror) -> None:
    drone = furnish(tmp_path / "drone", planted, ("demo",), mirror=mirror.url)
    clone = drone.root / "trees/demo"
    damage(clone)
    git(clone, "pull", "--quiet", "--ff-only")
    done = await build(drone, "app-text/starlore-1.0")
    assert done.status == 1
    assert SIGNS["app-text/starlore"] in done.output
    git(clone, "reset", "--quiet", "--hard", "origin/main")
    done = await build(drone, "app-text/starlore-1.0")
    assert done.status == 0, done.output
    assert built(drone, "app-text/starlore")


async def test_kernel_specific(planted: Remotes, tmp_path: Path) -> None:
    builder = furnish(tmp_path / "builder", planted, ("demo",))
    done = await build(builder, "x11-drivers/starlight-drivers-1.0")
    assert done.status == 1
    assert SIGNS["x11-drivers/starlight-drivers"] in done.output
    install_kernel(builder.root)
    done = await build(builder, "x11-drivers/starlight-drivers-1.0")
    assert done.status == 0, done.output
    client = furnish(tmp_path / "client", planted, ("demo",))
    shutil.copytree(builder.root / "var/cache/binpkgs", client.root / "var/cache/binpkgs", dirs_exist_ok=True)
    done = await emerge(client, "--usepkgonly", "x11-drivers/starlight-drivers")
    assert done.status == 0, done.output


async def test_transient_failure(planted: Remotes, tmp_path: Path, mirror: Mirror) -> None:
    drone = furnish(tmp_path / "drone", planted, ("demo",), mirror=mirror.url)
    set_outage(mirror.ledger, "skywire-1.0.tar", 2)
    for _ in range(2):
        done = await build(drone, "net-misc/skywire-1.0")
        assert done.status == 1
        assert SIGNS["net-misc/skywire"] in done.output
    done = await build(drone, "net-misc/skywire-1.0")
    assert done.status == 0, done.output


async def test_use_mismatch(planted: Remotes, tmp_path: Path) -> None:
    desktop = furnish(tmp_path / "desktop", planted, ("demo", "extra"))
    done = await emerge(desktop, "--pretend", "app-misc/planisphere")
    assert done.status == 1
    assert SIGNS["app-misc/planisphere"] in done.output
    choose_use(desktop.root)
    assert "north" in (await resolved(desktop, "app-misc/planisphere"))["app-misc/planisphere-1.0"]


async def test_nothing_else_of_the_desktop_waits_for_a_cure(planted: Remotes, tmp_path: Path) -> None:
    desktop = furnish(tmp_path / "desktop", planted, ("demo",))
    healthy = [atom for atom in WORLD if atom not in SIGNS]
    assert len(await resolved(desktop, *healthy)) == 30


async def test_a_server_wants_one_package_built_otherwise(planted: Remotes, tmp_path: Path) -> None:
    server = furnish(tmp_path / "server", planted, ("demo",), profile="server")
    packages = await resolved(server, *(TREES / "profiles/server/world").read_text().split())
    assert len(packages) == 5
    assert "-colour" in packages["app-misc/skyclock-1.2"]
