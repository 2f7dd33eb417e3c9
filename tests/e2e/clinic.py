"""Packages that fail in truth, and all that they need to fail and to get well: trees, drone, client, mirrors.

`failures/ailing` is the main repository and `failures/extra` an overlay, each planted as a git repository;
`failures/mended` holds what a person commits to the main one in the end.
"""

import asyncio
import hashlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from swarm_node.demo.remotes import git
from swarm_node.drone.build import Workshop, build
from swarm_node.model.circumstances import GIB, Circumstances
from swarm_node.model.failure import Rule
from swarm_node.model.work import BuildOrder, Diagnosis, Line, NodeFacts, PlanRow
from swarm_node.orchestrator.failures import judge, load
from swarm_node.portage import trees
from swarm_node.portage.client import furnish
from swarm_node.portage.install import find_portage
from swarm_node.portage.plan import discover
from swarm_node.portage.prefix import (
    UNPRIVILEGED_FEATURES,
    Binrepo,
    Prefix,
    Repository,
    make_prefix,
    portage_environment,
)
from swarm_node.portage.profile import read_profile
from tests.conftest import free_port
from tests.e2e.workshop import publish, served

TREES = Path(__file__).with_name("failures")
LIBRARIES = ("dev-libs/libmoon-1.0", "dev-libs/tycho-1.0", "dev-libs/clavius-1.0", "dev-libs/aa-2.0")
SOURCES = {name: f"the source of {name}\n".encode() for name in ("fetched-1.0.txt", "distant-1.0.txt")}
MAKE_CONF = {
    "BINPKG_COMPRESS": "gzip",
    "GENTOO_MIRRORS": "",
    "FEATURES": f"{UNPRIVILEGED_FEATURES} test",
}


@dataclass
class Clinic:
    """One drone with its tree, the orchestrator's trees, and the client they build for."""

    home: Path
    drone: Workshop
    local: Workshop
    """The orchestrator's own, which has a kernel."""
    far: int
    """Port of the mirror that is away at first."""
    rules: tuple[Rule, ...]
    open: ExitStack
    attempts: int = 0

    @property
    def tree(self) -> Repository:
        """The drone's own clone of the main repository."""
        return repository(self.home / "drone", "ailing", self.home)

    @property
    def own(self) -> list[Repository]:
        """The orchestrator's repositories."""
        return [repository(self.home / "orchestrator", name, self.home) for name in ("ailing", "extra")]

    @property
    def profile(self) -> Path:
        return self.home / "profiles/desk"

    def order(self, row: PlanRow, **changes: object) -> BuildOrder:
        """What the orchestrator would order for a row of its queue."""
        self.attempts += 1
        number = self.attempts
        plain = BuildOrder(
            attempt=number,
            build=row.id,
            cpv=row.cpv,
            slot=row.slot,
            repository=row.repository,
            build_id=number,
            use=row.use,
            install=row.install,
            package_env=row.package_env,
            time_limit=900.0,
        )
        return replace(plain, **changes)

    async def plan(self) -> dict[str, PlanRow]:
        """What the resolver says that the client needs, by cpv."""
        rows = await discover(
            find_portage(),
            [read_profile(self.profile)],
            self.own,
            self.home / "production",
            self.home / "resolver",
        )
        return {row.cpv: row for row in rows}

    async def judged(self, log: Path, known: Circumstances, repository: str = "") -> Diagnosis:
        """What the orchestrator says of a log, knowing the drone."""
        facts = NodeFacts(
            cores=self.drone.cores,
            memory=16 * GIB,
            disk_free=100 * GIB,
            trees=await trees.tree_hashes([self.tree]),
        )
        known = known._replace(node=facts)
        return await judge(log, self.rules, known, lambda: trees.tree_hashes(self.own), repository)

    async def seen_by_the_client(self, atom: str, log: Path) -> Path:
        """What emerge says to the client who wants this package, as it came."""
        client = furnish(
            self.home / "client",
            read_profile(self.profile),
            self.own,
            [self.home / "served/packages"],
            find_portage(),
        )
        process = await asyncio.create_subprocess_exec(
            client.portage.python,
            client.portage.emerge,
            *("--pretend", "--verbose", "--color=n", "--nospinner", *atom.split()),
            env=portage_environment(client),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log.open("wb"),
            stderr=asyncio.subprocess.STDOUT,
        )
        assert await process.wait() != 0, log.read_text()
        return log

    def accept(self, lines: Sequence[Line]) -> None:
        """Write proposed lines into the client's etc/portage."""
        for line in lines:
            path = self.profile / "etc/portage" / line.file / "proposed"
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a") as file:
                file.write(f"{line.text}\n")

    async def mend(self) -> None:
        """Commit what a person would, and bring everybody's tree up to date."""
        plant(self.home / "upstream/ailing", TREES / "mended")
        for one in (self.tree, *self.own):
            await trees.sync(one)

    def far_mirror_comes_back(self) -> None:
        self.open.enter_context(served(self.home / "mirror", self.far))


def repository(place: Path, name: str, home: Path) -> Repository:
    return Repository(name, place / name, "git", f"file://{home / 'upstream' / name}")


def plant(upstream: Path, *sources: Path) -> None:
    """Commit the files of these directories to an upstream repository."""
    for source in sources:
        shutil.copytree(source, upstream, dirs_exist_ok=True)
    for name, content in SOURCES.items():
        package = upstream / "app-misc" / name.partition("-")[0]
        if package.is_dir():
            (package / "Manifest").write_text(dist(name, content))
    if not (upstream / ".git").exists():
        git(upstream, "init", "--quiet")
    git(upstream, "add", "--all")
    git(upstream, "commit", "--quiet", "--message=as it is")


def dist(name: str, content: bytes) -> str:
    """The line of a Manifest (GLEP 74) for a source."""
    hashes = f"BLAKE2B {hashlib.blake2b(content).hexdigest()} SHA512 {hashlib.sha512(content).hexdigest()}"
    return f"DIST {name} {len(content)} {hashes}\n"


@contextmanager
def opened(home: Path, world: Sequence[str]) -> Iterator[Clinic]:
    """A clinic whose client wants this world; its libraries are built and on the binhost."""
    for name in ("ailing", "extra"):
        plant(home / "upstream" / name, TREES / name)
    for directory in ("mirror", "served/packages", "production", "profiles/desk/etc/portage"):
        (home / directory).mkdir(parents=True)
    for name, content in SOURCES.items():
        (home / "mirror" / name).write_bytes(content)
    (home / "profiles/desk/world").write_text("".join(f"{atom}\n" for atom in world))
    with ExitStack() as stack:
        near, far = stack.enter_context(served(home / "mirror")), free_port()
        binhost = stack.enter_context(served(home / "served"))
        mirrors = f"near {near}\nfar http://127.0.0.1:{far}\n"
        drone = _workshop(home, "drone", binhost, mirrors)
        local = _workshop(home, "local", binhost, mirrors)
        _install_kernel(local.prefix)
        clinic = Clinic(home, drone, local, far, load(Path("/nonexistent")), stack)
        asyncio.run(_prepare(clinic))
        yield clinic


async def _prepare(clinic: Clinic) -> None:
    for one in clinic.own:
        await trees.sync(one)
    for cpv in LIBRARIES:
        row = PlanRow(cpv, cpv, "0", "ailing", "")
        outcome = await build(clinic.order(row), clinic.drone)
        publish(clinic.drone, outcome, clinic.home / "served/packages")


def _workshop(home: Path, name: str, binhost: str, mirrors: str) -> Workshop:
    """A node's base over a clone of the main repository."""
    tree = repository(home / name, "ailing", home)
    asyncio.run(trees.sync(tree))
    prefix = make_prefix(
        home / name / "base",
        repositories=[tree],
        profile=tree.location / "profiles/default",
        make_conf=MAKE_CONF,
    )
    (prefix.configuration / "mirrors").write_text(mirrors)
    return Workshop(
        prefix,
        at=home / name / "room",
        scratch=home / name / "scratch",
        attempts=home / name / "attempts",
        distfiles=home / name / "distfiles",
        binrepos=(Binrepo("staging", f"{binhost}/packages"),),
        cores=4,
    )


def _install_kernel(prefix: Prefix) -> None:
    """Sources of a kernel that modules can be built against, as far as our module asks."""
    sources = prefix.root / "usr/src/linux"
    sources.mkdir(parents=True)
    (sources / "Makefile").write_text("modules:\n\techo built against this kernel > $(M)/module\n")
