"""Since when nobody looked at this swarm: remembered while the console is open, told when it opens again."""

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from textual.screen import ModalScreen
from textual.timer import Timer

from swarm_console.actions.away import DAY, lately, since
from swarm_console.background import in_thread
from swarm_console.manners.memory import Look, Memory
from swarm_console.screens import doors
from swarm_node.model.refusal import Refused

if TYPE_CHECKING:
    from swarm_console.app import SwarmConsole

AWAY_SECONDS: Final = 60.0
"""Whoever comes back sooner has missed nothing that the screen does not show."""
ASK_SECONDS: Final = 0.2
"""How often it is asked whether the swarm is known yet."""
KEEP_SECONDS: Final = AWAY_SECONDS
"""A console that is killed has forgotten no more than this."""
TITLE: Final = "While you were away"


class Absence:
    """One console's last look at its swarm, and what happened since."""

    def __init__(self, app: "SwarmConsole") -> None:
        self._app = app
        self._gateway = app.connect(app.say).url
        self._waiting: Timer | None = None
        self._told = False
        self._last: Look | None = None
        """The last look that any console had before this one."""

    def begin(self) -> None:
        """Recall the last look, and tell what was missed as soon as the swarm is known."""
        if self._app.projector.replay is not None:
            return
        self._last = self._app.notebook.read().seen.get(self._gateway)
        self._waiting = self._app.set_interval(ASK_SECONDS, self._arrive)
        self._app.set_interval(KEEP_SECONDS, self._keep)

    def note(self) -> None:
        """Write down what this console has seen; not before what was missed is told."""
        if self._told and self._app.projector.replay is None:
            self._app.notebook.change(self._looked())

    def tell(self) -> None:
        """Tell what was missed, or where no look is remembered what happened in the last day."""
        self._app.run_worker(self._tell(), group="away", exclusive=True)

    def _arrive(self) -> None:
        """The swarm is known: whoever was away for long hears what happened meanwhile."""
        if self._waiting is None or not self._app.mirror.known or self._app.projector.replay is not None:
            return
        self._waiting.stop()
        self._waiting = None
        if self._last is not None and self._app.clock() - self._last.looked >= AWAY_SECONDS:
            self._app.run_worker(self._greet(self._last), group="away", exclusive=True)
        else:
            self._told = True

    def _keep(self) -> None:
        if self._told and self._app.projector.replay is None:
            self._app.run_worker(
                in_thread(partial(self._app.notebook.change, self._looked())), group="memory"
            )

    def _looked(self) -> Any:
        """How the memory changes; what is stale was seen when it broke off."""
        state, link = self._app.mirror.state, self._app.mirror.link
        look = Look(state.seq, state.at, self._app.clock() if link.live else link.since)
        return partial(Memory.having_seen, gateway=self._gateway, look=look)

    async def _greet(self, last: Look) -> None:
        """Unasked: silent where nothing happened, and not in front of a question that is being answered."""
        try:
            seen = await in_thread(partial(since, self._app.connect(self._app.say), last))
        except Refused as error:
            if error.code == "unknown_event":
                self._app.tell(error.message, TITLE)
            return
        finally:
            self._told = True
        if seen["quiet"]:
            return
        if isinstance(self._app.screen, ModalScreen):
            self._app.tell(f"{self._app.key_names.get('away', '')} shows what happened", TITLE)
        else:
            self._show(seen)

    async def _tell(self) -> None:
        swarm = self._app.connect(self._app.say)
        last, now = self._last, self._app.clock()
        ask = partial(since, swarm, last) if last is not None else partial(lately, swarm, DAY, now)
        try:
            self._show(await in_thread(ask))
        except Exception as error:
            self._app.fail(TITLE, error)

    def _show(self, seen: Any) -> None:
        doors.away(self._app, seen)
