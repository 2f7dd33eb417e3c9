"""Searching in the log that a screen shows: a line for the pattern, the next match, the evidence."""

from contextlib import suppress
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input
from textual.worker import Worker

from swarm_console.errors import explained
from swarm_console.logs.hunt import Hunt
from swarm_console.logs.lines import LineCount
from swarm_console.logs.opinion import Opinion
from swarm_console.logs.pattern import Pattern
from swarm_console.logs.source import Source
from swarm_console.panes.entry import Entry
from swarm_console.panes.lines import LogLines
from swarm_console.screens.live import LiveScreen
from swarm_console.words.sieve import BadSieve
from swarm_console.words.spans import Span
from swarm_node.model.circumstances import Circumstances
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
        Binding("e", "error", "Error", tooltip="to the evidence, or what looks like it", id="log-error"),
    ]

    source: Source
    view: LogLines

    def __init__(self) -> None:
        super().__init__()
        self.lines = LineCount()
        self._hunt: Hunt | None = None
        self._opinion: Opinion | None = None
        self._wrong = ""
        """Why what is typed is no pattern; empty while it is one."""
        self._counter: Worker[None] | None = None

    def draw_status(self) -> None:
        """Say where one is and what was found."""
        raise NotImplementedError

    @property
    def circumstances(self) -> Circumstances:
        """What is known of the build beside its log."""
        raise NotImplementedError

    def mark(self, evidence: list[int]) -> None:
        """Mark what the swarm's own diagnosis names; there is no need of an opinion then."""
        if evidence:
            self._opinion = None
            self.view.mark(evidence)

    def entry(self) -> ComposeResult:
        """The line for a pattern, hidden until it is wanted."""
        yield Entry("regular expression; Enter looks for it, Esc gives up")

    def hunted(self) -> list[Span]:
        """What is to be said of searching; nothing while nobody does."""
        size = self.view.size_in_bytes
        if self._wrong:
            return [(f"✗ {self._wrong}", "attention")]
        if self._opinion is not None and self._opinion.looking:
            return [(f"⌕ looking for an error, {self._opinion.progress:.0%} read", "wait")]
        return self._hunt.words(size) if self._hunt is not None else self._opined()

    def _opined(self) -> list[Span]:
        found = self._opinion.found if self._opinion is not None else None
        if found is None:
            return []
        return [("▶ ", "attention"), (f"looks like {found.kind}: {found.summary}", "dim")]

    # -- what is typed

    def action_search(self) -> None:
        """Open the line for a pattern."""
        entry = self.query_one(Entry)
        entry.display = True
        self.set_focus(entry)

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
        self.query_one(Entry).set_class(bool(self._wrong), "-wrong")
        return pattern

    def _close_entry(self) -> None:
        self._wrong = ""
        self.query_one(Entry).display = False
        self.set_focus(self.view)

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
        """Go to the evidence, one line after the other; of a log that nobody diagnosed, form an opinion."""
        outgrown = self._opinion is not None and self._opinion.size < self.view.size_in_bytes
        if self._evidence_below is None and (outgrown or not self.view.marks):
            self.run_worker(self._form_opinion(), group="jump", exclusive=True)
        else:
            self._go_to_evidence()

    @property
    def _evidence_below(self) -> int | None:
        """The next line of evidence behind the one that was gone to last."""
        found = self.view.found
        return next((mark for mark in self.view.marks if found is None or mark > found), None)

    def _go_to_evidence(self) -> None:
        below = self._evidence_below
        self.view.go(self.view.marks[0] if below is None else below)

    async def _form_opinion(self) -> None:
        opinion = self._opinion = Opinion(self.source, self.circumstances, self.draw_status)
        try:
            await opinion.form(self.view.size_in_bytes)
        except Exception as error:
            self.app.notify(explained(error)[0]["error"]["message"], severity="warning", markup=False)
        else:
            self.view.mark(opinion.marks)
            if opinion.marks:
                self._go_to_evidence()
            else:
                self.app.notify("no line tells of an error", markup=False)
        self.draw_status()

    def _jump(self, hunt: Hunt, down: bool) -> None:
        """To the next match from where the last one shows, or else from what shows."""
        view = self.view
        seen = hunt.found is not None and view.begin <= hunt.found < view.stop
        origin = hunt.found if seen else view.begin - 1 if down else view.stop
        self.run_worker(self._go(hunt, origin or 0, down), group="jump", exclusive=True)

    async def _go(self, hunt: Hunt, origin: int, down: bool) -> None:
        row = await hunt.jump(origin, self.view.size_in_bytes, down)
        if row is not None:
            self.view.go(row)
        self.draw_status()

    # -- ending it

    @property
    def hunts(self) -> bool:
        """Whether something is typed or searched for."""
        looking = self._opinion is not None and self._opinion.looking
        return self._hunt is not None or looking or self.query_one(Entry).display

    def action_back(self) -> None:
        """Undo the last thing: what is typed, what is searched for; then leave."""
        if self.query_one(Entry).display:
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
