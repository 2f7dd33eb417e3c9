"""Releases: the list, and beside it what changed; from here into any of them, and back to an older one."""

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType

from swarm_console.errors import said
from swarm_console.known.picture import Picture
from swarm_console.known.shelf import Shelf
from swarm_console.messages import ReleaseChosen, ReleaseMarked
from swarm_console.panes.changes import ChangesPane
from swarm_console.panes.contents import ContentsPane
from swarm_console.panes.frame import Frame
from swarm_console.panes.releases import ReleasesPane, before, gone
from swarm_console.screens.paned import PanedScreen, digits
from swarm_console.screens.release import BACK, ROLL_BACK, SECTION, ReleaseScreen, why_not_back

if TYPE_CHECKING:
    from swarm_console.app import SwarmConsole

REST_SECONDS: Final = 0.15
"""How long the cursor rests on a release before it is read."""


class ReleasesScreen(PanedScreen):
    """Every release, and what each changed against the one before it or against one that is marked."""

    HELP = """\
Every release and beside it what it changed, against the one before it or against one that is
marked."""
    PANES: ClassVar[tuple[type[Frame], ...]] = (ReleasesPane, ChangesPane)
    FIRST = ReleasesPane
    ROOM = (100, 1)
    AUTO_FOCUS = "ReleasesPane Table"
    BINDING_GROUP_TITLE = "releases"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "base", "Mark", tooltip="compare others with this one, or no longer", id="mark"),
        Binding("equals_sign", "difference", "Difference", tooltip="what changed, in full", id="compare"),
        ROLL_BACK,
        BACK,
        SECTION,
        *digits(PANES),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._marked = 0
        """The release under the cursor."""
        self._pair: tuple[int, int] | None = None
        """The releases that are compared beside the list."""

    def on_mount(self) -> None:
        self.shelf = Shelf(lambda: self.console.connect(self.console.say))

    def parts(self, picture: Picture) -> Iterator[None]:
        yield from super().parts(picture)
        self._compare()

    # -- what is compared

    @property
    def _list(self) -> ReleasesPane:
        return self.query_one(ReleasesPane)

    @property
    def release(self) -> int | None:
        """The release under the cursor, if it is kept."""
        marked = self._list.marked
        return marked.number if marked is not None and not gone(marked) else None

    def base_of(self, number: int) -> int:
        """What a release is compared with: the marked one, else the one before it."""
        base = self._list.base
        return base if base is not None and base != number else before(self.console.mirror.state, number)

    def on_release_marked(self, message: ReleaseMarked) -> None:
        self._marked = message.number
        self._compare()
        self.refresh_bindings()

    def _compare(self) -> None:
        """Read what changed, where it is shown."""
        pane, number = self.query_one(ChangesPane), self.release
        if not pane.display:
            return
        pair = (self.base_of(number), number) if number is not None else None
        if pair == self._pair and (pair is not None or pane.reason):
            return
        self._pair = pair
        if pair is None:
            marked = self._list.marked
            pane.show(None, gone(marked) if marked is not None else "there is nothing to compare")
        else:
            self.run_worker(self._read(pane, *pair), group="compare", exclusive=True)

    async def _read(self, pane: ChangesPane, older: int, newer: int) -> None:
        pane.show(None, f"reading release {newer} …")
        await asyncio.sleep(REST_SECONDS)
        try:
            pane.show(await self.shelf.difference(older, newer))
        except Exception as error:
            pane.show(None, said(error)[0])

    # -- keys

    def obstacle(self, action: str, parameters: tuple[object, ...]) -> str:
        if action not in ("base", "difference", "roll_back"):
            return ""
        picture = self.console.picture()
        marked = picture.state.releases.get(self._marked)
        if marked is None:
            return "nothing has been released yet"
        return why_not_back(picture, marked.number) if action == "roll_back" else gone(marked)

    def action_base(self) -> None:
        """Mark the release under the cursor as the one that others are compared with, or unmark it."""
        self._list.base = None if self._list.base == self.release else self.release
        self.draw(self.console.picture())

    def action_difference(self) -> None:
        """What changed, on the whole screen."""
        self._open(ChangesPane)

    def on_release_chosen(self, message: ReleaseChosen) -> None:
        self._open(ContentsPane)

    def _open(self, view: type[Frame]) -> None:
        if (number := self.release) is not None:
            self.app.push_screen(ReleaseScreen(self.shelf, number, self.base_of(number), view))
        elif (marked := self._list.marked) is not None:
            self.console.deny("Releases", gone(marked))

    def action_roll_back(self) -> None:
        """Show clients the release under the cursor again."""
        self.console.orders.do("rollback", [str(self.release)])

    def action_section(self) -> None:
        """Only the next kind of change."""
        self.action_pane(ChangesPane.__name__)
        self.query_one(ChangesPane).next_section()


def open_releases(app: "SwarmConsole") -> None:
    """Show the releases."""
    if not any(isinstance(screen, ReleasesScreen) for screen in app.screen_stack):
        app.push_screen(ReleasesScreen())
