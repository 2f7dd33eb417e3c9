"""The demo's ways to fail: a package for each row of the handbook's error table, its damage and its cure."""

import shutil
from pathlib import Path
from typing import Final, NamedTuple

from swarm_node.demo.remotes import TREES


class Fault(NamedTuple):
    """One row: the error, the package that shows it, the action that cures it, and words of its output."""

    error: str
    package: str
    remedy: str
    sign: str


FAULTS: Final[tuple[Fault, ...]] = (
    Fault("Missing overlay", "games-misc/cometfall", "sync-overlays", "there are no ebuilds to satisfy"),
    Fault("Portage tree mismatch", "app-text/starlore", "sync-fix", "Digest verification failed"),
    Fault(
        "Kernel-specific", "x11-drivers/starlight-drivers", "build-local", "kernel configuration not found"
    ),
    Fault("Transient failure", "net-misc/skywire", "unblock", "503"),
    Fault("USE flag mismatch", "app-misc/planisphere", "configure", "REQUIRED_USE"),
)


_EDIT: Final = "# tried something here\n"


def damage(clone: Path) -> None:
    """Leave a clone of the `demo` tree with a local edit: the ebuild of app-text/starlore no longer is what
    its Manifest says.

    `git pull --ff-only` keeps the edit; fetch, reset --hard and clean undo it. Twice is the same as once.
    """
    if not damaged(clone):
        with _edited(clone).open("a") as ebuild:
            ebuild.write(_EDIT)


def damaged(clone: Path) -> bool:
    """Whether `damage` was done to this clone and not undone since."""
    return _EDIT in _edited(clone).read_text()


def _edited(clone: Path) -> Path:
    return clone / "app-text" / "starlore" / "starlore-1.0.ebuild"


def install_kernel(prefix: Path) -> None:
    """Give one Portage prefix a configured kernel, usr/src/linux/.config, as a local builder has."""
    directory = prefix / "usr" / "src" / "linux"
    directory.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(TREES / "kernel" / "config", directory / ".config")


def choose_use(profile: Path) -> None:
    """Write the line of package.use that the planisphere's REQUIRED_USE asks for into a client profile."""
    line = profile / "etc" / "portage" / "package.use" / "planisphere"
    line.parent.mkdir(parents=True, exist_ok=True)
    line.write_text("app-misc/planisphere north\n")
