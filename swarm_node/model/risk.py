"""Risk: every reason why a release might hurt its clients, with its points; the score is their sum."""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from swarm_node.model.events import Finding

POINTS: Final[dict[str, int]] = {
    "integrity": 10,
    "unsatisfied-dependency": 10,
    "lost-soname": 10,
    "rehearsal": 10,
    "needed-blocked": 10,
    "simulated": 10,
    "downgrade": 3,
    "removed-slot": 3,
    "shrunk": 2,
    "no-room": 1,
    "blocked": 1,
}
"""Points by kind of finding: ten alone refuse a release, three or less add up."""

SHRINKAGE: Final = 0.5
"""A package smaller than this share of the one it replaces looks as if something were missing."""
LEAST_SIZE: Final = 64 << 10
"""Bytes below which sizes say nothing."""


class Package(Struct, frozen=True):
    """A package as risk sees it: identity, relations, size."""

    cpv: str
    cp: str
    slot: str
    version_key: tuple[object, ...] = ()
    """Compares as versions do; made by the caller (PMS 3.3)."""
    size: int = 0
    provides: frozenset[str] = frozenset()
    requires: frozenset[str] = frozenset()
    room: str = ""


class Facts(Struct, frozen=True):
    """Everything that a verdict rests on."""

    staged: tuple[Package, ...]
    production: tuple[Package, ...]
    damaged: tuple[str, ...] = ()
    """Paths whose content is not what was recorded."""
    unsatisfied: tuple[tuple[str, str], ...] = ()
    """(package, atom) that neither staging nor production satisfies."""
    blocked: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """(package, who in the release needs it)."""
    rehearsals: tuple[tuple[str, str], ...] = ()
    """(client profile, what Portage said) of every rehearsal that failed."""
    simulated: tuple[str, ...] = ()


def assess(facts: Facts) -> tuple[Finding, ...]:
    """All findings, the gravest first."""
    found = [
        *(_finding("integrity", path, f"{path} is not what was uploaded") for path in facts.damaged),
        *(_finding("simulated", cpv, f"{cpv} is a dummy") for cpv in facts.simulated),
        *(
            _finding("unsatisfied-dependency", cpv, f"{cpv} needs {atom}, which nothing offers")
            for cpv, atom in facts.unsatisfied
        ),
        *_sonames(facts),
        *(
            _finding("rehearsal", name, f"{name} could not install it: {said}")
            for name, said in facts.rehearsals
        ),
        *_blocked(facts),
        *_compared(facts),
        *(
            _finding("no-room", package.cpv, f"{package.cpv} was built without a clean room")
            for package in facts.staged
            if package.room == "none"
        ),
    ]
    return tuple(sorted(found, key=lambda finding: (-finding.points, finding.package)))


def score(findings: Iterable[Finding]) -> int:
    """The sum of points."""
    return sum(finding.points for finding in findings)


def _finding(code: str, package: str, message: str) -> Finding:
    return Finding(code, message, POINTS[code], package)


def _blocked(facts: Facts) -> list[Finding]:
    return [
        _finding("needed-blocked", cpv, f"{cpv} is blocked, and {needed[0]} of this release needs it")
        if needed
        else _finding("blocked", cpv, f"{cpv} is blocked and left out")
        for cpv, needed in facts.blocked
    ]


def _after(facts: Facts) -> list[Package]:
    """What clients would see: staging over the same slots of production."""
    fresh = {(package.cp, package.slot.partition("/")[0]) for package in facts.staged}
    kept = [p for p in facts.production if (p.cp, p.slot.partition("/")[0]) not in fresh]
    return [*kept, *facts.staged]


def _sonames(facts: Facts) -> list[Finding]:
    """A library that a released package needs and only the replaced one offered."""
    after = _after(facts)
    before = frozenset().union(*(package.provides for package in facts.production))
    now = frozenset().union(*(package.provides for package in after))
    lost = before - now
    return [
        _finding(
            "lost-soname",
            package.cpv,
            f"{package.cpv} needs {sorted(package.requires & lost)[0]}, which is gone",
        )
        for package in after
        if package.requires & lost
    ]


def _compared(facts: Facts) -> list[Finding]:
    """Staged packages against the ones that they replace in the same slot."""
    found: list[Finding] = []
    for new in facts.staged:
        old = [
            p
            for p in facts.production
            if (p.cp, p.slot.partition("/")[0]) == (new.cp, new.slot.partition("/")[0])
        ]
        newest = max(old, key=lambda package: package.version_key, default=None)
        if newest is None:
            continue
        if new.version_key < newest.version_key:
            found.append(_finding("downgrade", new.cpv, f"{new.cpv} is older than {newest.cpv}"))
        if newest.size > LEAST_SIZE and new.size < newest.size * SHRINKAGE:
            message = f"{new.cpv} shrank from {newest.size >> 10} to {new.size >> 10} KiB"
            found.append(_finding("shrunk", new.cpv, message))
    return found
