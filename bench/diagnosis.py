"""Diagnosis: how often it is right on labelled failures, and what a log of 100 MB costs.

The labelled failures are a folder of logs with `labels.csv` (file, kind, fix), named by FAILURES or found in
../shared/data/failures; without it only time and memory are measured.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, process_time

from bench import Row
from swarm_node.model.diagnosis import diagnose
from swarm_node.model.excerpt import excerpt
from swarm_node.orchestrator.failures import load

ROOT = Path(__file__).parents[1]
LABELLED = Path(os.environ.get("FAILURES") or ROOT.parent / "shared" / "data" / "failures")
RIGHT, SECONDS, MEBIBYTES = 0.95, 2.0, 64
MEGABYTES = 100
RUNS = 2
LINE = b"libtool: compile: gcc -DHAVE_CONFIG_H -Werror=format -O2 -c lib/module_%d.c -o .libs/module_%d.o\n"
ERROR = b"lib/broken.c:12:3: error: expected ';' before '}' token\n"


def rows() -> list[Row]:
    """Accuracy where there are labels; time and memory always, in a process of their own."""
    return [*accuracy(), *cost()]


def accuracy() -> list[Row]:
    """The shares of kinds and fixes that are right, each with its table of confusions."""
    if not (LABELLED / "labels.csv").is_file():
        print(f"no labelled failures at {LABELLED}; name them with FAILURES", file=sys.stderr)
        return []
    rules = load(Path("/nonexistent"))
    kinds, fixes = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    with (LABELLED / "labels.csv").open(encoding="utf-8", newline="") as table:
        for label in csv.DictReader(table):
            found = diagnose(excerpt([(LABELLED / label["file"]).read_bytes()]), rules)
            kinds[label["kind"], found.kind] += 1
            fixes[label["fix"], found.remedy] += 1
    return [_share("kind", kinds), _share("fix", fixes)]


def _share(what: str, pairs: Counter[tuple[str, str]]) -> Row:
    right, total = sum(n for (label, got), n in pairs.items() if label == got), pairs.total()
    return Row(
        what=f"diagnosis, {what} right",
        figure=f"{right} of {total} ({right / total:.1%})",
        target=f"≥ {RIGHT:.0%}",
        ratio=right / total / RIGHT,
        ok=right >= RIGHT * total,
        detail=confusion(what, pairs),
    )


def confusion(what: str, pairs: Counter[tuple[str, str]]) -> str:
    """Labels down, answers across, the right ones on the diagonal."""
    names = sorted({name for pair in pairs for name in pair})
    width = max(map(len, names))
    letters = [chr(ord("a") + number) for number in range(len(names))]
    lines = [f"{what:{width + 4}}" + "".join(f"{letter:>4}" for letter in letters)]
    for letter, label in zip(letters, names, strict=True):
        cells = (str(pairs[label, got] or "·") for got in names)
        lines.append(f"{letter} {label:{width + 2}}" + "".join(f"{cell:>4}" for cell in cells))
    return "\n".join(lines)


def _noise() -> bytes:
    """A make's, a megabyte of it."""
    return b"".join(LINE % (n, n) for n in range(1_000_000 // len(LINE)))


def _halves() -> bytes:
    """What every rule looks for, broken off and followed by what its patterns repeat."""
    signs = [rule.entry.example.encode() for rule in load(Path("/nonexistent")) if rule.entry.example]
    return b"".join(
        sign[: len(sign) // 2] + filling * 80 + b"\n" for sign in signs for filling in (b" ", b"x")
    )


SHAPES: dict[str, Callable[[], bytes]] = {
    "a make's": _noise,
    "one line": lambda: b"x cannot error: y ",
    "empty lines": lambda: b"\n",
    "binary": lambda: bytes(range(256)) + b"\x1b[31m\x1b]0;" + "é".encode()[:1],
    "all errors": lambda: b"a.c:1: error: x cannot ERROR !!! *** [ FAILED\n",
    "broken-off signs": _halves,
}
"""What logs of 100 MB are made of."""


def pieces(shape: str) -> Iterator[bytes]:
    """100 MB in pieces of 1 MB, with one error in the middle."""
    unit = SHAPES[shape]()
    piece = (unit * (1_000_000 // len(unit) + 1))[:1_000_000]
    for number in range(MEGABYTES):
        yield piece
        if number == MEGABYTES // 2:
            yield b"\n" + ERROR


def measure(shape: str) -> None:
    """Print seconds, a processor's, and kibibytes over the baseline; run by `cost` in a fresh process."""
    rules = load(Path("/nonexistent"))
    diagnose(excerpt([ERROR]), rules)
    before = peak()
    begin, worked = monotonic(), process_time()
    found = diagnose(excerpt(pieces(shape)), rules)
    seconds, worked = monotonic() - begin, process_time() - worked
    assert shape != "a make's" or found.evidence[0].encode() == ERROR.strip(), found
    print(seconds, worked, peak() - before)


def peak() -> int:
    """Kibibytes that this process has taken at most; getrusage(2) counts those of its parent as well."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0])


def cost() -> list[Row]:
    """Time and memory of logs of 100 MB of each shape, the better of two."""
    return [_cost(shape) for shape in SHAPES]


def _cost(shape: str) -> Row:
    command = [sys.executable, "-c", f"from bench.diagnosis import measure; measure({shape!r})"]
    runs = [
        subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
        for _ in range(RUNS)
    ]
    seconds, worked = min((float(run[0]), float(run[1])) for run in runs)
    size = max(int(run[2]) for run in runs) / 1024
    return Row(
        what=f"diagnosis, {MEGABYTES} MB, {shape}",
        figure=f"{seconds:.2f} s ({worked:.2f} s of a processor), {size:.0f} MiB over baseline",
        target=f"< {SECONDS:g} s, {MEBIBYTES} MiB",
        ratio=seconds / SECONDS,
        ok=seconds < SECONDS and size < MEBIBYTES,
    )
