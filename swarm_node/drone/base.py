"""The frozen base that every attempt starts from, and the hash that names it in each result."""

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

INSTALLED: Final = "var/db/pkg"
SYSTEM_PARTS: Final = ("etc/portage", INSTALLED)
"""What identifies a whole Gentoo system: its configuration and its installed packages."""

_known: dict[tuple[Path, str], str] = {}


def base_id(base: Path) -> str:
    """A hash (16 hex digits) of all that a build could see of `base`: paths, kinds, modes and contents.

    Contents are read again only when size or time of a file changed. The base `/` is named by its
    configuration and by the records of its installed packages, without reading every file of the system.
    """
    entries = list(_entries(base))
    look = hashlib.blake2b(digest_size=16)
    for path, status in entries:
        look.update(
            f"{path}\0{status.st_mode}\0{status.st_size}\0{status.st_mtime_ns}\n".encode(
                "utf-8", "surrogateescape"
            )
        )
    key = (base, look.hexdigest())
    if key not in _known:
        _known[key] = _content(base, entries)
    return _known[key]


def _content(base: Path, entries: list[tuple[str, os.stat_result]]) -> str:
    digest = hashlib.blake2b(digest_size=8)
    for path, status in entries:
        digest.update(f"{path}\0{status.st_mode:o}\0".encode("utf-8", "surrogateescape"))
        if stat.S_ISLNK(status.st_mode):
            digest.update(os.fsencode((base / path).readlink()))
        elif stat.S_ISREG(status.st_mode):
            with (base / path).open("rb") as file:
                digest.update(hashlib.file_digest(file, "blake2b").digest())
    return digest.hexdigest()


def _entries(base: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Every entry of the base in a fixed order, as a path relative to it, with its lstat."""
    tops = [base / part for part in SYSTEM_PARTS] if base == Path("/") else [base]
    for top in tops:
        for directory, names, files in os.walk(top):
            names.sort()
            links = [name for name in names if (Path(directory) / name).is_symlink()]
            for name in sorted([*files, *links]):
                path = Path(directory) / name
                yield str(path.relative_to(base)), path.lstat()
            yield str(Path(directory).relative_to(base)), _without_size(Path(directory))


def _without_size(directory: Path) -> os.stat_result:
    """The status of a directory, whose size and time say nothing that its entries do not."""
    status = directory.lstat()
    return os.stat_result((status.st_mode, *[0] * 9))
