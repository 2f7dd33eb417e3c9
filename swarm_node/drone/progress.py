"""How far a build has come, folded from emerge's output line by line; pure.

Markers: Portage's `>>>` lines (phase-functions.sh), and the counters of build systems and test runners.
What counts nothing (make alone, go, npm) has no fraction here; how long it took before is for others to say.
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
COUNTED: Final[tuple[Phase, ...]] = ("compile", "test", "install")
"""Only these phases run build systems; a bracketed number elsewhere means something else."""
COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")
COUNTERS: Final = (
    re.compile(r"^\s*\[\s*([\d,]+)\s*/\s*([\d,]+)\s*\]"),  # ninja and with it meson, waf, bazel
    re.compile(r"^\s*\[\s*(\d{1,3})(?:\.\d+)?%\s*\]()"),  # make as cmake writes it, scons
    re.compile(r"\bBuilding \[[=> ]*\]\s+(\d+)/(\d+)"),  # cargo's bar
    re.compile(r"^\s*(\d{1,3})% \(?\d*()"),  # webpack
)
TEST_COUNTERS: Final = (
    re.compile(r"^\s*(\d+)/(\d+) Test +#\d+: "),  # ctest
    re.compile(r"^\s*(\d+)/(\d+) .+ (?:OK|FAIL|SKIP|TIMEOUT|ERROR|EXPECTEDFAIL|UNEXPECTEDPASS)\b"),  # meson
    re.compile(r"^\S+ [.FEsxX]+ +\[ *(\d{1,3})%\]$()"),  # pytest
)
BINARY: Final = re.compile(r"^>>> (?:Emerging binary|Installing) \((\d+) of (\d+)\)")
MOST: Final = 10_000_000
"""Steps that a counter may count; what says more is none."""
OVER: Final = 0.99
"""A counter that has come so far has ended: a smaller number is another one's, the next architecture's."""
ALIKE: Final = 0.1
"""A total that changes by no more than this part is the same counter's: ninja finds more to do on its way."""

LINE_BYTES: Final = 4096


class Counter(Struct, frozen=True):
    """So many steps of so many; `round` counts the counters that a phase had, since some build twice."""

    done: int
    total: int
    round: int = 1

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return min(self.done / self.total, 1.0)


class Progress(Struct, frozen=True):
    """The phase that a build is in, and how far its own counter in that phase is (None: it has none)."""

    phase: Phase = "deps"
    counter: Counter | None = None
    failed: bool = False
    """Portage itself has named the phase that failed; later markers no longer count."""

    @property
    def fraction(self) -> float | None:
        """The part of the phase that is done, from 0 to 1, in the present round of it."""
        return self.counter.share if self.counter is not None else None

    @property
    def round(self) -> int:
        """Which counter of the phase that is."""
        return self.counter.round if self.counter is not None else 1


def advance(progress: Progress, line: str) -> Progress:
    """What is known after one more line of output."""
    if progress.failed:
        return progress
    if broken := FAILED.match(line):
        phase = broken[1]
        named = next((known for known in PHASES if known == phase), FROM_EBUILD.get(phase, progress.phase))
        return Progress(named, progress.counter, failed=True)
    if FETCH_FAILED.match(line):
        return Progress("fetch", failed=True)
    if line.startswith(">>> "):
        return _marked(progress, line)
    if progress.phase in COUNTED and (said := _counted(line[:200], progress.phase)) is not None:
        counter = said if progress.counter is None else _further(progress.counter, said)
        return replace(progress, counter=counter)
    return progress


def split_lines(pending: bytes, chunk: bytes) -> tuple[list[str], bytes]:
    """The whole lines of `pending + chunk`, cut at 4 KiB each, and the bytes that still wait for an end."""
    *whole, rest = (pending + chunk).replace(b"\r", b"\n").split(b"\n")
    return [line[:LINE_BYTES].decode(errors="replace") for line in whole], rest[:LINE_BYTES]


def _marked(progress: Progress, line: str) -> Progress:
    if progress.phase == "deps":
        binary = BINARY.match(line)
        return Progress("deps", _counter(int(binary[1]) - 1, int(binary[2]))) if binary else progress
    for marker, phase in MARKERS:
        if line.startswith(marker) and phase != progress.phase:
            return Progress(phase)
    return progress


def _counted(line: str, phase: Phase) -> Counter | None:
    """What a line counts, in itself."""
    line = COLOUR.sub("", line)
    for pattern in (*TEST_COUNTERS, *COUNTERS) if phase == "test" else COUNTERS:
        if found := pattern.search(line):
            return _counter(*(int(number.replace(",", "") or 100) for number in found.groups()))
    return None


def _counter(done: int, total: int) -> Counter | None:
    return Counter(done, total) if 0 < total <= MOST else None


def _further(before: Counter, said: Counter) -> Counter:
    """The counter after it said something. It never goes back; one inside a larger one is not listened to."""
    same = abs(said.total - before.total) <= before.total * ALIKE
    if before.share >= OVER and said.share <= (0.5 if same else OVER):
        return replace(said, round=before.round + 1)
    if not same:
        return replace(said, round=before.round + 1) if said.total > before.total else before
    return replace(said, round=before.round) if said.share >= before.share else before
