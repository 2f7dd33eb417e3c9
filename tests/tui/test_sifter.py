"""Rows that pass a filter: a short list at once, a long one by and by, and nothing lost."""

import pytest

from swarm_console.panes import sifter as module
from swarm_console.panes.sifter import Sifter
from swarm_console.words.sieve import sieve


@pytest.fixture(autouse=True)
def parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PART", 4)


def test_without_a_filter_the_rows_are_what_they_are() -> None:
    sifter, rows = Sifter[str](str), ["a", "b"]
    assert sifter.view(rows) is rows


def test_a_short_list_is_always_as_it_is_now() -> None:
    sifter, rows = Sifter[str](str), ["ab", "b"]
    sifter.filter_by(sieve("a"), rows)
    rows.append("ca")
    assert sifter.view(rows) == ["ab", "ca"]
    sifter.filter_by(None, rows)
    assert sifter.view(rows) is rows


def test_a_long_list_is_looked_through_in_parts() -> None:
    rows = [f"{'a' if number % 2 else 'b'}{number}" for number in range(10)]
    sifter = Sifter[str](str)
    sifter.filter_by(sieve("a"), rows)
    first = ["a1", "a3", "a5", "a7", "a9"]
    assert list(sifter.view(rows)) == first
    rows[0] = "a0"
    assert [list(sifter.view(rows)) for _ in range(2)] == [first, first], (
        "the pass that was under way ends first"
    )
    assert [list(sifter.view(rows)) for _ in range(3)] == [first, first, ["a0", *first]]


def test_a_long_list_that_became_short_is_seen_at_once() -> None:
    sifter = Sifter[str](str)
    rows = [f"a{number}" for number in range(10)]
    sifter.filter_by(sieve("a"), rows)
    assert len(sifter.view(rows)) == 10
    assert sifter.view(["a", "b"]) == ["a"]
    assert sifter.view([]) == []


def test_another_filter_holds_at_once() -> None:
    sifter = Sifter[str](str)
    rows = [f"{'a' if number % 2 else 'b'}{number}" for number in range(10)]
    sifter.filter_by(sieve("a"), rows)
    sifter.view(rows)
    sifter.filter_by(sieve("!a"), rows)
    assert sifter.view(rows) == ["b0", "b2", "b4", "b6", "b8"]
