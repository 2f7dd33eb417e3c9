"""What has to outlive a power cut: files, names, and the one rename that shows something new.

Where it is about thousands of files, paths are strings: pathlib would cost more than the system calls.
"""

import ctypes
import errno
import os
import shutil
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

FEW: Final = 16
"""Directories that are cheaper to sync one by one than the file system is to sync as a whole."""

DOOMED: Final = ".old"
"""How the names of what was set aside end."""

_LIBC: Final = ctypes.CDLL(None, use_errno=True)


def sync_directory(path: Path | str) -> None:
    """Make the names in a directory durable. Raises: OSError."""
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def sync_directories(directories: Collection[str]) -> None:
    """Make the names in all of these durable; they are on one file system. Raises: OSError."""
    if len(directories) > FEW and hasattr(_LIBC, "syncfs"):
        _sync_file_system(next(iter(directories)))
        return
    for directory in directories:
        sync_directory(directory)


def _sync_file_system(path: str) -> None:
    """syncfs(2): one commit for thousands of directories."""
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if _LIBC.syncfs(directory) != 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), path)
    finally:
        os.close(directory)


def write_file(path: Path, data: bytes) -> None:
    """A new file with this content, durable but for its name. Raises: OSError."""
    with path.open("wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())


def point(link: Path, target: str) -> None:
    """Have a symbolic link name another target, in one rename; there is no moment without it."""
    draft = link.with_name(f".{link.name}.new")
    draft.unlink(missing_ok=True)
    draft.symlink_to(target)
    draft.rename(link)
    sync_directory(link.parent)


def give(files: Iterable[tuple[Path, str]], target: Path) -> list[str]:
    """The same immutable files below `target`, each from below the directory beside its path.

    Hard links, or copies where that is on another file system. Answers the directories that came to be.
    Raises: OSError, FileNotFoundError when a file is gone.
    """
    root = str(target)
    made, known = [root], {""}
    for source, path in files:
        for parent in _missing(path.rpartition("/")[0], known):
            os.mkdir(f"{root}/{parent}")  # noqa: PTH102
            made.append(f"{root}/{parent}")
        _link(f"{source}/{path}", f"{root}/{path}")
    return made


def _missing(directory: str, known: set[str]) -> list[str]:
    """A relative directory and those above it that are not known yet, the uppermost first."""
    found: list[str] = []
    while directory not in known:
        known.add(directory)
        found.insert(0, directory)
        directory = directory.rpartition("/")[0]
    return found


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EPERM, errno.EMLINK):
            raise
        _copy(source, target)


def _copy(source: str, target: str) -> None:
    shutil.copy2(source, target)
    copied = os.open(target, os.O_RDONLY)
    try:
        os.fchmod(copied, 0o444)
        os.fsync(copied)
    finally:
        os.close(copied)


def set_aside(path: Path) -> None:
    """Take a directory out of sight in one rename; `sweep` deletes it. Nothing happens if it is not there.

    Raises: OSError.
    """
    doomed = path.with_name(f".{path.name.lstrip('.')}.{os.urandom(4).hex()}{DOOMED}")
    with suppress(FileNotFoundError):
        path.rename(doomed)


def sweep(directory: Path) -> None:
    """Delete everything that was set aside in a directory; what cannot be deleted stays for the next time."""
    for path in directory.glob(f".*{DOOMED}"):
        shutil.rmtree(path, ignore_errors=True)
