"""While you were away: what was done, what failed, what was decided, and what needs a person."""

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from swarm_console.panes.prose import Prose
from swarm_console.screens.live import Dialog
from swarm_console.words.pen import count, duration, moment
from swarm_console.words.recap import recap
from swarm_console.words.spans import Lines


class AwayDialog(Dialog[None]):
    """A digest to read."""

    HELP = """\
What happened since this console was last looked at: what was done, what failed, what was decided,
what needs you."""
    BINDING_GROUP_TITLE = "while you were away"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q", "dismiss(None)", "Back", tooltip="go on", id="back"),
        Binding("n", "next", "Next", tooltip="do what NEXT says", id="next"),
    ]

    def __init__(self, seen: Any, now: float, again: str) -> None:
        """`now` in Unix seconds; `again` is the key that shows it another time."""
        super().__init__()
        self._seen, self._now, self._again = seen, now, again

    def compose(self) -> ComposeResult:
        with Vertical(classes="box -wide -reading"):
            yield Static(self._heading(), classes="heading", markup=False)
            with VerticalScroll(classes="text"):
                yield Prose(self._lines())
            yield Static(self._foot(), classes="command", markup=False)

    def on_mount(self) -> None:
        self.query_one(".text").focus()

    async def action_next(self) -> None:
        """Close this, then do what the top says is next."""
        await self.dismiss(None)
        await self.app.run_action("next")

    def _heading(self) -> str:
        away = duration(max(self._now - self._seen["since"], 0.0))
        events = count(self._seen["events"], "event")
        head = f"While you were away: {away}" if self._seen["looked"] else f"The last {away}"
        return f"{head}, since {moment(self._seen['since'])}, {events}"

    def _foot(self) -> str:
        return f"Enter goes on, {self.key_of('next')} does NEXT, {self._again} shows it again"

    def _lines(self) -> Lines:
        parts = [[[(heading, "accent")], *told] for heading, told in recap(self._seen)]
        return [line for part in parts for line in [*part, []]][:-1]
