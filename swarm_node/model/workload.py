"""A workload to schedule: packages, what each needs and how long each takes, read from a graph document.

The document is an object with `packages`: a list of objects with `cpv`, `seconds` (on the reference drone),
`measured` (true: this swarm has built it before; false: the seconds are a guess) and lists of cpvs, one for
each kind of edges: `deps` (merge order), `build_needs` (to be there before it is built) and `stage3_needs`
(the same for drones that already hold @system).
"""

from collections.abc import Mapping
from math import isfinite
from typing import Any, Literal, get_args

from msgspec import Struct, ValidationError, convert

from swarm_node.model.graph import Graph, graph_of

Edges = Literal["deps", "build_needs", "stage3_needs"]
EDGES: tuple[Edges, ...] = get_args(Edges)


class Workload(Struct, frozen=True):
    """An acyclic graph of builds, their seconds on a drone of speed 1, and which were built before."""

    graph: Graph
    seconds: dict[str, float]
    measured: frozenset[str]


class _Package(Struct, frozen=True):
    cpv: str
    seconds: float
    measured: bool = False


def workload_of(document: object, edges: str = "stage3_needs") -> Workload:
    """The workload of a graph document (see above), its cycles broken.

    Raises: ValueError saying what is wrong with the document, and where.
    """
    if edges not in EDGES:
        raise ValueError(f"no edges are called {edges!r}; choose one of {', '.join(EDGES)}")
    packages = document.get("packages") if isinstance(document, Mapping) else None
    if not isinstance(packages, list) or not packages:
        raise ValueError('a graph is an object with a list "packages" that holds at least one package')
    seconds: dict[str, float] = {}
    measured: set[str] = set()
    needs: dict[str, list[str]] = {}
    for place, entry in enumerate(packages):
        package = _read(entry, _Package, f"package {place + 1}")
        if package.cpv in seconds:
            raise ValueError(f"package {place + 1}: {package.cpv} is in the list twice")
        if not (isfinite(package.seconds) and package.seconds >= 0):
            raise ValueError(f"{package.cpv}: {package.seconds:g} seconds is no duration; give 0 or more")
        if edges not in entry:
            raise ValueError(f"{package.cpv} has no {edges!r}; each package needs that list, if only empty")
        seconds[package.cpv] = package.seconds
        needs[package.cpv] = _read(entry[edges], list[str], f"{package.cpv}: {edges}")
        if package.measured:
            measured.add(package.cpv)
    return Workload(graph_of(needs), seconds, frozenset(measured))


def _read(value: object, kind: Any, where: str) -> Any:
    try:
        return convert(value, kind)
    except ValidationError as error:
        raise ValueError(f"{where}: {error}") from None
