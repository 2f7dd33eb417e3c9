"""A small Gentoo for tests: repositories made on the spot, client profiles, and what emerge makes of them."""

import platform
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from swarm_node.model.estimate import cp_of
from swarm_node.model.work import PlanRow
from swarm_node.portage.client import furnish
from swarm_node.portage.install import find_portage
from swarm_node.portage.plan import discover
from swarm_node.portage.prefix import Repository, portage_environment
from swarm_node.portage.profile import ARCHES, read_profile, read_profiles

ARCH = ARCHES.get(platform.machine(), platform.machine())
LAYOUT = "masters = {masters}\nthin-manifests = true\nprofile-formats = portage-2\ncache-formats = md5-dict\n"
EBUILD = {
    "DESCRIPTION": "Made for a test",
    "SLOT": "0",
    "KEYWORDS": ARCH,
    "LICENSE": "Trial",
    "S": "${WORKDIR}",
}


class Gentoo(NamedTuple):
    """One place with repositories, client profiles and a production binhost."""

    root: Path

    @property
    def repositories(self) -> list[Repository]:
        return [Repository(path.name, path) for path in sorted((self.root / "repositories").iterdir())]

    @property
    def production(self) -> Path:
        return self.root / "production"

    @property
    def profiles(self) -> Path:
        return self.root / "profiles"


def gentoo(root: Path, *repositories: str) -> Gentoo:
    """An empty one; repositories are sorted by name and the first is the main one."""
    for number, name in enumerate(repositories or ("main",)):
        files = {
            "metadata/layout.conf": LAYOUT.format(masters=repositories[0] if number else ""),
            "profiles/repo_name": f"{name}\n",
            "profiles/categories": "app-misc\ndev-libs\ndev-util\n",
            "profiles/arch.list": f"{ARCH}\n",
            "profiles/profiles.desc": f"{ARCH} default stable\n",
            "profiles/default/eapi": "8\n",
            "profiles/default/make.defaults": "\n".join(
                [
                    f'ARCH="{ARCH}"',
                    f'ACCEPT_KEYWORDS="{ARCH}"',
                    'ACCEPT_LICENSE="Trial"',
                    f'CHOST="{platform.machine()}-pc-linux-gnu"',
                    "",
                ]
            ),
            "licenses/Trial": "Do as you like.\n",
            "licenses/Strict": "Ask first.\n",
        }
        write(root / "repositories" / name, files)
    (root / "production").mkdir()
    return Gentoo(root)


def write(directory: Path, files: Mapping[str, str]) -> None:
    """Write each file, making its folders."""
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def add(place: Gentoo, cpv: str, repository: str = "main", **variables: str) -> Path:
    """An ebuild that installs one small file; `variables` are its metadata."""
    package = cpv.rpartition("/")[2]
    lines = [f'{name}="{value}"' for name, value in (EBUILD | variables).items()]
    install = (
        'src_install() { echo "${PF} ${USE}" > note; insinto /usr/share/${PN}-${SLOT%%/*}; doins note; }'
    )
    path = place.root / "repositories" / repository / cp_of(cpv) / f"{package}.ebuild"
    write(path.parent, {path.name: "\n".join(["EAPI=8", *lines, install, ""])})
    return path


def client(place: Gentoo, name: str, *world: str, **etc_portage: str) -> Path:
    """A client profile; keywords are files of its etc/portage, `package_use` being package.use."""
    files = {f"etc/portage/{file.replace('_', '.', 1)}": text for file, text in etc_portage.items()}
    write(place.profiles / name, {"world": "".join(f"{atom}\n" for atom in world), **files})
    (place.profiles / name / "etc/portage").mkdir(parents=True, exist_ok=True)
    return place.profiles / name


def release(place: Gentoo, name: str) -> None:
    """Have real emerge build the whole world of a client into production, each package in turn merged."""
    profile = read_profile(place.profiles / name)
    prefix = furnish(place.root / "builder", profile, place.repositories, [], find_portage())
    command = [
        prefix.portage.python,
        prefix.portage.emerge,
        "--buildpkg",
        "--color=n",
        "--nospinner",
        "--jobs=2",
    ]
    done = subprocess.run(
        [*command, *profile.world],
        env=portage_environment(prefix) | {"PKGDIR": str(place.production)},
        capture_output=True,
        text=True,
        timeout=800,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def copied(place: Gentoo, root: Path) -> Gentoo:
    """The same again elsewhere, to be changed freely; what Portage learned of the ebuilds comes along."""
    shutil.copytree(place.root, root, symlinks=True, ignore=lambda _, names: {"builder"} & set(names))
    return Gentoo(root)


async def needed(place: Gentoo, *names: str) -> dict[str, PlanRow]:
    """What `discover` says for all clients, or for those named, by id."""
    profiles = [profile for profile in read_profiles(place.profiles) if not names or profile.name in names]
    rows = await discover(find_portage(), profiles, place.repositories, place.production, place.root / "work")
    return {row.id: row for row in rows}
