"""Where a page goes, when rows have moved or ended since one saw them."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence


def onward(places: Mapping[int, int], here: int, by: int, far: int) -> int | None:
    """The place so many rows on from the row that was at `here`, among rows that are still beside each other.

    `places`: where each row is now, by where it was. Any may have ended meanwhile and be far away, more than
    `far` rows farther than the others; mostly several at once. None where no row is known.
    """
    if not places:
        return None
    least = min((place - row for row, place in places.items()), key=abs)
    beside = _in_order({row: place for row, place in places.items() if abs(place - row - least) <= far})
    if by > 0:
        ahead = [row for row in beside if row > here][:by]
        return places[ahead[-1] if ahead else beside[-1]] + by - len(ahead)
    ahead = [row for row in beside if row < here][by:]
    return places[ahead[0] if ahead else beside[0]] + by + len(ahead)


def _in_order(places: Mapping[int, int]) -> Sequence[int]:
    """The most rows that follow each other as they did: a longest increasing subsequence."""
    ends: list[int] = []
    at: list[int] = []
    before: dict[int, int | None] = {}
    for row, place in places.items():
        length = bisect_left(ends, place)
        before[row] = at[length - 1] if length else None
        ends[length : length + 1], at[length : length + 1] = [place], [row]
    found = [at[-1]]
    while (earlier := before[found[-1]]) is not None:
        found.append(earlier)
    return found[::-1]
