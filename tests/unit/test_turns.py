"""Long work gives way to the keys, and for longer to one that was pressed just now."""

import asyncio
from collections.abc import Iterator

import pytest

from swarm_console import turns as module
from swarm_console.turns import ANSWER, BREATH, Turns


class Clockwork:
    """A clock that moves with the work and the pauses; it keeps the pauses."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1_000.0
        self.pauses: list[float] = []
        monkeypatch.setattr(module, "monotonic", lambda: self.now)
        monkeypatch.setattr(module, "perf_counter", lambda: self.now)
        monkeypatch.setattr(asyncio, "sleep", self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(round(seconds, 6))
        self.now += seconds

    def work(self, *seconds: float) -> Iterator[None]:
        for each in seconds:
            self.now += each
            yield


def test_short_work_is_done_in_one_go_and_long_work_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, turns = Clockwork(monkeypatch), Turns()
    clock.now += 1.0
    assert asyncio.run(turns.take(clock.work(0.001, 0.002, 0.001))) == pytest.approx(0.004)
    assert clock.pauses == []
    assert asyncio.run(turns.take(clock.work(0.003, 0.003, 0.009, 0.001))) == pytest.approx(0.016)
    assert clock.pauses == [BREATH, BREATH]


def test_a_key_has_the_screen_for_itself_until_it_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, turns = Clockwork(monkeypatch), Turns()
    turns.hear()
    assert asyncio.run(turns.take(clock.work(0.01, 0.01))) == pytest.approx(0.02)
    assert clock.pauses == [BREATH, round(ANSWER - 0.01 - BREATH, 6), BREATH]
    assert turns.rest > ANSWER
