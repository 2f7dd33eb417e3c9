"""Releases as people look at them: what each holds, what differs, what clients have of a package."""

from typing import Final

from swarm_node.model.catalogue import Contents, Difference, Offer, Package
from swarm_node.model.estimate import cp_of
from swarm_node.orchestrator.comparison import compare
from swarm_node.orchestrator.production import Production
from swarm_node.portage.index import FILE

KEPT: Final = 3
"""Releases whose contents stay in memory: the live one, and two that are being compared."""
NOTHING_YET: Final = 0
"""What clients had before the first release: packages that were adopted, or none."""


class Catalogue:
    """Reads production; synchronous, slow the first time, from any thread. Nothing here changes anything.

    Raises: Refused (unknown_release, bad_state), OSError.
    """

    def __init__(self, production: Production) -> None:
        self._production = production
        self._read: dict[tuple[int, int], Contents] = {}

    def contents(self, release: int) -> Contents:
        """The packages of a release."""
        try:
            key = release, (self._production.path(release) / FILE).stat().st_mtime_ns
        except FileNotFoundError:
            return self._production.contents(release)  # refused, with the reason
        found = self._read.pop(key, None) or self._production.contents(release)
        self._read[key] = found
        for oldest in list(self._read)[:-KEPT]:
            self._read.pop(oldest, None)
        return found

    def difference(self, older: int, newer: int) -> Difference:
        """What clients of one release get with another; release 0 is what was there before the first."""
        return compare(self._side(older), self._side(newer))

    def _side(self, release: int) -> Contents:
        if release == NOTHING_YET and not self._production.path(release).exists():
            return Contents(NOTHING_YET, (), 0)
        return self.contents(release)

    def offer(self, name: str) -> Offer:
        """What clients have of a package by any of its names; nothing is an answer too."""
        live = self._production.current()
        if live is None:
            return Offer(None, ())
        core = name.removeprefix("=").partition("@")[0]
        wanted = cp_of(core)
        return Offer(live, tuple(p for p in self.contents(live).packages if _is(p, wanted)))


def _is(package: Package, wanted: str) -> bool:
    """Whether a package is called that, with its category or without."""
    return package.cp == wanted or package.cp.partition("/")[2] == wanted
