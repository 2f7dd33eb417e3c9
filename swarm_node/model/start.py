"""When a build that waits should begin: the queue played forward on the fleet as it is now.

Each node takes, whenever it comes free, the ready build of highest rank that it may have. Durations are those
that history predicts; their errors are taken as independent along the way that leads to the start.
"""

from collections.abc import Collection, Generator, Iterator
from heapq import heapify, heappop, heappush
from math import sqrt
from typing import Final, NamedTuple

from msgspec import Struct

from swarm_node.model.estimate import Estimate, cp_of, estimate
from swarm_node.model.placement import idle_reason, pause, refusal
from swarm_node.model.state import Build, Node, State

BEGUN_MOST: Final = 2_000
"""Builds that are played before the rest is only reckoned up."""
FORESEEN_MOST: Final = 300
"""Builds whose ends are foreseen: what a person may see before the next look."""
TURNS: Final = 100
"""Turns of nodes between two pauses."""
LOOKED_AT: Final = 32
"""Ready builds that one node looks at for one that it may have."""


class Start(Struct, frozen=True):
    """When a build should begin (Unix seconds), between when and when in two cases of three, and where."""

    at: float
    low: float
    high: float
    node: str
    """Empty where too much lies before it to tell."""
    seconds: float
    """It should take on that node."""
    ahead: int
    """How many others begin before it."""
    after: str = ""
    """The build whose end it waits for last; empty when it could begin now."""


class Forecast(Struct, frozen=True):
    """The start, None when nothing foreseeable leads to one; and when builds before it should be over."""

    start: Start | None
    ends: dict[str, float]


class _Moment(NamedTuple):
    """A time (Unix seconds) with its variance, and the build that ends then."""

    at: float
    variance: float = 0.0
    build: str = ""


def forecast(state: State, build: Build, now: float) -> Forecast:
    """Play the queue until this build begins."""
    if build.status != "needed":
        return Forecast(None, {})
    play = _Play(state, now)
    for _ in play.resume():
        pass
    start = play.until(build)
    return Forecast(start, {name: over.at for name, over in play.over.items()})


def foreseen(state: State, now: float) -> Generator[None, None, dict[str, float]]:
    """When each running build and the next ones should be over (Unix seconds), with pauses on the way.

    What happens in the swarm between two pauses is not taken into account.
    """
    return (yield from _Play(state, now, FORESEEN_MOST * 2).foreseen())


class _Play:
    """The queue in virtual time; `over` is when each build that runs or has run is over.

    `most` is how many of the ready builds are looked at; all, unless that is said.
    """

    def __init__(self, state: State, now: float, most: int | None = None) -> None:
        self.state, self.now = state, now
        self.over: dict[str, _Moment] = {}
        self._events: list[tuple[float, str]] = []
        """When builds are over, or their pause is."""
        self._missing: dict[str, int] = {}
        ready = state.queue.ready if most is None else state.queue.ready.top(most)
        self._ready = [(-state.builds[name].rank, name) for name in ready]
        self._guesses: dict[str, Estimate] = {}
        self._begun = 0
        able = [node for node in state.nodes.values() if idle_reason(state, node) is None]
        self._nodes = {node.name: node for node in able}
        self._spare = _spare(state, able)
        self._free = [(state.fleet[n].free_at(now), -state.fleet[n].speed, n) for n in self._nodes]
        self._before: dict[str, _Moment] = {}
        self._parked: list[tuple[float, str]] = []
        """Nodes, by speed, for which nothing is in sight."""
        heapify(self._free)
        heapify(self._ready)
        self._running = list(_running(state, now))
        waiting = (state.builds[name] for _, name in self._ready)
        self._paused = [build for build in waiting if pause(state, build, now)]

    def resume(self) -> Generator[None, None, None]:
        """What runs goes on, and what waits after a transient failure is ready when its pause is over."""
        for number, (node, build, at) in enumerate(self._running, 1):
            over = _Moment(at, ((at - self.now) * self._guess(build).spread) ** 2, build.id)
            self.over[build.id] = self._before[node] = over
            heappush(self._events, (at, build.id))
            if not number % TURNS:
                yield
        for build in self._paused:
            heappush(self._events, (build.not_before, ""))

    def until(self, wanted: Build) -> Start | None:
        """The start of a build, once all before it has begun."""
        if not self._can_ever(wanted):
            return None
        while self._free:
            taken, node, at = self._turn()
            if taken == wanted.id:
                return self._start(wanted, node, at)
            if taken is not None:
                self._begin(taken, node, at)
                if self._begun == BEGUN_MOST:
                    return self._reckoned(wanted)
        return None

    def foreseen(self) -> Generator[None, None, dict[str, float]]:
        """When the next builds should be over; it stops where the queue is made anew meanwhile."""
        queue, turns = self.state.queue.ready, 0
        yield from self.resume()
        while self._free and self._begun < FORESEEN_MOST and self.state.queue.ready is queue:
            taken, node, at = self._turn()
            if taken is not None:
                self._begin(taken, node, at)
            turns += 1
            if not turns % TURNS:
                yield
        return {name: over.at for name, over in self.over.items()}

    def _turn(self) -> tuple[str | None, str, float]:
        """The next node that comes free: what it takes, its name, and when that is."""
        at, slowness, name = heappop(self._free)
        self._pass(at)
        taken = self._taken(self._nodes[name], at)
        if taken is None and self._events:
            heappush(self._free, (self._events[0][0], slowness, name))
        elif taken is None:
            self._parked.append((slowness, name))
        return taken, name, at

    def _guess(self, build: Build) -> Estimate:
        cp = cp_of(build.row.cpv)
        if cp not in self._guesses:
            self._guesses[cp] = estimate(self.state.history, cp)
        return self._guesses[cp]

    def _pass(self, at: float) -> None:
        """Let everything be over that is by then: what waited for it becomes ready."""
        while self._events and self._events[0][0] <= at:
            _, over = heappop(self._events)
            for name in self.state.queue.dependents.get(over, ()):
                left = self._missing.get(name, self.state.queue.waiting[name]) - 1
                self._missing[name] = left
                other = self.state.builds[name]
                if not left and other.status == "needed":
                    heappush(self._ready, (-other.rank, name))

    def _taken(self, node: Node, at: float) -> str | None:
        """What the node begins then; taken out of the ready ones."""
        passed: list[tuple[float, str]] = []
        taken = None
        while self._ready and len(passed) < LOOKED_AT:
            entry = heappop(self._ready)
            if self._may(node, self.state.builds[entry[1]], at):
                taken = entry[1]
                break
            passed.append(entry)
        for entry in passed:
            heappush(self._ready, entry)
        return taken

    def _may(self, node: Node, build: Build, at: float) -> bool:
        if node.name in self._spare and build.pinned != node.name:
            return False
        return refusal(self.state, node, build, at) is None

    def _begin(self, name: str, node: str, at: float) -> None:
        guess, since = self._guess(self.state.builds[name]), self._cause(name, node, at)
        speed = self.state.fleet[node].speed
        seconds = guess.seconds / speed
        end = at + seconds
        over = _Moment(end, since.variance + (seconds * guess.spread) ** 2, name)
        self.over[name] = self._before[node] = over
        self._begun += 1
        heappush(self._events, (end, name))
        heappush(self._free, (end, -speed, node))
        while self._parked:
            slowness, parked = self._parked.pop()
            heappush(self._free, (end, slowness, parked))

    def _cause(self, name: str, node: str, at: float) -> _Moment:
        """The end that lets a build begin: of the last of its needs, or of what its node did before."""
        needs = [self.over[need] for need in self.state.queue.needs[name] if need in self.over]
        ends = [*needs, *([self._before[node]] if node in self._before else [])]
        return max((end for end in ends if end.at <= at), default=_Moment(self.now))

    def _start(self, build: Build, node: str, at: float) -> Start:
        cause, speed = self._cause(build.id, node, at), self.state.fleet[node].speed
        low, high = self._band(at - self.now, cause.variance)
        return Start(at, low, high, node, self._guess(build).seconds / speed, self._begun, cause.build)

    def _reckoned(self, wanted: Build) -> Start:
        """The start of a build far down the queue: all work of higher rank, shared by the whole fleet."""
        speed = sum(self.state.fleet[name].speed for name in self._nodes)
        needed = (build for build in self.state.builds.values() if build.status == "needed")
        ahead = [build for build in needed if (-build.rank, build.id) < (-wanted.rank, wanted.id)]
        guesses = [self._guess(build) for build in ahead]
        variance = sum([(guess.seconds * guess.spread) ** 2 for guess in guesses])
        wait = sum([guess.seconds for guess in guesses]) / speed
        low, high = self._band(wait, variance / speed**2)
        return Start(self.now + wait, low, high, "", self._guess(wanted).seconds, len(ahead))

    def _can_ever(self, wanted: Build) -> bool:
        """Whether some node may have it, and everything that it still needs."""
        seen, open_ = {wanted.id}, [wanted.id]
        while open_:
            build = self.state.builds[open_.pop()]
            if build.status == "blocked" or (build.status == "needed" and not self._has_taker(build)):
                return False
            more = [need for need in self.state.queue.unmet(build.id) if need not in seen]
            seen.update(more)
            open_ += more
        return True

    def _has_taker(self, build: Build) -> bool:
        at = self.now + pause(self.state, build, self.now)
        return any(self._may(node, build, at) for node in self._nodes.values())

    def _band(self, wait: float, variance: float) -> tuple[float, float]:
        share = sqrt(variance) / wait if wait > 0 else 0.0
        return self.now + wait / (1 + share), self.now + wait * (1 + share)


def _running(state: State, now: float) -> Iterator[tuple[str, Build, float]]:
    """Each node that builds, what, and when it should be over."""
    for node in state.nodes.values():
        attempt = state.attempts.get(node.attempt) if node.attempt is not None else None
        if attempt is not None:
            yield node.name, state.builds[attempt.build], state.fleet[node.name].free_at(now)


def _spare(state: State, able: Collection[Node]) -> frozenset[str]:
    """The orchestrator's own builder where drones come first: it gets nothing but what is pinned to it."""
    if state.policy.build_mode != "delegate_first" or all(node.facts.role == "local" for node in able):
        return frozenset()
    return frozenset(node.name for node in able if node.facts.role == "local")
