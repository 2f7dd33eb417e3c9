"""Where this machine's Portage is: the host's own on Gentoo, a virtual environment's elsewhere."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct


class PortageMissing(Exception):
    """No emerge is to be found on this machine; the message says how to get one."""


class Portage(Struct, frozen=True):
    """An installed Portage: the Python that can import it, the directory of its programs, its defaults."""

    python: Path
    bin: Path
    configuration: Path | None
    """The directory of make.globals, where a prefix must be told of it; None for a Gentoo host's own."""

    @property
    def emerge(self) -> Path:
        """The program `emerge`."""
        return self.bin / "emerge"


def find_portage() -> Portage:
    """The Portage beside the running Python, else the one in PATH, else the one in /usr/bin.

    Raises: PortageMissing.
    """
    for directory in _candidates():
        if os.access(directory / "emerge", os.X_OK):
            return Portage(_python(directory), directory, _configuration(directory))
    raise PortageMissing(
        "no emerge beside this Python, in PATH or in /usr/bin; "
        "run `make` in the checkout, or `pip install portage` into this Python's environment"
    )


def _candidates() -> Iterator[Path]:
    yield Path(sys.executable).parent
    if found := shutil.which("emerge"):
        yield Path(found).parent
    yield Path("/usr/bin")


def _python(directory: Path) -> Path:
    """The Python of an emerge is named by its first line; Gentoo's wrapper leads to the host's python3."""
    with (directory / "emerge").open("rb") as script:
        first = script.readline(512).decode(errors="replace").strip()
    interpreter = first.removeprefix("#!").split()[:1]
    if interpreter and Path(interpreter[0]).name.startswith("python") and Path(interpreter[0]).exists():
        return Path(interpreter[0])
    beside = directory / "python3"
    return beside if beside.exists() else Path(shutil.which("python3") or "/usr/bin/python3")


def _configuration(directory: Path) -> Path | None:
    for home in (directory.parent / "share/portage/config", Path("/usr/share/portage/config")):
        if (home / "make.globals").is_file():
            return home
    return None
