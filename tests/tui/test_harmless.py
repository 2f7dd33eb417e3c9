"""Nothing from outside reaches the terminal as anything but text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_console.words.harmless import REPLACEMENT, harmless, one_line

CASES = {
    "plain": ("dev-libs/foo[bar,-baz]", "dev-libs/foo[bar,-baz]"),
    "accents and ideographs": ("naïve 日本語 ✓", "naïve 日本語 ✓"),
    "lines and tabs": ("a\n\tb", "a\n\tb"),
    "colour": ("\x1b[1;31merror\x1b[0m: no", "error: no"),
    "cursor and erase": ("safe\x1b[2J\x1b[1;1Hgone", "safegone"),
    "private mode": ("\x1b[?1049hx", "x"),
    "clipboard, BEL": ("a\x1b]52;c;aGVsbG8=\x07b", "ab"),
    "clipboard, ST": ("a\x1b]52;c;aGVsbG8=\x1b\\b", "ab"),
    "title, C1": ("a\x9d0;owned\x9cb", "ab"),
    "device control": ("a\x1bP1$r0m\x1b\\b", "ab"),
    "CSI, C1": ("a\x9b31mb", "ab"),
    "charset": ("\x1b(0lqk\x1b(B", "lqk"),
    "unended OSC keeps its text": ("a\x1b]52;c;aGk\nnext line", "a52;c;aGk\nnext line"),
    "lone escape": ("a\x1b", f"a{REPLACEMENT}"),
    "overwriting": ("ok\rno", "ok\nno"),
    "DOS line ends": ("a\r\nb", "a\nb"),
    "backspace": ("rm\b\bls", f"rm{REPLACEMENT * 2}ls"),
    "bidi override": ("a\u202eexe.png", f"a{REPLACEMENT}exe.png"),
    "bidi isolates": ("\u2066x\u2069", f"{REPLACEMENT}x{REPLACEMENT}"),
    "zero width": ("foo\u200bbar", f"foo{REPLACEMENT}bar"),
    "line separator": ("a\u2028b", f"a{REPLACEMENT}b"),
    "wide spaces": ("a\u00a0\u3000b", "a  b"),
    "lone surrogate": ("a\udce9b", f"a{REPLACEMENT}b"),
    "tags": ("a\U000e0041b", f"a{REPLACEMENT}b"),
}


@pytest.mark.parametrize(("text", "safe"), CASES.values(), ids=CASES)
def test_cases(text: str, safe: str) -> None:
    assert harmless(text) == safe


@given(st.text(alphabet=st.characters(codec=None, categories=None), max_size=200))
def test_nothing_invisible_survives(text: str) -> None:
    safe = harmless(text)
    assert all(character in "\n\t" or character.isprintable() for character in safe)
    assert not {unicodedata.category(character) for character in safe} & {"Cf", "Cs", "Co", "Zl", "Zp"}
    assert harmless(safe) == safe
    safe.encode()


@given(st.text(alphabet="\x1b[]P\\;0123m\x07\x9b\x9dHa b\n\r", max_size=60))
def test_soup_of_escapes(text: str) -> None:
    assert not set(harmless(text)) & {"\x1b", "\x9b", "\x9d", "\x07", "\r"}


@given(st.text(max_size=80))
def test_a_cell_is_one_line(text: str) -> None:
    assert not set(one_line(text)) & {"\n", "\t", "\r"}


def test_a_long_line_takes_no_longer_than_it_must() -> None:
    assert harmless("\x1b]" * 100_000).count("\x1b") == 0
    assert len(harmless("x" * 10_000_000 + "\x07")) == 10_000_001
