"""How far a build is as a whole: its own counter where it has one, history where not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_console.known.course import ALMOST, NEARLY, Course, course, phase_words
from swarm_node.model.estimate import Estimate
from swarm_node.model.messages import Progress

UNKNOWN = Estimate(600.0, False, 1.5)
KNOWN = Estimate(600.0, True, 0.5)


def word(
    fraction: float | None, phase: str = "compile", seconds: float | None = None, round_: int = 1
) -> Progress:
    return Progress(1, "izar", phase, fraction, round=round_, seconds=seconds)


def test_without_a_counter_history_says_it() -> None:
    assert course(None, 150.0, UNKNOWN) == Course(0.25, 450.0, True)
    assert course(word(None), 150.0, UNKNOWN) == Course(0.25, 450.0, True)
    assert course(word(0.01), 150.0, UNKNOWN).guessed, "it has hardly begun to count"
    assert course(word(0.5, "deps"), 150.0, UNKNOWN).guessed, "what is installed before counts something else"


def test_a_build_that_takes_longer_than_ever_is_overdue() -> None:
    assert course(None, 700.0, UNKNOWN) == Course(ALMOST, -100.0, True)


def test_what_came_before_the_phase_took_the_time_that_it_took() -> None:
    """100 s of configure, then half of the compile in 50 s: 50 s more, and a little for the rest."""
    found = course(word(0.5, seconds=50.0), 150.0, UNKNOWN)
    assert not found.guessed
    assert found.left == pytest.approx(200 / 0.94 - 150)
    assert found.fraction == pytest.approx(150 / (200 / 0.94))


def test_of_the_last_phase_hardly_anything_is_left() -> None:
    assert course(word(0.1, "install", seconds=1.0), 600.0, UNKNOWN).fraction > 0.95


def test_a_counter_that_promises_far_too_much_is_not_believed() -> None:
    """The first of two architectures is ready after half of the time."""
    found = course(word(1.0, seconds=280.0), 300.0, KNOWN)
    assert found.fraction == pytest.approx(300.0 / KNOWN.band()[0])
    assert course(word(1.0, seconds=280.0), 300.0, UNKNOWN).fraction > 0.9, "nothing is known against it"


def test_a_drone_that_tells_no_time_is_taken_to_count_from_the_beginning() -> None:
    assert course(word(0.5), 100.0, UNKNOWN) == course(word(0.5, seconds=100.0), 100.0, UNKNOWN)


@given(
    st.floats(0, 1),
    st.floats(0, 1e6),
    st.floats(0, 1e6),
    st.floats(0.1, 1e6),
    st.booleans(),
    st.sampled_from(["compile", "test", "install", "unpack"]),
)
def test_it_is_always_a_share_and_a_time(
    fraction: float, elapsed: float, seconds: float, usual: float, known: bool, phase: str
) -> None:
    found = course(word(fraction, phase, seconds), elapsed, Estimate(usual, known, 0.5))
    assert 0.0 <= found.fraction <= NEARLY
    assert found.guessed or found.left >= 0.0


def test_phases_in_words() -> None:
    assert phase_words(None) == ""
    assert phase_words(word(None, "configure")) == "configure"
    assert phase_words(word(0.624)) == "compile 62%"
    assert phase_words(word(0.1, round_=2)) == "compile² 10%"
    assert phase_words(word(0.1, round_=12)) == "compileⁿ 10%"
