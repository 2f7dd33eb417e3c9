"""One release in depth: what it holds, what it changed, and what spoke against it when it was made."""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.widget import Widget

from swarm_console.actions.registry import ACTIONS
from swarm_console.errors import said
from swarm_console.keyboard.offer import bar
from swarm_console.known.picture import Picture
from swarm_console.known.shelf import Shelf
from swarm_console.panes.changes import ChangesPane
from swarm_console.panes.contents import ContentsPane
from swarm_console.panes.frame import Frame
from swarm_console.panes.prose import Prose
from swarm_console.panes.releases import FindingsPane, before, gone
from swarm_console.screens.paned import PanedScreen, digits

if TYPE_CHECKING:
    from swarm_console.app import SwarmConsole

ROLL_BACK: Final = Binding(
    "B", "roll_back", "Roll back!", tooltip="show clients this release again; asks first", id="roll-back"
)
BACK: Final = Binding("escape", "back", "Back", tooltip="clear a filter, else where one came from", id="back")
SECTION: Final = Binding(
    "s", "section", "Section", tooltip="only one kind of change, then the next kind", id="section"
)


class ReleaseScreen(PanedScreen):
    """A release, and the one that it is compared with; one side of it at a time."""

    HELP = """\
One release in depth: what it holds, what it changed, and what spoke against it when it was made."""
    PANES: ClassVar[tuple[type[Frame], ...]] = (ContentsPane, ChangesPane, FindingsPane)
    FIRST = ContentsPane
    BINDING_GROUP_TITLE = "release"
    BINDINGS: ClassVar[list[BindingType]] = [SECTION, ROLL_BACK, BACK, *digits(PANES)]

    def __init__(self, shelf: Shelf, release: int, base: int, view: type[Frame]) -> None:
        super().__init__()
        self._shelf, self.release, self.base, self._view = shelf, release, base, view.__name__

    def head(self) -> Iterable[Widget]:
        yield Prose(classes="about")

    def on_mount(self) -> None:
        self.query_one(FindingsPane).release = self.release
        for pane in self.query(Frame):
            pane.picture = self.console.picture()
        self.action_pane(self._view)
        self.run_worker(self._read(), group="release")

    def is_small(self, columns: int, rows: int) -> bool:
        return True

    def parts(self, picture: Picture) -> Iterator[None]:
        yield from super().parts(picture)
        live = ("   ▲ live", "ok") if picture.state.current == self.release else ("", "")
        self.query_one(Prose).show([[(f"Release {self.release}", "bold"), live]])

    def figure(self, pane: type[Frame], picture: Picture) -> tuple[str, str]:
        return f" {self._figure(pane, picture)}".rstrip(), ""

    def _figure(self, pane: type[Frame], picture: Picture) -> str:
        if pane is FindingsPane:
            about = picture.state.releases.get(self.release)
            return f"{about.score}" if about is not None else ""
        if pane is ContentsPane:
            contents = self.query_one(ContentsPane).contents
            return f"{len(contents.packages)}" if contents is not None else ""
        changes = self.query_one(ChangesPane).difference
        return f"{len(changes.changes)}" if changes is not None else ""

    # -- what is read beside the screen

    async def _read(self) -> None:
        """First what is to be looked at, then the other."""
        contents, changes = self.query_one(ContentsPane), self.query_one(ChangesPane)
        contents.reason = changes.reason = f"reading release {self.release} …"
        parts: list[tuple[Callable[..., None], Callable[[], Awaitable[object]]]] = [
            (contents.show, lambda: self._shelf.contents(self.release)),
            (changes.show, lambda: self._shelf.difference(self.base, self.release)),
        ]
        if self._view == ChangesPane.__name__:
            parts.reverse()
        for show, read in parts:
            await self._fill(show, read)

    async def _fill(self, show: Callable[..., None], read: Callable[[], Awaitable[object]]) -> None:
        try:
            show(await read())
        except Exception as error:
            show(None, said(error)[0])
        self.draw(self.console.picture())

    # -- keys

    def obstacle(self, action: str, parameters: tuple[object, ...]) -> str:
        return why_not_back(self.console.picture(), self.release) if action == "roll_back" else ""

    def action_section(self) -> None:
        """Only the next kind of change."""
        self.action_pane(ChangesPane.__name__)
        self.query_one(ChangesPane).next_section()

    def action_roll_back(self) -> None:
        """Show clients this release again."""
        self.console.orders.do("rollback", [str(self.release)])


def why_not_back(picture: Picture, number: int) -> str:
    """Why clients cannot be shown a release again; "" when they can."""
    if reason := bar(ACTIONS["rollback"], picture):
        return reason
    if picture.state.current == number:
        return f"release {number} is what clients see already"
    return gone(picture.state.releases[number]) if number in picture.state.releases else ""


def open_live(app: "SwarmConsole", view: type[Frame]) -> None:
    """Show the release that clients see."""
    state = app.mirror.state
    if state.current is not None:
        shelf = Shelf(lambda: app.connect(app.say))
        app.push_screen(ReleaseScreen(shelf, state.current, before(state, state.current), view))
