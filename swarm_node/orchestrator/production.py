"""Production: immutable release directories, each with its own index, and a symlink that says which is live.

    releases/N/cat/pn/pf-ID.gpkg.tar   hard links to files that nobody writes any more
    releases/N/Packages                its header's URI names releases/N, so that a client that read it
                                       goes on fetching from this release after `current` has moved
    releases/N/release.json            size and SHA-512 of every package
    releases/N.K/                      release N shown again after a later one, with a TIMESTAMP that clients
                                       notice; the URI is still releases/N
    current -> releases/N              replaced by one rename

Everything is durable before `current` moves: files were synced at upload, names and indices are here.
"""

import hashlib
import logging
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from swarm_node.model.catalogue import Contents
from swarm_node.model.refusal import Refused
from swarm_node.model.work import Artifact
from swarm_node.orchestrator.content import Manifest, Packed, compose, contents
from swarm_node.orchestrator.durable import (
    give,
    point,
    set_aside,
    sweep,
    sync_directories,
    sync_directory,
    write_file,
)
from swarm_node.portage.entry import Entry, parse
from swarm_node.portage.index import FILE, BadIndex, Index

log = logging.getLogger(__name__)

CURRENT: Final = "current"
RELEASES: Final = "releases"
MANIFEST: Final = "release.json"
HEAD: Final = 4096
"""Bytes within which the header of an index ends."""


class Built(msgspec.Struct, frozen=True):
    """The figures of a release that was made: packages, bytes, and how many of them are new."""

    packages: int
    size: int
    added: int


class Production:
    """The production directory. Its methods are synchronous and not to be called at the same time.

    Raises: Refused when the directory cannot be used.
    """

    def __init__(self, directory: Path, *, url: str) -> None:
        self.directory = directory
        self.url = url.rstrip("/")
        self._sweeper: threading.Thread | None = None
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

    def live(self) -> Path | None:
        """The directory that clients see, by the symlink; None when there is none."""
        try:
            path = self.directory / (self.directory / CURRENT).readlink()
        except OSError:
            return None
        return path if (path / MANIFEST).is_file() else None

    def current(self) -> int | None:
        """The release that clients see."""
        live = self.live()
        return None if live is None else _number(live)

    def index(self, release: int | None) -> Index:
        """The packages of a release; none for None. Raises: BadIndex, OSError."""
        return Index() if release is None else Index.load(self.path(release) / FILE)

    def manifest(self, release: int) -> Manifest:
        """What a release holds. Raises: Refused (unknown_release)."""
        try:
            return msgspec.json.decode((self.path(release) / MANIFEST).read_bytes(), type=Manifest)
        except (OSError, msgspec.MsgspecError):
            raise _unknown(release) from None

    def build(
        self, release: int, base: int | None, staging: Path, added: Iterable[tuple[Entry, Artifact]]
    ) -> Built:
        """Make a release of `base` and `added`, whose files lie in `staging`; nobody sees it yet.

        Raises: OSError, Refused (stale_verify) when a staged file is gone.
        """
        staged = dict(added)
        old = self.index(base)
        entries = compose(old, staged)
        packed = {} if base is None else {one.path: one for one in self.manifest(base).packages}
        packed |= {entry.path: Packed(a.path, a.size, a.sha512) for entry, a in staged.items()}
        before = self.path(base or 0)
        sources = {entry: staging if entry in staged else before for entry in entries}
        manifest = Manifest(release, tuple(packed[entry.path] for entry in entries))
        self._make(self.path(release), sources, manifest, self._timestamp())
        return Built(len(entries), manifest.size, sum(entry in staged for entry in entries))

    def make(self, release: int, sources: Mapping[Entry, Path], manifest: Manifest, *, after: int) -> None:
        """Make a release of files that lie below the directories named; see `build`. Raises: OSError."""
        self._make(self.path(release), sources, manifest, after)

    def _make(self, final: Path, sources: Mapping[Entry, Path], manifest: Manifest, after: int) -> None:
        """A whole release directory under a hidden name, made durable, then named."""
        draft = self._releases / f".{final.name}.new"
        set_aside(draft)
        draft.mkdir()
        try:
            made = give(((source, entry.path) for entry, source in sources.items()), draft)
            index = Index()
            for entry in sources:
                index.add(entry)
            header = {"URI": f"{self.url}/{RELEASES}/{manifest.release}"}
            index.write(draft, header, after=after, packed=True)
            write_file(draft / MANIFEST, msgspec.json.encode(manifest))
            sync_directories(made)
            set_aside(final)
            draft.rename(final)
        except FileNotFoundError as error:
            self._drop([draft])
            raise Refused("stale_verify", f"{error.filename} is gone", "build-swarm verify") from None
        except BaseException:
            self._drop([draft])
            raise
        sync_directory(self._releases)

    def publish(self, release: int) -> None:
        """Show a release to the clients, in one rename. Raises: Refused (unknown_release), OSError."""
        if self.current() == release:
            sync_directory(self.directory)
            return
        target = self.path(release)
        self.manifest(release)
        if _timestamp(target) <= self._timestamp():
            target = self._again(release)
        left = self.live()  # somebody may have looked up where it is and not have opened the file yet
        point(self.directory / CURRENT, f"{RELEASES}/{target.name}")
        self._drop(path for path in self._releases.glob("[0-9]*.*") if path not in (target, left))

    def _again(self, release: int) -> Path:
        """A release whose index clients believe to be new, for they ignore what is older than they have."""
        taken = [int(path.suffix[1:]) for path in self._releases.glob(f"{release}.*")]
        final = self._releases / f"{release}.{max(taken, default=0) + 1}"
        source = self.path(release)
        sources = dict.fromkeys(self.index(release), source)
        self._make(final, sources, self.manifest(release), self._timestamp())
        return final

    def _timestamp(self) -> int:
        """The TIMESTAMP that clients may have seen here."""
        live = self.live()
        return 0 if live is None else _timestamp(live)

    def abandon(self, release: int) -> None:
        """Remove what was made of a release that never became visible."""
        if self.current() != release:
            self._drop([self._releases / f".{release}.new", self.path(release)])

    def forget(self, release: int) -> None:
        """Delete an old release; never the one that clients see."""
        if self.current() != release:
            self._drop([self.path(release)])

    def sweep(self, known: Collection[int]) -> None:
        """Remove what a crash left half made or half deleted, and releases that nobody knows of."""
        live = self.live()
        kept = {live.name, str(_number(live))} if live is not None else set()
        kept |= {str(number) for number in known}
        unknown = [path for path in self._releases.glob("[0-9]*") if path.name not in kept]
        drafts = list(self._releases.glob(".*.new"))
        self._drop([*drafts, *unknown] if live is not None else drafts)

    def _drop(self, paths: Iterable[Path]) -> None:
        """Out of sight at once; deleting ten thousand files takes its time elsewhere."""
        for path in list(paths):
            try:
                set_aside(path)
            except OSError as error:
                log.warning("%s stays until the next start: %s", path, error)
        self._sweeper = threading.Thread(target=self._sweep, args=(self._sweeper,), daemon=True)
        self._sweeper.start()

    def _sweep(self, before: threading.Thread | None) -> None:
        if before is not None:
            before.join()
        sweep(self._releases)

    def swept(self) -> None:
        """Wait until what was removed is deleted."""
        if self._sweeper is not None:
            self._sweeper.join()

    def contents(self, release: int) -> Contents:
        """What a release holds. Raises: Refused (unknown_release, bad_state), OSError."""
        manifest = self.manifest(release)
        try:
            index = self.index(release)
        except BadIndex as error:
            raise Refused("bad_state", str(error), f"build-swarm audit {release}") from None
        if len(index) != len(manifest.packages):
            self.manifest(release)  # it may just have been forgotten
            raise Refused(
                "bad_state",
                f"release {release} lists {len(manifest.packages)} packages, its index {len(index)}",
                f"build-swarm audit {release}",
            )
        return contents(manifest, index)

    def audit(self, release: int, stopped: Callable[[], bool] = lambda: False) -> tuple[str, ...]:
        """Paths of a release that are missing, too many, or not what was released; reads every byte.

        `stopped` is asked before each file. Raises: Refused (unknown_release, shutting_down), OSError.
        """
        manifest, root = self.manifest(release), self.path(release)
        wanted = {packed.path: packed for packed in manifest.packages}
        found = {str(path.relative_to(root)) for path in root.glob("*/**/*") if path.is_file()}
        wrong = found ^ wanted.keys()
        try:
            wrong |= {entry.path for entry in self.index(release)} ^ wanted.keys()
        except BadIndex:
            wrong.add(FILE)
        for path in found & wanted.keys():
            if stopped():
                raise Refused("shutting_down", "the service stops", f"build-swarm audit {release}")
            if digest_of(root / path) != wanted[path].sha512:
                wrong.add(path)
        return tuple(sorted(wrong))


def digest_of(path: Path) -> str:
    """The SHA-512 of a file. Raises: OSError."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha512").hexdigest()


def _number(directory: Path) -> int:
    return int(directory.name.partition(".")[0])


def _timestamp(directory: Path) -> int:
    """The TIMESTAMP of a directory's index, from its header alone."""
    with (directory / FILE).open("rb") as index:
        header = index.read(HEAD).partition(b"\n\n")[0]
    return int(parse(header.decode())["TIMESTAMP"])


def _unknown(release: int) -> Refused:
    return Refused("unknown_release", f"release {release} is not kept", "build-swarm releases")
