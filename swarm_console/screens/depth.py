"""Screens about one thing in depth: a line that says what it is, and the log of the marked attempt."""

from collections.abc import Iterable, Iterator
from math import inf
from time import monotonic
from typing import Any

from textual import events
from textual.widget import Widget

from swarm_console.known.dossier import Dossier
from swarm_console.known.inquiry import Inquiry
from swarm_console.known.picture import Picture
from swarm_console.messages import AttemptMarked
from swarm_console.panes.attemptlog import LogPane
from swarm_console.panes.frame import Frame
from swarm_console.panes.lines import LogLines
from swarm_console.panes.prose import Prose
from swarm_console.screens.paned import PanedScreen
from swarm_console.wire.ask import Swarm
from swarm_console.words.spans import Lines

LAYOUTS = 3
"""How often what was laid out may want to be otherwise: a scroll bar comes after what it scrolls."""
FRESH, STALE = 0.7, 1.0
"""Seconds for which what was foreseen is not drawn anew, and after which it must be before it shows."""


class DepthScreen(PanedScreen):
    """Subclasses have a dossier on what they are about; one of their frames is its log.

    One that was left is shown again for another subject (see `doors`): to make its forty widgets anew takes
    far longer than to draw them.
    """

    ROOM = (110, 30)
    dossier: Dossier
    _attempt: int | None = None
    """The attempt that is marked; None: the newest, whichever that becomes."""
    _away = True
    """Whether it is as if newly made: not drawn since it was put away, if ever."""
    _foreseen: object = None
    """What it is about, of which replay, before it shows; None when it does."""
    _since = -inf
    """When it was last ready to show that."""

    def __init__(self, subject: str) -> None:
        super().__init__()
        self.dossier = self.begin_dossier(subject)

    def begin_dossier(self, subject: str) -> Dossier:
        """A dossier with nothing in it yet."""
        raise NotImplementedError

    def turn_to(self, subject: str) -> None:
        """Be about another subject from now on, as if newly made; at once, where that was foreseen."""
        if self._foreseen != self._now_about(subject) or self._age > STALE:
            for _ in self._turned(subject):
                pass
        self._foreseen = None

    def be_ready_for(self, subject: str) -> Iterator[None]:
        """Be about another subject before that is asked for, laid out and painted, step by step."""
        if self._foreseen == self._now_about(subject) and self._age < FRESH:
            return
        if self._size != self.app.size:  # it is drawn otherwise where no part has a size
            yield from self._turned(subject)
            yield from self._laid_out()
        yield from self._turned(subject)
        yield from self._laid_out()
        for _ in self._compositor._get_renders():  # every part keeps what it has painted
            yield
        self._since = monotonic()

    def _laid_out(self) -> Iterator[None]:
        for _ in range(LAYOUTS):
            if self._layout_required:
                self._layout_required = False
                self._refresh_layout(self.app.size)
                yield
        self._update_timer.resume()  # its first turn would keep the first frame waiting

    def _now_about(self, subject: str) -> object:
        return subject, self.console.projector.replay

    @property
    def _age(self) -> float:
        return monotonic() - self._since

    def _turned(self, subject: str) -> Iterator[None]:
        """Turn to a subject, as if newly made, step by step."""
        if self._foreseen != self._now_about(subject):
            self.put_away()
            self.dossier = self.begin_dossier(subject)
            for frame in self.query(Frame):
                self._hand_dossier(frame)
            self._foreseen = self._now_about(subject)
            yield
        self._fit(self.app.size)
        if (replay := self.console.projector.replay) is not None or self.query("PlayBar"):
            self.bar(replay)
        yield from self.parts(self.console.picture())
        self._measure_anew()

    def _measure_anew(self) -> None:
        """Have the next frame lay out and paint everything, without a message from each part that wants it.

        Textual 8.2 handles forty of these for longer than the frame takes, and paints before the last is in.
        """
        for part in self.walk_children(Widget):
            if part._layout_required:
                for ancestor in part.ancestors:
                    if isinstance(ancestor, Widget):
                        ancestor._clear_arrangement_cache()
                        ancestor._layout_updates += 1
            part._layout_required = part._repaint_required = False
        self._layout_required = True

    def connect(self) -> Swarm:
        """A way to ask."""
        return self.console.connect(self.console.say)

    def about(self, picture: Picture) -> Lines:
        """What stands above the frames."""
        raise NotImplementedError

    def head(self) -> Iterable[Widget]:
        yield Prose(classes="about")

    def make(self, pane: type[Frame], classes: str) -> Frame:
        made = super().make(pane, classes)
        self._hand_dossier(made)
        return made

    def _hand_dossier(self, frame: Any) -> None:
        frame.dossier, frame.connect = self.dossier, self.connect

    def parts(self, picture: Picture) -> Iterator[None]:
        self._away = False
        self.query_one(".about", Prose).show(self.about(picture))
        yield
        yield from super().parts(picture)
        self._draw_log(picture)
        self._ask(picture)

    def inquiries(self, picture: Picture) -> Iterator[tuple[Inquiry[Any], object]]:
        """What is asked of the swarm for as long as it shows, each with what it depends on."""
        yield self.dossier.past, self.dossier.past_depends_on(picture)

    def _ask(self, picture: Picture) -> None:
        if self in self.app.screen_stack:
            for inquiry, depends_on in self.inquiries(picture):
                self.inquire(inquiry, depends_on, picture)

    def _draw_log(self, picture: Picture) -> None:
        """What is built now, else was built last, until another attempt is marked."""
        tales = self.dossier.tales(picture)
        self.set_class(not tales, "-untried")
        marked = next((tale for tale in tales if tale.number == self._attempt), None)
        log = self.query_one(LogPane)
        log.show(marked or (tales[0] if tales else None))
        log.draw(picture)

    def on_attempt_marked(self, message: AttemptMarked) -> None:
        if self._away:
            return
        tales = self.dossier.tales(self.console.picture())
        newest = not tales or tales[0].number == message.number
        self._attempt = None if newest else message.number
        self._draw_log(self.console.picture())

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        self.call_after_refresh(self._go_on)

    def _go_on(self) -> None:
        """Have fetched what nobody wanted before it showed."""
        picture = self.console.picture()
        self._ask(picture)
        for lines in self.query(LogLines):
            lines.draw(picture)

    def on_screen_suspend(self, event: events.ScreenSuspend) -> None:
        left = self not in self.app.screen_stack  # not covered: nothing more of its log is wanted
        if left and self.app.is_screen_installed(self):
            self.put_away()

    def put_away(self) -> None:
        """Undo what was done to it for one subject."""
        self._foreseen, self._since = None, -inf
        if self._away:
            return
        self._away = True
        if self.maximized is not None:
            self.minimize()
        self._attempt = None
        for frame in self.query(Frame):
            frame.begin_anew()
        first = self.pane(self.first.__name__)
        self._bring(first)
        first.enter()
