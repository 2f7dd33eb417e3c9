"""Staging: what drones upload, checked and durable, indexed once it is recorded; never served to clients."""

import hashlib
import os
import threading
from collections.abc import Iterable
from pathlib import Path

from swarm_node.model.refusal import Refused
from swarm_node.model.work import Artifact
from swarm_node.portage.emerge import package_path
from swarm_node.portage.entry import Entry, Key, of_file
from swarm_node.portage.gpkg import check
from swarm_node.portage.index import BadIndex, Index
from swarm_node.portage.limits import BadPackage, printable

INCOMING = ".incoming"
IMMUTABLE = 0o444


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

        Raises: Refused (bad_package) naming what is wrong, OSError (a full disk).
        """
        digest = self._digest.hexdigest()
        if sha512 is not None and sha512.lower() != digest:
            raise Refused("bad_package", "the package was damaged on its way (SHA-512)", "upload it again")
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        category, _, pf = cpv.partition("/")
        path = package_path(cpv, build_id)
        try:
            package = check(
                self._path,
                category=category,
                pf=pf,
                build_id=build_id,
                repository=repository or None,
            )
            _check_slot(package.metadata.get("SLOT", ""), slot)
            entry = of_file(package, self._path, path=path)
        except BadPackage as bad:
            raise Refused("bad_package", bad.message, bad.hint, reason=bad.code) from None
        self._staging.receive(self._path, path, entry)
        return Artifact(path, digest, self._size, build_id)

    def abort(self) -> None:
        """Drop what came so far; harmless after `finish`."""
        self._file.close()
        self._path.unlink(missing_ok=True)


def _check_slot(found: str, wanted: str) -> None:
    """A slot without a sub-slot is its own sub-slot (PMS 7.2). Raises: BadPackage."""
    slot, _, sub = found.partition("/")
    if wanted and wanted not in (f"{slot}/{sub or slot}", slot if sub in ("", slot) else ""):
        raise BadPackage("name_binding", f"SLOT is {printable(found)} in the package, {wanted} was assigned")


class Staging:
    """The staging directory and its index; every method may be called from any thread."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._lock = threading.Lock()
        self._index = Index()
        self._received: dict[str, Entry] = {}
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Refused(
                "log_unavailable", f"cannot use {directory}: {error.strerror}", "set STAGING_DIR"
            ) from None

    def upload(self, attempt: int) -> Upload:
        """Begin to receive the package of an attempt. Raises: OSError."""
        return Upload(self, attempt)

    def receive(self, draft: Path, path: str, entry: Entry) -> None:
        """Give a checked file its final name, durably; its index entry waits for `publish`."""
        final = self.directory / path
        with self._lock:
            final.parent.mkdir(parents=True, exist_ok=True)
            draft.chmod(IMMUTABLE)
            draft.replace(final)
            for directory in (final.parent, final.parent.parent, self.directory):
                _sync_directory(directory)
            self._received[path] = entry

    def publish(self, artifact: Artifact) -> None:
        """Show a received package to the drones. Raises: OSError."""
        with self._lock:
            entry = self._received.pop(artifact.path, None)
            if entry is not None:
                self._index.add(entry)
                self._write()

    def withdraw(self, path: str) -> None:
        """Take a package out of the index and off the disk; nothing happens if it is not there."""
        with self._lock:
            self._received.pop(path, None)
            gone = [entry.key for entry in self._index if entry.path == path]
            for key in gone:
                self._index.remove(key)
            if gone:
                self._write()
            (self.directory / path).unlink(missing_ok=True)

    def clear(self) -> None:
        """Empty staging: the index first, so that nobody is sent to a file that is gone."""
        with self._lock:
            old = self._files()
            self._index, self._received = _after(self._index), {}
            self._write()
            for path in old:
                path.unlink(missing_ok=True)

    def reconcile(self, artifacts: Iterable[Artifact]) -> list[str]:
        """Make directory and index hold exactly what is recorded; answers the paths that are missing."""
        recorded = {artifact.path: artifact for artifact in artifacts}
        with self._lock:
            index = self._load()
            known = {entry.path: entry for entry in index}
            self._index, self._received = _after(index), {}
            missing = [
                path for path, artifact in recorded.items() if not self._adopt(artifact, known.get(path))
            ]
            self._write()
            for path in self._files():
                if str(path.relative_to(self.directory)) not in recorded:
                    path.unlink(missing_ok=True)
        return missing

    def entries(self) -> list[Entry]:
        """What the index shows now."""
        with self._lock:
            return list(self._index)

    def entry(self, key: Key) -> Entry | None:
        """One package of the index."""
        with self._lock:
            return self._index.get(key)

    def _adopt(self, artifact: Artifact, known: Entry | None) -> bool:
        path = self.directory / artifact.path
        try:
            if path.stat().st_size != artifact.size:
                return False
            if known is None:
                category, _, name = artifact.path.partition("/")
                pf = Path(name).name.rpartition(f"-{artifact.build_id}.gpkg")[0]
                package = check(path, category=category, pf=pf, build_id=artifact.build_id)
                known = of_file(package, path, path=artifact.path)
        except (OSError, BadPackage):
            return False
        self._index.add(known)
        return True

    def _load(self) -> Index:
        try:
            return Index.load(self.directory / "Packages")
        except BadIndex:
            return Index()

    def _write(self) -> None:
        self._index.write(self.directory, {"REPO": ""})

    def _files(self) -> list[Path]:
        packages = list(self.directory.glob("*/*/*.gpkg.tar"))
        return packages + list((self.directory / INCOMING).glob("*"))


def _after(index: Index) -> Index:
    """An empty index whose next timestamp is later than the old one's."""
    empty = Index()
    empty.timestamp = index.timestamp
    return empty


def _sync_directory(path: Path) -> None:
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
