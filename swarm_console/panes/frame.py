"""Frames: what the parts of a screen have in common, whatever stands in them."""

from typing import ClassVar

from rich.text import Text
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.geometry import Region

from swarm_console.keyboard.greyed import Keyed
from swarm_console.known.picture import Picture
from swarm_console.words.harmless import one_line


class Frame(Keyed, Vertical):
    """A part of a screen with a name and the digit that brings it to the front."""

    NAME: ClassVar[str]
    SHORT: ClassVar[str] = ""
    """The name where there is little room."""
    DIGIT: ClassVar[str]
    ALLOW_MAXIMIZE = True

    picture: Picture

    def draw(self, picture: Picture) -> None:
        """Show this picture."""
        raise NotImplementedError

    def summary(self, picture: Picture) -> str:
        """A few figures for the frame's title."""
        return ""

    def enter(self) -> None:
        """Give the focus to what one works with here; at once, so that the next key goes there."""
        raise NotImplementedError

    def clear_filter(self) -> bool:
        """Show everything again; whether something was hidden."""
        return False

    def begin_anew(self) -> None:
        """Undo what was done to it: it is to be about something else."""
        self.clear_filter()
        for scrolled in self.query(VerticalScroll):
            scrolled.scroll_home(animate=False)

    def title(self) -> Text:
        """What stands in the frame's upper edge."""
        title = Text.assemble((self.DIGIT, "bold"), " ", self.NAME)
        if summary := self.summary(self.picture):
            title.append(f"  {one_line(summary)}")
        return title

    def draw_title(self) -> None:
        """Write the title anew, where it is another; Textual 8.2 would paint all that the frame holds."""
        title = self.title()
        if str(title) != getattr(self, "_title_drawn", None):
            self._title_drawn = str(title)
            self._border_title = Content.from_rich_text(title)
            left, top = self.content_offset
            self.refresh(Region(-left, -top, self.outer_size.width, 1))
