"""Why a dependency graph is no solution, read from the graph itself; Portage's words are kept as evidence.

The kinds are those of `Diagnosis`; private names of Portage's are used where it offers no public ones.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from _emerge.depgraph import get_masking_status
from _emerge.Package import Package
from portage.dep import Atom, check_required_use
from portage.exception import PortageKeyError

from swarm_node.model.required_use import Use, turns
from swarm_node.portage.resolver.world import World

Proposal = tuple[str, str]
"""A file of etc/portage and a line for it."""


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
    lines: Sequence[Proposal] = ()
    """Files of etc/portage, each with the line in it that would help."""
    atom: str = ""
    """The atom of the world itself that nothing satisfies, where that is what fails."""
    overlay: str = ""
    """The repository that is asked for by name and is not there."""


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
        failure = _of(graph, unfit, "use-mismatch", "its USE flags break its REQUIRED_USE", said, parent)
        return replace(failure, lines=_satisfying(graph, unfit))
    kind, summary, lines, best = _why_no_match(world, graph, atom)
    if kind == "tree-out-of-sync":
        said = [*(heard for heard in world.heard if heard.startswith(" *")), *said]
    overlay = str(atom.repo or "") if kind == "missing-overlay" else ""
    if isinstance(parent, Package):
        failure = _of(graph, parent, kind, f"needs {atom}: {summary}", said)
        return replace(failure, lines=lines, overlay=overlay)
    subject = str(atom.cp) if best is None else str(best.cpv)
    return Failure(kind, subject, summary, said, best, above(graph, [parent]), lines, str(atom), overlay)


def _why_no_match(world: World, graph: Any, atom: Any) -> tuple[str, str, Sequence[Proposal], Any]:
    """The kind of an atom that nothing satisfies, in words, lines that would help, the nearest package."""
    if world.binaries_only:
        return "missing-dependency", "no binary package satisfies it", (), None
    if atom.repo and atom.repo not in world.ebuilds.treemap:
        return "missing-overlay", f"there is no repository {atom.repo}", (), None
    packages = list(graph._iter_match_pkgs(world.root, "ebuild", atom.without_use))
    if not packages:
        known = world.ebuilds.cp_list(atom.cp)
        if damaged := [cpv for cpv in known if not _readable(world, cpv)]:
            return "tree-out-of-sync", f"the tree's {', '.join(damaged)} cannot be read", (), None
        if known:
            return "missing-dependency", f"the trees only have {', '.join(known)}", (), None
        return "missing-overlay", "no repository has an ebuild of it", (), None
    visible = [package for package in packages if package.visible]
    if not visible:
        best = max(packages)
        reasons = get_masking_status(best, world.settings, world.root)
        lines = list(_unmasking(world, best, reasons))
        return "masked", f"{best.cpv} is masked by: {', '.join(reasons)}", lines, best
    best = max(visible)
    wanted = _use_words(atom)
    if not wanted:
        return "use-mismatch", f"{best.cpv} cannot be had as it is configured", (), best
    line = ("package.use", f"{atom.cp} {wanted}")
    return "use-mismatch", f"{best.cpv} is not configured with {wanted}", (line,), best


def _satisfying(graph: Any, package: Any) -> Sequence[Proposal]:
    """The fewest flags to turn so that Portage itself finds REQUIRED_USE satisfied, as a line; or nothing."""
    whole, eapi, known = package._metadata["REQUIRED_USE"], package.eapi, package.iuse.is_valid_flag
    on = frozenset(graph._pkg_use_enabled(package))
    unmet = check_required_use(whole, on, known, eapi=eapi).tounicode()
    fixed = frozenset(package.use.force) | frozenset(package.use.mask)
    turned = turns(unmet, Use(on, fixed), whole)
    then = on.symmetric_difference(flag.removeprefix("-") for flag in turned)
    if not turned or not check_required_use(whole, then, known, eapi=eapi):
        return ()
    return (("package.use", f"{package.cp} {' '.join(turned)}"),)


def _readable(world: World, cpv: str) -> bool:
    try:
        return bool(world.ebuilds.aux_get(cpv, ["SLOT"])[0])
    except PortageKeyError:
        return False


def _use_words(atom: Any) -> str:
    if not atom.use:
        return ""
    return " ".join([*sorted(atom.use.enabled), *(f"-{flag}" for flag in sorted(atom.use.disabled))])


def _unmasking(world: World, package: Any, reasons: Sequence[str]) -> Iterator[Proposal]:
    """A line for each of the masks that a configuration can lift."""
    exact = f"={package.cpv}"
    if any("package.mask" in reason for reason in reasons):
        yield "package.unmask", exact
    keywords = [reason for reason in reasons if reason.endswith("keyword")]
    if keywords:
        keyword = keywords[0].split()[0]
        yield "package.accept_keywords", f"{exact} {keyword if keyword.startswith('~') else '**'}"
    if any("license" in reason for reason in reasons):
        missing = world.settings._getMissingLicenses(package.cpv, package._metadata)
        yield "package.license", f"{exact} {' '.join(sorted(missing))}"


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
