"""Searching in the log that a screen shows: a line for the pattern, the next match, the next error."""

from contextlib import suppress
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input
from textual.worker import Worker

from swarm_console.logs.hunt import Hunt
from swarm_console.logs.lines import LineCount
from swarm_console.logs.pattern import Pattern
from swarm_console.logs.source import Source
from swarm_console.logs.tones import ERROR
from swarm_console.panes.lines import LogLines
from swarm_console.screens.live import LiveScreen
from swarm_console.words.sieve import BadSieve
from swarm_console.words.spans import Span
from swarm_node.model.refusal import Refused


class HuntingScreen(LiveScreen):
    """What a screen for a log can look for in it; lines are counted by the way."""

    BINDING_GROUP_TITLE = "searching a log"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", tooltip="end the search, then back", id="back"),
        Binding("backspace", "back", "Back", False, tooltip="end the search, then back", id="back"),
        Binding("slash", "search", "Search", tooltip="look for a regular expression", id="search"),
        Binding("n", "jump(True)", "Next", tooltip="the next match", id="match-next"),
        Binding("N", "jump(False)", "Previous", False, tooltip="the match before", id="match-previous"),
        Binding("e", "error", "Error", tooltip="the evidence, else the next error", id="log-error"),
    ]

    source: Source
    view: LogLines

    def __init__(self) -> None:
        super().__init__()
        self.lines = LineCount()
        self._hunt: Hunt | None = None
        self._errors: Hunt | None = None
        self._wrong = ""
        """Why what is typed is no pattern; empty while it is one."""
        self._counter: Worker[None] | None = None

    def draw_status(self) -> None:
        """Say where one is and what was found."""
        raise NotImplementedError

    def entry(self) -> ComposeResult:
        """The line for a pattern, hidden until it is wanted."""
        line = Input(placeholder="regular expression; Enter looks for it, Esc gives up", classes="sieve")
        line.cursor_blink = False
        line.display = False
        yield line

    def hunted(self) -> list[Span]:
        """What is to be said of searching; nothing while nobody does."""
        size = self.view.size_in_bytes
        if self._wrong:
            return [(f"✗ {self._wrong}", "attention")]
        if self._errors is not None and self._errors.looking:
            return [(f"⌕ looking for an error, {self._errors.progress(size):.0%} searched", "wait")]
        return self._hunt.words(size) if self._hunt is not None else []

    # -- what is typed

    def action_search(self) -> None:
        """Open the line for a pattern."""
        entry = self.query_one(Input)
        entry.display = True
        entry.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if event.input.display:
            self.view.highlight(self._pattern(event.value))
            self.draw_status()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        pattern = self._pattern(event.value)
        if self._wrong:
            return
        self._close_entry()
        self._end_hunt()
        if pattern is not None:
            self.view.highlight(pattern)
            self._hunt = Hunt(self.source, pattern, self.lines, self.draw_status)
            self._jump(self._hunt, not self.view.following)
        self.draw_status()

    def _pattern(self, text: str) -> Pattern | None:
        """The pattern that was typed; None for none, and for what is none, which `_wrong` tells."""
        pattern, self._wrong = None, ""
        try:
            pattern = Pattern(text) if text else None
        except BadSieve as error:
            self._wrong = str(error)
        self.query_one(Input).set_class(bool(self._wrong), "-wrong")
        return pattern

    def _close_entry(self) -> None:
        self._wrong = ""
        self.query_one(Input).display = False
        self.view.focus()

    # -- looking

    def count(self) -> None:
        """Count on, matches and lines, where the log has grown or nobody has counted yet."""
        size = self.view.size_in_bytes
        due = self.lines.is_due(size) or (self._hunt is not None and not self._hunt.done(size))
        if due and (self._counter is None or self._counter.is_finished):
            self._counter = self.run_worker(self._count(self._hunt), group="count", exclusive=True)

    async def _count(self, hunt: Hunt | None) -> None:
        def size() -> int:
            return self.view.size_in_bytes

        if hunt is not None:
            await hunt.count(size)
        with suppress(Refused):
            while self.lines.is_due(size()) and await self.lines.count(self.source):
                self.draw_status()

    def action_jump(self, down: bool) -> None:
        """Go to the next match, or the one before."""
        if self._hunt is None:
            self.action_search()
        else:
            self._jump(self._hunt, down)

    def action_error(self) -> None:
        """Go to the evidence, one line after the other; without any, to lines that look like errors."""
        marks, found = self.view.marks, self.view.found
        if marks:
            self.view.go(next((mark for mark in marks if found is not None and mark > found), marks[0]))
            return
        first = self._errors is None or found is None
        self._errors = self._errors or Hunt(self.source, Pattern(ERROR), self.lines, self.draw_status)
        self._jump(self._errors, True, -1 if first else found)

    def _jump(self, hunt: Hunt, down: bool, origin: int | None = None) -> None:
        """To the next match from where the last one shows, or else from what shows."""
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
        self.draw_status()

    # -- ending it

    @property
    def hunts(self) -> bool:
        """Whether something is typed or searched for."""
        looking = self._errors is not None and self._errors.looking
        return self._hunt is not None or looking or self.query_one(Input).display

    def action_back(self) -> None:
        """Undo the last thing: what is typed, what is searched for; then leave."""
        if self.query_one(Input).display:
            self._close_entry()
            self.view.highlight(self._hunt.pattern if self._hunt is not None else None)
        elif self.hunts:
            self._end_hunt()
        else:
            self.app.pop_screen()
            return
        self.draw_status()

    def _end_hunt(self) -> None:
        """Forget what is searched for."""
        self._hunt = self._counter = None
        for group in ("count", "jump"):
            self.workers.cancel_group(self, group)
        self.view.found = None
        self.view.highlight(None)
