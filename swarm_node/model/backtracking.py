"""What a pattern may cost: about how many steps Python's matcher takes, at worst, from one place of a text.

A repetition is given back character by character, and what follows it is tried anew each time: the ways
multiply wherever one repetition follows another. They do not where what follows cannot be what is repeated,
and a word that must follow leaves only the places where it can stand.
"""

import re
from collections.abc import Sequence
from re import _constants as node  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, Final, NamedTuple

LONGEST_RUN: Final = 4096
"""What a repetition without a bound may take in: the longest line of an excerpt."""
MOST_STEPS: Final = 1_000_000
"""From a place where a line begins, or one of the few bytes stands that a pattern can begin with."""
FEW: Final = 16
MOST_STEPS_ANYWHERE: Final = 2_000
"""From any place, for a pattern that begins with neither."""
EVERY: Final = frozenset(range(256))
CATEGORIES: Final = {
    f"CATEGORY_{name}": frozenset(byte for byte in EVERY if re.match(escape, bytes([byte])))
    for name, escape in {
        "DIGIT": rb"\d",
        "NOT_DIGIT": rb"\D",
        "SPACE": rb"\s",
        "NOT_SPACE": rb"\S",
        "WORD": rb"\w",
        "NOT_WORD": rb"\W",
    }.items()
}
REPEATS: Final = (node.MAX_REPEAT, node.MIN_REPEAT, node.POSSESSIVE_REPEAT)
ONE: Final = (node.LITERAL, node.NOT_LITERAL, node.IN, node.ANY)

Items = Sequence[tuple[Any, Any]]


class Cost(NamedTuple):
    """Steps to try every way, and how many ways lead through."""

    steps: float
    ways: float


class Start(NamedTuple):
    """The bytes that something can begin with, and whether it can be nothing at all."""

    bytes: frozenset[int]
    empty: bool


NOTHING: Final = Start(frozenset(), True)


def steps(pattern: re.Pattern[bytes]) -> int:
    """The steps from one place."""
    return int(_cost(list(parser.parse(pattern.pattern, pattern.flags)), NOTHING).steps)


def too_costly(pattern: re.Pattern[bytes]) -> bool:
    """Whether a hostile text could make searching it take long."""
    items = list(parser.parse(pattern.pattern, pattern.flags))
    seldom = items[0] == (node.AT, node.AT_BEGINNING) or len(_start(items).bytes) <= FEW
    return _cost(items, NOTHING).steps > (MOST_STEPS if seldom else MOST_STEPS_ANYWHERE)


def _cost(items: Items, after: Start) -> Cost:
    """Of a sequence, in front of what begins with `after`."""
    total, ways, word = 0.0, 1.0, 0
    for at, (kind, value) in enumerate(items):
        if kind is node.LITERAL:
            word += 1
            total += ways if word == 1 else ways / word
            continue
        ways, word = max(1.0, ways / max(word, 1)), 0
        one = _item(kind, value, _then(_start(items[at + 1 :]), after))
        total += ways * one.steps
        ways *= one.ways
    return Cost(total, max(1.0, ways / max(word, 1)))


def _item(kind: Any, value: Any, after: Start) -> Cost:
    if kind in REPEATS:
        least, most, body = value
        cost = _repeated(least, min(int(most), LONGEST_RUN), body, after)
        return Cost(cost.steps, 1.0) if kind is node.POSSESSIVE_REPEAT else cost
    if kind is node.SUBPATTERN:
        return _cost(list(value[3]), after)
    if kind is node.BRANCH:
        return _branches([list(branch) for branch in value[1]], after)
    if kind in (node.ASSERT, node.ASSERT_NOT):
        return Cost(_cost(list(value[1]), NOTHING).steps, 1.0)
    if kind is node.ATOMIC_GROUP:
        return Cost(_cost(list(value), after).steps, 1.0)
    return Cost(1.0, 1.0)


def _repeated(least: int, most: int, body: Items, after: Start) -> Cost:
    body = list(body)
    begins = _start(body)
    if len(body) == 1 and body[0][0] in ONE:
        told_apart = not after.empty and not after.bytes & begins.bytes
        return Cost(1 + most / 16, 1.0 if told_apart else most - least + 1)
    once = _cost(body, _then(begins, after))
    ways = float(sum(once.ways**count for count in range(least, min(most, 40) + 1)))
    return Cost(once.steps * max(ways, most), ways)


def _branches(branches: Sequence[Items], after: Start) -> Cost:
    """Of alternatives that begin differently only one leads through."""
    costs = [_cost(branch, after) for branch in branches]
    seen, exclusive = set[int](), True
    for start in map(_start, branches):
        exclusive = exclusive and not start.empty and not start.bytes & seen
        seen |= start.bytes
    ways = [cost.ways for cost in costs]
    return Cost(sum(cost.steps for cost in costs), max(ways) if exclusive else sum(ways))


def _then(first: Start, second: Start) -> Start:
    return Start(first.bytes | second.bytes, second.empty) if first.empty else first


def _start(items: Items) -> Start:
    found = NOTHING
    for kind, value in items:
        if not found.empty:
            break
        found = _then(found, _start_of(kind, value))
    return found


def _start_of(kind: Any, value: Any) -> Start:
    if kind in ONE:
        return Start(stands_for(kind, value), False)
    if kind in REPEATS:
        inner = _start(list(value[2]))
        return Start(inner.bytes, inner.empty or value[0] == 0)
    if kind in (node.SUBPATTERN, node.ATOMIC_GROUP):
        return _start(list(value[3] if kind is node.SUBPATTERN else value))
    if (kind, value) == (node.AT, node.AT_END):
        return Start(frozenset(b"\n"), False)
    if kind is node.BRANCH:
        starts = [_start(list(branch)) for branch in value[1]]
        return Start(frozenset().union(*(one.bytes for one in starts)), any(one.empty for one in starts))
    return NOTHING


def stands_for(kind: Any, value: Any) -> frozenset[int]:
    """The bytes that one character of a pattern stands for."""
    if kind is node.LITERAL:
        return frozenset({value})
    if kind is node.NOT_LITERAL:
        return EVERY - {value}
    if kind is node.ANY:
        return EVERY - {10}
    found = set[int]()
    for one, what in value:
        if one is node.LITERAL:
            found.add(what)
        elif one is node.RANGE:
            found |= set(range(what[0], what[1] + 1))
        elif one is node.CATEGORY:
            found |= CATEGORIES[str(what)]
    return EVERY - found if value[0][0] is node.NEGATE else frozenset(found)
