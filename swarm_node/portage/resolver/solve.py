"""As much of a world as can be had: what cannot is set aside, and the rest is resolved without it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from _emerge.DependencyArg import DependencyArg
from _emerge.Package import Package
from portage.dep import Atom, use_reduce
from portage.exception import InvalidDependString

from swarm_node.portage.resolver.failures import Failure, explain
from swarm_node.portage.resolver.world import World

DEPENDENCIES: Final = ("DEPEND", "BDEPEND", "IDEPEND", "RDEPEND", "PDEPEND")
SLOT_OPERATOR: Final = re.compile(r":([^=*\[:]*)[=*](?=\[|::|$)")


class Solution(NamedTuple):
    """A graph without contradiction, the atoms that it answers, and what had to be left out of it."""

    graph: Any
    roots: Mapping[str, str]
    failures: Sequence[Failure]


def solve(world: World, atoms: Mapping[str, str]) -> Solution:
    """Resolve these atoms (each with where it is from); a failure costs only what depends on it."""
    roots, tried = dict(atoms), set(atoms)
    orphans: dict[str, str] = {}
    failures: list[Failure] = []
    while True:
        success, graph, said = world.resolve(list(roots))
        if success or not roots:
            return Solution(graph, roots, failures)
        found = list(explain(world, graph, said))
        if not found and graph._dynamic_config._circular_deps_for_display is not None:
            return Solution(graph, roots, failures)
        guilty = {node.arg for failure in found for node in failure.path if isinstance(node, DependencyArg)}
        if not guilty & roots.keys():
            atom, words = _first_bad(world, list(roots))
            guilty, found = {atom}, [Failure("other", atom, "Portage cannot resolve it", words, atom=atom)]
        failures += [failure for failure in found if not (failure.atom and guilty <= orphans.keys())]
        roots = {atom: origin for atom, origin in roots.items() if atom not in guilty}
        fresh = {atom: origin for atom, origin in _orphans(graph, found) if atom not in tried}
        tried |= fresh.keys()
        orphans |= fresh
        roots |= fresh


def _first_bad(world: World, atoms: Sequence[str]) -> tuple[str, Sequence[str]]:
    """One atom without which the others fare better, where the graph itself does not tell which."""
    said: Sequence[str] = world.resolve(atoms)[2]
    while len(atoms) > 1:
        half, rest = atoms[: len(atoms) // 2], atoms[len(atoms) // 2 :]
        for part in (half, rest):
            success, _, words = world.resolve(part)
            if not success:
                atoms, said = part, words
                break
        else:
            return atoms[-1], said
    return atoms[0], said


def _orphans(graph: Any, failures: Sequence[Failure]) -> Iterator[tuple[str, str]]:
    """What the packages that cannot be had depend on: the rest of it may as well be built."""
    packages = {node for failure in failures for node in failure.path if isinstance(node, Package)}
    for package in sorted(packages):
        for atom in _wanted_by(package, graph._pkg_use_enabled(package)):
            yield atom, f"needed by {package.cpv}"


def _wanted_by(package: Any, use: frozenset[str]) -> Iterator[str]:
    """The dependencies of a package that leave no choice, without their slot operators."""
    for key in DEPENDENCIES:
        try:
            text = package._metadata[key]
            wanted = use_reduce(text, uselist=use, eapi=package.eapi, opconvert=True, token_class=Atom)
        except (InvalidDependString, KeyError):
            continue
        for atom in wanted:
            if isinstance(atom, Atom) and not atom.blocker:
                decided = atom.evaluate_conditionals(use) if atom.use else atom
                yield SLOT_OPERATOR.sub(lambda slot: f":{slot[1]}" if slot[1] else "", str(decided))
