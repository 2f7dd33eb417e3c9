"""Screens of several frames: side by side where there is room, one at a time where there is not."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.geometry import Size
from textual.widget import Widget

from swarm_console.known.inquiry import Inquiry
from swarm_console.known.picture import Picture
from swarm_console.messages import PaneWanted
from swarm_console.panes.footer import KeyFooter
from swarm_console.panes.frame import Frame
from swarm_console.panes.strip import PaneStrip
from swarm_console.panes.top import Top
from swarm_console.screens.live import LiveScreen


def digits(panes: Iterable[type[Frame]]) -> Iterator[Binding]:
    """The keys that bring frames to the front."""
    for pane in sorted(panes, key=lambda pane: pane.DIGIT):
        yield Binding(
            pane.DIGIT,
            f"pane('{pane.__name__}')",
            pane.NAME,
            show=False,
            tooltip=f"{pane.NAME} to the front",
            id=f"pane-{pane.DIGIT}",
        )


class PanedScreen(LiveScreen):
    """Subclasses name the frames, the first one that has the focus, and the size from which all show."""

    PANES: ClassVar[tuple[type[Frame], ...]]
    FIRST: ClassVar[type[Frame]]
    COLUMNS: ClassVar[tuple[tuple[type[Frame], ...], ...]] = ()
    """The frames as they stand side by side, one below the other in each; none: as the style sheet says."""
    ROOM: ClassVar[tuple[int, int]] = (100, 26)
    """Columns and rows from which on all frames show at once."""
    _present = ""
    _greyed: frozenset[str] | None = None
    BINDING_GROUP_TITLE = "screens of panes"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape", "back", "Back", tooltip="undo zoom and filter, then where one came from", id="back"
        ),
        Binding("z", "zoom", "Zoom", False, tooltip="one pane as large as the screen, and back", id="zoom"),
    ]

    def head(self) -> Iterable[Widget]:
        """What stands above the frames."""
        return ()

    def make(self, pane: type[Frame], classes: str) -> Frame:
        """A frame of a class, called like it."""
        return pane(id=pane.__name__, classes=classes)

    def compose(self) -> ComposeResult:
        self._present = self.FIRST.__name__
        self._fit(self.app.size)  # so that the first frame stands as the others will
        yield Top()
        yield from self.head()
        yield PaneStrip()
        with Container(id="panes"):
            for place, column in enumerate(self.COLUMNS):
                first = "" if place else "-first"  # not :first-of-type, which Textual has to look for
                with Vertical(classes=f"column {first} {self._first(column)}"):
                    yield from self._made(column)
            if not self.COLUMNS:
                yield from self._made(self.PANES)
        yield KeyFooter()

    def _made(self, panes: Iterable[type[Frame]]) -> Iterator[Frame]:
        for pane in panes:  # where only one shows it must from the start, or the focus has no place
            yield self.make(pane, self._first([pane]))

    def _first(self, panes: Collection[type[Frame]]) -> str:
        return "-present" if self.first in panes else ""

    def parts(self, picture: Picture) -> Iterator[None]:
        self.query_one(Top).draw(picture)
        yield
        for pane in list(self.query(Frame)):
            pane.draw(picture)
            yield
        self.query_one(PaneStrip).show(self._labels(picture), self.present)

    def inquire(self, inquiry: Inquiry[Any], depends_on: object, picture: Picture) -> None:
        """Have something asked of the swarm, when it is time to; the answer is drawn."""
        if not picture.replay and inquiry.begin(depends_on, picture):
            self.run_worker(self._inquire(inquiry), group="inquiry")

    async def _inquire(self, inquiry: Inquiry[Any]) -> None:
        await inquiry.fetch()
        self.console.feed.changed()

    def grey(self, actions: Iterable[str]) -> None:
        """Have the footer drawn anew when other keys of this screen than before can do nothing."""
        greyed = frozenset(action for action in actions if self.obstacle(action, ()))
        if greyed != self._greyed:
            self._greyed = greyed
            self.refresh_bindings()

    def figure(self, pane: type[Frame], picture: Picture) -> tuple[str, str]:
        """What the strip says behind a frame's name, and its tone."""
        return "", ""

    @property
    def first(self) -> type[Frame]:
        """The frame that one works in to begin with."""
        return self.FIRST

    @property
    def present(self) -> str:
        """The frame that one works in, by its class's name."""
        return self._present or self.first.__name__

    def pane(self, name: str) -> Frame:
        """A frame by its class's name."""
        return self.query_one(f"#{name}", Frame)

    def is_small(self, columns: int, rows: int) -> bool:
        """Whether a terminal has no room for all frames at once."""
        return columns < self.ROOM[0] or rows < self.ROOM[1]

    def _fit(self, size: Size) -> None:
        self.set_class(self.is_small(*size), "-small")

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        self._fit(self.app.size)  # what lay below has not heard of another

    def on_resize(self, event: events.Resize) -> None:
        self._fit(event.size)
        self.draw_soon()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        frames = (each for each in event.widget.ancestors_with_self if isinstance(each, Frame))
        if (pane := next(frames, None)) is not None and pane.id is not None:
            self._bring(pane)

    def action_pane(self, name: str) -> None:
        """Bring a frame to the front."""
        hidden = self.maximized is not None or self.has_class("-small")
        if self.maximized is not None:
            self.minimize()
        pane = self.pane(name)
        self._bring(pane)
        if hidden:
            self.call_after_refresh(pane.enter)
        else:
            pane.enter()

    def action_zoom(self) -> None:
        """Make the present frame as large as the screen, or small again."""
        if self.maximized is not None:
            self.minimize()
        else:
            self.maximize(self.pane(self.present), container=False)

    def action_back(self) -> None:
        """Undo the last thing that hides something; else leave."""
        if self.maximized is not None:
            self.minimize()
        elif self.pane(self.present).clear_filter():
            self.pane(self.present).enter()
        else:
            self.leave()

    def leave(self) -> None:
        """Go where one came from."""
        self.app.pop_screen()

    def on_pane_wanted(self, message: PaneWanted) -> None:
        self.action_pane(message.pane)

    def _bring(self, pane: Frame) -> None:
        assert pane.id is not None
        self._present = pane.id
        if pane.has_class("-present"):
            return
        small = self.has_class("-small")  # else it is the same to look at
        for other in self.query("#panes .-present"):
            other.remove_class("-present", update=small)
        for part in (pane, pane.parent):
            if isinstance(part, Frame | Vertical):
                part.add_class("-present", update=small)

    def _labels(self, picture: Picture) -> list[tuple[str, str, str]]:
        panes = sorted(self.PANES, key=lambda pane: pane.DIGIT)
        figures = [self.figure(pane, picture) for pane in panes]
        return [
            (pane.__name__, f"{pane.DIGIT} {pane.SHORT or pane.NAME}{figure}", tone)
            for pane, (figure, tone) in zip(panes, figures, strict=True)
        ]
