"""The index before its real readers: emaint's own index field by field, and emerge installing from ours."""

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from portage.getbinpkg import PackageIndex

from swarm_node.portage import gpkg
from swarm_node.portage.entry import of_file
from swarm_node.portage.index import STEP, Index
from swarm_node.portage.prefix import (
    Binrepo,
    Prefix,
    Repository,
    make_prefix,
    portage_environment,
    set_binrepos,
)

LIBAA = """EAPI=8
DESCRIPTION="A library"
HOMEPAGE="https://example.org"
LICENSE="GPL-2"
SLOT="0/1"
KEYWORDS="amd64"
IUSE="+shared"
S="${WORKDIR}"
src_install() { insinto /usr/share/libaa; newins - version <<< "1"; }
"""
HELLO = """EAPI=8
DESCRIPTION="Says hello"
HOMEPAGE="https://example.org"
LICENSE="GPL-2 nls? ( GPL-2 )"
SLOT="0"
KEYWORDS="amd64"
IUSE="+nls doc"
RESTRICT="doc? ( test )"
RDEPEND="dev-libs/libaa:= nls? ( >=dev-libs/libaa-1.0[shared(+)] ) doc? ( app-misc/never )
    || ( dev-libs/libaa app-misc/never )"
BDEPEND="!doc? ( dev-libs/libaa )"
S="${WORKDIR}"
src_install() { newbin - hello <<< $'#!/bin/sh\\necho hello'; }
"""
FILES = {
    "metadata/layout.conf": "masters =\nthin-manifests = true\nprofile-formats = portage-2\n",
    "profiles/repo_name": "demo\n",
    "profiles/arch.list": "amd64\n",
    "profiles/profiles.desc": "amd64 default stable\n",
    "profiles/categories": "app-misc\ndev-libs\n",
    "profiles/default/eapi": "8\n",
    "profiles/default/make.defaults": 'ARCH="amd64"\nACCEPT_KEYWORDS="amd64"\nCHOST="x86_64-pc-linux-gnu"\n',
    "licenses/GPL-2": "GPL\n",
    "dev-libs/libaa/libaa-1.0.ebuild": LIBAA,
    "app-misc/hello/hello-1.0.ebuild": HELLO,
    "app-misc/hello/hello-1.1.ebuild": HELLO,
}
HEADER = {"ARCH": "amd64", "ACCEPT_KEYWORDS": "amd64"}


class Quiet(SimpleHTTPRequestHandler):
    """Files over HTTP, with every path that was asked for kept."""

    asked: list[str]

    def __init__(self, *arguments: object, asked: list[str], **rest: object) -> None:
        self.asked = asked
        super().__init__(*arguments, **rest)  # type: ignore[arg-type]

    def log_request(self, code: object = "-", size: object = "-") -> None:
        self.asked.append(self.path)

    def log_message(self, *arguments: object) -> None:
        """Nothing on standard error."""


class Binhost:
    """A directory served on loopback."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.asked: list[str] = []
        handler = partial(Quiet, directory=str(root), asked=self.asked)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        Thread(target=self.server.serve_forever, daemon=True).start()


def emerge(prefix: Prefix, arguments: Sequence[str], program: str = "emerge") -> str:
    """What the program says; it must succeed."""
    command = [str(prefix.portage.python), str(prefix.portage.bin / program), *arguments]
    environment = portage_environment(prefix)
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=600, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A repository of three ebuilds."""
    if shutil.which("wget") is None:
        pytest.skip("not installed: wget")
    root = tmp_path_factory.mktemp("repository")
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return Repository("demo", root)


@pytest.fixture(scope="module")
def builder(repository: Repository, tmp_path_factory: pytest.TempPathFactory) -> Prefix:
    """A prefix in which the packages were built by emerge, and indexed anew by emaint."""
    root = tmp_path_factory.mktemp("builder")
    prefix = make_prefix(root, repositories=[repository], profile=repository.location / "profiles/default")
    emerge(prefix, ["--buildpkg", "--oneshot", "=dev-libs/libaa-1.0"])
    emerge(prefix, ["--buildpkgonly", "=app-misc/hello-1.0", "=app-misc/hello-1.1"])
    for index in pkgdir(prefix).glob("Packages*"):
        index.unlink()
    emerge(prefix, ["binhost", "--fix"], "emaint")
    return prefix


@pytest.fixture
def binhost(tmp_path: Path) -> Iterator[Binhost]:
    """A web server over an empty directory."""
    host = Binhost(tmp_path / "served")
    host.root.mkdir()
    yield host
    host.server.shutdown()
    host.server.server_close()


@pytest.fixture
def client(repository: Repository, binhost: Binhost, tmp_path: Path) -> Prefix:
    """A fresh client of the binhost."""
    profile = repository.location / "profiles/default"
    binrepos = [Binrepo("swarm", f"{binhost.url}/packages")]
    return make_prefix(tmp_path / "client", repositories=[repository], profile=profile, binrepos=binrepos)


def pkgdir(prefix: Prefix) -> Path:
    return prefix.root / "var/cache/binpkgs"


def indexed(packages: Path, *wanted: str) -> Index:
    """Our index over the packages below a directory, or over those whose name is wanted."""
    index = Index()
    for file in sorted(packages.rglob("*.gpkg.tar")):
        package = gpkg.read(file)
        if not wanted or package.cpv in wanted:
            index.add(of_file(package, file, path=str(file.relative_to(packages))))
    return index


def release(binhost: Binhost, number: int, builder: Prefix, *wanted: str, now: int) -> None:
    """An immutable release directory, and `packages` as the link that shows it."""
    directory = binhost.root / f"releases/{number}"
    shutil.copytree(pkgdir(builder), directory, ignore=shutil.ignore_patterns("Packages*"))
    indexed(directory, *wanted).write(
        directory, HEADER | {"URI": f"{binhost.url}/releases/{number}"}, now=now
    )
    link = binhost.root / "packages.new"
    link.symlink_to(f"releases/{number}")
    link.rename(binhost.root / "packages")


def chosen(client: Prefix, binhost: Binhost) -> str:
    """The file of hello that emerge fetches now; `--pretend` would not look for a newer index."""
    emerge(client, ["--getbinpkgonly", "--usepkgonly", "--fetchonly", "--nodeps", "app-misc/hello"])
    for file in (client.root / "var/cache").rglob("*.gpkg.tar"):
        file.unlink()
    return binhost.asked[-1].rpartition("/")[2]


def test_every_field_is_what_emaint_writes(builder: Prefix) -> None:
    theirs = PackageIndex(inherited_keys=["CHOST", "repository"])
    with (pkgdir(builder) / "Packages").open() as file:
        theirs.read(file)
    ours = {entry.key.cpv: entry.fields() for entry in indexed(pkgdir(builder))}
    assert len(ours) == 3
    assert ours == {package["CPV"]: package for package in theirs.packages}
    assert ours["app-misc/hello-1.0"]["RDEPEND"].startswith(
        "dev-libs/libaa:0/1= >=dev-libs/libaa-1.0[shared(+)]"
    )


def test_emerge_installs_through_the_pinned_uri_and_takes_a_missing_packages_gz(
    builder: Prefix, binhost: Binhost, client: Prefix
) -> None:
    release(binhost, 1, builder, now=1_000_000)
    emerge(client, ["--getbinpkgonly", "--usepkgonly", "--oneshot", "app-misc/hello"])
    assert (client.root / "usr/share/libaa/version").read_text() == "1\n"
    said = subprocess.run([client.root / "usr/bin/hello"], capture_output=True, text=True, check=True)
    assert said.stdout == "hello\n"
    assert binhost.asked[:2] == ["/packages/Packages.gz", "/packages/Packages"]
    assert all(path.startswith("/releases/1/") for path in binhost.asked[2:])
    assert len(binhost.asked) == 4


def test_client_sees_a_newer_index_after_six_seconds_and_never_an_older_one(
    builder: Prefix, binhost: Binhost, client: Prefix
) -> None:
    """Why TIMESTAMP grows in steps, and why a rollback has to be published with a new one."""
    old, new = ("dev-libs/libaa-1.0", "app-misc/hello-1.0"), ("dev-libs/libaa-1.0", "app-misc/hello-1.1")
    release(binhost, 1, builder, *old, now=1_000_000)
    assert chosen(client, binhost) == "hello-1.0-1.gpkg.tar"
    release(binhost, 2, builder, *new, now=1_000_000 + STEP - 1)
    assert chosen(client, binhost) == "hello-1.0-1.gpkg.tar"
    release(binhost, 3, builder, *new, now=1_000_000 + STEP)
    assert chosen(client, binhost) == "hello-1.1-1.gpkg.tar"
    release(binhost, 4, builder, *old, now=1_000_000)
    assert chosen(client, binhost) == "hello-1.1-1.gpkg.tar"
    release(binhost, 5, builder, *old, now=1_000_000 + 2 * STEP)
    assert chosen(client, binhost) == "hello-1.0-1.gpkg.tar"


def test_packed_index_is_preferred(builder: Prefix, binhost: Binhost, client: Prefix) -> None:
    directory = binhost.root / "packages"
    shutil.copytree(pkgdir(builder), directory, ignore=shutil.ignore_patterns("Packages*"))
    indexed(directory).write(directory, HEADER, packed=True)
    set_binrepos(client, [Binrepo("swarm", f"{binhost.url}/packages")])
    assert chosen(client, binhost) == "hello-1.1-1.gpkg.tar"
    assert binhost.asked[0] == "/packages/Packages.gz"
    assert "/packages/Packages" not in binhost.asked
