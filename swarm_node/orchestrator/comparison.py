"""What differs between two releases, as their clients notice it: slot by slot, the highest version first."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from swarm_node.model.catalogue import KINDS, Change, Contents, Difference, Kind, Package
from swarm_node.model.use import changed, switched
from swarm_node.portage.relations import version_key

Versions = Mapping[str, list[Package]]
"""What lies in a slot, by cpv: the highest version first, of each the latest build first."""


def compare(older: Contents, newer: Contents) -> Difference:
    """What clients of `older` get with `newer`."""
    old, new = _slots(older.packages), _slots(newer.packages)
    changes = [
        change
        for place in old.keys() | new.keys()
        for change in _changes(old.get(place, {}), new.get(place, {}))
    ]
    changes.sort(key=lambda change: (KINDS.index(change.kind), change.cp, change.slot, change.after))
    return Difference(older.release, newer.release, tuple(changes), newer.size - older.size)


def _slots(packages: Iterable[Package]) -> dict[tuple[str, str], Versions]:
    """Packages by slot and version; they come in the order of `Contents`."""
    found: defaultdict[tuple[str, str], dict[str, list[Package]]] = defaultdict(dict)
    for package in packages:
        found[package.place].setdefault(package.cpv, []).append(package)
    return dict(found)


def _changes(old: Versions, new: Versions) -> Iterator[Change]:
    """What became of the foremost version, then of those beside it."""
    first, last = next(iter(old), ""), next(iter(new), "")
    moved = bool(first and last and first != last)
    if moved:
        yield _moved(old[first][0], new[last][0])
    for cpv, builds in old.items():
        if cpv in new:
            yield from _built_anew(builds, new[cpv])
        elif not (moved and cpv == first):
            yield _change("removed", builds[0], None)
    for cpv, builds in new.items():
        if cpv not in old and not (moved and cpv == last):
            yield _change("added", None, builds[0])


def _moved(before: Package, after: Package) -> Change:
    higher = version_key(before.cpv) < version_key(after.cpv)
    change = _change("upgraded" if higher else "downgraded", before, after)
    return replace(change, use=switched(before.use, after.use))


def _built_anew(old: list[Package], new: list[Package]) -> Iterator[Change]:
    """The same version: with other USE flags, or only another build."""
    before, after = old[0], new[0]
    if {package.use for package in old} != {package.use for package in new}:
        yield replace(_change("use", before, after), use=changed(before.use, after.use))
    elif {package.build_id for package in old} != {package.build_id for package in new}:
        yield _change("rebuilt", before, after)


def _change(kind: Kind, before: Package | None, after: Package | None) -> Change:
    package = after or before
    assert package is not None
    return Change(
        kind=kind,
        cp=package.cp,
        slot=package.slot,
        before=before.cpv if before else "",
        after=after.cpv if after else "",
        size_before=before.size if before else 0,
        size_after=after.size if after else 0,
    )
