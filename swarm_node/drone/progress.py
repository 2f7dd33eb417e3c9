"""How far a build has come, folded from emerge's output line by line; pure.

Markers: Portage's `>>>` lines (phase-functions.sh), the counters of ninja, cmake and cargo.
"""

import re
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

Phase = Literal[
    "deps",
    "pretend",
    "setup",
    "fetch",
    "unpack",
    "prepare",
    "configure",
    "compile",
    "test",
    "install",
    "package",
]
PHASES: Final[tuple[Phase, ...]] = (
    *("deps", "pretend", "setup", "fetch", "unpack", "prepare"),
    *("configure", "compile", "test", "install", "package"),
)
MARKERS: Final[tuple[tuple[str, Phase], ...]] = (
    (">>> Verifying ebuild manifests", "pretend"),
    (">>> Running pre-merge checks", "pretend"),
    (">>> Emerging (", "setup"),
    (">>> Downloading '", "fetch"),
    (">>> Fetching", "fetch"),
    (">>> Unpacking", "unpack"),
    (">>> Preparing source", "prepare"),
    (">>> Configuring source", "configure"),
    (">>> Compiling source", "compile"),
    (">>> Test phase", "test"),
    (">>> Install ", "install"),
    (">>> Creating binpkg", "package"),
    (">>> Building package for", "package"),
)
FAILED: Final = re.compile(r"^ \* ERROR: \S+ failed \((\w+) phase\)")
FETCH_FAILED: Final = re.compile(
    r"^(!!! Couldn't download|!!! Fetched file:|!!! Fetch failed|.*Fetch failed for )"
)
FROM_EBUILD: Final[dict[str, Phase]] = {"nofetch": "fetch", "depend": "pretend", "instprep": "install"}
COUNTERS: Final = (
    re.compile(r"^\s*\[\s*(\d+)\s*/\s*(\d+)\s*\]"),
    re.compile(r"^\s*\[\s*(\d{1,3})(?:\.\d+)?%\s*\]()"),
    re.compile(r"\bBuilding \[[=> ]*\]\s+(\d+)/(\d+)"),
    re.compile(r"^\s*(\d{1,3})% \(?\d*"),
)
BINARY: Final = re.compile(r"^>>> (?:Emerging binary|Installing) \((\d+) of (\d+)\)")
COUNTED: Final = ("compile", "test", "install")
"""Only these phases run build systems; a bracketed number elsewhere means something else."""

LINE_BYTES: Final = 4096


class Progress(Struct, frozen=True):
    """The phase that a build is in and the part of that phase that is done (0…1, None when unknown)."""

    phase: Phase = "deps"
    fraction: float | None = None
    failed: bool = False
    """Portage itself has named the phase that failed; later markers no longer count."""


def advance(progress: Progress, line: str) -> Progress:
    """What is known after one more line of output."""
    if progress.failed:
        return progress
    if broken := FAILED.match(line):
        phase = broken[1]
        named = next((known for known in PHASES if known == phase), FROM_EBUILD.get(phase, progress.phase))
        return Progress(named, progress.fraction, failed=True)
    if FETCH_FAILED.match(line):
        return Progress("fetch", failed=True)
    if line.startswith(">>> "):
        return _marked(progress, line)
    if progress.phase in COUNTED and (fraction := _counted(line)) is not None:
        return replace(progress, fraction=fraction)
    return progress


def split_lines(pending: bytes, chunk: bytes) -> tuple[list[str], bytes]:
    """The whole lines of `pending + chunk`, cut at 4 KiB each, and the bytes that still wait for an end."""
    *whole, rest = (pending + chunk).replace(b"\r", b"\n").split(b"\n")
    return [line[:LINE_BYTES].decode(errors="replace") for line in whole], rest[:LINE_BYTES]


def _marked(progress: Progress, line: str) -> Progress:
    if progress.phase == "deps":
        binary = BINARY.match(line)
        return Progress("deps", _part(int(binary[1]) - 1, int(binary[2]))) if binary else progress
    for marker, phase in MARKERS:
        if line.startswith(marker) and phase != progress.phase:
            return Progress(phase)
    return progress


def _counted(line: str) -> float | None:
    for counter in COUNTERS:
        if found := counter.search(line[:200]):
            total = found[2] if found.lastindex and found.lastindex > 1 and found[2] else "100"
            return _part(int(found[1]), int(total))
    return None


def _part(done: int, total: int) -> float | None:
    return min(done / total, 1.0) if total > 0 else None
