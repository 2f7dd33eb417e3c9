"""How long a build will take: learnt from this swarm's own builds, by package and by the speed of the drone.

Seconds are those of a drone of speed 1 (eight cores) unless said otherwise. A package built before, in any
version, is *known*; any other gets the median of its category (drawn towards that of everything while the
category is small), then of everything, then a constant.
"""

import re
from bisect import bisect_left, insort
from collections.abc import Sequence
from math import exp, log, sqrt
from typing import NamedTuple

from msgspec import Struct, field

FALLBACK_SECONDS = 60.0
"""The estimate of a swarm that has built nothing yet."""

KNOWN_SPREAD, CATEGORY_SPREAD, BLIND_SPREAD = 0.5, 1.1, 1.5
"""Standard deviation of log(actual / estimated), measured on a desktop's emerge.log."""

SHORTEST_SECONDS = 0.1
SAMPLES_A_PACKAGE = 9
RATIOS_A_NODE = 100
FAITH_IN_OVERALL = 2.0
"""How many packages of a category the median of everything weighs as much as."""

FAITH_IN_CORES = 12.0
"""How many comparisons the speed that the core count suggests weighs as much as."""

# PMS 3.1.2 and 3.2: a package name never ends in a hyphen and something that looks like a version.
_VERSION = re.compile(r"-\d+(\.\d+)*[a-z]?(_(alpha|beta|pre|rc|p)\d*)*(-r\d+)?$")


class Estimate(NamedTuple):
    """Predicted seconds; `known` when this package was built before; `spread` as a log-normal deviation."""

    seconds: float
    known: bool
    spread: float

    def band(self) -> tuple[float, float]:
        """Seconds between which two builds of three will end."""
        return self.seconds / exp(self.spread), self.seconds * exp(self.spread)


class Sample(Struct, frozen=True, array_like=True, gc=False):
    """One finished build: the seconds it took on that node."""

    node: str
    seconds: float


class Pace(Struct):
    """What is known of a node's speed: its cores, and how it compared where others built the same package."""

    cores: int = 8
    ratios: list[float] = field(default_factory=list)
    speed: float = 1.0


class History(Struct):
    """All that estimates are made from; part of the swarm's state, so it encodes as it stands.

    `typical` holds the last location of each package in seconds; `categories` and `overall` hold the same
    figures sorted.
    """

    samples: dict[str, list[Sample]] = field(default_factory=dict)
    paces: dict[str, Pace] = field(default_factory=dict)
    typical: dict[str, float] = field(default_factory=dict)
    categories: dict[str, list[float]] = field(default_factory=dict)
    overall: list[float] = field(default_factory=list)


def cp_of(cpv: str) -> str:
    """The category/package of a category/package-version; text without a version stays as it is (PMS 3.2)."""
    return _VERSION.sub("", cpv)


def speed_of_cores(cores: int) -> float:
    """The speed that a node of this many cores starts with; eight cores are 1."""
    return float((max(cores, 1) / 8) ** 0.7)


def speed_of(history: History, node: str) -> float:
    """The node's speed as learnt so far; 1 for a node never met."""
    pace = history.paces.get(node)
    return pace.speed if pace else 1.0


def meet(history: History, node: str, cores: int) -> None:
    """Takes note of a node's cores, from which its speed is guessed until builds tell."""
    pace = history.paces.setdefault(node, Pace())
    pace.cores = cores
    _relearn(pace)


def observe(history: History, cp: str, node: str, seconds: float) -> None:
    """Learns from one successful build of `cp` that took `seconds` on `node`."""
    seconds = max(seconds, SHORTEST_SECONDS)
    samples = history.samples.setdefault(cp, [])
    _compare(history, samples, Sample(node, seconds))
    samples.append(Sample(node, seconds))
    del samples[:-SAMPLES_A_PACKAGE]
    _settle(history, cp, exp(_median(sorted(_logs(history, samples)))))


def estimate(history: History, cp: str) -> Estimate:
    """Predicted seconds of a build of `cp` on a drone of speed 1."""
    samples = history.samples.get(cp)
    if samples:
        logs = sorted(_logs(history, samples))
        middle = _median(logs)
        off = sum((value - middle) ** 2 for value in logs)
        spread = sqrt((2 * KNOWN_SPREAD**2 + off) / (1 + len(logs)))
        return Estimate(exp(middle), True, spread)
    if not history.overall:
        return Estimate(FALLBACK_SECONDS, False, BLIND_SPREAD)
    general = _median(history.overall)
    alike = history.categories.get(_category(cp))
    if not alike:
        return Estimate(general, False, BLIND_SPREAD)
    weight = len(alike) / (len(alike) + FAITH_IN_OVERALL)
    return Estimate(_median(alike) ** weight * general ** (1 - weight), False, CATEGORY_SPREAD)


def expected(history: History, cp: str, node: str) -> Estimate:
    """Predicted seconds of a build of `cp` on this node, at the node's own speed."""
    there = estimate(history, cp)
    return there._replace(seconds=there.seconds / speed_of(history, node))


def _category(cp: str) -> str:
    return cp.partition("/")[0]


def _median(ordered: Sequence[float]) -> float:
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _logs(history: History, samples: Sequence[Sample]) -> list[float]:
    return [log(sample.seconds * speed_of(history, sample.node)) for sample in samples]


def _relearn(pace: Pace) -> None:
    guess = log(speed_of_cores(pace.cores))
    seen = len(pace.ratios)
    told = _median(sorted(pace.ratios)) if seen else 0.0
    pace.speed = exp((FAITH_IN_CORES * guess + seen * told) / (FAITH_IN_CORES + seen))


def _compare(history: History, earlier: Sequence[Sample], sample: Sample) -> None:
    """Teaches both sides: the node that built now, and each other that built the same package before."""
    others = [old for old in earlier if old.node != sample.node]
    if not others:
        return
    _teach(history, sample.node, _median(sorted(_logs(history, others))) - log(sample.seconds))
    here = log(sample.seconds * speed_of(history, sample.node))
    for other in {old.node: old for old in others}.values():
        _teach(history, other.node, here - log(other.seconds))


def _teach(history: History, node: str, ratio: float) -> None:
    pace = history.paces.setdefault(node, Pace())
    pace.ratios.append(ratio)
    del pace.ratios[:-RATIOS_A_NODE]
    _relearn(pace)


def _settle(history: History, cp: str, seconds: float) -> None:
    """Files the package's location in the sorted figures that the medians are read from."""
    alike = history.categories.setdefault(_category(cp), [])
    before = history.typical.get(cp)
    for figures in (alike, history.overall):
        if before is not None:
            del figures[bisect_left(figures, before)]
        insort(figures, seconds)
    history.typical[cp] = seconds
