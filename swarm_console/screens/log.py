"""The log of an attempt: followed, searched, wrapped, with times, and from one error to the next."""

from collections.abc import Iterator
from functools import partial
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from swarm_console.background import in_thread
from swarm_console.known.attempts import Tale, latest, of_number
from swarm_console.known.picture import Picture
from swarm_console.logs.source import AttemptLog
from swarm_console.messages import LogMoved
from swarm_console.panes.footer import KeyFooter
from swarm_console.panes.log import LogView
from swarm_console.panes.loghead import LogHead
from swarm_console.panes.logstatus import LogStatus, Position, Switch
from swarm_console.screens.hunting import HuntingScreen
from swarm_console.screens.save import save_log
from swarm_console.words.pen import count
from swarm_console.words.spans import Span
from swarm_node.model.circumstances import UNKNOWN, Circumstances
from swarm_node.model.refusal import Refused
from swarm_node.model.work import Diagnosis

MINUTES: Final = {"2": 1, "3": 5, "4": 15, "5": 30, "6": 60}
"""How far back each digit goes, from the last that came."""


def _back_key(key: str, minutes: int) -> Binding:
    words = f"what came in the last {count(minutes, 'minute')}"
    return Binding(key, f"back_by({minutes})", f"{minutes} min", False, tooltip=words, id=f"log-back-{key}")


class LogScreen(HuntingScreen):
    """A whole screen for one log; `place` is an offset to begin at, None its end."""

    HELP = """\
A log of any size: only what shows is fetched. `●` and `○` below it say what is switched on. The end is
followed while the last line shows. `▶` marks the evidence of a diagnosis, `❯` what was found, `⋯` the rest
of a line that is wrapped or very long, `›` a line that goes on at the right. Dim lines would have been
overwritten. Lines have numbers once all are counted: up to 8 MiB by itself, of longer logs by a search."""
    BINDING_GROUP_TITLE = "the log"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "turn_follow", "Follow", tooltip="hold on to the end", id="log-follow"),
        Binding("w", "turn_wrap", "Wrap", tooltip="wrap long lines", id="log-wrap"),
        Binding("t", "turn_clocks", "Times", tooltip="when each line arrived", id="log-times"),
        Binding("z", "turn_full", "Full", tooltip="nothing but the log", id="log-full"),
        Binding("s", "save", "Save", tooltip="write it into a file", id="log-save"),
        Binding("ctrl+s", "save", "Save", False, tooltip="write it into a file", id="log-save"),
        Binding("l", "newest", "Newest", False, tooltip="what its node builds now", id="log-newest"),
        Binding("c", "copy", "Copy", False, tooltip="copy the command that shows this log", id="log-copy"),
        Binding("b", "leaf(-1)", "Page up", False, tooltip="one page up", id="log-page-up"),
        Binding("0", "end", "Last", False, tooltip="to the last line, and follow", id="log-last"),
        Binding("1", "begin", "First", False, tooltip="to the first line", id="log-first"),
        *(_back_key(key, minutes) for key, minutes in MINUTES.items()),
    ]

    def __init__(self, attempt: int, place: int | None = None) -> None:
        super().__init__()
        self.attempt = attempt
        self._place = place
        self._tale: Tale | None = None
        self._position = Position(0, 0, 0)

    def compose(self) -> ComposeResult:
        yield LogHead()
        yield LogView()
        yield from self.entry()
        yield LogStatus()
        yield KeyFooter()

    def on_mount(self) -> None:
        console = self.console
        self.source = AttemptLog(partial(console.connect, console.say), self.attempt)
        self.view = self.query_one(LogView).lines
        self.view.show(self.source, self._place)
        self.view.focus()

    def parts(self, picture: Picture) -> Iterator[None]:
        self._tale = of_number(picture.state, self.attempt, picture.mirror.recent)
        self.query_one(LogHead).show(picture, self.attempt, self._tale)
        yield
        self.mark(self._tale.marks if self._tale is not None else [])
        self.view.draw(picture)
        self.draw_status()

    @property
    def marked(self) -> str:
        return self._build or super().marked

    @property
    def marked_build(self) -> str:
        return self._build or super().marked_build

    @property
    def marked_node(self) -> str:
        return self._tale.node if self._tale is not None else super().marked_node

    @property
    def circumstances(self) -> Circumstances:
        if (tale := self._tale) is None:
            return UNKNOWN
        mirror = self.console.mirror
        node, progress = mirror.state.nodes.get(tale.node), mirror.progress.get(tale.number)
        phase = tale.phase or (progress.phase if progress is not None else "")
        return Circumstances(phase, node=node.facts if node is not None else None)

    @property
    def _diagnosis(self) -> Diagnosis | None:
        return self._tale.diagnosis if self._tale is not None else None

    @property
    def _build(self) -> str:
        return self._tale.build if self._tale is not None else ""

    # -- the line below

    @on(LogMoved)
    def draw_status(self) -> None:
        view = self.view
        switches = (
            Switch("follow", view.following, "turn_follow"),
            Switch("wrap", view.wrap, "turn_wrap"),
            Switch("times", view.clocks, "turn_clocks"),
        )
        if not view.waits or not view.shown:
            self._position = self._measured()
        self.query_one(LogStatus).show(switches, self._said(), self._position)
        self.count()

    def _said(self) -> list[Span]:
        if self.view.trouble and self.view.shown:
            return [(f"▲ {self.view.trouble}", "attention")]
        return self.hunted() or self._evidence()

    def _evidence(self) -> list[Span]:
        if (diagnosis := self._diagnosis) is None:
            return []
        return [("▶ ", "attention"), (f"{diagnosis.kind}: {diagnosis.summary}", "dim")]

    def _measured(self) -> Position:
        view = self.view
        if view.reader is None or not view.size_in_bytes:
            return Position(0, 0, 0)
        pages, size = view.reader.pages, view.size_in_bytes
        line = self.lines.number(view.begin, pages) if self.lines.is_whole(size) else None
        lines, all_of_them = self.lines.last(size, pages)
        return Position(view.begin, view.stop, size, line, lines, not all_of_them)

    # -- moving

    def action_newest(self) -> None:
        """Go on with what its node builds by now."""
        tale = self._tale
        newest = latest(self.console.mirror.state, tale.node) if tale is not None else None
        if newest is None or newest == self.attempt:
            self.app.notify("this is the newest log of its node", markup=False)
        else:
            self.app.switch_screen(LogScreen(newest))

    def action_leaf(self, by: int) -> None:
        """Page up or down."""
        self.view.action_leaf(by)

    def action_begin(self) -> None:
        """To the first line."""
        self.view.action_begin()

    def action_end(self) -> None:
        """To the last line, and follow."""
        self.view.action_end()

    def action_back_by(self, minutes: int) -> None:
        """To what came so many minutes before the last."""
        self.run_worker(self._back_by(60.0 * minutes), group="jump", exclusive=True)

    async def _back_by(self, seconds: float) -> None:
        try:
            last = (await in_thread(partial(self.source.times, -1, 1))).times
            offset = await in_thread(partial(self.source.since, last[0][1] - seconds)) if last else None
        except Refused as error:
            self.app.notify(error.message, severity="warning", markup=False)
            return
        if offset is None:
            self.app.notify("nobody knows when this log arrived", severity="warning", markup=False)
        else:
            self.view.seek(offset)

    # -- ways to look at it

    def action_turn_follow(self) -> None:
        """Hold on to the end, or let go of it."""
        self.view.follow(not self.view.following)

    def action_turn_wrap(self) -> None:
        """Wrap long lines, or cut them."""
        self.view.wrap = not self.view.wrap
        self.draw_status()

    def action_turn_clocks(self) -> None:
        """Show when each line arrived, or do not."""
        self.view.clocks = not self.view.clocks
        self.draw_status()

    def action_turn_full(self) -> None:
        """Show nothing but the log, or everything again."""
        self.toggle_class("-full")

    # -- leaving it

    def action_save(self) -> None:
        """Write the log into a file."""
        name = self._build.partition("/")[2].partition("@")[0] or "build"
        proposed = f"{name}-{self.attempt}.log"
        self.app.run_worker(save_log(self.console, self.source, proposed), group="save")

    def action_copy(self) -> None:
        """Copy the command that does the same."""
        self.console.copy(f"build-swarm logs {self.attempt}")

    def action_back(self) -> None:
        """Undo the last thing: what is typed, what is searched for, the full screen; then leave."""
        if self.has_class("-full") and not self.hunts:
            self.remove_class("-full")
        else:
            super().action_back()
