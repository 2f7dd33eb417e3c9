"""What releases hold and what differs between two of them, as the orchestrator says it to the console."""

from collections.abc import Iterable
from typing import Final, Literal

from msgspec import Struct

from swarm_node.model.estimate import cp_of

Kind = Literal["upgraded", "downgraded", "added", "removed", "use", "rebuilt"]
KINDS: Final[tuple[Kind, ...]] = ("upgraded", "downgraded", "added", "removed", "use", "rebuilt")
"""Another version is the highest of its slot; a package or slot came or went; the same version, built with
other USE flags, or anew with the same."""


class Package(Struct, frozen=True, omit_defaults=True):
    """A binary package: what it is, bytes, and where it lies below its release."""

    cpv: str
    slot: str
    repository: str
    build_id: int
    size: int
    path: str
    sha512: str = ""
    use: tuple[str, ...] = ()
    """Every flag of its ebuild, `flag` or `-flag`."""

    @property
    def cp(self) -> str:
        """Its category/package."""
        return cp_of(self.cpv)

    @property
    def version(self) -> str:
        """The version with its revision."""
        return self.cpv[len(self.cp) + 1 :]

    @property
    def place(self) -> tuple[str, str]:
        """What a client has one of: category/package and slot, the sub-slot aside."""
        return self.cp, place_of(self.slot)


class Contents(Struct, frozen=True):
    """The packages of a release, those of a name together, the highest version first."""

    release: int
    packages: tuple[Package, ...]
    size: int


class Change(Struct, frozen=True, omit_defaults=True):
    """What differs in one slot of a package; of several builds of a version, the newest counts.

    `before` and `after` are cpvs, empty where there was or is none; sizes are bytes.
    """

    kind: Kind
    cp: str
    slot: str
    before: str = ""
    after: str = ""
    size_before: int = 0
    size_after: int = 0
    use: tuple[str, ...] = ()
    """The flags that are otherwise after: `+on` and `-off`."""

    @property
    def growth(self) -> int:
        """Bytes that it adds to a download."""
        return self.size_after - self.size_before


class Difference(Struct, frozen=True):
    """What clients of one release get with another; `size` is the growth of the whole in bytes."""

    older: int
    newer: int
    changes: tuple[Change, ...]
    size: int

    def counts(self) -> dict[Kind, int]:
        """How many changes there are of each kind."""
        found = dict.fromkeys(KINDS, 0)
        for change in self.changes:
            found[change.kind] += 1
        return found


class Offer(Struct, frozen=True):
    """What production has of a package: the live release, and every version and build, the highest first."""

    release: int | None
    packages: tuple[Package, ...]


def place_of(slot: str) -> str:
    """A slot without its sub-slot."""
    return slot.partition("/")[0]


def replaced(packages: Iterable[Package], slot: str) -> Package | None:
    """The package of an offer that a new one of that slot takes the place of, for most clients."""
    return next((package for package in packages if place_of(package.slot) == place_of(slot)), None)
