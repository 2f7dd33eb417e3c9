"""A finished package and its result, kept on disk until the orchestrator has answered for it."""

import hashlib
import os
import shutil
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from swarm_node.drone.build import BuildOutcome
from swarm_node.model.work import Measures

RESULT: Final = "result.json"
LOG: Final = "build.log"
PACKAGES: Final = "packages"


class Result(Struct, frozen=True):
    """What is handed in: `package` relative to the attempt's directory, `sha512` in hex, `size` in bytes."""

    attempt: int
    package: str
    sha512: str
    size: int
    measures: Measures


def keep(attempts: Path, attempt: int, outcome: BuildOutcome) -> Result:
    """Make a successful outcome durable, package first, so that a result on disk always has its package.

    Raises: OSError.
    """
    home = attempts / str(attempt)
    assert outcome.package is not None
    with outcome.package.open("rb") as file:
        sha512 = hashlib.file_digest(file, "sha512").hexdigest()
        os.fsync(file.fileno())
        size = os.fstat(file.fileno()).st_size
    package = str(outcome.package.relative_to(home))
    result = Result(attempt, package, sha512, size, outcome.measures)
    fresh = home / f".{RESULT}"
    with fresh.open("wb") as out:
        out.write(msgspec.json.encode(result))
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(home / RESULT)
    _sync_directory(home)
    return result


def kept(attempts: Path) -> list[Result]:
    """The results on disk whose packages are there, oldest first; a damaged one is passed over."""
    found = []
    for path in attempts.glob(f"*/{RESULT}"):
        try:
            result = msgspec.json.decode(path.read_bytes(), type=Result)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            continue
        if str(result.attempt) == path.parent.name and package_path(attempts, result).is_file():
            found.append(result)
    return sorted(found, key=lambda result: result.attempt)


def package_path(attempts: Path, result: Result) -> Path:
    """Where the package of a result lies."""
    return attempts / str(result.attempt) / result.package


def log_path(attempts: Path, attempt: int) -> Path:
    """Where the log of an attempt lies."""
    return attempts / str(attempt) / LOG


def forget(attempts: Path, attempt: int) -> None:
    """Drop result and package; the log stays until `tidy`."""
    home = attempts / str(attempt)
    (home / RESULT).unlink(missing_ok=True)
    shutil.rmtree(home / PACKAGES, ignore_errors=True)


def tidy(attempts: Path) -> None:
    """Remove what earlier attempts left, but for the results that nobody has answered for."""
    if not attempts.is_dir():
        return
    waiting = {str(result.attempt) for result in kept(attempts)}
    for home in attempts.iterdir():
        if home.name not in waiting:
            shutil.rmtree(home, ignore_errors=True)


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
