"""A client profile: what one kind of client has installed and how it is configured.

A directory with `etc/portage`, see portage(5), and a file `world`: an atom or `@set` a line, see emerge(1).
"""

import hashlib
import platform
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

from swarm_node.model.refusal import Refused
from swarm_node.portage.prefix import Repository

ARCHES: Final = {
    "aarch64": "arm64",
    "armv7l": "arm",
    "i686": "x86",
    "loongarch64": "loong",
    "ppc64le": "ppc64",
    "riscv64": "riscv",
    "x86_64": "amd64",
}
"""Machine, as uname(1) names it, to Gentoo's ARCH."""

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}\Z")
ATOM: Final = re.compile(
    r"(?:[<>]=?|=|~)?"
    r"[A-Za-z0-9_][A-Za-z0-9+_.-]*/[A-Za-z0-9_][A-Za-z0-9+_.-]*\*?"
    r"(?::[A-Za-z0-9_][A-Za-z0-9+_./-]*)?"
    r"(?:::[A-Za-z0-9_][A-Za-z0-9_-]*)?"
    r"(?:\[[A-Za-z0-9+_@()=?!,-]+\])?\Z"
)
"""The shape of an atom (PMS 8.3) as a world file may hold it; what it means is for Portage to say."""
SET: Final = re.compile(r"@[A-Za-z0-9_][A-Za-z0-9_./-]*\Z")


class ClientProfile(Struct, frozen=True):
    """One client profile as it was read."""

    name: str
    path: Path
    world: tuple[str, ...]
    configuration: str
    """SHA-256 of everything in etc/portage and of the world file, in hexadecimal."""

    @property
    def portage(self) -> Path:
        """Its directory `etc/portage`."""
        return self.path / "etc/portage"


def read_profiles(directory: Path) -> tuple[ClientProfile, ...]:
    """Every client profile of a directory, by name; other things in it are passed over.

    Raises: Refused (bad_request) when there is none, or one is not as it should be.
    """
    try:
        found = sorted(path for path in directory.iterdir() if (path / "etc/portage").is_dir())
    except OSError as error:
        raise _refused(directory, error.strerror or str(error), _HOW) from None
    if not found:
        raise _refused(directory, "no client profile in it", _HOW)
    return tuple(read_profile(path) for path in found)


def read_profile(path: Path) -> ClientProfile:
    """The client profile of this directory, named like it.

    Raises: Refused (bad_request) naming the file, and the line where there is one.
    """
    if not NAME.match(path.name):
        raise _refused(
            path, "a profile's name has only letters, digits, dot, dash and underscore", "rename it"
        )
    if not (path / "etc/portage").is_dir():
        raise _refused(path, "no etc/portage in it", _HOW)
    try:
        world = tuple(_world(path / "world"))
        return ClientProfile(path.name, path, world, _digest(path))
    except FileNotFoundError as error:
        raise _refused(error.filename, "missing", "copy /var/lib/portage/world of a client there") from None
    except OSError as error:
        raise _refused(error.filename, error.strerror or "unreadable", "make it readable") from None


def make_profile(profile: ClientProfile, repositories: Sequence[Repository]) -> Path:
    """The Portage profile that the client is on: its own make.profile, as far as that makes sense here.

    A link into a repository at another place is followed to the same profile of our repository. Without any,
    the main repository's only profile for this machine's architecture is meant.
    Raises: Refused (bad_request) when no profile can be told.
    """
    own = profile.portage / "make.profile"
    if own.is_dir():
        return own.resolve()
    if own.is_symlink():
        target = own.readlink().as_posix()
        known = {repository.name: repository.location for repository in repositories}
        place, _, within = target.rpartition("/profiles/")
        moved = known.get(Path(place).name, repositories[0].location) / "profiles" / within
        if place and moved.is_dir():
            return moved
        raise _refused(
            own, f"it leads to {target}, which no repository has", "link it to a profile that exists"
        )
    return _only_profile(own, repositories[0].location / "profiles")


def _only_profile(own: Path, profiles: Path) -> Path:
    """See profiles.desc in portage(5): architecture, path, status."""
    arch = ARCHES.get(platform.machine(), platform.machine())
    try:
        lines = (profiles / "profiles.desc").read_text().splitlines()
    except OSError:
        lines = []
    rows = [line.split("#")[0].split() for line in lines]
    found = [profiles / row[1] for row in rows if len(row) >= 2 and row[0] == arch]
    if len(found) != 1:
        raise _refused(own, f"missing, and {profiles} has {len(found)} profiles for {arch}", "link it to one")
    return found[0]


_HOW: Final = "put the client's etc/portage and its world file into a directory there"


def _world(path: Path) -> Iterator[str]:
    try:
        text = path.read_text()
    except UnicodeDecodeError:
        raise _refused(path, "not a text file", "write one atom a line") from None
    for number, line in enumerate(text.splitlines(), 1):
        entry = line.partition("#")[0].strip()
        if entry and not ATOM.match(entry) and not SET.match(entry):
            raise _refused(f"{path}:{number}", f"{entry!r:.120} is not an atom", "write category/package")
        if entry:
            yield entry


def _digest(path: Path) -> str:
    digest = hashlib.sha256((path / "world").read_bytes())
    for file in sorted(_files(path / "etc/portage")):
        digest.update(f"\0{file.relative_to(path)}\0".encode())
        digest.update(str(file.readlink()).encode() if file.is_symlink() else file.read_bytes())
    return digest.hexdigest()


def _files(directory: Path) -> Iterator[Path]:
    for path in directory.iterdir():
        if path.is_dir() and not path.is_symlink():
            yield from _files(path)
        elif path.is_symlink() or path.is_file():
            yield path


def _refused(place: object, problem: str, hint: str) -> Refused:
    return Refused("bad_request", f"{place}: {problem}", hint)
