"""The command lines and variables that make emerge do a drone's two steps; see emerge(1) and make.conf(5)."""

from collections.abc import Iterable, Mapping
from typing import Final

from swarm_node.model.work import BuildOrder
from swarm_node.portage.install import Portage

TALK: Final = ("--color=n", "--nospinner", "--quiet-build=n", "--ignore-default-opts", "--autounmask=n")
"""Everything on standard output, nothing that only a terminal wants, no question asked."""

DRONE_FEATURES: Final = (
    "buildpkg fail-clean -getbinpkg binpkg-multi-instance pkgdir-index-trusted -ccache -distcc"
)
"""The handbook's, but with BUILD_IDs; the trusted index is how a package gets the one it was ordered with."""


def install_command(portage: Portage, atoms: Iterable[str]) -> list[str]:
    """Step one: install exactly these atoms, from binary packages of the binhosts and in no other way."""
    options = ("--oneshot", "--getbinpkgonly", "--usepkgonly", "--binpkg-respect-use=n")
    return [str(portage.python), str(portage.emerge), *TALK, *options, "--", *atoms]


def build_command(portage: Portage, cpv: str, repository: str = "") -> list[str]:
    """Step two: make the binary package of exactly this cpv and install nothing.

    The resolver stays out of it (`--nodeps`): what the build may see was decided with the order and was put
    in place by step one, so that a drone can never build a second package in passing.
    """
    atom = f"={cpv}::{repository}" if repository else f"={cpv}"
    return [
        str(portage.python),
        str(portage.emerge),
        *TALK,
        "--oneshot",
        "--buildpkgonly",
        "--nodeps",
        "--",
        atom,
    ]


def build_env(order: BuildOrder, cores: int, *, isolated: bool) -> dict[str, str]:
    """The one place that says how an attempt is compiled: FEATURES, MAKEOPTS and the package's own variables.

    `isolated` rooms cut the compile phases off the network, as Gentoo does by default.
    """
    jobs = min(cores, order.jobs) if order.jobs else cores
    settings = {
        "FEATURES": DRONE_FEATURES + (" network-sandbox" if isolated else ""),
        "MAKEOPTS": f"-j{jobs}",
        "NINJAOPTS": f"-j{jobs}",
        "CARGO_BUILD_JOBS": str(jobs),
        "CARGO_TERM_PROGRESS_WHEN": "always",  # a counter, which it else draws for terminals only
        "CARGO_TERM_PROGRESS_WIDTH": "80",
        "CLEAN_DELAY": "0",
        "EMERGE_WARNING_DELAY": "0",
    }
    return settings | order.package_env


def package_settings(order: BuildOrder) -> dict[str, str]:
    """The lines that portage(5) wants in each `package.*` file of the room for this order.

    The orchestrator's resolver has accepted every version involved; a drone's own masks have no say in it.
    """
    exact = f"={order.cpv}"
    return {
        "package.use": f"{exact} {' '.join(order.use)}\n" if order.use else "",
        "package.accept_keywords": "*/* **\n",
        "package.license": "*/* *\n",
        "package.unmask": "".join(f"{atom.partition('[')[0]}\n" for atom in (exact, *order.install)),
    }


def index_before(cpv: str, build_id: int) -> str:
    """A `Packages` index of a PKGDIR from which Portage counts on to `build_id`; empty for the first.

    With FEATURES=pkgdir-index-trusted Portage takes the highest BUILD_ID from the index, file or no file.
    """
    if build_id <= 1:
        return ""
    category, _, package = cpv.partition("/")
    name = package_name(package)
    entry: Mapping[str, str | int] = {
        "BUILD_ID": build_id - 1,
        "CPV": cpv,
        "MTIME": 1,
        "PATH": f"{category}/{name}/{package}-{build_id - 1}.gpkg.tar",
        "SIZE": 1,
        "SLOT": "0",
    }
    lines = "".join(f"{key}: {value}\n" for key, value in entry.items())
    return f"PACKAGES: 1\nTIMESTAMP: 1\nVERSION: 0\n\n{lines}\n"


def package_path(cpv: str, build_id: int) -> str:
    """Where Portage puts the GPKG below PKGDIR (FEATURES=binpkg-multi-instance)."""
    category, _, package = cpv.partition("/")
    return f"{category}/{package_name(package)}/{package}-{build_id}.gpkg.tar"


def package_name(package: str) -> str:
    """The PN of a PF (PMS 3.2): `foo-bar-1.2-r3` is `foo-bar`."""
    parts = package.split("-")
    if len(parts) > 2 and parts[-1][:1] == "r" and parts[-1][1:].isdigit():
        parts = parts[:-1]
    return "-".join(parts[:-1])
