"""Garbage is looked for while no key waits for it, and not never."""

import gc
from collections.abc import Iterator

import pytest

from swarm_console import sweeper as module
from swarm_console.sweeper import BESIDE, ENOUGH, MIDDLE, OLD, OVERDUE, RESTED, TOO_MUCH, Sweeper


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """What Python does by itself is what it did before."""
    enabled, thresholds = gc.isenabled(), gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    (gc.enable if enabled else gc.disable)()


class Clockwork:
    """Python's collector, told what to say; it keeps which generations were looked at."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.new, self.on = 0, False
        self.looked: list[int] = []
        monkeypatch.setattr(module, "gc", self)

    def get_count(self) -> tuple[int, int, int]:
        return self.new, 0, 0

    def isenabled(self) -> bool:
        return self.on

    def enable(self) -> None:
        self.on = True

    def freeze(self) -> None:
        """As if."""

    def set_threshold(self, *thresholds: int) -> None:
        """As if."""

    def collect(self, generation: int = 2) -> None:
        self.looked.append(generation)


def test_what_there_is_at_the_beginning_is_left_alone_and_python_as_good_as_never_looks() -> None:
    gc.disable()
    Sweeper().begin()
    frozen = gc.get_freeze_count()
    gc.unfreeze()
    assert frozen > 0
    assert gc.isenabled()
    assert gc.get_threshold()[0] > TOO_MUCH


def test_where_python_looks_by_itself_it_goes_on() -> None:
    frozen, thresholds = gc.get_freeze_count(), gc.get_threshold()
    Sweeper().begin()
    assert (gc.get_freeze_count(), gc.get_threshold()) == (frozen, thresholds)


def test_a_real_cycle_is_swept() -> None:
    gc.disable()
    gc.collect()
    sweeper = Sweeper()
    sweeper.begin()
    gc.unfreeze()
    rings: list[list[object]] = []
    for _ in range(ENOUGH + 1):
        ring: list[object] = []
        ring.append(ring)
        rings.append(ring)
    before = len(gc.get_objects())
    rings.clear()
    del ring
    sweeper.sweep(BESIDE)
    assert len(gc.get_objects()) < before - ENOUGH // 2


def test_a_key_puts_it_off_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    python, sweeper = Clockwork(monkeypatch), Sweeper()
    sweeper.begin()
    sweeper.sweep(BESIDE)
    assert python.looked == [], "there is nothing new"
    python.new = ENOUGH
    sweeper.sweep(BESIDE / 2)
    assert python.looked == [], "a key was pressed just now"
    python.new = TOO_MUCH
    sweeper.sweep(BESIDE / 2)
    assert python.looked == [0]
    python.new = ENOUGH
    sweeper.sweep(BESIDE)
    assert python.looked == [0, 0]


def test_nothing_is_swept_while_somebody_has_it_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    python, sweeper = Clockwork(monkeypatch), Sweeper()
    sweeper.begin()
    python.new, python.on = TOO_MUCH, False
    sweeper.sweep(BESIDE)
    assert python.looked == []


def test_older_objects_are_looked_at_less_often_the_oldest_at_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    python, sweeper = Clockwork(monkeypatch), Sweeper()
    sweeper.begin()
    python.new = TOO_MUCH
    for _ in range(OVERDUE):
        sweeper.sweep(0.0)
    assert python.looked.count(1) == OVERDUE // MIDDLE - 1
    assert [place for place, looked in enumerate(python.looked, 1) if looked == 2] == [OVERDUE]
    python.looked.clear()
    for _ in range(OLD):
        sweeper.sweep(RESTED)
    assert [place for place, looked in enumerate(python.looked, 1) if looked == 2] == [OLD]
