"""The log of an attempt: followed, searched, wrapped, with times, and from one error to the next."""

from contextlib import suppress
from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input
from textual.worker import Worker

from swarm_console.harmless import one_line
from swarm_console.logs.attempts import Told, told
from swarm_console.logs.hunt import Hunt
from swarm_console.logs.lines import LineCount
from swarm_console.logs.pattern import Pattern
from swarm_console.logs.source import AttemptLog
from swarm_console.logs.tones import ERROR
from swarm_console.messages import LogMoved
from swarm_console.panes.footer import KeyFooter
from swarm_console.panes.log import LogView
from swarm_console.panes.loghead import LogHead
from swarm_console.panes.logstatus import LogStatus, Position, Switch
from swarm_console.panes.sieve import BadSieve
from swarm_console.panes.tones import Span
from swarm_console.picture import Picture
from swarm_console.screens.live import LiveScreen
from swarm_console.screens.save import save_log
from swarm_node.model.refusal import Refused


class LogScreen(LiveScreen):
    """A whole screen for one log; `place` is an offset to begin at, None its end."""

    BINDING_GROUP_TITLE = "the log"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", tooltip="end the search, then back", id="back"),
        Binding("backspace", "back", "Back", False, tooltip="end the search, then back", id="back"),
        Binding("slash", "search", "Search", tooltip="look for a regular expression", id="search"),
        Binding("n", "jump(True)", "Next", tooltip="the next match", id="match-next"),
        Binding("N", "jump(False)", "Previous", False, tooltip="the match before", id="match-previous"),
        Binding("e", "error", "Error", tooltip="the evidence, else the next error", id="log-error"),
        Binding("f", "turn_follow", "Follow", tooltip="hold on to the end", id="log-follow"),
        Binding("w", "turn_wrap", "Wrap", tooltip="wrap long lines", id="log-wrap"),
        Binding("t", "turn_clocks", "Times", tooltip="when each line arrived", id="log-times"),
        Binding("z", "turn_full", "Full", tooltip="nothing but the log", id="log-full"),
        Binding("b", "leaf(-1)", "Page up", False, tooltip="one page up", id="log-page-up"),
        Binding("1", "begin", "First", False, tooltip="to the first line", id="log-first"),
        Binding("0", "end", "Last", False, tooltip="to the last line, and follow", id="log-last"),
        Binding("s", "save", "Save", tooltip="write it into a file", id="log-save"),
        Binding("ctrl+s", "save", "Save", False, tooltip="write it into a file", id="log-save"),
    ]

    def __init__(self, attempt: int, place: int | None = None) -> None:
        super().__init__()
        self.attempt = attempt
        self._place = place
        self._told = Told()
        self._lines = LineCount()
        self._hunt: Hunt | None = None
        self._errors: Hunt | None = None
        self._counter: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        yield LogHead()
        yield LogView()
        entry = Input(placeholder="regular expression; Enter looks for it, Esc gives up", classes="sieve")
        entry.cursor_blink = False
        entry.display = False
        yield entry
        yield LogStatus()
        yield KeyFooter()

    def on_mount(self) -> None:
        console = self.console
        self.source = AttemptLog(partial(console.connect, console.say), self.attempt)
        self.view = self.query_one(LogView).lines
        self.view.show(self.source, self._place)
        self.view.focus()

    def draw(self, picture: Picture) -> None:
        self._told = told(picture, self.attempt)
        self.query_one(LogHead).show(picture, self.attempt, self._told)
        self.view.mark(place.offset for place in self._told.places)
        self.view.draw(picture)
        self._draw_status()

    @property
    def marked(self) -> str:
        return self._told.build or super().marked

    @property
    def marked_build(self) -> str:
        return self._told.build or super().marked_build

    @property
    def marked_node(self) -> str:
        return self._told.node or super().marked_node

    # -- the line below

    @on(LogMoved)
    def _draw_status(self) -> None:
        view = self.view
        switches = (
            Switch("follow", view.following, "turn_follow"),
            Switch("wrap", view.wrap, "turn_wrap"),
            Switch("times", view.clocks, "turn_clocks"),
        )
        self.query_one(LogStatus).show(switches, self._said(), self._position())
        self._count()

    def _said(self) -> list[Span]:
        if self.view.trouble and self.view.shown:
            return [(f"▲ {self.view.trouble}", "attention")]
        if self._hunt is not None:
            return self._hunt.words(self.view.size_in_bytes)
        return self._evidence()

    def _evidence(self) -> list[Span]:
        diagnosis = self._told.diagnosis
        if diagnosis is None:
            return []
        return [("▶ ", "attention"), (f"{diagnosis.kind}: {diagnosis.summary}", "dim")]

    def _position(self) -> Position:
        view = self.view
        if view.reader is None or not view.size_in_bytes:
            return Position(0, 0, 0)
        pages, size = view.reader.pages, view.size_in_bytes
        line, lines = self._lines.number(view.begin, pages), self._lines.number(size - 1, pages)
        return Position(view.begin, view.stop, size, line, lines)

    def _count(self) -> None:
        """Count on, lines and matches, where the log has grown or nobody has counted yet."""
        size = self.view.size_in_bytes
        due = self._lines.is_due(size) or (self._hunt is not None and not self._hunt.done(size))
        if due and (self._counter is None or self._counter.is_finished):
            self._counter = self.run_worker(self._count_all(self._hunt), group="count", exclusive=True)

    async def _count_all(self, hunt: Hunt | None) -> None:
        def size() -> int:
            return self.view.size_in_bytes

        if hunt is not None:
            await hunt.count(size, self._draw_status)
        with suppress(Refused):
            while self._lines.is_due(size()) and await self._lines.count(self.source):
                pass
        self._draw_status()

    # -- searching

    def action_search(self) -> None:
        """Open the line for a pattern."""
        entry = self.query_one(Input)
        entry.display = True
        entry.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if event.input.display:
            self.view.highlight(self._pattern(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value and (pattern := self._pattern(event.value)) is None:
            return
        self._close_entry()
        self._end_hunt()
        if event.value and pattern is not None:
            self.view.highlight(pattern)
            self._hunt = Hunt(self.source, pattern, self._lines)
            self._jump(self._hunt, not self.view.following)
        self._draw_status()

    def _pattern(self, text: str) -> Pattern | None:
        """The pattern that was typed; None for none, and for what is none, which is shown."""
        entry = self.query_one(Input)
        entry.remove_class("-wrong")
        try:
            return Pattern(text) if text else None
        except BadSieve as error:
            entry.add_class("-wrong")
            entry.tooltip = Text(one_line(str(error)))
            return None

    def _close_entry(self) -> None:
        self.query_one(Input).display = False
        self.view.focus()

    def _end_hunt(self) -> None:
        """Forget what is searched for."""
        self._hunt = self._counter = None
        for group in ("count", "jump"):
            self.workers.cancel_group(self, group)
        self.view.found = None
        self.view.highlight(None)

    def action_jump(self, down: bool) -> None:
        """Go to the next match, or the one before."""
        if self._hunt is None:
            self.action_search()
        else:
            self._jump(self._hunt, down)

    def action_error(self) -> None:
        """Go to the evidence, one line after the other; without any, to lines that look like errors."""
        marks = self.view.marks
        if marks:
            found = self.view.found
            self.view.go(next((mark for mark in marks if found is not None and mark > found), marks[0]))
            return
        if self._errors is None:
            self._errors = Hunt(self.source, Pattern(ERROR), self._lines)
        self._jump(self._errors, True, self.view.found if self._errors.found is not None else -1)

    def _jump(self, hunt: Hunt, down: bool, origin: int | None = None) -> None:
        view = self.view
        if origin is None:
            seen = hunt.found is not None and view.begin <= hunt.found < view.stop
            origin = hunt.found if seen else view.begin - 1 if down else view.stop
        self.run_worker(self._go(hunt, origin or 0, down), group="jump", exclusive=True)

    async def _go(self, hunt: Hunt, origin: int, down: bool) -> None:
        row = await hunt.jump(origin, self.view.size_in_bytes, down)
        if row is not None:
            self.view.go(row)
        elif hunt is self._errors:
            self.app.notify(hunt.trouble or "no line tells of an error", markup=False)
        self._draw_status()

    # -- ways to look at it

    def action_leaf(self, by: int) -> None:
        """Page up or down."""
        self.view.action_leaf(by)

    def action_begin(self) -> None:
        """To the first line."""
        self.view.action_begin()

    def action_end(self) -> None:
        """To the last line, and follow."""
        self.view.action_end()

    def action_turn_follow(self) -> None:
        """Hold on to the end, or let go of it."""
        self.view.follow(not self.view.following)

    def action_turn_wrap(self) -> None:
        """Wrap long lines, or cut them."""
        self.view.wrap = not self.view.wrap
        self._draw_status()

    def action_turn_clocks(self) -> None:
        """Show when each line arrived, or do not."""
        self.view.clocks = not self.view.clocks
        self._draw_status()

    def action_turn_full(self) -> None:
        """Show nothing but the log, or everything again."""
        self.toggle_class("-full")

    def action_save(self) -> None:
        """Write the log into a file."""
        name = self._told.build.partition("/")[2].partition("@")[0] or "build"
        proposed = f"{name}-{self.attempt}.log"
        self.app.run_worker(save_log(self.console, self.source, proposed), group="save")

    def action_back(self) -> None:
        """Undo the last thing: what is typed, what is searched for, the full screen; then leave."""
        entry = self.query_one(Input)
        if entry.display:
            self._close_entry()
            self.view.highlight(self._hunt.pattern if self._hunt is not None else None)
        elif self._hunt is not None:
            self._end_hunt()
            self._draw_status()
        elif self.has_class("-full"):
            self.remove_class("-full")
        else:
            self.app.pop_screen()
