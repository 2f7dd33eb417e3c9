"""Staging: what drones upload, checked and durable, indexed once it is recorded; never served to clients."""

import hashlib
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from swarm_node.model.refusal import Refused
from swarm_node.model.work import Artifact
from swarm_node.orchestrator.durable import sync_directory
from swarm_node.portage.emerge import package_path
from swarm_node.portage.entry import Entry, Key, of_file
from swarm_node.portage.gpkg import check
from swarm_node.portage.index import FILE, BadIndex, Index
from swarm_node.portage.limits import BadPackage

INCOMING: Final = ".incoming"
IMMUTABLE: Final = 0o444


class Upload:
    """One package on its way in; invisible until `finish`, gone after `abort`."""

    def __init__(self, staging: "Staging", attempt: int) -> None:
        self._staging = staging
        self._digest = hashlib.sha512()
        self._size = 0
        incoming = staging.directory / INCOMING
        incoming.mkdir(parents=True, exist_ok=True)
        self._path = incoming / f"{attempt}.{os.urandom(4).hex()}"
        self._file = self._path.open("wb")

    def write(self, chunk: bytes) -> None:
        """Take the next bytes. Raises: OSError."""
        self._file.write(chunk)
        self._digest.update(chunk)
        self._size += len(chunk)

    def finish(self, sha512: str | None, *, cpv: str, build_id: int, repository: str, slot: str) -> Artifact:
        """Check the package against its order, make it durable under its final name.

        Raises: Refused (bad_package, conflicting_result) naming what is wrong, OSError (a full disk).
        """
        digest = self._digest.hexdigest()
        if sha512 is not None and sha512.lower() != digest:
            raise Refused("bad_package", "the package was damaged on its way (SHA-512)", "upload it again")
        artifact = Artifact(package_path(cpv, build_id), digest, self._size, build_id)
        try:
            self._file.flush()
            os.fchmod(self._file.fileno(), IMMUTABLE)
            os.fsync(self._file.fileno())
            self._file.close()
            entry = _entry(self._path, artifact.path, cpv, build_id, repository or None, slot or None)
            self._staging.receive(self._path, artifact, entry)
        except FileNotFoundError:
            raise Refused("stale_attempt", "staging was cleared meanwhile", "ask for work") from None
        return artifact

    def abort(self) -> None:
        """Drop what came so far; harmless after `finish`."""
        with suppress(OSError):  # what a full disk leaves in the buffer cannot be flushed either
            self._file.close()
        self._path.unlink(missing_ok=True)


class Staging:
    """The staging directory and its index; every method may be called from any thread."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._files = threading.RLock()
        """Held by whoever gives or takes names in the directory."""
        self._received: dict[str, tuple[str, Entry]] = {}
        """Path to SHA-512 and entry of what lies here, shown or not."""
        self._writing = threading.Lock()
        """Held by whoever changes the index."""
        self._index = Index()
        self._queued: list[Entry] = []
        self._unwritten = False
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Refused(
                "log_unavailable", f"cannot use {directory}: {error.strerror}", "set STAGING_DIR"
            ) from None

    def upload(self, attempt: int) -> Upload:
        """Begin to receive the package of an attempt. Raises: OSError."""
        return Upload(self, attempt)

    def receive(self, draft: Path, artifact: Artifact, entry: Entry) -> None:
        """Give a checked file its final name, durably; its index entry waits for `publish`.

        The first package of an attempt stays: it may have been recorded meanwhile. Raises: OSError, Refused
        (conflicting_result) for another one.
        """
        final = self.directory / artifact.path
        with self._files:
            known = self._received.get(artifact.path)
            if known is not None and final.exists():
                draft.unlink()
                if known[0] != artifact.sha512:
                    raise Refused(
                        "conflicting_result",
                        f"attempt {artifact.build_id} has uploaded another package already",
                        "complete the attempt with the SHA-512 of the first",
                    )
                return
            final.parent.mkdir(parents=True, exist_ok=True)
            draft.replace(final)
            for directory in (final.parent, final.parent.parent, self.directory):
                sync_directory(directory)
            self._received[artifact.path] = artifact.sha512, entry

    def publish(self, artifact: Artifact) -> None:
        """Show a received package to the drones; those that come together are written at once.

        Raises: OSError.
        """
        with self._files:
            known = self._received.get(artifact.path)
            if known is None:
                return
            self._queued.append(known[1])
        with self._writing:
            with self._files:
                queued, self._queued = self._queued, []
            for entry in queued:
                self._index.add(entry)
            if queued or self._unwritten:
                self._write()

    def withdraw(self, *paths: str) -> None:
        """Take packages out of the index and off the disk; nothing happens where there are none."""
        with self._writing, self._files:
            unwanted = set(paths)
            for path in unwanted:
                self._received.pop(path, None)
            self._queued = [entry for entry in self._queued if entry.path not in unwanted]
            gone = [entry.key for entry in self._index if entry.path in unwanted]
            for key in gone:
                self._index.remove(key)
            if gone:
                self._write()
            for path in unwanted:
                (self.directory / path).unlink(missing_ok=True)

    def clear(self) -> None:
        """Empty staging: the index first, so that nobody is sent to a file that is gone."""
        with self._writing, self._files:
            self._forget()
            self._write()
            for path in self._packages():
                path.unlink(missing_ok=True)

    def reconcile(self, artifacts: Iterable[Artifact]) -> list[str]:
        """Make directory and index hold exactly what is recorded; answers the paths that are missing.

        For the start, when nothing is on its way: uploads that are not recorded are removed.
        """
        recorded = {artifact.path: artifact for artifact in artifacts}
        with self._writing, self._files:
            known = {entry.path: entry for entry in self._load()}
            self._forget()
            missing = [
                path for path, artifact in recorded.items() if not self._adopt(artifact, known.get(path))
            ]
            self._write()
            for path in self._packages():
                if str(path.relative_to(self.directory)) not in recorded:
                    path.unlink(missing_ok=True)
        return missing

    def entries(self) -> list[Entry]:
        """What the index shows now."""
        with self._writing:
            return list(self._index)

    def entry(self, key: Key) -> Entry | None:
        """One package of the index."""
        with self._writing:
            return self._index.get(key)

    @contextmanager
    def still(self) -> Iterator[None]:
        """Nothing is taken out of the directory meanwhile, nor added to it."""
        with self._files:
            yield

    def _adopt(self, artifact: Artifact, known: Entry | None) -> bool:
        path = self.directory / artifact.path
        try:
            if path.stat().st_size != artifact.size:
                return False
            if known is None or known.size != artifact.size:
                category, _, name = artifact.path.partition("/")
                pf = Path(name).name.rpartition(f"-{artifact.build_id}.gpkg")[0]
                known = _entry(path, artifact.path, f"{category}/{pf}", artifact.build_id)
        except (OSError, Refused):
            return False
        self._index.add(known)
        self._received[artifact.path] = artifact.sha512, known
        return True

    def _forget(self) -> None:
        """Empty in memory; the next TIMESTAMP is still later than the last."""
        timestamp = self._index.timestamp
        self._index, self._received, self._queued = Index(), {}, []
        self._index.timestamp = timestamp

    def _load(self) -> Index:
        try:
            index = Index.load(self.directory / FILE)
        except (BadIndex, OSError):
            return Index()
        self._index.timestamp = max(self._index.timestamp, index.timestamp)
        return index

    def _write(self) -> None:
        self._unwritten = True
        self._index.write(self.directory, {})
        self._unwritten = False

    def _packages(self) -> list[Path]:
        packages = list(self.directory.glob("*/*/*.gpkg.tar"))
        return packages + list((self.directory / INCOMING).glob("*"))


def _entry(
    file: Path,
    path: str,
    cpv: str,
    build_id: int,
    repository: str | None = None,
    slot: str | None = None,
) -> Entry:
    """The entry of a file that is the package it should be. Raises: Refused (bad_package), OSError."""
    category, _, pf = cpv.partition("/")
    try:
        package = check(file, category=category, pf=pf, build_id=build_id, repository=repository, slot=slot)
        return of_file(package, file, path=path)
    except BadPackage as bad:
        raise Refused("bad_package", bad.message, bad.hint, reason=bad.code) from None
