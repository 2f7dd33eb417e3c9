"""The log of one attempt, embedded: as it grows, or with the lines that prove its failure in sight."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from swarm_console.known.attempts import Tale
from swarm_console.known.picture import Picture
from swarm_console.logs.source import AttemptLog
from swarm_console.messages import AttemptChosen
from swarm_console.panes.frame import Frame
from swarm_console.panes.log import LogView
from swarm_console.wire.ask import Swarm


def chosen(tale: Tale) -> AttemptChosen:
    """An attempt's log wanted in full, at the proof of its failure if there is one."""
    return AttemptChosen(tale.number, tale.proof)


class LogPane(Frame):
    """A framed log; `show` says of which attempt."""

    NAME = "Log"
    DIGIT = "2"
    HELP = """\
The log of an attempt. `▶` marks the lines that prove why it failed; a running one is followed while its last
line shows. Enter opens it on the whole screen, with search, wrap and times."""
    BINDING_GROUP_TITLE = "a log among other panes"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Whole log", tooltip="the log on the whole screen", id="open-log"),
    ]

    connect: Callable[[], Swarm]
    _tale: Tale | None = None

    def compose(self) -> ComposeResult:
        yield LogView()

    def enter(self) -> None:
        self.screen.set_focus(self._view.lines)

    def show(self, tale: Tale | None) -> None:
        """The log of this attempt from now on; of a failed one the proof in sight, else the end."""
        before, self._tale = self._tale, tale
        lines = self._view.lines
        if tale is None:
            lines.show(None)
            return
        marks = tale.marks
        lines.mark(marks)
        same = before is not None and before.number == tale.number
        proved_just_now = same and before is not None and before.diagnosis is None and bool(marks)
        place = marks[0] if marks and (not same or proved_just_now) else None
        lines.show(AttemptLog(self.connect, tale.number), place)

    def begin_anew(self) -> None:
        super().begin_anew()
        self.show(None)

    def draw(self, picture: Picture) -> None:
        self.picture = picture
        self._view.lines.draw(picture)
        self.draw_title()

    def summary(self, picture: Picture) -> str:
        tale = self._tale
        return f"#{tale.number} {tale.build} on {tale.node}" if tale is not None else "nothing was built yet"

    def obstacle(self, action: str, parameters: tuple[object, ...]) -> str:
        return "there is no log" if action == "open" and self._tale is None else ""

    def action_open(self) -> None:
        """The log in full."""
        if self._tale is not None:
            self.post_message(chosen(self._tale))

    @property
    def _view(self) -> LogView:
        return self.query_one(LogView)
