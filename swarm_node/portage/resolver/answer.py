"""What a solution says, as plain data: packages with their edges, and what was refused with its reason."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from _emerge.DependencyArg import DependencyArg
from _emerge.Package import Package
from portage.dep import Atom, use_reduce

from swarm_node.portage.resolver.failures import Failure
from swarm_node.portage.resolver.solve import Solution
from swarm_node.portage.resolver.world import World

Document = dict[str, Any]

BUILD_VARIABLES: Final = ("CFLAGS", "CXXFLAGS", "CPPFLAGS", "FCFLAGS", "FFLAGS", "LDFLAGS", "RUSTFLAGS")
ENTRY: Final = ("BUILD_ID", "SLOT", "USE", "IUSE", "EAPI", "RDEPEND", "PDEPEND", "IDEPEND", "repository")


def describe(world: World, solution: Solution) -> Document:
    """The document of one world."""
    graph = solution.graph
    nodes = [
        node for node in graph._dynamic_config.digraph if isinstance(node, Package) and not node.installed
    ]
    held = {str(node.cpv) for node in nodes}
    refused: dict[str, Document] = {}
    for entry in _refused(graph, solution.failures):
        refused.setdefault(entry["atom"] if entry["cpv"] in held else entry["cpv"], entry)
    return {
        "packages": [_node(world, solution, node) for node in sorted(nodes)],
        "refused": [entry for name, entry in refused.items() if name],
        "binaries": sum(len(world.binaries.cp_list(cp)) for cp in world.binaries.cp_all()),
    }


def _refused(graph: Any, failures: Sequence[Failure]) -> Iterator[Document]:
    """First what fails by itself, then what depends on it."""
    for failure in failures:
        stub = _stub(graph, failure.package, failure.subject)
        yield stub | _problem(failure, failure.summary) | {"atom": failure.atom}
    for failure in failures:
        summary = f"needs {failure.subject}, which cannot be had: {failure.summary}"
        for package in sorted(node for node in failure.path if isinstance(node, Package)):
            yield _stub(graph, package, "") | _problem(failure, summary) | {"atom": ""}


def _problem(failure: Failure, summary: str) -> Document:
    return {
        "problem": {
            "kind": failure.kind,
            "summary": summary,
            "because": failure.subject,
            "lines": [list(line) for line in failure.lines],
            "overlay": failure.overlay,
            "said": list(failure.said),
        }
    }


def _stub(graph: Any, package: Any, subject: str) -> Document:
    """What is known of a package whether or not it can be had."""
    if package is None:
        return {"cpv": subject, "slot": "0", "repository": "", "use": [], "binary": False}
    same = package.slot == package.sub_slot
    enabled = graph._pkg_use_enabled(package)
    return {
        "cpv": str(package.cpv),
        "slot": package.slot if same else f"{package.slot}/{package.sub_slot}",
        "repository": str(package.repo),
        "use": [flag if flag in enabled else f"-{flag}" for flag in sorted(package.iuse.all)],
        "binary": package.type_name == "binary",
    }


def _node(world: World, solution: Solution, package: Any) -> Document:
    dynamic = solution.graph._dynamic_config
    edges = {
        child: priorities
        for child, priorities in dynamic.digraph.nodes[package][0].items()
        if isinstance(child, Package)
    }
    above = dynamic.digraph.parent_nodes(package)
    wanted = [solution.roots[node.arg] for node in above if isinstance(node, DependencyArg)]
    document = _stub(solution.graph, package, "") | {
        "builds_with": _cpvs(child for child, found in edges.items() if any(p.buildtime for p in found)),
        "runs_with": _cpvs(child for child, found in edges.items() if any(p.runtime for p in found)),
        "runs_beside": _cpvs(child for child, found in edges.items() if any(p.runtime_post for p in found)),
        "bound_to": _cpvs(
            child
            for child in edges
            for parent, atom in dynamic._parent_atoms.get(child, ())
            if parent is package and atom.slot_operator == "="
        ),
        "wanted": min(wanted, default=""),
        "parents": _cpvs(node for node in above if isinstance(node, Package)),
        "built": [_entry(world, cpv) for cpv in world.binaries.cp_list(package.cp)],
    }
    return document if package.built else document | _to_build(world, solution.graph, package)


def _cpvs(packages: Iterator[Any]) -> list[str]:
    return sorted({str(package.cpv) for package in packages})


def _to_build(world: World, graph: Any, package: Any) -> Document:
    return {
        "keywords": _keywords(package._metadata["KEYWORDS"].split(), world.settings["ARCH"]),
        "licenses": _licenses(package._metadata["LICENSE"], graph._pkg_use_enabled(package)),
        "environment": _environment(world, package),
    }


def _keywords(keywords: Sequence[str], arch: str) -> list[str]:
    """The narrowest token of ACCEPT_KEYWORDS that lets in what is not stable."""
    if arch in keywords:
        return []
    return [f"~{arch}"] if f"~{arch}" in keywords else ["**"]


def _licenses(text: str, use: frozenset[str]) -> list[str]:
    return sorted({token for token in use_reduce(text, uselist=use, flat=True) if token != "||"})


def _environment(world: World, package: Any) -> dict[str, str]:
    """The variables that this client's make.conf and package.env set for the compilation."""
    written = world.settings.configdict["conf"]
    found = {name: str(written[name]) for name in BUILD_VARIABLES if name in written}
    world.scratch.setcpv(package)
    if world.scratch._penv:
        special: dict[str, str] = {}
        world.scratch._grab_pkg_env(world.scratch._penv, special)
        found |= {name: value for name, value in special.items() if name != "USE"}
    return found


def _entry(world: World, cpv: Any) -> Document:
    """What the binhosts have under this cpv, and the slots that its dependencies were bound to then."""
    values = dict(zip(ENTRY, world.binaries.aux_get(cpv, ENTRY), strict=True))
    enabled = frozenset(values["USE"].split())
    flags = sorted(flag.lstrip("+-") for flag in values["IUSE"].split())
    return {
        "cpv": str(cpv),
        "build_id": int(values["BUILD_ID"] or 0),
        "slot": values["SLOT"],
        "repository": values["repository"],
        "use": [flag if flag in enabled else f"-{flag}" for flag in flags],
        "bound": sorted(_bound(values, enabled)),
    }


def _bound(values: dict[str, str], enabled: frozenset[str]) -> set[tuple[str, str, str]]:
    atoms = [
        atom
        for key in ("RDEPEND", "PDEPEND", "IDEPEND")
        for atom in use_reduce(values[key], uselist=enabled, eapi=values["EAPI"], flat=True, token_class=Atom)
        if isinstance(atom, Atom) and atom.slot_operator_built
    ]
    return {(str(atom.cp), str(atom.slot), str(atom.sub_slot or atom.slot)) for atom in atoms}
