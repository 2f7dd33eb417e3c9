"""What a release holds: composed of the one before it and of what staging adds, written down, read again."""

from collections.abc import Iterable
from sys import intern

from msgspec import Struct

from swarm_node.model.catalogue import Contents, Package
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
    """SLOT, USE or the like of an entry, without parsing all of it; empty when it has none."""
    head = f"\n{name}: ".encode()
    start = entry.text.find(head)  # never the first line: that is BUILD_ID or CPV
    if start < 0:
        return ""
    start += len(head)
    return entry.text[start : entry.text.find(b"\n", start)].decode()


def contents(manifest: Manifest, entries: Iterable[Entry]) -> Contents:
    """A release as people look at it, out of its manifest and its index."""
    digests = {packed.path: packed.sha512 for packed in manifest.packages}
    found = [_package(entry, digests.get(entry.path, "")) for entry in entries]
    return Contents(manifest.release, tuple(highest_first(found)), manifest.size)


def highest_first(packages: Iterable[Package]) -> list[Package]:
    """By category/package, then the highest version, of one version the latest build."""
    newest = sorted(packages, key=lambda package: (version_key(package.cpv), package.build_id), reverse=True)
    return sorted(newest, key=lambda package: cp_of(package.cpv))


def _package(entry: Entry, sha512: str) -> Package:
    on = set(field(entry, "USE").split())
    known = sorted({flag.lstrip("+-") for flag in field(entry, "IUSE").split()})
    return Package(
        cpv=entry.key.cpv,
        slot=field(entry, "SLOT") or "0",
        repository=field(entry, "REPO"),
        build_id=entry.key.build_id,
        size=entry.size,
        path=entry.path,
        sha512=sha512,
        use=tuple(intern(flag if flag in on else f"-{flag}") for flag in known),
    )
