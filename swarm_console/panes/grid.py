"""Cells, columns and how columns share a width: the geometry of every table, without a terminal."""

from collections.abc import Sequence
from typing import Final, NamedTuple

GAP: Final = 2
"""Blank characters between columns."""
MOST: Final = 32
"""Characters that a flexible column takes at most for each unit of its share, unless it is the last one."""


class Cell(NamedTuple):
    """A text from anywhere, and a tone: ok, wait, attention, accent, dim, bold or plain ("")."""

    text: str
    tone: str = ""


class Column(NamedTuple):
    """`width` characters; with `flex`, at least that and its share of what is left over.

    Where not all fit, those with the highest `spare` go first; 0 never goes.
    """

    title: str
    width: int
    flex: int = 0
    right: bool = False
    spare: int = 0


def fit(columns: Sequence[Column], width: int) -> tuple[int, ...]:
    """The width of each column in so many characters, 0 for those left out; gaps lie between the others."""
    kept = list(range(len(columns)))
    while len(kept) > 1 and _least(columns, kept) > width:
        worst = max(kept, key=lambda number: (columns[number].spare, number))
        if not columns[worst].spare:
            break
        kept.remove(worst)
    widths = [columns[number].width if number in kept else 0 for number in range(len(columns))]
    _share(columns, kept, widths, width - _least(columns, kept))
    return tuple(widths)


def _least(columns: Sequence[Column], kept: Sequence[int]) -> int:
    return sum(columns[number].width for number in kept) + GAP * (len(kept) - 1)


def _share(columns: Sequence[Column], kept: Sequence[int], widths: list[int], left: int) -> None:
    """Give what is left to the flexible ones, or take what lacks from them, then from the widest."""
    flexible = [number for number in kept if columns[number].flex]
    weight = sum(columns[number].flex for number in flexible)
    given = 0
    for place, number in enumerate(flexible):
        last = place == len(flexible) - 1
        part = left - given if last else left * columns[number].flex // weight
        part = max(part, -widths[number])
        widths[number] += part
        given += part
    lack = sum(widths) + GAP * (len(kept) - 1) - (_least(columns, kept) + left)
    while lack > 0 and any(widths):
        widest = max(kept, key=lambda number: widths[number])
        widths[widest] -= 1
        lack -= 1
    for number in flexible:
        if number != kept[-1]:  # on a very wide screen what belongs together stays together
            widths[number] = min(widths[number], columns[number].width + MOST * columns[number].flex)
