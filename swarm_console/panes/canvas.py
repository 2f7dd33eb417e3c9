"""How the lines of a log are drawn: signs and times at the left, what was searched for set off."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import ClassVar, Final

from rich.segment import Segment
from rich.style import Style
from textual.reactive import reactive
from textual.selection import Selection
from textual.strip import Strip

from swarm_console.logs.pattern import Budget, Pattern
from swarm_console.logs.screenful import Line
from swarm_console.logs.times import Times
from swarm_console.logs.tones import tone_of
from swarm_console.panes.selection import selectable
from swarm_console.panes.tones import Toned
from swarm_console.words.times import of_day

SIGNS: Final = 2
"""Cells at the left for signs."""
CLOCK: Final = 9
"""Cells for times, where they show."""
HIGHLIGHT_SECONDS: Final = 0.25
"""What finding a pattern in the lines of one screen may take."""
CROWDED: Final = 4
"""Characters that may share a cell; of a long line, no more than that is measured."""
EVIDENCE, FOUND, CONTINUED, CUT_OFF = "▶", "❯", "⋯", "›"


class LogCanvas(Toned):
    """Draws `shown`; `left` is the first column that shows, where lines are not wrapped."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"log--match", "log--found"}

    wrap: reactive[bool] = reactive(False)
    clocks: reactive[bool] = reactive(False)
    """Whether the time at which each line arrived stands before it."""
    left: reactive[int] = reactive(0)

    def __init__(self, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.shown: list[Line] = []
        self.times = Times()
        self.marks: list[int] = []
        self.found: int | None = None
        """The row that was looked for and is there."""
        self._pattern: Pattern | None = None
        self._spans: dict[int, list[tuple[int, int]]] = {}
        self._styles: dict[str, Style] = {}

    def nothing(self) -> str:
        """What to say where there are no lines."""
        raise NotImplementedError

    def highlight(self, pattern: Pattern | None) -> None:
        """Set off what a pattern finds, in whatever shows from now on."""
        self._pattern = pattern
        self.put(self.shown)

    def put(self, lines: list[Line]) -> None:
        """Draw these lines from now on; what was selected by mouse stood elsewhere."""
        if self.is_attached and lines != self.shown and self.text_selection is not None:
            self.screen.clear_selection()
        self.shown, self._spans = lines, {}
        if (pattern := self._pattern) is not None:
            budget = Budget(HIGHLIGHT_SECONDS)
            for number, line in enumerate(lines):
                if not pattern.tired:
                    self._spans[number] = pattern.spans(line.text, budget)
        self.refresh()

    @property
    def room(self) -> int:
        """Cells that a line has."""
        return max(self.size.width - SIGNS - (CLOCK if self.clocks else 0), 1)

    def render_lines(self, crop: object) -> list[Strip]:
        self._styles.clear()
        return super().render_lines(crop)  # type: ignore[arg-type]

    def render_line(self, y: int) -> Strip:
        width, style = self.size.width, self.rich_style
        if y >= len(self.shown):
            said = f"  {self.nothing()}" if not self.shown and y == 0 else ""
            return Strip([Segment(said, style + self.tone("dim"))]).adjust_cell_length(width, style)
        line = self.shown[y]
        if self._is_found(line):
            style += self._style("log--found")
        sign, tone = self._sign(line)
        head = [Segment(f"{sign} ", style + self.tone(tone))]
        if self.clocks:
            head.append(Segment(self._clock(y).ljust(CLOCK), style + self.tone("dim")))
        return Strip([*head, *self._text(y, line, style)]).adjust_cell_length(width, style)

    def _text(self, y: int, line: Line, style: Style) -> Strip:
        """The part of a line that shows."""
        enough = line.text[: CROWDED * (self.left + self.room + 1)]
        whole = Strip(self._segments(enough, line, self._spans.get(y, ()), style))
        whole = selectable(self, whole, y)
        text = whole.crop(self.left, self.left + self.room).adjust_cell_length(self.room, style)
        if self.wrap or whole.cell_length - self.left <= self.room:
            return text
        return Strip([*text.crop(0, self.room - 1), Segment(CUT_OFF, style + self.tone("dim"))])

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        text = "\n".join([*(line.text for line in self.shown), " "])  # an empty last line counts as well
        return selection.extract(text), "\n"

    def _segments(
        self, text: str, line: Line, spans: Sequence[tuple[int, int]], style: Style
    ) -> list[Segment]:
        plain = style + self.tone(self._tone(line))
        match = plain + (self.tone("key") if self._is_found(line) else self._style("log--match"))
        segments, at = [], 0
        for begin, end in spans:
            segments += [Segment(text[at:begin], plain), Segment(text[begin:end], match)]
            at = end
        return [*segments, Segment(text[at:], plain)]

    def _sign(self, line: Line) -> tuple[str, str]:
        found = self._is_found(line)
        if not line.part and self._is_marked(line):
            return EVIDENCE, "accent" if found else "attention"
        if not line.part and found:
            return FOUND, "accent"
        return (CONTINUED, "dim") if line.part or line.row.inside else (" ", "")

    def _tone(self, line: Line) -> str:
        if self._is_marked(line):
            return "attention"
        return "dim" if line.overwritten else tone_of(line.text)

    def _is_found(self, line: Line) -> bool:
        return self.found is not None and line.row.begin <= self.found < line.row.end

    def _is_marked(self, line: Line) -> bool:
        at = bisect_left(self.marks, line.row.begin)
        return at < len(self.marks) and self.marks[at] < line.row.end

    def _clock(self, y: int) -> str:
        """When a line arrived, where that is not when the line above it did."""
        moment = self.times.at(self.shown[y].row.begin)
        above = self.times.at(self.shown[y - 1].row.begin) if y else None
        return "" if moment is None or moment == above else of_day(moment)

    def _style(self, name: str) -> Style:
        if name not in self._styles:
            self._styles[name] = self.get_component_rich_style(name, partial=True)
        return self._styles[name]
