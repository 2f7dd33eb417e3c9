"""The demo's ways to fail: one package for each row of the handbook's error table, what breaks it and what cures it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final, NamedTuple

from swarm_node.demo.remotes import TREES


class Fault(NamedTuple):
    """One row: the error's name, the package that shows it, the action that cures it, and words of its output."""

    error: str
    package: str
    remedy: str
    sign: str


FAULTS: Final[tuple[Fault, ...]] = (
    Fault("Missing overlay", "games-misc/cometfall", "sync-overlays", "there are no ebuilds to satisfy"),
    Fault("Portage tree mismatch", "app-text/starlore", "sync-fix", "Digest verification failed"),
    Fault("Kernel-specific", "x11-drivers/starlight-drivers", "build-local", "kernel configuration not found"),
    Fault("Transient failure", "net-misc/skywire", "unblock", "503"),
    Fault("USE flag mismatch", "app-misc/planisphere", "fresh", "REQUIRED_USE"),
)


def damage(clone: Path) -> None:
    """Leave a clone of the `demo` tree with a local edit, as a sync that was cut short would.

    The Manifest of app-text/starlore names a digest that its distfile does not have. `git pull --ff-only` keeps the
    edit; fetch, reset --hard and clean undo it. Doing it twice changes nothing more.
    """
    manifest = clone / "app-text" / "starlore" / "Manifest"
    words = manifest.read_text().split()
    for index, word in enumerate(words):
        if word in ("BLAKE2B", "SHA512"):
            words[index + 1] = "0" * len(words[index + 1])
    manifest.write_text(" ".join(words) + "\n")


def damaged(clone: Path) -> bool:
    """Whether `damage` was done to this clone and not undone since."""
    return "BLAKE2B 000000" in (clone / "app-text" / "starlore" / "Manifest").read_text()


def install_kernel(prefix: Path) -> None:
    """Give one Portage prefix a configured kernel (usr/src/linux/.config), as the machine it builds for would have."""
    directory = prefix / "usr" / "src" / "linux"
    directory.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(TREES / "kernel" / "config", directory / ".config")


def choose_use(profile: Path) -> None:
    """Write the line of package.use that the planisphere's REQUIRED_USE asks for into a client profile."""
    line = profile / "etc" / "portage" / "package.use" / "planisphere"
    line.parent.mkdir(parents=True, exist_ok=True)
    line.write_text("app-misc/planisphere north\n")
