"""Every session of the log; Enter shows one again."""

from functools import partial
from typing import ClassVar

from textual.binding import BindingType

from swarm_console.background import in_thread
from swarm_console.errors import said
from swarm_console.messages import SessionChosen
from swarm_console.panes.frame import Frame
from swarm_console.panes.sessions import SessionsPane
from swarm_console.replay.recordings import sessions
from swarm_console.screens.paned import PanedScreen, digits
from swarm_console.screens.release import BACK


class SessionsScreen(PanedScreen):
    """The way into the past."""

    HELP = "The past of this swarm, session by session."
    PANES: ClassVar[tuple[type[Frame], ...]] = (SessionsPane,)
    FIRST = SessionsPane
    ROOM = (1, 1)
    AUTO_FOCUS = "SessionsPane Table"
    BINDING_GROUP_TITLE = "sessions"
    BINDINGS: ClassVar[list[BindingType]] = [BACK, *digits(PANES)]

    def on_mount(self) -> None:
        self.run_worker(self._read(), group="sessions", exclusive=True)

    async def _read(self) -> None:
        pane = self.query_one(SessionsPane)
        try:
            pane.found = await in_thread(partial(sessions, self.console.connect(self.console.say)))
            pane.said = "no session has been opened yet: build-swarm fresh"
        except Exception as error:
            pane.said = " ".join(said(error))
        self.draw(self.console.picture())

    def on_session_chosen(self, message: SessionChosen) -> None:
        self.console.projector.open(message.session)
