"""The needs-graph of a session: which build must be staged before which, and how long the chains are.

Builds are named by their id (any string); an edge runs from a build to one that it needs. Real dependency
data has cycles: they are broken here, always in the same way, and every edge given up is reported.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from heapq import heapify, heappop, heappush
from itertools import chain, repeat

import msgspec


class Graph(msgspec.Struct, frozen=True):
    """An acyclic needs-graph, kept in both directions.

    `order` lists every build after all that it needs; `dropped` are the (build, need) edges given up to
    break cycles. Equal input gives an equal graph, whatever the order it came in.
    """

    needs: dict[str, tuple[str, ...]]
    dependents: dict[str, tuple[str, ...]]
    order: tuple[str, ...]
    dropped: tuple[tuple[str, str], ...] = ()


def graph_of(needs: Mapping[str, Iterable[str]]) -> Graph:
    """The acyclic graph of `needs` (build → the builds that must be staged before it).

    Raises: ValueError naming the edge when a need is not itself a build of the graph.
    """
    edges = {build: _in_order(needs[build]) for build in sorted(needs)}
    for build, wanted in edges.items():
        for need in wanted:
            if need not in edges:
                raise ValueError(f"{build} needs {need}, which is not a package of this graph")
    dropped = {edge for knot in _knots(edges) for edge in _untie(knot, edges)}
    for build in {build for build, _ in dropped}:
        edges[build] = tuple([need for need in edges[build] if (build, need) not in dropped])
    dependents = _reversed(edges)
    return Graph(edges, dependents, tuple(_ordered(edges, dependents)), tuple(sorted(dropped)))


def _in_order(wanted: Iterable[str]) -> tuple[str, ...]:
    """Each once, sorted; the same object where that is what it is, as a graph may be large."""
    found = tuple(sorted(set(wanted)))
    return wanted if isinstance(wanted, tuple) and wanted == found else found


def upward_ranks(graph: Graph, seconds: Mapping[str, float]) -> dict[str, float]:
    """Each build's rank: seconds of the longest chain from its start to the last of its dependents' ends."""
    ranks: dict[str, float] = {}
    for build in reversed(graph.order):
        above = max((ranks[dependent] for dependent in graph.dependents[build]), default=0.0)
        ranks[build] = seconds[build] + above
    return ranks


def critical_path(graph: Graph, seconds: Mapping[str, float]) -> tuple[str, ...]:
    """The longest chain of builds in seconds, first to be built first; ties go to the smaller id."""
    if not graph.order:
        return ()
    ranks = upward_ranks(graph, seconds)

    def heaviest(builds: Iterable[str]) -> str:
        return min(builds, key=lambda build: (-ranks[build], build))

    chain = [heaviest(build for build in graph.order if not graph.needs[build])]
    while above := graph.dependents[chain[-1]]:
        chain.append(heaviest(above))
    return tuple(chain)


def lower_bound(graph: Graph, seconds: Mapping[str, float], speeds: Iterable[float]) -> float:
    """Seconds that no schedule can beat: the critical path on the fastest drone, or all work on all drones.

    `seconds` are for a drone of speed 1. Raises: ValueError when no speed is above zero.
    """
    fleet = [speed for speed in speeds if speed > 0]
    if not fleet:
        raise ValueError("a lower bound needs at least one drone with a speed above zero")
    longest = max(upward_ranks(graph, seconds).values(), default=0.0)
    work = sum(seconds[build] for build in graph.order)
    return max(longest / max(fleet), work / sum(fleet))


def downstream(graph: Graph, build: str) -> frozenset[str]:
    """Every build that cannot start before this one is staged, near or far."""
    return reach(graph.dependents, build)


def upstream(graph: Graph, build: str) -> frozenset[str]:
    """Every build that must be staged before this one can start, near or far."""
    return reach(graph.needs, build)


def reach(edges: Mapping[str, Collection[str]], build: str) -> frozenset[str]:
    """Everything that edges lead to from a build, in however many steps."""
    return frozenset().union(*reaching(edges, build))


def reaching(edges: Mapping[str, Collection[str]], build: str) -> Iterator[Collection[str]]:
    """The same, a step after the other."""
    found: set[str] = set()
    frontier = set(edges.get(build, ()))
    while frontier:
        yield frontier
        found |= frontier
        frontier = set(chain.from_iterable(map(edges.get, frontier, repeat(())))) - found


def _reversed(needs: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    dependents: dict[str, list[str]] = {build: [] for build in needs}
    for build, wanted in needs.items():
        for need in wanted:
            dependents[need].append(build)
    return {build: tuple(above) for build, above in dependents.items()}


def _ordered(
    needs: Mapping[str, tuple[str, ...]], dependents: Mapping[str, tuple[str, ...]]
) -> Iterator[str]:
    """Kahn's order, the smallest id first among those that are free."""
    missing = {build: len(wanted) for build, wanted in needs.items()}
    free = [build for build, count in missing.items() if not count]
    heapify(free)
    while free:
        build = heappop(free)
        yield build
        for dependent in dependents[build]:
            missing[dependent] -= 1
            if not missing[dependent]:
                heappush(free, dependent)


def _untie(knot: frozenset[str], needs: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, str]]:
    """The edges to give up so that one knot holds no cycle, each of them necessary."""
    edges = {build: knot.intersection(needs[build]) for build in knot}
    cut = list(_cut(edges))
    for build, need in cut:
        edges[build] -= {need}
    for build, need in cut:
        if build == need or build in reach(edges, need):
            yield build, need
        else:
            edges[build] |= {need}


def _cut(knot: Mapping[str, Collection[str]]) -> Iterator[tuple[str, str]]:
    """The edges to give up inside one knot: again and again free the build that then lacks fewest needs.

    Among equals the one that most others wait for goes first, then the smaller id.
    """
    missing = {build: set(wanted) for build, wanted in knot.items()}
    waiting: dict[str, set[str]] = {build: set() for build in knot}
    for build, wanted in missing.items():
        for need in wanted:
            waiting[need].add(build)

    def lack(build: str) -> tuple[int, int, str]:
        return (len(missing[build]), -len(waiting[build]), build)

    heap = [lack(build) for build in knot]
    heapify(heap)
    placed: set[str] = set()
    while heap:
        entry = heappop(heap)
        build = entry[2]
        if build in placed or entry != lack(build):
            continue  # an older entry; the current one is still in the heap
        yield from ((build, need) for need in sorted(missing[build]))
        placed.add(build)
        for need in missing[build]:
            waiting[need].discard(build)
            if need not in placed:
                heappush(heap, lack(need))
        for dependent in waiting[build] - placed:
            missing[dependent].discard(build)
            heappush(heap, lack(dependent))


def _knots(edges: Mapping[str, tuple[str, ...]]) -> list[frozenset[str]]:
    """The strongly connected components that hold a cycle (Tarjan 1972, without recursion)."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    open_: set[str] = set()
    knots: list[frozenset[str]] = []

    def enter(build: str) -> tuple[str, Iterator[str]]:
        number[build] = low[build] = len(number)
        stack.append(build)
        open_.add(build)
        return build, iter(edges[build])

    def leave(build: str) -> None:
        if low[build] != number[build]:
            return
        members = [stack.pop()]
        while members[-1] != build:
            members.append(stack.pop())
        open_.difference_update(members)
        if len(members) > 1 or build in edges[build]:
            knots.append(frozenset(members))

    for root in edges:
        if root in number:
            continue
        path = [enter(root)]
        while path:
            build, rest = path[-1]
            need = next(rest, None)
            if need is None:
                path.pop()
                leave(build)
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[build])
            elif need not in number:
                path.append(enter(need))
            elif need in open_:
                low[build] = min(low[build], number[need])
    return knots
