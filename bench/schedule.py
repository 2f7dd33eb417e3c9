"""The scheduler: makespan over the lower bound in virtual time, and how long one dispatch takes.

A graph file named by the environment variable GRAPH is used in place of the generated ones.
"""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter, thread_time

from bench import Row
from bench.graphs import generated
from swarm_node.model.estimate import Estimate, speed_of_cores
from swarm_node.model.schedule import Drone, ReadyQueue, by_speed, choose
from swarm_node.model.simulate import simulate, study
from swarm_node.model.workload import Workload, workload_of

FLEETS = {(8,) * 2: 1.02, (8,) * 4: 1.02, (8,) * 8: 1.02, (16, 8, 8, 4, 4, 4): 1.05}
"""Core counts of the drones, and the makespan aimed at, in lower bounds."""

GRAPHS, NOISE, DRAWS = (1, 2, 3), 0.5, 5
QUEUE, DISPATCHES, DISPATCH_AIM = 20_000, 2_000, 1e-3
SIMULATION_AIM = 2.0


def rows(graph_path: str | None = None) -> list[Row]:
    """Every figure of the scheduler, on one graph file or on a few generated graphs."""
    path = graph_path or os.environ.get("GRAPH")
    documents = [json.loads(Path(path).read_bytes())] if path else list(map(generated, GRAPHS))
    workloads = list(map(workload_of, documents))
    return [*_makespans(workloads), _speed(workloads[0]), *map(_dispatch, (6, 500))]


def _makespans(workloads: Sequence[Workload]) -> Iterator[Row]:
    for fleet, aim in FLEETS.items():
        drones = f"{len(fleet)} drones" if len(set(fleet)) == 1 else ",".join(map(str, fleet)) + " cores"
        exact = [simulate(workload, fleet).ratio for workload in workloads]
        yield _makespan(f"makespan / bound, {drones}", exact, aim)
        noisy = [ratio for workload in workloads for ratio in study(workload, fleet, NOISE, DRAWS).ratios]
        yield _makespan(f"  the same, noise {NOISE}", noisy, aim)


def _makespan(what: str, ratios: Sequence[float], aim: float) -> Row:
    middle, above = median(ratios), sum(ratio > aim for ratio in ratios)
    figure = f"{middle:.4f} (median of {len(ratios)}; worst {max(ratios):.4f}, {above} above the aim)"
    return Row(what, figure, f"≤ {aim}", middle / aim, middle <= aim)


def _speed(workload: Workload) -> Row:
    began = perf_counter()
    simulate(workload, (16, 8, 8, 4, 4, 4), NOISE)
    took = perf_counter() - began
    what = f"simulation of {len(workload.seconds):,} builds on 6 drones"
    return Row(
        what, f"{took:.2f} s", f"≤ {SIMULATION_AIM:g} s", took / SIMULATION_AIM, took <= SIMULATION_AIM
    )


def _dispatch(drones: int) -> Row:
    """CPU time to choose for a drone that asks, take that build out and put another in: 20,000 are ready."""
    durations = sorted(_dispatches(drones))
    mean, p99 = sum(durations) / len(durations), durations[int(len(durations) * 0.99)]
    figure = f"{mean * 1e3:.3f} ms (p99 {p99 * 1e3:.3f} ms)"
    ratio = mean / DISPATCH_AIM
    return Row(f"dispatch, {QUEUE:,} ready, {drones} drones", figure, "< 1 ms", ratio, ratio < 1)


def _dispatches(drones: int) -> Iterator[float]:
    cores = (16, 8, 8, 4, 4, 4)
    fleet = [
        Drone(f"drone-{n:03}", speed_of_cores(cores[n % 6]), since=0.0, expected=60.0) for n in range(drones)
    ]
    seconds = {f"build-{n:05}": 10.0 + n * 7919 % 600 for n in range(QUEUE + DISPATCHES)}
    names = list(seconds)
    ready = ReadyQueue({name: seconds[name] * 3 for name in names[:QUEUE]})
    order = by_speed(fleet)
    for turn, newcomer in enumerate(names[QUEUE:]):
        asking = order[turn % drones]
        asking.since = None
        began = thread_time()
        chosen = choose(asking, ready, fleet, 50.0, lambda name: Estimate(seconds[name], True, 0.5), _willing)
        if chosen.build is not None:
            ready.discard(chosen.build)
        ready.add(newcomer, seconds[newcomer] * 3)
        yield thread_time() - began
        asking.since = 0.0


def _willing(drone: str, build: str) -> None:
    """Every drone may build everything."""
