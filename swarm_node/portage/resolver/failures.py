"""Why a dependency graph is no solution, read from the graph itself; Portage's words are kept as evidence.

The kinds are those of `Diagnosis`; private names of Portage's are used where it offers no public ones.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from _emerge.depgraph import get_masking_status
from _emerge.Package import Package
from portage.dep import Atom
from portage.exception import PortageKeyError

from swarm_node.portage.resolver.world import World


@dataclass(frozen=True)
class Failure:
    """One thing that cannot be had, and all that cannot be had because of it."""

    kind: str
    subject: str
    """The cpv that cannot be built, or the atom's category/package where there is no such package."""
    summary: str
    said: Sequence[str]
    package: Any = None
    path: frozenset[Any] = field(default_factory=frozenset)
    """Every package and argument of the graph that leads here."""
    line: tuple[str, str] | None = None
    """A file of etc/portage and the line in it that would help."""
    atom: str = ""
    """The atom of the world itself that nothing satisfies, where that is what fails."""


def explain(world: World, graph: Any, said: Sequence[str]) -> Iterator[Failure]:
    """Every reason why this graph is not a solution.

    Packages that need each other to be built are none: a drone's base may have what breaks the circle.
    """
    dynamic = graph._dynamic_config
    for (_, atom), more in dynamic._unsatisfied_deps_for_display:
        yield _unsatisfied(world, graph, Atom(str(atom), allow_repo=True), more, said)
    for conflict in dynamic._package_tracker.slot_conflicts():
        yield from _slot_conflict(graph, conflict.pkgs, said)
    for blocker in dynamic._unsatisfied_blockers_for_display or ():
        for parent in dynamic._blocker_parents.parent_nodes(blocker):
            yield _of(graph, parent, "dependency-conflict", f"cannot stand beside {blocker.atom}", said)


def above(graph: Any, nodes: Iterable[Any]) -> frozenset[Any]:
    """The nodes and everything in the graph that leads to them, the arguments included."""
    digraph = graph._dynamic_config.digraph
    seen: set[Any] = set()
    waiting = [node for node in nodes if node is not None]
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting += digraph.parent_nodes(node) if node in digraph else []
    return frozenset(seen)


def _of(graph: Any, package: Any, kind: str, summary: str, said: Sequence[str], *parents: Any) -> Failure:
    return Failure(kind, str(package.cpv), summary, said, package, above(graph, [package, *parents]))


def _unsatisfied(
    world: World, graph: Any, atom: Any, more: Mapping[str, Any], said: Sequence[str]
) -> Failure:
    parent, unfit = more.get("myparent"), more.get("show_req_use")
    if unfit is not None:
        return _of(graph, unfit, "use-mismatch", "its USE flags break its REQUIRED_USE", said, parent)
    kind, summary, line, best = _why_no_match(world, graph, atom)
    if kind == "tree-out-of-sync":
        said = [*(heard for heard in world.heard if heard.startswith(" *")), *said]
    if isinstance(parent, Package):
        failure = _of(graph, parent, kind, f"needs {atom}: {summary}", said)
        return Failure(failure.kind, failure.subject, failure.summary, said, parent, failure.path, line)
    subject = str(atom.cp) if best is None else str(best.cpv)
    return Failure(kind, subject, summary, said, best, above(graph, [parent]), line, str(atom))


def _why_no_match(world: World, graph: Any, atom: Any) -> tuple[str, str, tuple[str, str] | None, Any]:
    """The kind of an atom that nothing satisfies, in words, the line that would help, the nearest package."""
    if world.binaries_only:
        return "missing-dependency", "no binary package satisfies it", None, None
    if atom.repo and atom.repo not in world.ebuilds.treemap:
        return "missing-overlay", f"there is no repository {atom.repo}", None, None
    packages = list(graph._iter_match_pkgs(world.root, "ebuild", atom.without_use))
    if not packages:
        known = world.ebuilds.cp_list(atom.cp)
        if damaged := [cpv for cpv in known if not _readable(world, cpv)]:
            return "tree-out-of-sync", f"the tree's {', '.join(damaged)} cannot be read", None, None
        if known:
            return "missing-dependency", f"the trees only have {', '.join(known)}", None, None
        return "missing-overlay", "no repository has an ebuild of it", None, None
    visible = [package for package in packages if package.visible]
    if not visible:
        best = max(packages)
        reasons = get_masking_status(best, world.settings, world.root)
        return "masked", f"{best.cpv} is masked by: {', '.join(reasons)}", _unmask(best, reasons), best
    best = max(visible)
    wanted = _use_words(atom)
    if not wanted:
        return "use-mismatch", f"{best.cpv} cannot be had as it is configured", None, best
    return (
        "use-mismatch",
        f"{best.cpv} is not configured with {wanted}",
        ("package.use", f"{atom.cp} {wanted}"),
        best,
    )


def _readable(world: World, cpv: str) -> bool:
    try:
        return bool(world.ebuilds.aux_get(cpv, ["SLOT"])[0])
    except PortageKeyError:
        return False


def _use_words(atom: Any) -> str:
    if not atom.use:
        return ""
    return " ".join([*sorted(atom.use.enabled), *(f"-{flag}" for flag in sorted(atom.use.disabled))])


def _unmask(package: Any, reasons: Sequence[str]) -> tuple[str, str]:
    exact = f"={package.cpv}"
    if any("license" in reason for reason in reasons):
        return "package.license", f"{exact} {package._metadata['LICENSE']}"
    if any("package.mask" in reason for reason in reasons):
        return "package.unmask", exact
    keyword = next((reason.split()[0] for reason in reasons if reason.startswith("~")), "**")
    return "package.accept_keywords", f"{exact} {keyword}"


def _slot_conflict(graph: Any, packages: Sequence[Any], said: Sequence[str]) -> Iterator[Failure]:
    """Whoever holds on to a lower version of the slot is what cannot be had."""
    best = max(packages)
    for loser in (package for package in packages if package is not best):
        wanting = graph._dynamic_config._parent_atoms.get(loser, ())
        stubborn = [(parent, atom) for parent, atom in wanting if not atom.match(best)]
        # A binary that was bound to the lower one can be built again; who asks for it by name cannot.
        by_name = [(parent, atom) for parent, atom in stubborn if not atom.slot_operator_built]
        for parent, atom in by_name or stubborn or wanting:
            summary = f"needs {atom}, but {best.cpv} is needed by others"
            if isinstance(parent, Package):
                yield _of(graph, parent, "dependency-conflict", summary, said)
            else:
                path = above(graph, [parent])
                yield Failure(
                    "dependency-conflict", str(loser.cpv), summary, said, loser, path, atom=str(atom)
                )
