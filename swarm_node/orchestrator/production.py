"""Production: immutable release directories, each with its own index, and a symlink that says which is live.

    releases/N/cat/pn/pf-ID.gpkg.tar   hard links to files that nobody writes any more
    releases/N/Packages                its header's URI names releases/N, so that a client that read it
                                       goes on fetching from this release after `current` has moved
    releases/N/release.json            size and SHA-512 of every package
    current -> releases/N              replaced by one rename

Everything is durable before `current` moves: files were fsynced at upload, directories and index are here.
"""

import hashlib
import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from swarm_node.model.refusal import Refused
from swarm_node.model.work import Artifact
from swarm_node.portage.entry import Entry
from swarm_node.portage.index import Index

CURRENT = "current"
RELEASES = "releases"
MANIFEST = "release.json"


class Packed(msgspec.Struct, frozen=True):
    """One package of a release."""

    path: str
    size: int
    sha512: str


class Manifest(msgspec.Struct, frozen=True):
    """What a release holds."""

    release: int
    packages: tuple[Packed, ...]


class Built(msgspec.Struct, frozen=True):
    """The figures of a release that was made."""

    packages: int
    size: int
    added: int


class Difference(msgspec.Struct, frozen=True):
    """What one release has and another has not, by cpv and BUILD_ID."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    kept: int
    bytes: int
    """Growth in bytes; negative when it shrank."""


class Production:
    """The production directory. Its methods are synchronous and not to be called at the same time.

    Raises: Refused when the directory cannot be used.
    """

    def __init__(self, directory: Path, *, url: str) -> None:
        self.directory = directory
        self.url = url.rstrip("/")
        try:
            self._releases.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Refused(
                "disk_full", f"cannot use {directory}: {error.strerror}", "set PRODUCTION_DIR"
            ) from None

    @property
    def _releases(self) -> Path:
        return self.directory / RELEASES

    def path(self, release: int) -> Path:
        """The directory of a release."""
        return self._releases / str(release)

    def current(self) -> int | None:
        """The release that clients see, by the symlink."""
        try:
            name = (self.directory / CURRENT).readlink().name
        except OSError:
            return None
        return int(name) if name.isdigit() else None

    def index(self, release: int | None) -> Index:
        """The packages of a release; none for None. Raises: BadIndex."""
        return Index() if release is None else Index.load(self.path(release) / "Packages")

    def manifest(self, release: int) -> Manifest:
        """What a release holds. Raises: Refused (unknown_release)."""
        try:
            return msgspec.json.decode((self.path(release) / MANIFEST).read_bytes(), type=Manifest)
        except (OSError, msgspec.MsgspecError):
            raise Refused(
                "unknown_release", f"release {release} is not kept", "build-swarm releases"
            ) from None

    def build(
        self, release: int, base: int | None, staging: Path, added: Sequence[tuple[Entry, Artifact]]
    ) -> Built:
        """Make a release, invisible yet: everything of `base` that nothing newer replaces, and `added`.

        A package is replaced by one of the same cpv and USE. Raises: OSError, Refused.
        """
        draft = self._releases / f".{release}.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        old, digests = self.index(base), {}
        if base is not None:
            digests = {packed.path: packed for packed in self.manifest(base).packages}
        replaced = {_likeness(entry) for entry, _ in added}
        index = Index()
        index.timestamp = old.timestamp
        packages: list[Packed] = []
        for entry in old:
            if _likeness(entry) not in replaced:
                self._link(self.path(base or 0) / entry.path, draft / entry.path)
                index.add(entry)
                packages.append(digests[entry.path])
        for entry, artifact in added:
            self._link(staging / entry.path, draft / entry.path)
            index.add(entry)
            packages.append(Packed(entry.path, artifact.size, artifact.sha512))
        self._finish(draft, release, index, packages)
        return Built(len(packages), sum(packed.size for packed in packages), len(added))

    def _link(self, source: Path, target: Path) -> None:
        try:
            os.link(source, target)
        except FileNotFoundError:
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(source, target)

    def _finish(self, draft: Path, release: int, index: Index, packages: Iterable[Packed]) -> None:
        index.write(draft, {"URI": f"{self.url}/{RELEASES}/{release}"}, packed=True)
        manifest = msgspec.json.encode(Manifest(release, tuple(packages)))
        with (draft / MANIFEST).open("wb") as out:
            out.write(manifest)
            out.flush()
            os.fsync(out.fileno())
        for directory, _, _ in os.walk(draft, topdown=False):
            _sync_directory(Path(directory))
        final = self.path(release)
        shutil.rmtree(final, ignore_errors=True)
        draft.rename(final)
        _sync_directory(self._releases)

    def publish(self, release: int) -> None:
        """Show a release to the clients, in one rename. Raises: Refused, OSError."""
        if not (self.path(release) / MANIFEST).exists():
            raise Refused("unknown_release", f"release {release} is not kept", "build-swarm releases")
        link = self.directory / f".{CURRENT}.new"
        link.unlink(missing_ok=True)
        link.symlink_to(Path(RELEASES) / str(release))
        _sync_directory(self.directory)
        link.rename(self.directory / CURRENT)
        _sync_directory(self.directory)

    def abandon(self, release: int) -> None:
        """Remove what was made of a release that never became visible."""
        for path in (self._releases / f".{release}.new", self.path(release)):
            shutil.rmtree(path, ignore_errors=True)

    def forget(self, release: int) -> None:
        """Delete an old release: renamed first, so that it is never seen half."""
        doomed = self._releases / f".{release}.old"
        if self.path(release).exists():
            self.path(release).rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)

    def sweep(self) -> None:
        """Remove what a crash left half made or half deleted."""
        for path in self._releases.glob(".*"):
            shutil.rmtree(path, ignore_errors=True)

    def difference(self, older: int, newer: int) -> Difference:
        """What `newer` has that `older` has not, and the reverse. Raises: Refused (unknown_release)."""
        before, after = self.manifest(older), self.manifest(newer)
        left = {packed.path for packed in before.packages}
        right = {packed.path for packed in after.packages}
        growth = sum(p.size for p in after.packages) - sum(p.size for p in before.packages)
        return Difference(tuple(sorted(right - left)), tuple(sorted(left - right)), len(left & right), growth)


def _likeness(entry: Entry) -> tuple[str, str]:
    """Two packages of the same likeness are the same thing built twice."""
    return entry.key.cpv, entry.fields().get("USE", "")


def digest_of(path: Path) -> str:
    """The SHA-512 of a file. Raises: OSError."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha512").hexdigest()


def _sync_directory(path: Path) -> None:
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
