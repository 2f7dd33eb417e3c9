"""One thing in depth: a heading and a text of toned lines, drawn anew with every picture."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from swarm_console.panes.footer import KeyFooter
from swarm_console.panes.tones import Span, Toned
from swarm_console.panes.top import Top
from swarm_console.picture import Picture
from swarm_console.screens.live import LiveScreen

Lines = list[list[Span]]


class Prose(Toned):
    """Lines of spans, as high as there are lines."""

    _lines: Lines = []  # noqa: RUF012

    def show(self, lines: Lines) -> None:
        """Draw these lines from now on."""
        if lines != self._lines:
            self._lines = lines
            self.refresh(layout=True)

    def render(self) -> Text:
        return self.block(self._lines)


class DepthScreen(LiveScreen):
    """Subclasses say the lines."""

    BINDING_GROUP_TITLE = "screens in depth"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,backspace", "app.pop_screen", "Back", tooltip="where one came from", id="back")
    ]

    def lines(self, picture: Picture) -> Lines:
        """The text as it stands."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        yield Top()
        with VerticalScroll(classes="depth"):
            yield Prose()
        yield KeyFooter()

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()

    def draw(self, picture: Picture) -> None:
        self.query_one(Top).draw(picture)
        self.query_one(Prose).show(self.lines(picture))


def heading(text: str) -> list[Span]:
    """A heading's line."""
    return [(text, "accent")]


def fact(name: str, *spans: Span) -> list[Span]:
    """A named fact in aligned columns."""
    return [(f"  {name:<14}  ", "dim"), *spans]
