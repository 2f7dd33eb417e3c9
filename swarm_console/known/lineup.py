"""The queue in the order in which it is worked off, kept in step event by event, whatever its length."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Final, Literal, overload

from swarm_node.model.queue import Queue
from swarm_node.model.state import Build

Rank = Literal["building", "assigned", "ready", "waiting", "blocked", "staged", "released"]
RANKS: Final[tuple[Rank, ...]] = (
    "building",
    "assigned",
    "ready",
    "waiting",
    "blocked",
    "staged",
    "released",
)
"""Builds by status, what is needed split into what could start and what waits for others."""
NEEDED: Final[tuple[Rank, ...]] = ("ready", "waiting")


class Line(Sequence[Build]):
    """The builds of some ranks, one rank after the other, the longest way to the end first within each."""

    def __init__(self, lineup: "Lineup", ranks: Sequence[Rank]) -> None:
        self._lineup, self._ranks = lineup, ranks
        self._parts = [lineup.parts[rank] for rank in ranks]

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def __iter__(self) -> Iterator[Build]:
        return chain.from_iterable(self._parts)

    @overload
    def __getitem__(self, place: int) -> Build: ...

    @overload
    def __getitem__(self, place: slice) -> list[Build]: ...

    def __getitem__(self, place: int | slice) -> Build | list[Build]:
        if isinstance(place, slice):
            return self._cut(*place.indices(len(self)))
        place += len(self) if place < 0 else 0
        for part in self._parts:
            if 0 <= place < len(part):
                return part[place]
            place -= len(part)
        raise IndexError(place)

    def _cut(self, begin: int, end: int, step: int) -> list[Build]:
        if step != 1:
            return [self[place] for place in range(begin, end, step)]
        found: list[Build] = []
        for part in self._parts:
            found += part[max(0, begin) : max(0, end)]
            begin, end = begin - len(part), end - len(part)
        return found

    def find(self, name: str) -> int | None:
        """The place of a build, without looking at the others; None where it is not in this line."""
        found = self._lineup.find(name)
        if found is None or found[0] not in self._ranks:
            return None
        rank, place = found
        return sum(map(len, self._parts[: self._ranks.index(rank)])) + place


class Lineup:
    """An index over a state's builds; it holds no truth of its own."""

    def __init__(self, builds: dict[str, Build], queue: Queue) -> None:
        self._builds, self._queue = builds, queue
        self.parts: dict[Rank, list[Build]] = {rank: [] for rank in RANKS}
        self._ranks: dict[str, Rank] = {}
        for name, build in builds.items():
            rank = self._ranks[name] = self._rank(build)
            self.parts[rank].append(build)
        for part in self.parts.values():
            part.sort(key=_order)

    def line(self, *ranks: Rank) -> Line:
        """The builds of these ranks as they are now and will be."""
        return Line(self, ranks)

    def by_status(self, *statuses: str) -> Line:
        """The builds in any of the statuses, as `State.by_status` but in this order."""
        needed = NEEDED if "needed" in statuses else ()
        return Line(self, [rank for rank in RANKS if rank in statuses or rank in needed])

    def clear(self) -> None:
        """Let go of every build; who still looks at a line of this sees an empty one."""
        for part in self.parts.values():
            part.clear()
        self._ranks.clear()

    def renew(self, names: Iterable[str]) -> None:
        """These builds, or what they waited for, have changed."""
        for name in names:
            old = self._ranks.get(name)
            if old is None:
                continue
            build = self._builds[name]
            new = self._rank(build)
            if old != new:
                del self.parts[old][self._place(build, old)]
                insort(self.parts[new], build, key=_order)
                self._ranks[name] = new

    def find(self, name: str) -> tuple[Rank, int] | None:
        """A build's rank and its place within that."""
        rank = self._ranks.get(name)
        if rank is None:
            return None
        return rank, self._place(self._builds[name], rank)

    def _place(self, build: Build, rank: Rank) -> int:
        return bisect_left(self.parts[rank], _order(build), key=_order)

    def _rank(self, build: Build) -> Rank:
        if build.status == "needed":
            return "waiting" if self._queue.waiting.get(build.id) else "ready"
        return build.status


def _order(build: Build) -> tuple[float, str]:
    """By upward rank, then by name, which no two builds share."""
    return -build.rank, build.row.id
