"""Screens about one thing in depth: a line that says what it is, and the log of the marked attempt."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from textual.widget import Widget

from swarm_console.known.dossier import Dossier
from swarm_console.known.picture import Picture
from swarm_console.messages import AttemptMarked
from swarm_console.panes.attemptlog import LogPane
from swarm_console.panes.frame import Frame
from swarm_console.panes.prose import Lines, Prose
from swarm_console.screens.paned import PanedScreen


class DepthScreen(PanedScreen):
    """Subclasses have a dossier on what they are about; one of their frames is its log."""

    ROOM = (110, 30)
    dossier: Dossier
    _attempt: int | None = None
    """The attempt that is marked; None: the newest, whichever that becomes."""

    def about(self, picture: Picture) -> Lines:
        """What stands above the frames."""
        raise NotImplementedError

    def head(self) -> Iterable[Widget]:
        yield Prose(classes="about")

    def make(self, pane: type[Frame], classes: str) -> Frame:
        made: Any = super().make(pane, classes)
        made.dossier = self.dossier
        made.connect = partial(self.console.connect, self.console.say)
        return made  # type: ignore[no-any-return]

    def parts(self, picture: Picture) -> Iterator[None]:
        self.query_one(".about", Prose).show(self.about(picture))
        yield
        yield from super().parts(picture)
        self._draw_log(picture)
        self.inquire(self.dossier.past, self.dossier.past_depends_on(picture), picture)

    def _draw_log(self, picture: Picture) -> None:
        """What is built now, else was built last, until another attempt is marked."""
        tales = self.dossier.tales(picture)
        self.set_class(not tales, "-untried")
        marked = next((tale for tale in tales if tale.number == self._attempt), None)
        log = self.query_one(LogPane)
        log.show(marked or (tales[0] if tales else None))
        log.draw(picture)

    def on_attempt_marked(self, message: AttemptMarked) -> None:
        tales = self.dossier.tales(self.console.picture())
        newest = not tales or tales[0].number == message.number
        self._attempt = None if newest else message.number
        self._draw_log(self.console.picture())
