"""Texts that a regular expression is slowest on: what it begins with, then more and more of what it repeats.

Run as a program, it searches them with every rule's patterns, and prints how many searches that were.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from re import _constants as node  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from swarm_node.model.backtracking import ONE, REPEATS, stands_for

SIZE = 8_000
COMMON = b"x1A -.:/>\"'"

Items = Sequence[tuple[Any, Any]]


def texts(pattern: re.Pattern[bytes]) -> Iterator[bytes]:
    """One for each repetition of the pattern and some numbers of times that it is repeated."""
    items = list(parser.parse(pattern.pattern, pattern.flags))
    for before, filling, most in {*_cuts(items, b"")}:
        for times in {1, 8, min(most, 80), min(most, 2000)}:
            for end in (b"", b"\n"):
                unit = before + filling * times + end
                yield (unit * (SIZE // max(len(unit), 1) + 1))[:SIZE]


def _cuts(items: Items, before: bytes) -> Iterator[tuple[bytes, bytes, int]]:
    """At each repetition: what a text has until there, what is repeated, and how often it may be."""
    for kind, value in items:
        if kind in REPEATS and value[1] > 1:
            yield before, _sample(list(value[2])), int(value[1])
        for inside in _inside(kind, value):
            yield from _cuts(inside, before)
        before += _sample([(kind, value)])
    yield before[:-1], b"", 1


def _inside(kind: Any, value: Any) -> list[Items]:
    if kind in REPEATS:
        return [list(value[2])]
    if kind is node.SUBPATTERN:
        return [list(value[3])]
    if kind is node.BRANCH:
        return [list(branch) for branch in value[1]]
    return []


def _sample(items: Items) -> bytes:
    """A short text that the items match."""
    found = b""
    for kind, value in items:
        if kind in ONE:
            fitting = stands_for(kind, value)
            found += bytes([next((byte for byte in COMMON if byte in fitting), min(fitting, default=63))])
        elif kind in REPEATS:
            found += _sample(list(value[2])) * max(value[0], 1)
        else:
            found += next((_sample(inside) for inside in _inside(kind, value)), b"")
    return found


def main() -> int:
    from tests.unit.test_diagnosis import RULES

    searches = 0
    for rule in RULES:
        for pattern in rule.every:
            for text in texts(pattern.regex):
                assert sum(1 for _ in islice(pattern.regex.finditer(text), 20)) <= 20
                searches += 1
    return searches


if __name__ == "__main__":
    sys.stdout.write(f"{main()}\n")
