"""Risk: every reason why a release might hurt its clients, with its points; the score is their sum."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from msgspec import Struct

from swarm_node.model.events import Finding


class Cause(NamedTuple):
    """A kind of finding: what each one costs, and what it means for whoever installs the release."""

    points: int
    means: str


CAUSES: Final[Mapping[str, Cause]] = {
    "integrity": Cause(10, "a package in staging is not what the drone uploaded"),
    "unsatisfied-dependency": Cause(10, "a package could not be installed: nothing offers what it runs with"),
    "lost-soname": Cause(10, "a package would stop working: the library that it is linked to is gone"),
    "rehearsal": Cause(10, "Portage itself could not install a client's world from the release"),
    "needed-blocked": Cause(10, "a package could not be installed: what it runs with is blocked"),
    "simulated": Cause(10, "dummies of a load test hold nothing"),
    "downgrade": Cause(3, "clients would go back to an older version"),
    "removed-slot": Cause(3, "clients that use the slot get no more updates for it"),
    "shrunk": Cause(2, "a package lost much of its size: something may be missing"),
    "on-trial": Cause(1, "a package was built with a configuration that may yet be taken back"),
    "no-room": Cause(1, "packages may hold what an earlier build left behind on the drone"),
    "blocked": Cause(1, "a package that clients want is left out"),
}
"""Ten points alone refuse a release, fewer add up."""

SHRINKAGE: Final = 0.5
"""A package smaller than this share of the one it replaces looks as if something were missing."""
LEAST_SIZE: Final = 64 << 10
"""Bytes below which sizes say nothing."""
NAMED: Final = 3
"""How many packages a message names before it only counts the rest."""
LISTED: Final = 50
"""How many findings of a kind are listed before the rest becomes one."""


class Package(Struct, frozen=True):
    """A package as risk sees it: identity, relations, size in bytes."""

    cpv: str
    cp: str
    slot: str
    version_key: tuple[object, ...] = ()
    """Compares as versions do; made by the caller (PMS 3.3)."""
    size: int = 0
    provides: frozenset[str] = frozenset()
    requires: frozenset[str] = frozenset()
    room: str = ""

    @property
    def place(self) -> tuple[str, str]:
        """What a client has one of: category/package and slot, the sub-slot aside."""
        return self.cp, self.slot.partition("/")[0]


class Missing(Struct, frozen=True):
    """A run-time dependency that nothing in the release satisfies."""

    package: str
    atom: str
    cp: str
    """Category/package of the atom."""


class Blocked(Struct, frozen=True):
    """A build that is left out; `cpv` lacks the version where there is no such package."""

    cpv: str
    cp: str


class Facts(Struct, frozen=True):
    """Everything that a verdict rests on."""

    staged: tuple[Package, ...]
    """What the release would add."""
    production: tuple[Package, ...]
    """What clients see now."""
    release: tuple[Package, ...]
    """What clients would see."""
    damaged: tuple[str, ...] = ()
    """Paths whose content is not what was recorded."""
    unsatisfied: tuple[Missing, ...] = ()
    blocked: tuple[Blocked, ...] = ()
    rehearsals: tuple[tuple[str, str], ...] = ()
    """(client profile, what Portage said) of every rehearsal that failed."""
    simulated: tuple[str, ...] = ()
    on_trial: tuple[str, ...] = ()
    """What of staging was built for a change of the configuration that is still on trial."""


def assess(facts: Facts) -> tuple[Finding, ...]:
    """All findings, the gravest first."""
    found = [
        *(_finding("integrity", path, f"{path} is not what was uploaded") for path in facts.damaged),
        *_together("simulated", facts.simulated, "dummies of a load test"),
        *_together("on-trial", facts.on_trial, "built for a configuration that is still on trial"),
        *_dependencies(facts),
        *_sonames(facts),
        *(
            _finding("rehearsal", profile, f"{profile} could not install it: {said}")
            for profile, said in facts.rehearsals
        ),
        *_compared(facts),
        *_slots(facts),
        *_together(
            "no-room", [p.cpv for p in facts.staged if p.room == "none"], "built without a clean room"
        ),
    ]
    found.sort(key=lambda finding: (-finding.points, finding.code, finding.package))
    by_code = groupby(found, key=lambda finding: finding.code)
    return tuple(finding for _, alike in by_code for finding in _folded(alike))


def score(findings: Iterable[Finding]) -> int:
    """The sum of points."""
    return sum(finding.points for finding in findings)


def _finding(code: str, package: str, message: str) -> Finding:
    return Finding(code, message, CAUSES[code].points, package)


def _folded(alike: Iterable[Finding]) -> Iterator[Finding]:
    """The first of a kind one by one, and one finding for the rest: a verdict is read by people."""
    findings = list(alike)
    yield from findings[:LISTED]
    if rest := findings[LISTED:]:
        yield Finding(rest[0].code, f"{len(rest)} more of this kind", score(rest))


def _together(code: str, packages: Sequence[str], what: str) -> Iterator[Finding]:
    """One finding for all: the circumstance is the same, however many packages it touches."""
    if packages:
        more = f" and {len(packages) - NAMED} more" if len(packages) > NAMED else ""
        yield _finding(code, packages[0], f"{what}: {', '.join(packages[:NAMED])}{more}")


def _dependencies(facts: Facts) -> Iterator[Finding]:
    """What lacks something it runs with, put down to the blocked build where that is the reason."""
    blocked = {build.cp for build in facts.blocked}
    wanting: defaultdict[str, list[str]] = defaultdict(list)
    lacking: defaultdict[str, list[str]] = defaultdict(list)
    for missing in facts.unsatisfied:
        if missing.cp in blocked:
            wanting[missing.cp].append(missing.package)
        else:
            lacking[missing.package].append(missing.atom)
    for package, atoms in lacking.items():
        yield _finding(
            "unsatisfied-dependency", package, f"{package} needs {', '.join(atoms)}, which nothing offers"
        )
    for build in facts.blocked:
        if needed := wanting.get(build.cp):
            message = f"{build.cpv} is blocked, and {needed[0]} of this release needs it"
            yield _finding("needed-blocked", build.cpv, message)
        else:
            yield _finding("blocked", build.cpv, f"{build.cpv} is blocked and left out")


def _foremost(packages: Iterable[Package]) -> list[Package]:
    """What clients end up with: the highest version in each slot, in all the ways it was built."""
    best: dict[tuple[str, str], list[Package]] = {}
    for package in packages:
        rivals = best.get(package.place)
        if rivals is None or rivals[0].version_key < package.version_key:
            best[package.place] = [package]
        elif rivals[0].version_key == package.version_key:
            rivals.append(package)
    return [package for rivals in best.values() for package in rivals]


def _offered(packages: Iterable[Package]) -> frozenset[str]:
    return frozenset().union(*(package.provides for package in packages))


def _sonames(facts: Facts) -> Iterator[Finding]:
    """A library that a package of the release is linked to and that only a replaced one provided."""
    after = _foremost(facts.release)
    lost = _offered(_foremost(facts.production)) - _offered(after)
    for package in after:
        if gone := package.requires & lost:
            message = f"{package.cpv} is linked to {', '.join(sorted(gone))}, which is gone"
            yield _finding("lost-soname", package.cpv, message)


def _compared(facts: Facts) -> Iterator[Finding]:
    """Staged packages against the best that clients have in the same slot."""
    before: defaultdict[tuple[str, str], list[Package]] = defaultdict(list)
    for package in _foremost(facts.production):
        before[package.place].append(package)
    known = {package.cpv for package in facts.production}
    for new in facts.staged:
        if not (old := before.get(new.place)):
            continue
        if new.version_key < old[0].version_key and new.cpv not in known:
            yield _finding("downgrade", new.cpv, f"{new.cpv} is older than {old[0].cpv}")
        least = min(package.size for package in old)
        if least > LEAST_SIZE and new.size < least * SHRINKAGE:
            message = f"{new.cpv} shrank from {least >> 10} to {new.size >> 10} KiB"
            yield _finding("shrunk", new.cpv, message)


def _slots(facts: Facts) -> Iterator[Finding]:
    """Slots that clients have and that the release knows no more."""
    kept = {package.place for package in facts.release}
    for cp, slot in sorted({package.place for package in facts.production} - kept):
        yield _finding("removed-slot", cp, f"{cp}:{slot} is gone from the release")
