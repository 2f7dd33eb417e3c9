"""Which build a drone should do next: highest upward rank first, placed where it ends earliest.

A build is left for a faster drone only when its duration is known and that drone, busy or not, would still
end it earlier; what is left is booked there, so a slow drone takes what the fast one would reach too late.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from msgspec import Struct

from swarm_node.model.estimate import Estimate

OVERDUE_SHARE = 1 / 3
"""A build past its estimate should take this much more of the time it already took (log-normal, 0.5)."""

WALK_LIMIT = 256
"""Builds looked at for one drone; beyond it the drone takes the best that it may build rather than idle."""


class Drone(Struct):
    """A drone as the scheduler sees it; one entry a node, changed in place by its keeper.

    `speed` is relative to the reference drone; `since` is when its present build began (None: idle),
    `expected` how many seconds that build should take there; `up` is False when it takes no work.
    """

    name: str
    speed: float = 1.0
    up: bool = True
    since: float | None = None
    expected: float = 0.0

    def free_at(self, now: float) -> float:
        """When it should be able to start the next build, never before `now`."""
        if self.since is None:
            return now
        passed = max(now - self.since, 0.0)
        return now + max(self.expected - passed, passed * OVERDUE_SHARE)


class Offer(NamedTuple):
    """One drone's answer to one build: when it would start and end it, or why it may not have it."""

    drone: str
    start: float
    finish: float
    refusal: str | None = None


class Left(NamedTuple):
    """A ready build that the drone did not get: refused, or kept for `drone`, which ends it at `finish`."""

    build: str
    reason: str
    drone: str | None = None
    finish: float | None = None


class Choice(NamedTuple):
    """The build to hand out, None to wait; and what was passed over on the way, highest rank first."""

    build: str | None
    left: tuple[Left, ...] = ()


Estimates = Callable[[str], Estimate]
"""Build id to its seconds on a drone of speed 1."""

Refusals = Callable[[str, str], str | None]
"""(drone, build) to the reason why that drone may not have that build now; None when it may."""


class ReadyQueue:
    """The builds that could start now, highest rank first, then by id.

    A sorted list: finding a place is O(log n), and moving the rest of 20,000 entries is one `memmove` (µs).
    """

    def __init__(self, ranks: Mapping[str, float] | None = None) -> None:
        self._keys = {build: (-rank, build) for build, rank in (ranks or {}).items()}
        self._order = sorted(self._keys.values())

    def __len__(self) -> int:
        return len(self._order)

    def __contains__(self, build: object) -> bool:
        return build in self._keys

    def __iter__(self) -> Iterator[str]:
        return (build for _, build in self._order)

    def top(self, count: int) -> list[str]:
        """The first `count` builds."""
        return [build for _, build in self._order[:count]]

    def add(self, build: str, rank: float) -> None:
        """Puts a build in its place; a build already there moves to its new rank."""
        self.discard(build)
        self._keys[build] = (-rank, build)
        insort(self._order, self._keys[build])

    def discard(self, build: str) -> None:
        """Takes a build out, if it is there."""
        key = self._keys.pop(build, None)
        if key is not None:
            del self._order[bisect_left(self._order, key)]

    def rerank(self, ranks: Mapping[str, float]) -> None:
        """Sorts anew after the ranks changed; builds without a new rank keep theirs."""
        self._keys = {build: (-ranks.get(build, -key[0]), build) for build, key in self._keys.items()}
        self._order = sorted(self._keys.values())


def choose(
    drone: Drone,
    ready: Iterable[str],
    fleet: Iterable[Drone],
    now: float,
    estimate: Estimates,
    refusals: Refusals,
) -> Choice:
    """The build that `drone`, idle at `now`, should start.

    `ready` comes highest rank first; `fleet` may include the drone itself. When several drones idle, ask
    for the fastest first (`by_speed`): a slower one leaves known builds to a faster idle one.
    """
    free = {other.name: other.free_at(now) for other in fleet if _outruns(other, drone)}
    speeds = {other.name: other.speed for other in fleet if other.name in free}
    left: list[Left] = []
    best: str | None = None
    for build in islice(ready, WALK_LIMIT):
        refusal = refusals(drone.name, build)
        if refusal is not None:
            left.append(Left(build, refusal))
            continue
        predicted = estimate(build)
        if not (predicted.known and free):
            return Choice(build, tuple(left))
        best = best or build
        own = now + predicted.seconds / drone.speed
        offers = ((at + predicted.seconds / speeds[name], name) for name, at in free.items())
        sooner = sorted(offer for offer in offers if offer[0] < own)
        finish, name = next((offer for offer in sooner if refusals(offer[1], build) is None), (own, ""))
        if not name:
            return Choice(build, tuple(left))
        free[name] = finish
        left.append(Left(build, f"{name} is faster and ends it sooner", name, finish))
    return Choice(None, tuple(left))


def _outruns(other: Drone, drone: Drone) -> bool:
    return other.up and other.speed > drone.speed and other.name != drone.name


def by_speed(drones: Iterable[Drone]) -> Sequence[Drone]:
    """Drones in the order in which idle ones should be served: fastest first, then by name."""
    return sorted(drones, key=lambda drone: (-drone.speed, drone.name))
