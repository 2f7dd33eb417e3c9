"""Figures worked out in slices: what is shown meanwhile, and when they are worked out anew."""

from collections.abc import Generator
from sys import getrefcount

import pytest

from swarm_console.known import sliced as module
from swarm_console.known.sliced import Sliced
from swarm_console.known.throttle import SHARE
from swarm_node.model.state import State


class Clock:
    """Time of the processor; every step takes a hundredth of a second."""

    def __init__(self) -> None:
        self.now, self.begun = 0.0, 0

    def __call__(self) -> float:
        return self.now

    def count(self, steps: int) -> Generator[None, None, int]:
        self.begun += 1
        begun = self.begun
        for _ in range(steps):
            self.now += 0.01
            yield
        return begun


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "thread_time", clock)
    monkeypatch.setattr(module, "FIRST", module.SLICE)
    return clock


def test_what_is_cheap_is_always_new(clock: Clock) -> None:
    figure, state = Sliced(lambda state, now: clock.count(0)), State()
    assert [figure(state, 7.0) for _ in range(3)] == [1, 2, 3]


def test_what_is_costly_is_worked_out_a_step_at_a_time(clock: Clock) -> None:
    figure, state = Sliced(lambda state, now: clock.count(3)), State()
    assert [figure(state, 7.0) for _ in range(4)] == [None, None, None, 1]
    assert figure(state, 7.0 + 0.03 * SHARE - 0.001) == 1
    assert clock.begun == 1, "it rests"
    later = 7.0 + 0.03 * SHARE + 0.001
    assert [figure(state, later) for _ in range(4)] == [1, 1, 1, 2], "the old one stands meanwhile"


def test_another_state_begins_anew(clock: Clock) -> None:
    figure = Sliced(lambda state, now: clock.count(1))
    first, second = State(), State()
    assert [figure(first, 7.0) for _ in range(2)] == [None, 1]
    assert figure(second, 7.0) is None
    assert figure(second, 7.0) == 2


def test_a_clock_that_is_set_back_holds_nothing_up(clock: Clock) -> None:
    figure, state = Sliced(lambda state, now: clock.count(1)), State()
    assert [figure(state, 1e9) for _ in range(2)] == [None, 1]
    assert [figure(state, 5.0) for _ in range(2)] == [1, 2]


def test_what_is_forgotten_is_held_no_longer_and_begins_anew(clock: Clock) -> None:
    figure, state = Sliced(lambda state, now: clock.count(1)), State()
    held = getrefcount(state)
    assert [figure(state, 7.0) for _ in range(2)] == [None, 1]
    assert getrefcount(state) > held
    figure.forget()
    assert getrefcount(state) == held
    assert [figure(state, 7.0) for _ in range(2)] == [None, 2]


def test_it_does_not_rest_while_what_it_is_about_has_changed(clock: Clock) -> None:
    subject = ["this"]
    figure, state = Sliced(lambda state, now: clock.count(1), lambda: tuple(subject)), State()
    assert [figure(state, 7.0) for _ in range(4)] == [None, 1, 1, 1]
    subject.append("that")
    assert [figure(state, 7.0) for _ in range(4)] == [1, 2, 2, 2]


def test_the_first_figure_can_be_had_at_once(clock: Clock) -> None:
    figure, state = Sliced(lambda state, now: clock.count(3)), State()
    assert figure.whole(state, 7.0) == 1
    later = 7.0 + 0.03 * SHARE + 0.001
    assert [figure.whole(state, later) for _ in range(4)] == [1, 1, 1, 2]


def test_what_is_hurried_waits_for_no_work_but_the_first(clock: Clock) -> None:
    figure, state = Sliced(lambda state, now: clock.count(3)), State()
    assert figure(state, 7.0, spare=0.0) is None
    begun = clock.now
    assert begun > 0.0, "what is short is there at once"
    assert figure(state, 7.0, spare=0.0) is None
    assert clock.now == begun
    assert [figure(state, 7.0) for _ in range(3)] == [None, None, 1]
    later, spent = 7.0 + 0.03 * SHARE + 0.001, clock.now
    assert figure(state, later, spare=0.0) == 1
    assert (clock.now, clock.begun) == (spent, 1)
