"""The programs that the embedded swarm needs of the system, beside Python's own packages."""

import shutil
from collections.abc import Sequence
from typing import Final, NamedTuple


class Program(NamedTuple):
    """One program, the packages that bring it, and what does not work without it."""

    name: str
    debian: str
    gentoo: str
    purpose: str
    optional: bool = False


PROGRAMS: Final[tuple[Program, ...]] = (
    Program("bash", "bash", "app-shells/bash", "ebuilds are bash"),
    Program("gcc", "gcc", "sys-devel/gcc", "the demo's packages are C"),
    Program("git", "git", "dev-vcs/git", "the demo's trees are git repositories"),
    Program("make", "make", "dev-build/make", "the demo's packages are built with make"),
    Program("patch", "patch", "sys-devel/patch", "Portage applies patches with it"),
    Program("tar", "tar", "app-arch/tar", "Portage unpacks and packs with it"),
    Program("wget", "wget", "net-misc/wget", "Portage fetches distfiles and binary packages with it"),
    Program("zstd", "zstd", "app-arch/zstd", "binary packages are compressed with it"),
    Program("rsync", "rsync", "net-misc/rsync", "the overlay comes over rsync; over git without it", True),
    Program(
        "scanelf",
        "pax-utils",
        "app-misc/pax-utils",
        "packages tell their sonames",
        True,
    ),
    Program("setpriv", "util-linux", "sys-apps/util-linux", "a build ends when its drone ends", True),
    Program("unshare", "util-linux", "sys-apps/util-linux", "each build gets a clean room", True),
)


def missing(programs: Sequence[Program] = PROGRAMS) -> list[Program]:
    """The programs that PATH does not lead to, those that the demo can do without included."""
    return [program for program in programs if shutil.which(program.name) is None]
