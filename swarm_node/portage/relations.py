"""What binary packages ask of each other: run-time dependencies held against a set of packages."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cmp_to_key, lru_cache
from typing import Any, Final, NamedTuple

from portage.dep import Atom, match_from_list, use_reduce
from portage.exception import InvalidAtom, InvalidDependString
from portage.versions import _pkg_str, catpkgsplit, cpv_getkey, vercmp

from swarm_node.portage.entry import Entry

RUNTIME: Final = ("RDEPEND", "PDEPEND", "IDEPEND")
ANY_OF: Final = "||"


class Unmet(NamedTuple):
    """A dependency of `cpv` that nothing on offer satisfies; `cp` is the category/package that it names."""

    cpv: str
    atom: str
    cp: str


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


def unsatisfied(entries: Iterable[Entry], offer: Offer) -> Iterator[Unmet]:
    """Each run-time dependency of these packages that nothing on offer satisfies; of a choice, its first."""
    for entry in entries:
        fields = entry.fields()
        for name in RUNTIME:
            for atom in _missing(fields, name, offer):
                yield Unmet(entry.key.cpv, str(atom), str(atom.cp))


def _missing(fields: Mapping[str, str], name: str, offer: Offer) -> list[Any]:
    """An entry whose dependencies cannot be parsed never got into an index, see `entry`."""
    try:
        tree = use_reduce(
            fields.get(name, ""), uselist=fields.get("USE", "").split(), token_class=_atom, opconvert=True
        )
    except (InvalidAtom, InvalidDependString):
        return []
    return [_first(part) for part in tree if not _met(part, offer)]


@lru_cache(maxsize=1 << 16)
def _atom(text: str, **_: Any) -> Atom:
    """Thousands of packages name the same few hundred atoms, and parsing one is slow."""
    return Atom(text)


def _first(part: Any) -> Any:
    return next(_first(one) for one in part if one != ANY_OF) if isinstance(part, list) else part


def _met(part: Any, offer: Offer) -> bool:
    """An atom, or a list of them, of which `||` at its head asks for one only."""
    if not isinstance(part, list):
        return bool(part.blocker) or offer.satisfies(part)
    if part[:1] == [ANY_OF]:
        return any(_met(one, offer) for one in part[1:])
    return all(_met(one, offer) for one in part)


@lru_cache(maxsize=1 << 16)
def version_key(cpv: str) -> tuple[Any, ...]:
    """A key that sorts packages of one category/package by version (PMS 3.3); what has none is lowest."""
    _, _, version, revision = catpkgsplit(cpv) or ("", "", "0", "r0")
    return (cmp_to_key(vercmp)(f"{version}-{revision}"),)


def cp_of(cpv: str) -> str:
    """category/package of a cpv, by Portage's own rules; what lacks a version is one already."""
    return str(cpv_getkey(cpv)) if catpkgsplit(cpv) else cpv
