"""From what the resolver says of each client's world to the rows of the queue: pure, no I/O."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from swarm_node.model.configuration import facts_of
from swarm_node.model.estimate import cp_of
from swarm_node.model.graph import graph_of, upstream
from swarm_node.model.work import Diagnosis, PlanRow
from swarm_node.portage.closure import room_of
from swarm_node.portage.needs import settled
from swarm_node.portage.reason import reason
from swarm_node.portage.resolution import Node, Problem, Resolution

Worlds = Mapping[str, Resolution]
"""Client profile to what its world needs."""


class Sources(NamedTuple):
    """What rows are made from; packages go by client profile and cpv."""

    nodes: Mapping[str, Mapping[str, Node]]
    ids: Mapping[tuple[str, str], str]
    """The id of the row that builds a package; nothing where a binhost has it."""
    atoms: Mapping[tuple[str, str], str]
    """The exact atom that installs a package."""


REMEDIES: Final = {
    "masked": "edit-portage-and-fresh",
    "missing-overlay": "sync-overlays",
    "tree-out-of-sync": "sync-fix",
    "use-mismatch": "edit-portage-and-fresh",
}
"""Kind of a problem to the remedy for it; anything else needs a human."""

EVIDENCE: Final = 25
"""How many lines of Portage's a diagnosis carries."""


def plan(worlds: Worlds) -> tuple[PlanRow, ...]:
    """The rows of everything that must be built for these clients, and of what cannot be had, by id.

    A package that two clients need built differently has a row for each way, its id ending in `@profile`;
    one that they need alike has one row.
    """
    nodes = {name: {node.cpv: node for node in world.packages} for name, world in worlds.items()}
    sources = Sources(nodes, _ids(nodes), _atoms(nodes))
    makers = {name: place for place, name in reversed(list(sources.ids.items()))}
    rows = {name: _row(name, profile, cpv, sources) for name, (profile, cpv) in makers.items()}
    rows = settled(_beside(rows, sources))
    for row in _refused(worlds, rows.keys()):
        rows[row.id] = row
    return tuple(rows[name] for name in sorted(rows))


def _ids(nodes: Mapping[str, Mapping[str, Node]]) -> dict[tuple[str, str], str]:
    """Equal builds share an id; the first profile that needs a variant names it.

    A package that a client finds in production as it wants it is a variant too.
    """
    makers: defaultdict[str, dict[object, list[str]]] = defaultdict(dict)
    found: set[str] = set()
    for profile, packages in nodes.items():
        for node in packages.values():
            if node.binary:
                found.add(node.cpv)
            else:
                makers[node.cpv].setdefault(_variant(node, packages), []).append(profile)
    return {
        (profile, cpv): cpv if len(variants) == 1 and cpv not in found else f"{cpv}@{profiles[0]}"
        for cpv, variants in makers.items()
        for profiles in variants.values()
        for profile in profiles
    }


def _variant(node: Node, packages: Mapping[str, Node]) -> object:
    """All that makes two builds of one cpv give different packages."""
    bound = tuple((cp_of(cpv), packages[cpv].slot) for cpv in node.bound_to if cpv in packages)
    return (node.use, node.slot, node.repository, tuple(sorted(node.environment.items())), bound)


def _atoms(nodes: Mapping[str, Mapping[str, Node]]) -> dict[tuple[str, str], str]:
    """Exact atoms, with those USE flags by which the packages on offer of one cpv can be told apart."""
    uses: defaultdict[str, set[tuple[str, ...]]] = defaultdict(set)
    for packages in nodes.values():
        for node in packages.values():
            uses[node.cpv].add(node.use)
            for entry in node.built:
                uses[entry.cpv].add(entry.use)
    return {
        (profile, node.cpv): _atom(node, [frozenset(use) for use in uses[node.cpv]])
        for profile, packages in nodes.items()
        for node in packages.values()
    }


def _atom(node: Node, uses: Sequence[frozenset[str]]) -> str:
    telling = frozenset.union(*uses) - frozenset.intersection(*uses)
    flags = [flag for flag in node.use if flag in telling]
    return f"={node.cpv}[{','.join(flags)}]" if flags else f"={node.cpv}"


def _row(name: str, profile: str, cpv: str, sources: Sources, *, beside: bool = False) -> PlanRow:
    chosen = sources.nodes[profile]
    node = chosen[cpv]
    room = room_of(node, chosen, beside=beside)
    return PlanRow(
        id=name,
        cpv=cpv,
        slot=node.slot,
        repository=node.repository,
        reason=reason(node, chosen),
        use=node.use,
        needs=tuple(sorted({sources.ids[profile, one] for one in room if (profile, one) in sources.ids})),
        install=tuple(_install(profile, node, room, sources.atoms)),
        accept_keywords=node.keywords,
        accept_license=node.licenses,
        profile=profile,
        package_env=node.environment,
    )


def _install(
    profile: str, node: Node, room: Sequence[str], atoms: Mapping[tuple[str, str], str]
) -> Iterator[str]:
    """The build dependencies; of what those run with, which emerge finds itself, only what is ambiguous."""
    direct = set(node.builds_with)
    for cpv in room:
        atom = atoms[profile, cpv]
        if cpv in direct or "[" in atom:
            yield atom


def _beside(rows: Mapping[str, PlanRow], sources: Sources) -> dict[str, PlanRow]:
    """Have what rooms want at their side (PDEPEND) waited for as well, but never in a circle."""
    found = dict(rows)
    graph = graph_of({name: row.needs for name, row in rows.items()})
    for name, row in rows.items():
        if not any(node.runs_beside for node in sources.nodes[row.profile].values()):
            continue
        wider = _row(name, row.profile, row.cpv, sources, beside=True)
        more = set(wider.needs) - set(row.needs)
        if not any(name == need or name in upstream(graph, need) for need in more):
            found[name] = wider
    return found


def _refused(worlds: Worlds, building: Collection[str]) -> Iterator[PlanRow]:
    """What cannot be had enters the queue too, blocked, so that it is seen."""
    taken = set(building)
    for profile, world in worlds.items():
        for refusal in world.refused:
            spellings = (refusal.cpv, f"{refusal.cpv}@{profile}", f"{refusal.cpv}@{profile}:{len(taken)}")
            name = next(spelling for spelling in spellings if spelling not in taken)
            taken.add(name)
            yield PlanRow(
                id=name,
                cpv=refusal.cpv,
                slot=refusal.slot,
                repository=refusal.repository,
                reason=f"cannot be resolved for {profile}",
                use=refusal.use,
                profile=profile,
                problem=_diagnosis(refusal.problem, profile),
            )


def _diagnosis(problem: Problem, profile: str) -> Diagnosis:
    overlay = {"overlay": problem.overlay} if problem.overlay else {}
    return Diagnosis(
        kind=problem.kind,
        remedy=REMEDIES.get(problem.kind, "human"),
        summary=problem.summary,
        evidence=problem.said[:EVIDENCE],
        params={"profile": profile} | overlay | facts_of(problem.lines),
    )
