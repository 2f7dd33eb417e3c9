"""The log: dense, durable before it is answered, one owner, and clear words when it cannot be used."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from swarm_node.journal.base import FORMAT, JournalError, JournalFull, Snapshot, Wanted
from swarm_node.journal.sqlite import SqliteJournal
from swarm_node.model.apply import fold
from swarm_node.model.events import ActionTaken, AnyEvent, SwarmHeld
from swarm_node.model.state import State
from swarm_node.orchestrator.swarm import load

WRITER = """
import sys
from pathlib import Path
from swarm_node.journal.sqlite import SqliteJournal
from swarm_node.model.events import ActionTaken

journal = SqliteJournal(Path(sys.argv[1]))
number = journal.append([])
while True:
    group = [ActionTaken(at=float(number + n), name=str(number + n)) for n in range(1, 4)]
    number = journal.append(group)
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
"""


def action(number: int, size: int = 0) -> AnyEvent:
    return ActionTaken(at=float(number), name=f"{number}", by="x" * size)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "swarm.db"


@pytest.fixture
def journal(path: Path) -> Iterator[SqliteJournal]:
    journal = SqliteJournal(path)
    yield journal
    journal.close()


def test_sequence_numbers_are_dense_and_start_at_one(journal: SqliteJournal) -> None:
    assert journal.append([action(1), action(2)]) == 2
    assert journal.append([]) == 2
    assert journal.append([action(3)]) == 3
    assert [record.seq for record in journal.read()] == [1, 2, 3]
    assert [record.event for record in journal.read(after=1)] == [action(2), action(3)]
    assert list(journal.read(after=99)) == []


def test_it_goes_on_where_it_ended(path: Path) -> None:
    for number in range(1, 4):
        journal = SqliteJournal(path)
        assert journal.append([action(number)]) == number
        journal.close()


def test_events_of_one_kind_are_found(journal: SqliteJournal) -> None:
    journal.append([action(1), SwarmHeld(at=2.0, held=True), action(3), SwarmHeld(at=4.0, held=False)])
    assert [record.seq for record in journal.read(kinds=["SwarmHeld"])] == [2, 4]
    assert [record.seq for record in journal.latest(["SwarmHeld"], 10)] == [4, 2]
    assert [record.seq for record in journal.latest(["SwarmHeld", "ActionTaken"], 3)] == [4, 3, 2]
    assert [record.seq for record in journal.latest(["SwarmHeld", "ActionTaken"], 2, before=4)] == [3, 2]


def test_those_that_are_wanted_are_found_page_by_page(journal: SqliteJournal) -> None:
    journal.append(
        [ActionTaken(at=1.0, name=name, by="a name") for name in ("name", "other", "name", "name")]
    )
    wanted = Wanted(b'"name":"name"', lambda event: isinstance(event, ActionTaken) and event.name == "name")
    newest = journal.latest(["ActionTaken"], 2, wanted=wanted)
    assert [record.seq for record in newest] == [4, 3]
    older = journal.latest(["ActionTaken"], 2, before=newest[-1].seq, wanted=wanted)
    assert [record.seq for record in older] == [1]


def test_what_is_answered_is_synced_to_the_disk(journal: SqliteJournal) -> None:
    asked = ("synchronous", "journal_mode")
    answers = [journal._writer.execute(f"PRAGMA {name}").fetchone()[0] for name in asked]
    assert answers == [2, "wal"]


def test_events_are_counted_by_kind(journal: SqliteJournal) -> None:
    journal.append([action(1), SwarmHeld(at=2.0, held=True), action(3), action(4)])
    assert journal.count(0, 4) == {"ActionTaken": 3, "SwarmHeld": 1}
    assert journal.count(1, 3) == {"ActionTaken": 1, "SwarmHeld": 1}
    assert journal.count(4, 4) == {}


def test_lasting_snapshots_stay_and_the_nearest_is_found(journal: SqliteJournal) -> None:
    journal.append([action(n) for n in range(1, 11)])
    assert journal.snapshot(3) is None
    journal.save_snapshot(Snapshot(2, b"two" * 1000), lasting=True)
    journal.save_snapshot(Snapshot(4, b"four"), lasting=True)
    journal.save_snapshot(Snapshot(6, b"six"))
    journal.save_snapshot(Snapshot(8, b"eight"))
    found = {upto: journal.snapshot(upto) for upto in (1, 2, 3, 5, 7, 9)}
    assert {upto: each.seq if each else None for upto, each in found.items()} == {
        1: None, 2: 2, 3: 2, 5: 4, 7: 4, 9: 8,
    }  # fmt: skip
    assert found[2] == Snapshot(2, b"two" * 1000)
    assert journal.snapshot() == Snapshot(8, b"eight")
    journal.save_snapshot(Snapshot(10, b"ten"), lasting=True)
    assert journal.snapshot() == Snapshot(10, b"ten")


def test_only_the_newest_snapshot_is_kept(journal: SqliteJournal) -> None:
    assert journal.snapshot() is None
    journal.append([action(1), action(2)])
    journal.save_snapshot(Snapshot(1, b"one"))
    journal.save_snapshot(Snapshot(2, b"two"))
    assert journal.snapshot() == Snapshot(2, b"two")


def test_a_snapshot_ahead_of_the_log_is_not_believed(journal: SqliteJournal) -> None:
    journal.append([action(1)])
    journal.save_snapshot(Snapshot(9, b"from the future"))
    assert journal.snapshot() is None


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"seq": "x"}', b"\xff\xfe", b'{"builds": {"a": 1}}'])
def test_a_damaged_snapshot_costs_time_and_no_truth(journal: SqliteJournal, body: bytes) -> None:
    events = [SwarmHeld(at=1.0, held=True), SwarmHeld(at=2.0, held=False), SwarmHeld(at=3.0, held=True)]
    journal.append(events)
    journal.save_snapshot(Snapshot(2, body))
    assert msgspec.json.encode(load(journal)) == msgspec.json.encode(fold(State(), events))


def test_snapshot_and_tail_make_the_state(journal: SqliteJournal) -> None:
    events: list[AnyEvent] = [SwarmHeld(at=float(n), held=n % 2 == 0) for n in range(1, 10)]
    journal.append(events)
    journal.save_snapshot(Snapshot(5, msgspec.json.encode(fold(State(), events[:5]))))
    assert msgspec.json.encode(load(journal)) == msgspec.json.encode(fold(State(), events))


def test_a_second_orchestrator_is_refused_by_name_of_the_first(path: Path) -> None:
    first = SqliteJournal(path)
    with pytest.raises(JournalError, match=f"process {os.getpid()}") as refused:
        SqliteJournal(path)
    assert "STATE_DIR" in refused.value.hint
    first.append([action(1)])
    first.close()
    SqliteJournal(path).close()


def test_a_newer_format_is_refused_and_left_alone(path: Path) -> None:
    SqliteJournal(path).close()
    with sqlite3.connect(path) as other:
        other.execute(f"PRAGMA user_version = {FORMAT + 1}")
    other.close()
    for _ in range(2):
        with pytest.raises(JournalError, match=f"format {FORMAT + 1}") as refused:
            SqliteJournal(path)
        assert "newer" in refused.value.hint


def test_another_programs_database_is_refused_and_left_alone(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE songs (name TEXT)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(JournalError, match="not a swarm's log"):
        SqliteJournal(path)
    with sqlite3.connect(path) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("songs",)]
    other.close()
    assert len(path.read_bytes()) == len(before)


@pytest.mark.parametrize("content", [b"hello, I am a letter\n" * 200, b"SQLite format 3\0" + b"\xaa" * 8000])
def test_what_is_no_database_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(JournalError, match="cannot read") as refused:
        SqliteJournal(path)
    assert "restore" in refused.value.hint
    path.unlink()
    SqliteJournal(path).close()


def test_a_directory_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match="cannot open") as refused:
        SqliteJournal(tmp_path / "file/swarm.db")
    assert "STATE_DIR" in refused.value.hint


def test_an_event_of_an_unknown_kind_is_no_traceback(journal: SqliteJournal, path: Path) -> None:
    journal.append([action(1)])
    with sqlite3.connect(path) as other:
        other.execute("UPDATE events SET body = ?", (b'{"event": "Marvel", "at": 1.0}',))
    other.close()
    with pytest.raises(JournalError, match="event 1"):
        list(journal.read())
    with pytest.raises(JournalError, match="event 1"):
        journal.latest(["ActionTaken"], 1)


def test_kill_9_loses_nothing_that_was_answered(path: Path) -> None:
    answered = 0
    for _ in range(5):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
        )
        assert writer.stdout is not None
        for _ in range(20):
            answered = int(writer.stdout.readline())
        os.kill(writer.pid, signal.SIGKILL)
        rest = writer.stdout.read().splitlines()
        answered = int(rest[-1]) if rest else answered
        writer.wait()
        writer.stdout.close()
        journal = SqliteJournal(path)
        found = list(journal.read())
        journal.close()
        assert len(found) >= answered
        assert [record.seq for record in found] == list(range(1, len(found) + 1))
        assert [record.event for record in found[:answered]] == [action(n) for n in range(1, answered + 1)]
    assert answered >= 300


def test_a_full_disk_refuses_reads_on_and_recovers(small_disk: Path) -> None:
    journal = SqliteJournal(small_disk / "swarm.db")
    ballast = small_disk / "ballast"
    journal.append([action(1)])
    ballast.write_bytes(b"\0" * (_free(small_disk) - 16_384))
    written = 1
    with pytest.raises(JournalFull) as full:
        while True:
            journal.append([action(written + 1, 4000)])
            written += 1
    assert "free space" in full.value.hint
    with pytest.raises(JournalFull):
        journal.append([action(written + 1, 8000)])
    with pytest.raises(JournalFull):
        journal.save_snapshot(Snapshot(1, b"x" * 40_000))
    assert len(list(journal.read())) == written
    ballast.unlink()
    assert journal.append([action(written + 1)]) == written + 1
    journal.close()
    again = SqliteJournal(small_disk / "swarm.db")
    assert [record.seq for record in again.read()] == list(range(1, written + 2))
    again.close()


def _free(directory: Path) -> int:
    found = os.statvfs(directory)
    return found.f_bavail * found.f_frsize


@pytest.fixture
def small_disk(tmp_path: Path, needs_root: None) -> Iterator[Path]:
    """A file system of one MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True)
    if made.returncode:
        pytest.skip(f"no tmpfs: {made.stderr.decode().strip()}")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)
