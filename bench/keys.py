"""A person at the keyboard of a console: which keys, at what pace, and when each is answered."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator
from random import Random
from typing import Final, NamedTuple

from bench.terminal import Terminal

UP, DOWN, PAGE_UP, PAGE_DOWN, HOME = "\x1b[A", "\x1b[B", "\x1b[5~", "\x1b[6~", "g"
ENTER, ESCAPE = "\r", "\x1b"
MOVES: Final = [DOWN] * 6 + ["j"] * 4 + [UP] * 2 + ["k"] * 2 + [PAGE_DOWN] * 2 + [PAGE_UP]
"""Mostly downwards."""
UPWARDS: Final = (UP, "k", PAGE_UP)
MOVED, ROUNDS = 18, 8
PATTERN: Final = "-49|7.1"
PACE: Final = (0.02, 0.15)
"""Seconds from one key to the next, at least and at most."""
PATIENCE: Final = 10.0
"""Seconds after which a key counts as answered that never was."""
PARTING: Final = 0.5
"""Seconds that a lone Esc is left alone: a terminal may take it for the head of another key."""
MARK: Final = "▌"
NAME: Final = re.compile(r"drone-\d+|cat-\S+")
TITLES: Final = re.compile("│ (Node|State) ")

SCREENS: Final = ("a screen opened", "and left")
"""Keys after which another screen is made or shown."""


class Press(NamedTuple):
    """One key, what it is for, and the milliseconds until its answer stood on the screen."""

    kind: str
    milliseconds: float


def presses(terminal: Terminal) -> Iterator[Press]:
    """From pane to pane, up and down, a filter typed and cleared, into a package or a node and back."""
    draw = Random(1)
    terminal.press("2")  # wherever it was left the last time
    terminal.watch(1.0)
    for pane in "12" * ROUNDS:
        yield _key(terminal, draw, "to a pane", pane, _moved(terminal))
        for key in [PAGE_DOWN] * 2 + draw.choices(MOVES, k=MOVED):
            yield _key(terminal, draw, "a move", _leading_on(terminal, key), _moved(terminal))
        yield from _filtered(terminal, draw)
        yield from _opened(terminal, draw, "1 Why" if pane == "2" else "1 Machine")


def _filtered(terminal: Terminal, draw: Random) -> Iterator[Press]:
    yield _key(terminal, draw, "a filter's line", "/", lambda: "regular expression" in terminal.text())
    for place in range(len(PATTERN)):
        typed = f"⌕ {PATTERN[: place + 1]} ("
        yield _key(
            terminal, draw, "a filter typed", PATTERN[place], lambda typed=typed: typed in terminal.text()
        )
    terminal.watch(PARTING)
    yield _key(terminal, draw, "a filter cleared", ESCAPE, lambda: "⌕" not in terminal.text())
    terminal.watch(PARTING)


def _opened(terminal: Terminal, draw: Random, title: str) -> Iterator[Press]:
    yield _key(terminal, draw, SCREENS[0], ENTER, lambda: title in terminal.text())
    terminal.watch(PARTING)
    yield _key(terminal, draw, SCREENS[1], ESCAPE, lambda: "5 Events" in terminal.text())
    terminal.watch(PARTING)


def _key(terminal: Terminal, draw: Random, kind: str, key: str, answered: Callable[[], bool]) -> Press:
    begin = time.perf_counter()
    terminal.press(key)
    try:
        took = terminal.until(answered, PATIENCE) - begin
    except TimeoutError as error:
        took = PATIENCE
        print(f"no answer to {key!r}: {error.__notes__[0]}", file=sys.stderr)
    terminal.watch(draw.uniform(*PACE))
    return Press(kind, took * 1000)


def _moved(terminal: Terminal) -> Callable[[], bool]:
    """Whether the cursor stands on another row than now, or its build has ended while the key was on its way.

    Such a build takes the cursor with it to the end of the queue, where most keys lead no further.
    """
    before, was_ended = _marked(terminal), _ended(terminal)
    return lambda: _marked(terminal) not in ("", before) or _ended(terminal) > was_ended


def _leading_on(terminal: Terminal, key: str) -> str:
    """A key that leads somewhere from where the cursor is by now, though builds end under it and above it."""
    if _ended(terminal):
        return HOME
    return DOWN if key in UPWARDS and TITLES.search(_around_mark(terminal)[0]) else key


def _ended(terminal: Terminal) -> bool:
    return "staged" in _around_mark(terminal)[1]


def _marked(terminal: Terminal) -> str:
    found = NAME.search(_around_mark(terminal)[1])
    return found[0] if found else ""


def _around_mark(terminal: Terminal) -> tuple[str, str]:
    """The line above the cursor's, and what stands in its row."""
    lines = terminal.text().splitlines()
    place = next((place for place, line in enumerate(lines) if MARK in line), -1)
    return (lines[place - 1], lines[place].partition(MARK)[2].partition("│")[0]) if place > 0 else ("", "")
