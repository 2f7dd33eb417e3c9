"""What a rule looks for: spaces, empty groups, and the bytes without which it need not look at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_node.model.failure import Rule
from swarm_node.model.pattern import Pattern
from tests.unit.test_diagnosis import RULES


@pytest.mark.parametrize(
    ("source", "found", "missed"),
    [
        ("not found here", "not\n *  found\n>|\there", "notfound here"),
        ("a *b", "ab", "axb"),
        ("a {0,8}b", "a > b", "a-b"),
        ("x[ ]y", "x y", "x\ny"),
        ("make: \\*\\*\\* \\[", "make: *** [all]", "make: ** [all]"),
        ("^> x", "> x", "x"),
        ("to (?P<host>) now", "to a.example.org now", "to a/b now"),
        ("(?P<overlay>)::", "guru::", "::"),
    ],
)
def test_a_space_is_any_space_and_an_empty_group_a_fact(source: str, found: str, missed: str) -> None:
    pattern = Pattern(source)
    assert pattern.search(found.encode()) and list(pattern.finditer(found.encode()))
    assert pattern.search(missed.encode()) is None and not list(pattern.finditer(missed.encode()))


@pytest.mark.parametrize(
    ("source", "needle"),
    [
        ("No space left on device", b"device"),
        ("[Cc]ould not", b"ould"),
        ("(foo|barbaz)", b""),
        ("a(bcd)?ef", b"ef"),
        ("a(bcd){1,3}ef", b"bcd"),
        ("x(?=yyyy)z", b"x"),
        ("(?i)Error", b""),
        ("at (?i:Some) place", b"place"),
        (".{0,8}", b""),
    ],
)
def test_a_needle_is_in_everything_that_is_found(source: str, needle: bytes) -> None:
    assert Pattern(source).needle == needle


@given(st.sampled_from(RULES), st.integers(0, 400), st.integers(0, 400))
def test_what_is_found_does_not_depend_on_the_needle(rule: Rule, begin: int, end: int) -> None:
    text = rule.entry.example.encode() * 2
    for pattern in rule.every:
        plain = [match.span() for match in pattern.regex.finditer(text, begin, end)]
        assert [match.span() for match in pattern.finditer(text, begin, end)] == plain
        first = pattern.search(text, begin, end)
        assert (first.span() if first else None) == (plain[0] if plain else None)
