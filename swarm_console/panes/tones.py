"""Tones: the few ways in which a text may stand out, given their colours by css/tones.tcss."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Final

from rich.cells import cell_len, set_cell_size
from rich.style import Style
from rich.text import Text
from textual.widget import Widget

from swarm_console.words.harmless import one_line

TONES: Final = ("ok", "wait", "attention", "accent", "dim", "bold", "key")

Span = tuple[str, str]
"""A text and its tone, "" for none."""


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


class Toned(Widget):
    """A widget that draws texts in tones."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"tone--{tone}" for tone in TONES}

    def tone(self, name: str) -> Style:
        """How a tone looks on this widget; "" changes nothing."""
        return self.get_component_rich_style(f"tone--{name}", partial=True) if name else Style.null()

    def line(self, spans: Iterable[Span], width: int | None = None) -> Text:
        """One line of text made of spans from anywhere, cut to a width in terminal cells."""
        text = Text()
        for content, tone in spans if width is None else crop(spans, width):
            text.append(one_line(content), self.tone(tone))
        return text

    def block(self, lines: Iterable[Iterable[Span]], width: int | None = None) -> Text:
        """Lines of spans, one below the other."""
        return Text("\n").join(self.line(spans, width) for spans in lines)
