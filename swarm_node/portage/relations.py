"""What binary packages ask of each other: run-time dependencies held against a set of packages."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cmp_to_key
from typing import Any

from portage.dep import Atom, match_from_list, use_reduce
from portage.exception import InvalidAtom, InvalidDependString
from portage.versions import _pkg_str, catpkgsplit, cpv_getkey, vercmp

from swarm_node.portage.entry import Entry

RUNTIME = ("RDEPEND", "PDEPEND")


class Offer:
    """The packages of one or several binhosts, by category/package."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._by_cp: dict[str, list[Any]] = {}
        for entry in entries:
            fields = entry.fields()
            slot, repository = fields.get("SLOT", "0"), fields.get("REPO", "unknown")
            package = _pkg_str(entry.key.cpv, slot=slot, repo=repository)
            self._by_cp.setdefault(package.cp, []).append(package)

    def satisfies(self, atom: Atom) -> bool:
        """Whether some package matches; USE dependencies are left to Portage's own resolver."""
        return bool(match_from_list(atom.without_use, self._by_cp.get(atom.cp, [])))


def unsatisfied(entries: Iterable[Entry], offer: Offer) -> Iterator[tuple[str, str]]:
    """(cpv, atom) for each run-time dependency of these packages that nothing on offer satisfies."""
    for entry in entries:
        fields = entry.fields()
        for name in RUNTIME:
            for atom in _missing(fields, name, offer):
                yield entry.key.cpv, atom


def _missing(fields: Mapping[str, str], name: str, offer: Offer) -> list[str]:
    try:
        tree = use_reduce(
            fields.get(name, ""), uselist=fields.get("USE", "").split(), token_class=Atom, opconvert=True
        )
    except (InvalidAtom, InvalidDependString):
        return [fields.get(name, "")]
    return [str(part) for part in tree if not _met(part, offer)]


def _met(part: Any, offer: Offer) -> bool:
    """One atom, or a list that begins with its operator (`||`), as use_reduce's opconvert gives it."""
    if isinstance(part, list):
        operator, *parts = part
        check = any if operator == "||" else all
        return check(_met(one, offer) for one in parts)
    return bool(part.blocker) or offer.satisfies(part)


def version_key(cpv: str) -> tuple[Any, ...]:
    """A key that sorts packages of one category/package by version (PMS 3.3)."""
    _, _, version, revision = catpkgsplit(cpv)
    return (cmp_to_key(vercmp)(f"{version}-{revision}"),)


def cp_of(cpv: str) -> str:
    """category/package of a cpv, by Portage's own rules."""
    return str(cpv_getkey(cpv))
