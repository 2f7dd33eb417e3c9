"""One package's entry in the `Packages` file of a binhost, as Portage's own `bintree` would write it."""

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
from portage.dep import Atom, paren_enclose, use_reduce
from portage.exception import InvalidAtom, InvalidDependString

from swarm_node.portage.gpkg import Gpkg
from swarm_node.portage.limits import BadPackage, printable

NAMES: Final = """
BDEPEND BUILD_ID BUILD_TIME CHOST DEFINED_PHASES DEPEND EAPI IDEPEND IUSE KEYWORDS LICENSE PDEPEND PROPERTIES
PROVIDES RDEPEND REQUIRES RESTRICT SLOT USE USER_PATCHES repository
"""
FROM_METADATA: Final = tuple(NAMES.split())
"""Portage's keys; FETCHCOMMAND, URI and the like in a package's metadata never reach the index."""
DEPENDENCIES: Final = ("BDEPEND", "DEPEND", "IDEPEND", "PDEPEND", "RDEPEND")
CONDITIONAL: Final = (*DEPENDENCIES, "LICENSE", "PROPERTIES", "RESTRICT")
"""Values whose USE conditionals the index shows resolved."""
OMITTED: Final = {"EAPI": "0", "SLOT": "0"}
"""Defaults that a reader of the index fills in by itself."""
SPELLING: Final = {"_mtime_": "MTIME", "repository": "REPO"}
PATH: Final = re.compile(r"(?!\.)[A-Za-z0-9_+.-]+(/(?!\.)[A-Za-z0-9_+.-]+)*")


class Key(msgspec.Struct, frozen=True, order=True):
    """What tells entries apart: a version may have been built more than once."""

    cpv: str
    build_id: int


class Entry(msgspec.Struct, frozen=True):
    """One package of a binhost: where it lies below the index, its size in bytes, and its finished text."""

    key: Key
    path: str
    size: int
    text: bytes

    def fields(self) -> dict[str, str]:
        """The entry's values under the index's names (REPO, MTIME, …)."""
        return parse(self.text.decode())


def entry(package: Gpkg, *, path: str, size: int, mtime: int, md5: str, sha1: str) -> Entry:
    """The entry of a package that lies at `path`, relative to the index; `mtime` in whole seconds.

    Raises BadPackage `dependencies` when a dependency cannot be parsed, ValueError for an unusable path.
    """
    if not PATH.fullmatch(path):
        raise ValueError(f"{printable(path)} is no relative path that an index can hold")
    values = {name: package.metadata[name] for name in FROM_METADATA if package.metadata.get(name)}
    use = frozenset(values.get("USE", "").split())
    values |= {name: _resolved(name, values[name], use) for name in CONDITIONAL if name in values}
    values |= {"CPV": package.cpv, "PATH": path, "SIZE": str(size), "_mtime_": str(mtime)}
    values |= {"MD5": md5, "SHA1": sha1}
    return Entry(Key(package.cpv, package.build_id), path, size, _text(values))


def of_file(package: Gpkg, file: str | os.PathLike[str], *, path: str) -> Entry:
    """The entry of a package whose bytes are in `file`; raises as `entry` does, and OSError."""
    md5, sha1 = hashlib.md5(usedforsecurity=False), hashlib.sha1(usedforsecurity=False)
    with Path(file).open("rb") as content:
        found = os.fstat(content.fileno())
        while piece := content.read(1 << 20):
            md5.update(piece)
            sha1.update(piece)
    return entry(
        package,
        path=path,
        size=found.st_size,
        mtime=int(found.st_mtime),
        md5=md5.hexdigest(),
        sha1=sha1.hexdigest(),
    )


def parse(text: str) -> dict[str, str]:
    """The `NAME: value` lines of one block of an index; raises ValueError at a line of another form."""
    values: dict[str, str] = {}
    for line in text.split("\n"):
        if line:
            name, colon, value = line.partition(":")
            if not colon or not name or name in values:
                raise ValueError(f"{printable(line)} is not a new NAME: value")
            values[name] = value.removeprefix(" ")
    return values


def render(values: Mapping[str, str]) -> bytes:
    """One block of an index: a line for each value that is not empty, then an empty line."""
    return "".join([f"{name}: {value}\n" for name, value in values.items() if value]).encode() + b"\n"


def _resolved(name: str, value: str, use: frozenset[str]) -> str:
    """Atoms are checked even where nothing is conditional: a client would stumble over them."""
    try:
        token = Atom if name in DEPENDENCIES else None
        return str(paren_enclose(use_reduce(value, uselist=use, token_class=token)))
    except (InvalidDependString, InvalidAtom, RecursionError) as error:
        reason = printable(str(error).strip(), 200)
        raise BadPackage("dependencies", f"metadata: {name} cannot be parsed: {reason}") from None


def _text(values: Mapping[str, str]) -> bytes:
    """Sorted by Portage's own names, defaults left out."""
    kept = sorted(name for name, value in values.items() if value != OMITTED.get(name))
    return render({SPELLING.get(name, name): values[name] for name in kept})
