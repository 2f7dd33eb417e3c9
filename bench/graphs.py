"""Made-up needs-graphs with the statistics of a desktop's, so that no figure depends on one real graph.

The document is what `simulate --graph` reads: packages with cpv, seconds, measured, needs and stage3.
"""

from math import exp
from random import Random
from statistics import median
from typing import TypedDict

CATEGORIES = 80
HEAVY_SHARE, HEAVIEST, HEAVY_DECAY = 0.01, 27_000.0, 1.2
"""The heaviest of a desktop follow a rank-size law: the n-th takes about n**-1.2 of the first."""

LONGEST_LIGHT = 600.0
MEASURED_SHARE = 0.58


class Package(TypedDict):
    """One package: seconds on the reference drone, and what must be there before it is built."""

    cpv: str
    seconds: float
    measured: bool
    deps: list[str]
    build_needs: list[str]
    stage3: bool
    stage3_needs: list[str]


def generated(seed: int, packages: int = 1400) -> dict[str, list[Package]]:
    """A graph of that many packages; the same for the same seed."""
    draw = Random(seed)
    names = [
        f"cat-{int(CATEGORIES * draw.random() ** 2)}/package{n}-{1 + n % 7}.{n % 10}" for n in range(packages)
    ]
    heavy = draw.sample(range(packages // 3, packages), max(1, int(packages * HEAVY_SHARE)))
    seconds = [_light(draw) for _ in range(packages)]
    for rank, n in enumerate(heavy, 1):
        seconds[n] = round(HEAVIEST * rank**-HEAVY_DECAY * exp(draw.gauss(0, 0.2)), 1)
    measured = [n in heavy or draw.random() < MEASURED_SHARE for n in range(packages)]
    _guess_unmeasured(names, seconds, measured)
    rows: list[Package] = []
    for n, name in enumerate(names):
        needs = sorted({names[need] for need in _needs(draw, n, n in heavy)})
        deps = sorted({*needs, *(names[draw.randrange(n)] for _ in range(3) if n)})
        rows.append(
            Package(
                cpv=name,
                seconds=seconds[n],
                measured=measured[n],
                deps=deps,
                build_needs=needs,
                stage3=n < packages // 5,
                stage3_needs=needs,
            )
        )
    return {"packages": rows}


def _light(draw: Random) -> float:
    return round(max(2.0, min(exp(draw.gauss(3.0, 1.0)), LONGEST_LIGHT)), 1)


def _guess_unmeasured(names: list[str], seconds: list[float], measured: list[bool]) -> None:
    """What was never measured gets its category's median, as real histories do."""
    known: dict[str, list[float]] = {}
    for name, duration, sure in zip(names, seconds, measured, strict=True):
        if sure and duration <= LONGEST_LIGHT:
            known.setdefault(name.partition("/")[0], []).append(duration)
    overall = median(duration for durations in known.values() for duration in durations)
    for n, name in enumerate(names):
        if not measured[n]:
            seconds[n] = round(median(known.get(name.partition("/")[0], [overall])), 1)


def _needs(draw: Random, n: int, heavy: bool) -> set[int]:
    """Earlier packages: a few are toolchain that many need, some are near (families), some are anywhere."""
    if n == 0 or (not heavy and draw.random() < 0.2):
        return set()
    count = int(exp(draw.gauss(0.2, 0.9))) + (10 if heavy else 1)
    return {_need(draw, n) for _ in range(min(count, n))}


def _need(draw: Random, n: int) -> int:
    kind = draw.random()
    if kind < 0.35:
        return int(min(n, 40) * draw.random() ** 4)
    if kind < 0.75:
        return max(0, n - 1 - int(draw.expovariate(1 / 40)))
    return draw.randrange(n)
