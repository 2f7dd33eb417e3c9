"""What a release holds: composed of the one before it and of what staging adds, compared, written down."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from msgspec import Struct

from swarm_node.portage.entry import Entry
from swarm_node.portage.relations import cp_of, version_key


class Packed(Struct, frozen=True):
    """One package of a release: where it lies below the release, bytes, and its content's digest."""

    path: str
    size: int
    sha512: str


class Manifest(Struct, frozen=True):
    """`release.json`: what a release holds, for whoever checks that it still does."""

    release: int
    packages: tuple[Packed, ...]

    @property
    def size(self) -> int:
        """Bytes of all packages."""
        return sum(packed.size for packed in self.packages)


class Difference(Struct, frozen=True):
    """What a release changes for the clients of an older one; packages as cpvs, pairs as (before, after)."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[tuple[str, str], ...]
    """Another version is the highest of its slot."""
    rebuilt: tuple[str, ...]
    """The same USE, a newer BUILD_ID."""
    use_changed: tuple[str, ...]
    """The same version, built with other USE flags."""
    size: int
    """Growth in bytes."""


def compose(base: Iterable[Entry], added: Iterable[Entry]) -> tuple[Entry, ...]:
    """Everything of `base` that `added` does not replace, and `added`.

    What replaces a package is the same cpv built anew with the same USE flags. Another version replaces
    nothing: clients take the highest that they may have, and which one that is differs between clients.
    """
    newest: dict[tuple[str, str], Entry] = {}
    for entry in sorted(added, key=lambda entry: entry.key.build_id):
        newest[_likeness(entry)] = entry
    paths = {entry.path for entry in newest.values()}
    kept = (entry for entry in base if _likeness(entry) not in newest and entry.path not in paths)
    return (*kept, *newest.values())


def _likeness(entry: Entry) -> tuple[str, str]:
    return entry.key.cpv, field(entry, "USE")


def field(entry: Entry, name: str) -> str:
    """SLOT or USE of an entry, without parsing all of it; empty when it has none."""
    head = f"\n{name}: ".encode()
    start = entry.text.find(head)  # never the first line: that is BUILD_ID or CPV
    if start < 0:
        return ""
    start += len(head)
    return entry.text[start : entry.text.find(b"\n", start)].decode()


def difference(before: Iterable[Entry], after: Iterable[Entry]) -> Difference:
    """What changes from one set of packages to another."""
    old, new = _by_cpv(before), _by_cpv(after)
    lead = _foremost(old)
    changed = sorted(
        (lead[place], cpv) for place, cpv in _foremost(new).items() if lead.get(place, cpv) != cpv
    )
    raised = {cpv for _, cpv in changed}
    both = old.keys() & new.keys()
    same = {cpv for cpv in both if _uses(old[cpv]) == _uses(new[cpv])}
    return Difference(
        added=tuple(sorted(new.keys() - old.keys() - raised)),
        removed=tuple(sorted(old.keys() - new.keys())),
        changed=tuple(changed),
        rebuilt=tuple(sorted(cpv for cpv in same if _keys(old[cpv]) != _keys(new[cpv]))),
        use_changed=tuple(sorted(both - same)),
        size=_size(new) - _size(old),
    )


Entries = Mapping[str, list[Entry]]


def _by_cpv(entries: Iterable[Entry]) -> Entries:
    found: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        found[entry.key.cpv].append(entry)
    return found


def _foremost(entries: Entries) -> dict[tuple[str, str], str]:
    """The highest version in each slot of each category/package."""
    best: dict[tuple[str, str], str] = {}
    for cpv, built in entries.items():
        place = cp_of(cpv), (field(built[0], "SLOT") or "0").partition("/")[0]
        if place not in best or version_key(best[place]) < version_key(cpv):
            best[place] = cpv
    return best


def _uses(built: Iterable[Entry]) -> set[str]:
    return {field(entry, "USE") for entry in built}


def _keys(built: Iterable[Entry]) -> set[int]:
    return {entry.key.build_id for entry in built}


def _size(entries: Entries) -> int:
    return sum(entry.size for built in entries.values() for entry in built)
