"""Tones: the few ways in which a text may stand out, given their colours by css/tones.tcss."""

from collections.abc import Iterable
from typing import ClassVar, Final

from rich.style import Style
from rich.text import Text
from textual.widget import Widget

from swarm_console.harmless import one_line

TONES: Final = ("ok", "wait", "attention", "accent", "dim", "bold", "key")

Span = tuple[str, str]
"""A text and its tone, "" for none."""


class Toned(Widget):
    """A widget that draws texts in tones."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"tone--{tone}" for tone in TONES}

    def tone(self, name: str) -> Style:
        """How a tone looks on this widget; "" changes nothing."""
        return self.get_component_rich_style(f"tone--{name}", partial=True) if name else Style.null()

    def line(self, spans: Iterable[Span]) -> Text:
        """One line of text made of spans from anywhere."""
        text = Text(no_wrap=True, overflow="ellipsis")
        for content, tone in spans:
            text.append(one_line(content), self.tone(tone))
        return text
