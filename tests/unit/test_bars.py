"""Cargo's bars are read and stay out of the log, wherever its output is cut."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from swarm_node.drone.bars import LONGEST, WithoutBars
from tests.unit.test_progress import CARGO

KEPT = (
    b"   Compiling bb v0.1.0 (/build/bb)\n"
    b"     Running `/usr/bin/rustc --crate-name bb --edition=2021 src/lib.rs`\n"
    b"   Compiling dd v0.1.0 (/build/dd)\n"
)


def through(*pieces: bytes) -> bytes:
    bars = WithoutBars()
    return b"".join([bars.take(piece) for piece in pieces] + [bars.end()])


def test_a_log_has_no_bars() -> None:
    assert through(CARGO.encode()) == KEPT


@given(st.lists(st.integers(0, len(CARGO))))
def test_wherever_the_output_is_cut(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(CARGO)]
    pieces = [CARGO[begin:end].encode() for begin, end in pairwise(places)]
    assert through(*pieces) == KEPT


@given(st.lists(st.binary(max_size=40)))
def test_everything_else_stays(pieces: list[bytes]) -> None:
    assert through(*pieces) == b"".join(pieces)


def test_what_only_looks_like_a_bar_stays() -> None:
    for text in (
        b"    Building [=> ] 1/6: a word, and a line's end\n",
        b"note:     Building [=> ] 1/6: in the middle of a line\r",
        b"    Building [=> ] 1/6: cut off by the end",
        b"    Building [" + b"=" * 2 * LONGEST + b"\n",
    ):
        assert through(text) == text
        assert through(text[:5], text[5:9], text[9:]) == text


def test_nothing_is_held_back_for_long() -> None:
    bars = WithoutBars()
    assert bars.take(b"checking for gcc... ") == b"checking for gcc... "
    assert bars.take(b"    Buil") == b"    Buil", "it does not begin a line"
    assert bars.take(b"\n    Buil") == b"\n"
    assert bars.take(b"t target y\n") == b"    Built target y\n"
