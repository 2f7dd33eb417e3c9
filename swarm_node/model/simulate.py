"""What if: the swarm's real rules, driven in virtual time over a workload and a fleet.

Nothing is built. Builds take their true seconds; what the scheduler knows is a history of the measured ones,
blurred by log-normal noise. All other rules are those of `decide` and `apply`.
"""

from collections.abc import Iterator, Mapping, Sequence
from heapq import heappop, heappush
from math import exp
from random import Random

from msgspec import Struct

from swarm_node.model import commands as c
from swarm_node.model.apply import fold
from swarm_node.model.decide import decide
from swarm_node.model.estimate import History, cp_of, meet, observe, speed_of_cores
from swarm_node.model.events import BuildAssigned, Event, Policy
from swarm_node.model.graph import lower_bound
from swarm_node.model.schedule import by_speed
from swarm_node.model.state import State
from swarm_node.model.work import Measures, NodeFacts, PlanRow
from swarm_node.model.workload import Workload

PAST = "the past"
"""The reference drone on which everything measured was built before."""


class Ran(Struct, frozen=True):
    """One build: the drone it ran on, and from when to when in seconds after the start."""

    build: str
    drone: str
    start: float
    finish: float


class Share(Struct, frozen=True):
    """What one drone did: seconds busy and idle until the last build ended."""

    drone: str
    cores: int
    speed: float
    builds: int
    busy: float
    idle: float


class Outcome(Struct, frozen=True):
    """A whole run in seconds; `ratio` is makespan over the bound that no schedule can beat."""

    makespan: float
    lower_bound: float
    ratio: float
    seed: int
    drones: tuple[Share, ...]
    order: tuple[Ran, ...]


class Study(Struct, frozen=True):
    """The same run under several draws of the noise: the median one in full, and every ratio, best first."""

    median: Outcome
    ratios: tuple[float, ...]


def simulate(workload: Workload, fleet: Sequence[int], noise: float = 0.0, seed: int = 0) -> Outcome:
    """Run a workload on drones of these core counts, with history off by log-normal noise of that rms.

    Raises: ValueError for a fleet without drones, a drone without cores, or negative noise.
    """
    cores = _named(fleet)
    if not 0 <= noise <= 5:
        raise ValueError(f"noise of {noise:g} is out of range; give 0 (none) to 5, 0.5 is usual")
    speeds = {name: speed_of_cores(count) for name, count in cores.items()}
    state = _opened(workload, cores, blurred(workload, noise, seed))
    order = tuple(_run(state, workload.seconds, speeds))
    makespan = max((ran.finish for ran in order), default=0.0)
    bound = lower_bound(workload.graph, workload.seconds, speeds.values())
    shares = tuple(_share(name, cores[name], order, makespan) for name in cores)
    return Outcome(makespan, bound, makespan / bound if bound else 1.0, seed, shares, order)


def study(workload: Workload, fleet: Sequence[int], noise: float, draws: int, seed: int = 0) -> Study:
    """Several runs that differ in the draw of the noise alone; without noise, one. Raises as `simulate`."""
    count = max(1, draws) if noise else 1
    outcomes = sorted((simulate(workload, fleet, noise, seed + n) for n in range(count)), key=_ratio)
    return Study(outcomes[(count - 1) // 2], tuple(map(_ratio, outcomes)))


def blurred(workload: Workload, noise: float, seed: int) -> History:
    """A history of every measured build, each off by its own factor."""
    draw = Random(seed)
    history = History()
    meet(history, PAST, 8)
    for build, seconds in workload.seconds.items():
        factor = exp(draw.gauss(0, noise))
        if build in workload.measured:
            observe(history, cp_of(_cpv(build)), PAST, seconds * factor)
    return history


def _ratio(outcome: Outcome) -> float:
    return outcome.ratio


def _named(fleet: Sequence[int]) -> dict[str, int]:
    if not fleet:
        raise ValueError("a fleet needs at least one drone; give core counts, such as 16,8,8,4,4,4")
    for count in fleet:
        if count < 1:
            raise ValueError(f"a drone with {count} cores cannot build; give 1 or more for each")
    return {f"drone-{place:02}": count for place, count in enumerate(fleet, 1)}


def _opened(workload: Workload, cores: Mapping[str, int], history: History) -> State:
    """A swarm at second 0: every drone there and idle, the whole workload needed."""
    state = State(history=history)
    _do(state, c.SetPolicy(policy=Policy(simulated=True)), 0.0)
    for name, count in cores.items():
        _do(state, c.SeeNode(name=name, facts=NodeFacts(cores=count)), 0.0)
    _do(state, c.OpenSession(clear=True), 0.0)
    _do(state, c.PlanQueue(rows=tuple(map(_row, workload.graph.needs.items()))), 0.0)
    return state


def _row(entry: tuple[str, tuple[str, ...]]) -> PlanRow:
    build, needs = entry
    return PlanRow(build, _cpv(build), "0", "simulated", "what if", needs=needs, simulated=True)


def _cpv(build: str) -> str:
    """An id is the cpv, or cpv@profile."""
    return build.partition("@")[0]


def _run(state: State, seconds: Mapping[str, float], speeds: Mapping[str, float]) -> Iterator[Ran]:
    """Serve whoever idles, fastest first, then let the next build end; until all is staged."""
    ends: list[tuple[float, str, Ran]] = []
    now = 0.0
    idle = set(speeds)
    while True:
        for drone in by_speed(state.fleet[name] for name in sorted(idle)):
            ran = _assigned(state, drone.name, now, seconds, speeds)
            if ran is not None:
                idle.discard(drone.name)
                heappush(ends, (ran.finish, drone.name, ran))
        if not ends:
            return
        now, name, ran = heappop(ends)
        _stage(state, ran, now)
        idle.add(name)
        yield ran


def _assigned(
    state: State, drone: str, now: float, seconds: Mapping[str, float], speeds: Mapping[str, float]
) -> Ran | None:
    given = _do(state, c.RequestWork(node=drone), now)
    for event in given:
        if isinstance(event, BuildAssigned):
            _do(state, c.StartAttempt(node=drone, attempt=event.attempt), now)
            return Ran(event.build, drone, now, now + seconds[event.build] / speeds[drone])
    return None


def _stage(state: State, ran: Ran, now: float) -> None:
    attempt = state.builds[ran.build].attempt
    assert attempt is not None
    measures = Measures(seconds=ran.finish - ran.start)
    _do(state, c.StageBuild(node=ran.drone, attempt=attempt, artifact=None, measures=measures), now)


def _do(state: State, command: c.Command, now: float) -> list[Event]:
    events = decide(state, command, now)
    fold(state, events)
    return events


def _share(name: str, cores: int, order: Sequence[Ran], makespan: float) -> Share:
    own = [ran.finish - ran.start for ran in order if ran.drone == name]
    busy = sum(own)
    return Share(name, cores, speed_of_cores(cores), len(own), busy, max(makespan - busy, 0.0))
