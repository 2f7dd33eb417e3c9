"""Parts that are a few lines of spans: each is cut to the width, and painted again only when it changed."""

from rich.segment import Segment
from textual.geometry import Region, Size
from textual.selection import Selection
from textual.strip import Strip

from swarm_console.panes.selection import selectable
from swarm_console.panes.tones import Toned
from swarm_console.words.harmless import one_line
from swarm_console.words.spans import Lines, crop


class Lined(Toned):
    """Subclasses say the lines; these are asked for when there is room, and whenever it is another one."""

    _width = 0
    """For which the lines were made."""
    _lines: Lines = []  # noqa: RUF012

    def lines(self, width: int) -> Lines:
        """What stands there in so many columns."""
        raise NotImplementedError

    def renew(self) -> None:
        """Have painted what is different by now."""
        if not self._width:
            self.remeasure()
            return
        before, self._lines = self._lines, self.lines(self._width)
        if len(before) != len(self._lines):
            self.remeasure()
            return
        for y, (old, new) in enumerate(zip(before, self._lines, strict=True)):
            if old != new:
                self.refresh(Region(0, y, self._width, 1))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._within(width))

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        text = "\n".join(one_line("".join(text for text, _ in line)) for line in self._lines)
        return selection.extract(text), "\n"

    def render_line(self, y: int) -> Strip:
        width, style = self.size.width, self.style()
        lines = self._within(width)
        spans = crop(lines[y], width) if y < len(lines) else ()
        strip = Strip([Segment(text, self.style(tone=tone)) for text, tone in spans])
        return selectable(self, strip, y).adjust_cell_length(width, style)

    def _within(self, width: int) -> Lines:
        if width != self._width:
            self._width, self._lines = width, self.lines(width)
        return self._lines
