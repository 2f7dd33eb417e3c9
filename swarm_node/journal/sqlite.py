"""The log in one SQLite file: WAL, synchronous=FULL, one writing connection, one orchestrator at a time.

One writer because SQLite before 3.51.3 can corrupt a WAL that several connections write and checkpoint.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from itertools import islice
from pathlib import Path

import msgspec

from swarm_node.journal.base import FORMAT, JournalError, JournalFull, Snapshot, Wanted
from swarm_node.model.events import AnyEvent, Record

_SCHEMA = """
CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS snapshots (seq INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS lasting (seq INTEGER PRIMARY KEY, body BLOB NOT NULL);
"""
_APPLICATION = 0x5357524D
"""`PRAGMA application_id` of our files: "SWRM"."""

_NETWORK = {"nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs"}
"""File systems on which neither flock nor WAL can be trusted."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(AnyEvent).decode


class SqliteJournal:
    """A `Journal` in a file; `append` and `save_snapshot` may run in one thread beside the readers.

    Looking back has a connection of its own: a long look from another thread is in nobody's way.
    Lasting snapshots are compressed (Zstandard): there is one a session, for good.

    Raises: JournalError when another orchestrator has it, its format is newer, or it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with ExitStack() as undo, self._readable():
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                _refuse_network(path.parent)
                self._lock = _exclusive(path.with_suffix(".lock"))
            except OSError as error:
                raise JournalError(
                    f"cannot open the log {path}: {error.strerror}", "check STATE_DIR and its owner"
                ) from error
            undo.callback(os.close, self._lock)
            unclean = _unclean(path)
            self._writer = _connect(path)
            undo.callback(self._writer.close)
            self._prepare(unclean)
            self._reader = _connect(path)
            undo.callback(self._reader.close)
            self._reader.execute("PRAGMA query_only = ON")
            self._last: int = self._writer.execute("SELECT COALESCE(MAX(seq), 0) FROM events").fetchone()[0]
            undo.pop_all()

    def _prepare(self, unclean: bool) -> None:
        self._writer.execute("PRAGMA journal_mode = WAL")
        self._writer.execute("PRAGMA synchronous = FULL")
        _check_format(self._writer, self.path)
        if unclean and self._writer.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise JournalError(f"the log {self.path} is damaged", _RESTORE)
        self._writer.executescript(_SCHEMA)

    def snapshot(self, upto: int | None = None) -> Snapshot | None:
        last = self._last if upto is None else min(upto, self._last)
        newest = "SELECT seq, body FROM {} WHERE seq <= ? ORDER BY seq DESC LIMIT 1"
        with self._aside() as reader:
            row = reader.execute(newest.format("snapshots"), (last,)).fetchone()
            kept = reader.execute(newest.format("lasting"), (last,)).fetchone()
        if kept is not None and (row is None or kept[0] > row[0]):
            return Snapshot(kept[0], _unpacked(kept[1]))
        return Snapshot(*row) if row else None

    def save_snapshot(self, snapshot: Snapshot, lasting: bool = False) -> None:
        body = _packed(snapshot.body) if lasting else snapshot.body
        table = "lasting" if lasting else "snapshots"
        with self._transaction():
            self._writer.execute(f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", (snapshot.seq, body))
            if not lasting:
                self._writer.execute("DELETE FROM snapshots WHERE seq < ?", (snapshot.seq,))

    def count(self, after: int, upto: int) -> dict[str, int]:
        with self._aside() as reader:
            asked = "SELECT kind, COUNT(*) FROM events WHERE seq > ? AND seq <= ? GROUP BY kind"
            return dict(reader.execute(asked, (after, upto)).fetchall())

    def read(self, after: int = 0, kinds: Sequence[str] = ()) -> Iterator[Record]:
        chosen = f"AND kind IN ({','.join('?' * len(kinds))})" if kinds else ""
        with self._aside() as reader:
            rows = reader.execute(
                f"SELECT seq, body FROM events WHERE seq > ? {chosen} ORDER BY seq", (after, *kinds)
            )
            for seq, body in rows:
                yield self._record(seq, body)

    def latest(
        self, kinds: Sequence[str], limit: int, before: int | None = None, wanted: Wanted | None = None
    ) -> list[Record]:
        marks = ",".join("?" * len(kinds))
        newest = (
            f"SELECT seq, body FROM events WHERE kind IN ({marks}) AND seq < ? AND instr(body, ?) "
            "ORDER BY seq DESC"
        )
        before = self._last + 1 if before is None else before
        with self._readable():
            rows = self._reader.execute(newest, (*kinds, before, wanted.holding if wanted else b""))
            records = (self._record(*row) for row in rows)
            return list(islice((r for r in records if wanted is None or wanted.fits(r.event)), limit))

    def append(self, events: Sequence[AnyEvent]) -> int:
        first = self._last + 1
        rows = [(first + n, type(event).__name__, _encode(event)) for n, event in enumerate(events)]
        with self._transaction():
            self._writer.executemany("INSERT INTO events VALUES (?, ?, ?)", rows)
        self._last += len(rows)
        return self._last

    def close(self) -> None:
        self._reader.close()
        self._writer.close()
        os.close(self._lock)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """BEGIN IMMEDIATE … COMMIT; rolls back on any error and tells a full disk from other trouble."""
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            yield
            self._writer.execute("COMMIT")
        except sqlite3.Error as error:
            raise _trouble(error) from error
        finally:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")

    @contextmanager
    def _aside(self) -> Iterator[sqlite3.Connection]:
        """A connection to look back with, of the thread that asks for it."""
        with self._readable(), closing(_connect(self.path)) as reader:
            reader.execute("PRAGMA query_only = ON")
            yield reader

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise JournalError(f"cannot read the log {self.path}: {error}", _RESTORE) from error

    def _record(self, seq: int, body: bytes) -> Record:
        try:
            return Record(seq, _decode(body))
        except msgspec.DecodeError as error:
            raise JournalError(f"event {seq} of {self.path} cannot be read: {error}", _RESTORE) from error


_RESTORE = "restore the newest copy of the file, or move it away to start with an empty swarm"


def _trouble(error: sqlite3.Error) -> JournalError:
    if "full" in str(error) or "disk I/O" in str(error):
        return JournalFull(f"the log cannot grow: {error}", "free space on the disk of STATE_DIR")
    return JournalError(f"the log cannot be written: {error}", "check the disk of STATE_DIR")


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5)


def _packed(body: bytes) -> bytes:
    import zstandard  # takes long to import, and is wanted once a session

    return zstandard.compress(body)


def _unpacked(body: bytes) -> bytes:
    import zstandard

    return zstandard.decompress(body)


def _unclean(path: Path) -> bool:
    """Whether the last writer ended without a word: a clean end removes the WAL."""
    wal = path.with_name(path.name + "-wal")
    return wal.exists() and wal.stat().st_size > 0


def _check_format(connection: sqlite3.Connection, path: Path) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    tables = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]
    if tables and application != _APPLICATION:
        raise JournalError(f"{path} is not a swarm's log", "name another STATE_DIR")
    if version > FORMAT:
        raise JournalError(
            f"the log {path} has format {version}; this program knows up to {FORMAT}",
            "install the newer build-swarm that wrote it",
        )
    connection.execute(f"PRAGMA application_id = {_APPLICATION}")
    connection.execute(f"PRAGMA user_version = {FORMAT}")


def _exclusive(path: Path) -> int:
    """The lock that makes a second orchestrator impossible; the kernel frees it on any death."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.read(lock, 20).decode(errors="replace").strip()
        os.close(lock)
        raise JournalError(
            f"another orchestrator (process {owner or 'unknown'}) has the log open",
            "stop it first, or give this one its own STATE_DIR",
        ) from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)
    return lock


def _refuse_network(directory: Path) -> None:
    """WAL and flock need a local disk. The mount is the longest prefix in /proc/self/mounts (proc(5))."""
    best, kind = "", ""
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, point, fstype, *_ = line.split()
        if directory.resolve().is_relative_to(point) and len(point) >= len(best):
            best, kind = point, fstype
    if kind in _NETWORK:
        raise JournalError(f"{directory} is on {kind}", "put STATE_DIR on a local disk")
