"""What a build changes for clients: held against the package of production that it takes the place of."""

from msgspec import Struct

from swarm_node.model.catalogue import Offer, Package, replaced
from swarm_node.model.estimate import cp_of
from swarm_node.model.state import Build
from swarm_node.model.use import Compared, compared


class Side(Struct, frozen=True):
    """A package before or after; `size` in bytes, None while it is not known."""

    version: str
    slot: str
    repository: str
    size: int | None


class Change(Struct, frozen=True):
    """`before` is None where production has none in that slot; `use`: the flags by what becomes of them."""

    after: Side
    use: Compared
    before: Side | None = None
    others: tuple[Package, ...] = ()
    """What else production has of the package, the highest version first."""


def change(build: Build, offer: Offer) -> Change:
    """The change that a build brings, given what production has of its package."""
    row, old = build.row, replaced(offer.packages, build.row.slot)
    size = build.artifact.size if build.artifact is not None else None
    return Change(
        after=Side(row.cpv[len(cp_of(row.cpv)) + 1 :], row.slot, row.repository, size),
        use=compared(old.use if old is not None else (), row.use),
        before=Side(old.version, old.slot, old.repository, old.size) if old is not None else None,
        others=tuple(package for package in offer.packages if package is not old),
    )
