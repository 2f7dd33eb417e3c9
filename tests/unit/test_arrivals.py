"""When the pieces of a log arrived: an entry a second, found by offset, whatever became of the file."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_node.model.refusal import Refused
from swarm_node.orchestrator.logs import Logs


class Clock:
    now = 1_795_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def logs(tmp_path: Path, clock: Clock) -> Logs:
    return Logs(tmp_path / "logs", keep=2, clock=clock)


def written(logs: Logs, clock: Clock, *steps: tuple[float, bytes]) -> None:
    """Append each text after so many seconds."""
    for after, text in steps:
        clock.now += after
        logs.append(7, logs.size(7), text)


def test_a_piece_has_its_time(logs: Logs, clock: Clock) -> None:
    written(logs, clock, (0, b"one\n"), (5, b"two\n"), (2.5, b"three\n"))
    begin = Clock.now
    assert logs.times(7) == [(0, begin), (4, begin + 5), (8, begin + 7.5)]


def test_what_comes_within_a_second_is_one_piece(logs: Logs, clock: Clock) -> None:
    written(logs, clock, *[(0.25, b"x\n")] * 41)
    times = logs.times(7)
    assert len(times) == 11
    assert all(later[1] - earlier[1] == 1.0 for earlier, later in pairwise(times))


def test_entries_are_found_by_offset(logs: Logs, clock: Clock) -> None:
    written(logs, clock, *[(2, b"0123456789")] * 50)
    assert [offset for offset, _ in logs.times(7, 205, 3)] == [200, 210, 220]
    assert [offset for offset, _ in logs.times(7, 200, 1)] == [200]
    assert [offset for offset, _ in logs.times(7, -1)] == [490]
    assert [offset for offset, _ in logs.times(7, 10_000)] == [490]
    assert len(logs.times(7, -10_000)) == 50


def test_entries_are_found_by_time(logs: Logs, clock: Clock) -> None:
    begin = clock.now
    written(logs, clock, *[(10, b"0123456789")] * 50)
    assert logs.times(7, most=1, since=begin + 105) == [(90, begin + 100)]
    assert logs.times(7, most=1, since=begin + 110) == [(100, begin + 110)]
    assert logs.times(7, most=1, since=0.0) == [(0, begin + 10)]
    assert logs.times(7, since=begin + 10_000) == [(490, begin + 500)]


def test_nothing_new_has_no_time(logs: Logs, clock: Clock) -> None:
    written(logs, clock, (0, b"one\n"))
    clock.now += 60
    logs.append(7, 0, b"one\n")
    logs.append(7, 100, b"a gap")
    logs.append(7, 4, b"")
    assert len(logs.times(7)) == 1


def test_a_clock_that_was_set_back(logs: Logs, clock: Clock) -> None:
    written(logs, clock, (0, b"one\n"), (-3600, b"two\n"))
    assert [at - Clock.now for _, at in logs.times(7)] == [0, -3600]


@given(lost=st.integers(1, 47))
def test_a_torn_file_is_mended(lost: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    clock = Clock()
    logs = Logs(tmp_path_factory.mktemp("logs"), clock=clock)
    written(logs, clock, (0, b"one\n"), (5, b"two\n"), (5, b"three\n"))
    path = logs.times_path(7)
    path.write_bytes(path.read_bytes()[:-lost])
    kept = (48 - lost) // 16
    assert len(logs.times(7)) == kept
    written(logs, clock, (5, b"four\n"))
    assert [offset for offset, _ in logs.times(7)] == [*[0, 4, 8][:kept], 14]


@given(content=st.binary(max_size=100))
def test_a_file_of_anything_harms_nobody(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    clock = Clock()
    logs = Logs(tmp_path_factory.mktemp("logs"), clock=clock)
    logs.append(7, 0, b"one\n")
    logs.times_path(7).write_bytes(content)
    assert len(logs.times(7, 2, 5)) <= 5
    assert logs.append(7, 4, b"two\n") == 8
    assert logs.read(7) == b"one\ntwo\n"
    assert logs.times(7, 7)


def test_a_missing_file_only_means_unknown_times(logs: Logs) -> None:
    logs.append(7, 0, b"one\n")
    logs.times_path(7).unlink()
    assert logs.times(7) == []
    with pytest.raises(Refused, match="no log of attempt 8"):
        logs.times(8)


def test_a_file_that_cannot_be_written_does_not_stop_the_log(logs: Logs) -> None:
    logs.path(7).parent.mkdir()
    logs.times_path(7).mkdir()
    assert logs.append(7, 0, b"one\n") == 4


def test_times_go_with_their_log(logs: Logs) -> None:
    for number in (1, 2, 3):
        logs.append(number, 0, b"x")
    logs.prune()
    assert sorted(path.name for path in logs.directory.glob("*/*")) == [
        "2.log",
        "2.times",
        "3.log",
        "3.times",
    ]
