"""What puts together what all parts of a screen paint."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.strip import Strip

Span: TypeAlias = tuple[int, int, int]
"""A line, where in it something begins, and where it has ended."""
Pieces: TypeAlias = dict[int, Strip | None]
"""Of one line, by their first column: what lies between two edges of parts; `None` is left as it is."""


class ThriftyCompositor(Compositor):
    """Has of each part those lines painted that are asked for and in sight, and no others.

    Textual 8.2 goes through all lines of all parts within one box around whatever has changed, also of
    those that lie behind others: a figure on top and a row low in a table are the whole screen to it.
    """

    def render_partial_update(self) -> ChopsUpdate | None:
        height = len(self.cuts)
        spans = [span for span in self._regions_to_spans(self._dirty_regions) if 0 <= span[0] < height]
        self._dirty_regions.clear()
        return ChopsUpdate(self._paint(spans), spans, [cuts[1:] for cuts in self.cuts]) if spans else None

    def _render_chops(
        self, crop: Region, is_rendered_line: Callable[[int], bool]
    ) -> Sequence[Mapping[int, Strip]]:
        lines = filter(is_rendered_line, crop.line_range)
        return self._paint((y, *crop.column_span) for y in lines)  # type: ignore[return-value]

    def _paint(self, spans: Iterable[Span]) -> list[Pieces]:
        """All lines of the screen, with the pieces that these spans touch."""
        cuts = self.cuts
        wanted = _touched(spans, cuts)
        painted: list[Pieces] = [
            dict.fromkeys(line[:-1]) if y in wanted else {} for y, line in enumerate(cuts)
        ]
        for widget, (region, clip) in self.visible_widgets.items():  # what is in front comes first
            if not wanted:
                break
            seen = region.intersection(clip)
            for run in _runs(_lines_of(seen, wanted)):
                lines = Region(seen.x - region.x, run.start - region.y, seen.width, len(run))
                for y, strip in zip(run, widget.render_lines(lines), strict=False):
                    found = _cut(strip, seen, cuts[y])
                    painted[y].update((x, found[x]) for x in wanted[y] & found.keys())
                    wanted[y] -= found.keys()
                    if not wanted[y]:
                        del wanted[y]
        return painted


def _touched(spans: Iterable[Span], cuts: list[list[int]]) -> dict[int, set[int]]:
    """By their line, the pieces that any of the spans touches."""
    touched: dict[int, set[int]] = {}
    for y, left, right in spans:
        pieces = zip(cuts[y], cuts[y][1:], strict=False)
        touched.setdefault(y, set()).update(x for x, end in pieces if x < right and left < end)
    return {y: pieces for y, pieces in touched.items() if pieces}


def _lines_of(seen: Region, wanted: dict[int, set[int]]) -> list[int]:
    """The lines of which something is wanted that is a part's, where it is in sight."""
    left, right = seen.column_span
    return [
        y
        for y, pieces in wanted.items()
        if seen.y <= y < seen.bottom and any(left <= x < right for x in pieces)
    ]


def _runs(lines: list[int]) -> Iterator[range]:
    """Lines that follow one another, together."""
    start = 0
    for end in range(1, len(lines) + 1):
        if end == len(lines) or lines[end] != lines[end - 1] + 1:
            yield range(lines[start], lines[end - 1] + 1)
            start = end


def _cut(strip: Strip, seen: Region, cuts: list[int]) -> dict[int, Strip]:
    """The pieces of a part's line."""
    edges = [x for x in cuts if seen.x <= x <= seen.right]
    return dict(zip(edges, strip.divide([x - seen.x for x in edges[1:]]), strict=False))
