"""Texts of toned lines: as a widget of their own height, and as a frame to scroll."""

from collections.abc import Iterable, Iterator
from typing import Final

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from textual.app import ComposeResult
from textual.containers import VerticalScroll

from swarm_console.known.picture import Picture
from swarm_console.panes.frame import Frame
from swarm_console.panes.tones import Toned
from swarm_console.words.harmless import one_line
from swarm_console.words.spans import Lines, Span

LONGEST: Final = 600
"""Characters of a span that are drawn."""
LABEL: Final = 14
"""Characters of a fact's name."""


class Prose(Toned):
    """Lines of spans, as high as there are lines; what is too long goes on below its own beginning."""

    def __init__(self, lines: Lines | None = None, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._lines: Lines = lines or []

    def show(self, lines: Lines) -> None:
        """Draw these lines from now on."""
        if lines != self._lines:
            self._lines = lines
            self.remeasure()

    def render(self) -> RenderableType:
        return Group(*hanging(self, self._lines))


class Page(Frame):
    """A framed text. Subclasses say the lines."""

    def lines(self, picture: Picture) -> Lines:
        """The text as it stands."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield Prose()

    def draw(self, picture: Picture) -> None:
        self.picture = picture
        self.query_one(Prose).show(self.lines(picture))
        self.draw_title()

    def enter(self) -> None:
        self.screen.set_focus(self.query_one(VerticalScroll))


def hanging(widget: Toned, lines: Iterable[Iterable[Span]]) -> Iterator[RenderableType]:
    """The lines, each wrapped within what stands right of its indentation, its sign or its fact's name."""
    for line in lines:
        spans = [(_shortened(one_line(text[: LONGEST + 1])), tone) for text, tone in line]
        head, rest = _parted(spans)
        if not head:
            yield widget.line(rest)
            continue
        columns = Table.grid()
        columns.add_column(width=sum(cell_len(text) for text, _ in head), no_wrap=True)
        columns.add_column(overflow="fold")
        columns.add_row(widget.line(head), widget.line(rest))
        yield columns


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _parted(spans: list[Span]) -> tuple[list[Span], list[Span]]:
    """A line's head, below which nothing is written, and the rest."""
    if not spans:
        return [], []
    (first, tone), *rest = spans
    indent = len(first) - len(first.lstrip(" "))
    if rest and first.endswith(" "):
        return [(first, tone)], rest
    return ([(first[:indent], "")], [(first[indent:], tone), *rest]) if indent else ([], spans)


def heading(text: str) -> list[Span]:
    """A heading's line."""
    return [(text, "accent")]


def fact(name: str, *spans: Span) -> list[Span]:
    """A named fact in aligned columns."""
    return [(f"{name:<{LABEL}}  ", "dim"), *spans]
