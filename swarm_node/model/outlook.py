"""What is about to become ready: so that a fast drone does not begin something long a moment too soon."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from heapq import nlargest
from math import inf
from typing import NamedTuple

HEAVY = 8
"""How many of the longest builds are watched for."""

VISITS = 100
"""Open needs looked through for one build; with more than that before it, it is not about to become ready."""


class Outlook(NamedTuple):
    """The longest builds of the queue, every build's rank and needs, and when builds end.

    `ends` answers with the time when a build is over: not after now when it is staged, the expected end while
    it runs, infinity while it is blocked, None when it has not begun.
    """

    heavy: Sequence[str]
    rank: Callable[[str], float]
    needs: Mapping[str, Sequence[str]]
    ends: Callable[[str], float | None]


def heaviest(seconds: Mapping[str, float], count: int = HEAVY) -> list[str]:
    """The builds that take longest, longest first; ties go to the smaller id."""
    return nlargest(count, sorted(seconds), key=seconds.__getitem__)


def ready_at(
    build: str, outlook: Outlook, takes: Callable[[str], float], now: float, horizon: float
) -> float:
    """When all needs of a build should be over, each begun when it can be and done in `takes` seconds.

    Infinity when that is not before `horizon`, and when it cannot be foreseen: too much lies before it, or a
    need could run now and does not, so that nobody knows when it will.
    """
    reached = {build: 0.0}
    open_ = [build]
    latest = now
    for _ in range(VISITS):
        if not open_:
            return latest
        above = open_.pop()
        if above != build and all(_over(need, outlook, now) for need in outlook.needs[above]):
            return inf
        for need in outlook.needs[above]:
            end = outlook.ends(need)
            after = reached[above] + (takes(need) if end is None else max(end - now, 0.0))
            latest = max(latest, now + after)
            if latest >= horizon:
                return inf
            if end is None and after > reached.get(need, -1.0):
                reached[need] = after
                open_.append(need)
    return inf


def _over(build: str, outlook: Outlook, now: float) -> bool:
    end = outlook.ends(build)
    return end is not None and end <= now


def upcoming(
    outlook: Outlook, takes: Callable[[str], float], now: float, horizon: float
) -> Iterable[tuple[str, float]]:
    """The heavy builds that become ready after now and before `horizon`, each with the time."""
    for build in outlook.heavy:
        if outlook.ends(build) is None:
            at = ready_at(build, outlook, takes, now, horizon)
            if now < at < horizon:
                yield build, at
