"""Filters: regular expressions, inverted with an exclamation mark."""

import pytest

from swarm_console.words.sieve import BadSieve, sieve

CASES = {
    "part": ("fox", "www-client/firefox", True),
    "no part": ("fox", "dev-lang/rust", False),
    "inverse": ("!fox", "dev-lang/rust", True),
    "inverse of a part": ("!fox", "www-client/firefox", False),
    "anchors": ("^dev-", "dev-lang/rust", True),
    "small letters match capitals": ("x11", "X11", True),
    "capitals mean capitals": ("X11", "x11", False),
}


@pytest.mark.parametrize(("text", "words", "passes"), CASES.values(), ids=CASES)
def test_passes(text: str, words: str, passes: bool) -> None:
    found = sieve(text)
    assert found is not None
    assert found.passes(words) is passes


@pytest.mark.parametrize("text", ["", "!"])
def test_nothing_is_no_filter(text: str) -> None:
    assert sieve(text) is None


@pytest.mark.parametrize("text", ["(", "[a", "!*", "a{2,1}", "(?P<a"])
def test_what_is_no_expression_is_told(text: str) -> None:
    with pytest.raises(BadSieve):
        sieve(text)


RUNAWAYS = {
    "a group again and again": "(a|aa)+[bc]",
    "many groups": "(?:a|a)" * 40 + "[bc]",
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("text", RUNAWAYS.values(), ids=RUNAWAYS)
def test_a_pattern_that_runs_away_is_not_found_and_holds_nothing_up(text: str) -> None:
    runaway = sieve(text)
    assert runaway is not None
    assert not runaway.passes("a" * 60)
