"""Which build a drone should do next: highest upward rank first, placed where it ends earliest.

A build is left for a faster drone only when its duration is known and that drone, busy or not, would still
end it earlier; what is left is booked there, so a slow drone takes what the fast one would reach too late.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from heapq import nsmallest
from math import exp, hypot
from typing import NamedTuple

from msgspec import Struct

from swarm_node.model.estimate import Estimate
from swarm_node.model.outlook import Outlook, upcoming

OVERDUE_SHARE = 1 / 3
"""A build past its estimate should take this much more of the time it already took (log-normal, 0.5)."""

FASTER = 1.15
"""A drone counts as faster from this ratio of speeds on; below it a difference is noise of measurement."""

BRIEF = 60.0
"""Seconds for which a drone may begin anything, whatever is about to become ready."""

RIVALS, LEFT_AT_MOST = 16, 128
"""Faster drones compared with and builds left to them in one question: bounds the time it takes."""


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
    """A ready build that the drone might have had but did not get: who should end it when, and the reason."""

    build: str
    drone: str
    finish: float
    reason: str


class Choice(NamedTuple):
    """The build to hand out, None to wait; and the builds passed over on the way, highest rank first."""

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

    def copy(self) -> "ReadyQueue":
        """Another one with the same builds."""
        made = ReadyQueue()
        made._keys, made._order = self._keys.copy(), self._order.copy()
        return made

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
    outlook: Outlook | None = None,
) -> Choice:
    """The build that `drone`, idle at `now`, should start.

    `ready` comes highest rank first; `fleet` may include the drone itself. When several drones idle, ask
    for the fastest first (`by_speed`): a slower one leaves known builds to a faster idle one. With an
    `outlook` a drone that outruns others is kept free for a heavy build that is about to become ready.
    """
    rivals: Rivals | None = None
    left: list[Left] = []
    for build in ready:
        if refusals(drone.name, build) is not None:
            continue
        predicted = estimate(build)
        if not (predicted.known or outlook):
            return Choice(build, tuple(left))
        rivals = rivals or _rivals(drone, fleet, now)
        own = now + predicted.seconds / drone.speed
        passed = _sooner(build, predicted, own, rivals, refusals) if predicted.known else None
        if passed is not None:
            rivals.free[passed.drone] = passed.finish
        elif outlook and rivals.slower and own - now > BRIEF:
            passed = _spoiled(build, drone, own, rivals.others, now, estimate, refusals, outlook)
        if passed is None:
            return Choice(build, tuple(left))
        left.append(passed)
        if len(left) == LEFT_AT_MOST:
            break
    return Choice(None, tuple(left))


def offers(
    build: str, fleet: Iterable[Drone], now: float, estimate: Estimates, refusals: Refusals
) -> list[Offer]:
    """What each drone that is up could do for a build: the earliest end first, refusals last.

    This is the answer to "why is it not running": what lies before it in the queue is not counted.
    """
    seconds = estimate(build).seconds
    answers = []
    for drone in fleet:
        if drone.up:
            start = drone.free_at(now)
            refusal = refusals(drone.name, build)
            answers.append(Offer(drone.name, start, start + seconds / drone.speed, refusal))
    return sorted(answers, key=lambda offer: (offer.refusal is not None, offer.finish, offer.drone))


def by_speed(drones: Iterable[Drone]) -> list[Drone]:
    """Drones in the order in which idle ones should be served: fastest first, then by name."""
    return sorted(drones, key=lambda drone: (-drone.speed, drone.name))


class Rivals(NamedTuple):
    """The other drones that are up, as one asking drone sees them."""

    others: list[Drone]
    faster: dict[str, Drone]
    free: dict[str, float]
    """When the few that come free first of the faster ones do; what is left to one is booked here."""
    slower: bool
    """Whether there are slower ones, for which this drone is worth waiting."""


def _rivals(drone: Drone, fleet: Iterable[Drone], now: float) -> Rivals:
    others = [other for other in fleet if other.up and other.name != drone.name]
    fast, slow = drone.speed * FASTER, drone.speed / FASTER
    faster = {other.name: other for other in others if other.speed > fast}
    return Rivals(others, faster, _soonest(faster.values(), now), any(o.speed < slow for o in others))


def _sooner(build: str, predicted: Estimate, own: float, rivals: Rivals, refusals: Refusals) -> Left | None:
    """The faster drone that may have the build and should end it before `own`, if there is one."""
    faster = rivals.faster
    ends = ((at + predicted.seconds / faster[name].speed, name) for name, at in rivals.free.items())
    for finish, name in sorted(end for end in ends if end[0] < own):
        if refusals(name, build) is None:
            return Left(build, name, finish, f"{name} is faster and ends it sooner")
    return None


def _spoiled(
    build: str,
    drone: Drone,
    own: float,
    others: Sequence[Drone],
    now: float,
    estimate: Estimates,
    refusals: Refusals,
    outlook: Outlook,
) -> Left | None:
    """A build of higher rank, soon to be ready, that would end later by more than this drone might idle."""

    def takes(need: str) -> float:
        return estimate(need).seconds / drone.speed

    lighter = estimate(build)
    for heavy, ready in upcoming(outlook, takes, now, own):
        seconds, known, spread = estimate(heavy)
        clearly = seconds > lighter.seconds * exp(hypot(spread, lighter.spread))
        if not (known and clearly) or outlook.rank(heavy) <= outlook.rank(build):
            continue
        if refusals(drone.name, heavy) is not None:
            continue
        best = ready + seconds / drone.speed
        elsewhere = min(max(other.free_at(now), ready) + seconds / other.speed for other in others)
        if min(elsewhere, own + seconds / drone.speed) - best > ready - now:
            return Left(build, drone.name, own, f"{drone.name} is kept free for {heavy}")
    return None


def _soonest(drones: Iterable[Drone], now: float) -> dict[str, float]:
    """The few drones that come free first, and when."""
    soonest = nsmallest(RIVALS, ((drone.free_at(now), -drone.speed, drone.name) for drone in drones))
    return {name: at for at, _, name in soonest}
