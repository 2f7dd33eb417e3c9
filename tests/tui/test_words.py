"""Words for everything that can happen, and command lines for everything that can be done."""

import asyncio
import threading
import time
from typing import Any, get_args

import msgspec
import pytest

from swarm_console.actions.registry import ACTIONS
from swarm_console.background import in_thread
from swarm_console.known.throttle import CHEAP, Throttled
from swarm_console.words.chronicle import describe
from swarm_console.words.times import clock
from swarm_node.model.events import AnyEvent, Event
from swarm_node.model.state import State

FILLERS: dict[str, Any] = {
    "at": 1.0,
    "diagnosis": {"kind": "other", "remedy": "human"},
    "row": {"id": "a/b-1", "cpv": "a/b-1", "slot": "0", "repository": "r", "reason": "new"},
    "measures": {"seconds": 3.0},
    "facts": {},
    "policy": {},
    "findings": [],
    "builds": [],
    "lines": [["package.use", "a/b c"]],
    "before": [],
    "params": {},
    "artifact": {"path": "p", "sha512": "0", "size": 2048, "build_id": 1},
}
BY_TYPE: dict[Any, Any] = {str: "word", int: 7, bool: True, float: 2.0}


def filled(kind: type[Event]) -> Event:
    """An event with every field set."""
    fields = {
        field.encode_name: FILLERS.get(field.name, BY_TYPE.get(field.type, 7))
        for field in msgspec.structs.fields(kind)
    }
    for optional in ("retry_at", "node") if kind.__name__ == "BuildUnblocked" else ():
        fields[optional] = "word"
    fields.pop("retry_at", None)
    return msgspec.convert({"event": kind.__name__, **fields}, kind)


@pytest.mark.parametrize("kind", get_args(AnyEvent), ids=lambda kind: kind.__name__)
def test_every_event_has_words(kind: type[Event]) -> None:
    line = describe(filled(kind))
    assert len(line.glyph) == 1
    assert line.word
    assert len(line.word) <= 9
    assert line.subject


LINES: dict[str, tuple[str, dict[str, Any], str]] = {
    "plain": ("verify", {}, "build-swarm verify"),
    "dangerous": ("reset", {}, "build-swarm reset --yes"),
    "positional": ("drain", {"node": "tarn"}, "build-swarm drain tarn"),
    "many": ("unblock", {"packages": ["=a/b-1", "=c/d-2"]}, "build-swarm unblock =a/b-1 =c/d-2"),
    "option": ("unblock", {"jobs": 2}, "build-swarm unblock --jobs 2"),
    "quoted": ("drain", {"node": "a b"}, "build-swarm drain 'a b'"),
    "flag": ("fresh", {"wait": True}, "build-swarm fresh --wait --yes"),
}


@pytest.mark.parametrize(("name", "given", "line"), LINES.values(), ids=LINES)
def test_the_command_that_does_the_same(name: str, given: dict[str, Any], line: str) -> None:
    assert ACTIONS[name].line(given) == line


@pytest.mark.parametrize(
    ("seconds", "text"), [(-3, "0:00"), (7.9, "0:07"), (750, "12:30"), (18729, "5:12:09")]
)
def test_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_a_costly_figure_is_looked_up_rarely() -> None:
    asked: list[float] = []

    def costly(state: State, now: float) -> float:
        asked.append(now)
        until = time.thread_time() + 2 * CHEAP
        while time.thread_time() < until:
            pass
        return now

    figure, state = Throttled(costly), State()
    assert [figure(state, now) for now in (0.0, 0.01, 0.02, 10.0)] == [0.0, 0.0, 0.0, 10.0]
    assert asked == [0.0, 10.0]


def test_a_cheap_figure_is_always_new() -> None:
    figure, state = Throttled(lambda state, now: now), State()
    assert [figure(state, now) for now in (0.0, 0.001, 0.0)] == [0.0, 0.001, 0.0]


async def test_work_beside_the_screen() -> None:
    assert await in_thread(lambda: threading.current_thread().daemon) is True

    def fail() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await in_thread(fail)


async def test_abandoned_work_harms_nobody() -> None:
    go, ended = threading.Event(), threading.Event()

    def work() -> None:
        go.wait(60)
        ended.set()

    waiting = asyncio.create_task(in_thread(work))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    go.set()
    assert await asyncio.to_thread(ended.wait, 60)
