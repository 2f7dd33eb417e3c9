"""Rows that pass a filter: a short list at once, a long one by and by, and nothing lost."""

import pytest

from swarm_console.panes import sifter as module
from swarm_console.panes.queue import QueuePane
from swarm_console.panes.sifter import Sifter
from swarm_console.words.sieve import sieve
from tests.tui.conftest import Open
from tests.tui.story import building
from tests.tui.watching import until


@pytest.fixture(autouse=True)
def parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PART", 4)
    monkeypatch.setattr(module, "AGAIN", 4)


def test_without_a_filter_the_rows_are_what_they_are() -> None:
    sifter, rows = Sifter[str](str), ["a", "b"]
    assert sifter.view(rows) is rows


def test_a_short_list_is_always_as_it_is_now() -> None:
    sifter, rows = Sifter[str](str), ["ab", "b"]
    sifter.filter_by(sieve("a"))
    rows.append("ca")
    assert sifter.view(rows) == ["ab", "ca"]
    sifter.filter_by(None)
    assert sifter.view(rows) is rows


def test_a_long_list_is_looked_through_in_parts() -> None:
    rows = [f"{'a' if number % 2 else 'b'}{number}" for number in range(10)]
    sifter = Sifter[str](str)
    sifter.filter_by(sieve("a"))
    first = ["a1", "a3", "a5", "a7", "a9"]
    assert [list(sifter.view(rows)) for _ in range(2)] == [first[:2], first[:4]], "as far as it was looked"
    assert sifter.searching
    assert list(sifter.view(rows)) == first
    assert not sifter.searching
    rows[0] = "a0"
    assert [list(sifter.view(rows)) for _ in range(2)] == [first, first], "what was found stands meanwhile"
    assert list(sifter.view(rows)) == ["a0", *first]


def test_a_long_list_that_became_short_is_seen_at_once() -> None:
    sifter = Sifter[str](str)
    rows = [f"a{number}" for number in range(10)]
    sifter.filter_by(sieve("a"))
    assert [len(sifter.view(rows)) for _ in range(3)] == [4, 8, 10]
    assert sifter.view(["a", "b"]) == ["a"]
    assert sifter.view([]) == []


def test_another_filter_holds_at_once() -> None:
    sifter = Sifter[str](str)
    rows = [f"{'a' if number % 2 else 'b'}{number}" for number in range(10)]
    sifter.filter_by(sieve("a"))
    sifter.view(rows)
    sifter.filter_by(sieve("!a"))
    assert [list(sifter.view(rows))[-1] for _ in range(3)] == ["b2", "b6", "b8"]


async def test_a_filter_over_a_long_queue_goes_on_by_itself(open_console: Open) -> None:
    async with open_console(building()) as stage:
        table, names = stage.app.query_one(QueuePane).table, list(stage.story.state.builds)
        wanted = names[-1].partition("/")[2]
        table.filter_by(sieve(wanted))
        assert table.sifting
        await until(stage, lambda: not table.sifting)
        assert [build.id for build in table._items] == [name for name in names if wanted in name]
