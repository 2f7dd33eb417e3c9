"""What has to outlive a power cut: directories, trees, and the one rename that shows something new."""

import ctypes
import errno
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Final

FEW: Final = 16
"""Directories that are cheaper to sync one by one than the file system is to sync as a whole."""

_LIBC: Final = ctypes.CDLL(None, use_errno=True)


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable. Raises: OSError."""
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def sync_tree(root: Path) -> None:
    """Make every name below a directory durable; its files' contents are already. Raises: OSError."""
    directories = [Path(name) for name, _, _ in os.walk(root, topdown=False)]
    if len(directories) > FEW and hasattr(_LIBC, "syncfs"):
        _sync_file_system(root)
        return
    for directory in directories:
        sync_directory(directory)


def _sync_file_system(path: Path) -> None:
    """syncfs(2): one commit for thousands of directories."""
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if _LIBC.syncfs(directory) != 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), str(path))
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


def give(source: Path, target: Path) -> None:
    """The same immutable file under a second name; copied where that is on another file system.

    Raises: OSError, FileNotFoundError when the source is gone.
    """
    try:
        os.link(source, target)
    except FileNotFoundError:
        if target.parent.is_dir():
            raise
        target.parent.mkdir(parents=True, exist_ok=True)
        give(source, target)
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EPERM, errno.EMLINK):
            raise
        _copy(source, target)


def _copy(source: Path, target: Path) -> None:
    shutil.copy2(source, target)
    target.chmod(0o444)
    with target.open("rb") as copied:
        os.fsync(copied.fileno())


def discard(path: Path) -> None:
    """Delete a directory so that nobody ever sees half of it: renamed to a hidden name first.

    What cannot be deleted now is left for the next sweep.
    """
    doomed = path if path.name.startswith(".") else path.with_name(f".{path.name}.old")
    with suppress(OSError):
        if doomed != path:
            shutil.rmtree(doomed, ignore_errors=True)
            path.rename(doomed)
    shutil.rmtree(doomed, ignore_errors=True)
