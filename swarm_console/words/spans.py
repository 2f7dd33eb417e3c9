"""Spans: texts, each with its tone, as long and as wide as the terminal draws them."""

from collections.abc import Iterable, Sequence

from rich.cells import cell_len, set_cell_size

from swarm_console.words.harmless import one_line

Span = tuple[str, str]
"""A text and its tone, "" for none."""
Lines = list[list[Span]]


def length(spans: Iterable[Span]) -> int:
    """Terminal cells that the spans take."""
    return sum(cell_len(one_line(text)) for text, _ in spans)


def crop(spans: Iterable[Span], width: int) -> list[Span]:
    """The spans cut to so many terminal cells, with an ellipsis where something is lost."""
    kept: list[Span] = []
    for text, tone in spans:
        room = width - length(kept)
        text = one_line(text)
        if cell_len(text) > room:
            if room > 0:
                kept.append((set_cell_size(text, room - 1) + "…", tone))
            break
        kept.append((text, tone))
    return kept


def spread(left: Iterable[Span], right: Sequence[Span], width: int) -> list[Span]:
    """Left and right parts at their ends; where both do not fit, the left one is cut."""
    kept = crop(left, max(width - length(right) - 2, 0))
    return [*kept, (" " * (width - length(kept) - length(right)), ""), *right]
