"""Tones: the few ways in which a text may stand out, given their colours by css/tones.tcss."""

from collections.abc import Iterable
from typing import Any, Final

from rich.style import Style
from rich.text import Text
from textual.widget import Widget

from swarm_console.words.harmless import one_line
from swarm_console.words.spans import Span, crop

TONES: Final = ("ok", "wait", "attention", "accent", "dim", "bold", "key")


TONE_CLASSES: Final = frozenset(f"tone--{tone}" for tone in TONES)
"""Component classes of the screen, not of each widget: Textual finds the styles of every one of them anew
whenever a widget's own may have changed."""


def tone_on(widget: Widget, name: str) -> Style:
    """How a tone looks on the screen of a widget; "" changes nothing."""
    return widget.screen.get_component_rich_style(f"tone--{name}", partial=True) if name else Style.null()


class Toned(Widget):
    """A widget that draws texts in tones."""

    def __init__(self, *given: Any, **named: Any) -> None:
        self._styles_kept: dict[tuple[str, str], Style] = {}
        super().__init__(*given, **named)

    def style(self, part: str = "", tone: str = "") -> Style:
        """The style of a part or of all, in a tone; kept until a style sheet says otherwise."""
        kept = self._styles_kept.get((part, tone))
        if kept is None:
            style = self.get_component_rich_style(part) if part else self.rich_style
            kept = self._styles_kept[part, tone] = style + self.tone(tone)
        return kept

    def notify_style_update(self) -> None:
        self._styles_kept.clear()
        super().notify_style_update()

    def tone(self, name: str) -> Style:
        """How a tone looks here; "" changes nothing."""
        return tone_on(self, name)

    def remeasure(self) -> None:
        """Have it painted, and its height found anew.

        Textual 8.2 counts no request while an earlier one is pending, and so keeps a height measured between
        the two.
        """
        self._layout_required = False
        self.refresh(layout=True)

    def line(self, spans: Iterable[Span], width: int | None = None) -> Text:
        """One line of text made of spans from anywhere, cut to a width in terminal cells."""
        text = Text()
        for content, tone in spans if width is None else crop(spans, width):
            text.append(one_line(content), self.tone(tone))
        return text
