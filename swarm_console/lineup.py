"""The queue in the order in which it is worked off, kept in step event by event, whatever its length."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence
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

_Entry = tuple[float, str, Build]
"""Sorts by upward rank, then by name, which no two builds share."""


class Line(Sequence[Build]):
    """The builds of some ranks, one rank after the other, the longest way to the end first within each."""

    def __init__(self, parts: Sequence[list[_Entry]]) -> None:
        self._parts = parts

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def __iter__(self) -> Iterator[Build]:
        return (build for part in self._parts for _, _, build in part)

    @overload
    def __getitem__(self, place: int) -> Build: ...

    @overload
    def __getitem__(self, place: slice) -> list[Build]: ...

    def __getitem__(self, place: int | slice) -> Build | list[Build]:
        if isinstance(place, slice):
            return [self[number] for number in range(*place.indices(len(self)))]
        place += len(self) if place < 0 else 0
        for part in self._parts:
            if 0 <= place < len(part):
                return part[place][2]
            place -= len(part)
        raise IndexError(place)


class Lineup:
    """An index over a state's builds; it holds no truth of its own."""

    def __init__(self, builds: dict[str, Build], queue: Queue) -> None:
        self._queue = queue
        self._parts: dict[Rank, list[_Entry]] = {rank: [] for rank in RANKS}
        self._places: dict[str, tuple[Rank, _Entry]] = {}
        for build in builds.values():
            rank, entry = self._rank(build), (-build.rank, build.id, build)
            self._parts[rank].append(entry)
            self._places[build.id] = rank, entry
        for part in self._parts.values():
            part.sort()

    def line(self, *ranks: Rank) -> Line:
        """The builds of these ranks as they are now and will be."""
        return Line([self._parts[rank] for rank in ranks])

    def renew(self, names: Iterable[str]) -> None:
        """These builds, or what they waited for, have changed."""
        for name in names:
            if name not in self._places:
                continue
            old, entry = self._places[name]
            new = self._rank(entry[2])
            if old != new:
                del self._parts[old][bisect_left(self._parts[old], entry)]
                insort(self._parts[new], entry)
                self._places[name] = new, entry

    def _rank(self, build: Build) -> Rank:
        if build.status == "needed":
            return "waiting" if self._queue.waiting.get(build.id) else "ready"
        return build.status
