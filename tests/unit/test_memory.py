"""The console's memory: what it survives, and that it never gets in the way."""

import stat
from functools import partial
from pathlib import Path
from threading import Thread

import pytest

from swarm_console.manners.memory import GATEWAYS, LARGEST, Look, Memory, Notebook

HERE = "http://127.0.0.1:8090"


def look(seq: int) -> Look:
    return Look(seq, 1e9 + seq + 0.123456, 2e9 + seq)


def saw(seq: int, gateway: str = HERE) -> Memory:
    return Memory().having_seen(gateway, look(seq))


def test_what_was_seen_is_there_the_next_time(tmp_path: Path) -> None:
    path = tmp_path / "state" / "build-swarm" / "console.json"
    Notebook(path).change(lambda memory: memory.having_seen(HERE, look(7)))
    assert Notebook(path).read().seen == {HERE: look(7)}
    assert [each.name for each in path.parent.iterdir()] == ["console.json"]


def test_another_swarms_look_stays(tmp_path: Path) -> None:
    book = Notebook(tmp_path / "console.json")
    book.change(lambda memory: memory.having_seen(HERE, look(1)))
    book.change(lambda memory: memory.having_seen("http://other:1", look(2)))
    book.change(lambda memory: memory.having_seen(HERE, look(3)))
    assert book.read().seen == {"http://other:1": look(2), HERE: look(3)}


def test_it_does_not_grow_without_end() -> None:
    memory = Memory()
    for number in range(GATEWAYS + 5):
        memory = memory.having_seen(f"http://gateway-{number}", look(number))
    assert len(memory.seen) == GATEWAYS
    assert "http://gateway-4" not in memory.seen
    assert "http://gateway-5" in memory.seen


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"seen": {"x": {"seq": "1", "at": 0, "looked": 0}}}',
        b'{"seen": {"x": {"seq": 1}}}',
        b"\xff\x00",
        b"[" * 20_000,
        b" " * (LARGEST + 1),
    ],
)
def test_damage_is_forgotten_and_written_over(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "console.json"
    path.write_bytes(content)
    book = Notebook(path)
    assert book.read() == Memory()
    book.change(lambda memory: memory.having_seen(HERE, look(2)))
    assert book.read().seen == {HERE: look(2)}


def test_a_newer_consoles_file_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "console.json"
    path.write_text('{"seen": {"http://a": {"seq": 1, "at": 2.5, "looked": 3, "more": 1}}, "later": [1, 2]}')
    assert Notebook(path).read().seen == {"http://a": Look(1, 2.5, 3.0)}


@pytest.mark.parametrize("place", ["in a file", "a directory", "missing"])
def test_where_nothing_can_be_written_nothing_is_said(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path = {
        "in a file": tmp_path / "file" / "console.json",
        "a directory": tmp_path,
        "missing": Path("/proc/no/such/place/console.json"),
    }[place]
    book = Notebook(path)
    book.change(lambda memory: saw(1))
    assert book.read() == Memory()
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_without_a_path_nothing_is_kept() -> None:
    book = Notebook()
    book.change(lambda memory: saw(1))
    assert book.read() == Memory()


def test_what_is_the_same_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "console.json"
    book = Notebook(path)
    book.change(lambda memory: saw(1))
    before = path.stat()[stat.ST_INO]
    book.change(lambda memory: saw(1))
    assert path.stat()[stat.ST_INO] == before


def test_two_threads_lose_nothing(tmp_path: Path) -> None:
    book = Notebook(tmp_path / "console.json")

    def write(name: str) -> None:
        for number in range(1, 40):
            book.change(partial(Memory.having_seen, gateway=name, look=look(number)))

    threads = [Thread(target=write, args=(f"http://{name}",)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert book.read().seen == {"http://a": look(39), "http://b": look(39)}
