"""Build logs on the orchestrator: appended by offset, read by piece, pruned by count."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_node.model.refusal import Refused
from swarm_node.orchestrator import logs as module
from swarm_node.orchestrator.logs import Logs


@pytest.fixture
def logs(tmp_path: Path) -> Logs:
    return Logs(tmp_path / "logs", keep=3)


pieces_sent = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 60)), max_size=30)


@given(text=st.binary(min_size=1, max_size=200), pieces=pieces_sent)
def test_whatever_is_sent_twice_or_out_of_order_the_log_is_a_prefix(
    tmp_path_factory: pytest.TempPathFactory, text: bytes, pieces: list[tuple[int, int]]
) -> None:
    logs = Logs(tmp_path_factory.mktemp("logs"))
    for offset, length in pieces:
        size = logs.append(1, offset, text[offset : offset + length])
        assert size == logs.size(1)
    assert text.startswith(logs.read(1) if pieces else b"")
    logs.append(1, logs.size(1), text[logs.size(1) :])
    assert logs.read(1) == text


def test_a_log_is_read_by_piece(logs: Logs) -> None:
    logs.append(7, 0, b"0123456789")
    assert logs.read(7, 2, 3) == b"234"
    assert logs.read(7, -3) == b"789"
    assert logs.read(7, -300) == b"0123456789"
    assert logs.read(7, 300) == b""


def test_a_log_that_is_not_there(logs: Logs) -> None:
    assert logs.size(1) == 0
    with pytest.raises(Refused) as refused:
        logs.read(1)
    assert refused.value.code == "unknown_attempt"


def test_a_log_stops_growing_at_its_limit(logs: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST", 10)
    assert logs.append(1, 0, b"x" * 12) == 12
    assert logs.append(1, 12, b"more") == 12


def test_a_note_is_a_line_of_its_own(logs: Logs) -> None:
    logs.append(1, 0, b"half a line")
    logs.note(1, "refused")
    assert logs.read(1) == b"half a line\n>>> refused\n"


def test_only_the_newest_are_kept(logs: Logs) -> None:
    for number in (1, 2, 999, 1000, 1001, 20_000):
        logs.append(number, 0, b"x")
    logs.prune()
    assert [number for number in (1, 2, 999, 1000, 1001, 20_000) if logs.size(number)] == [1000, 1001, 20_000]
