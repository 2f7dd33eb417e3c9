"""The timeline on a screen of its own."""

from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from swarm_console.known.picture import Picture
from swarm_console.panes.footer import KeyFooter
from swarm_console.panes.gantt import Gantt
from swarm_console.panes.timeline import TimelinePane
from swarm_console.panes.top import Top
from swarm_console.screens.live import LiveScreen


class TimelineScreen(LiveScreen):
    """The session as a Gantt chart."""

    HELP = "Where the time of the session went."
    BINDING_GROUP_TITLE = "screens in depth"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "app.pop_screen", "Back", tooltip="where one came from", id="back")
    ]

    @property
    def marked(self) -> str:
        return self.marked_build or self._below.marked

    @property
    def marked_build(self) -> str:
        marked = self.query_one(Gantt).view.marked
        return marked.build if marked is not None else self._below.marked_build

    @property
    def marked_node(self) -> str:
        lane = self.query_one(Gantt).view.lane
        return lane.node if lane is not None else self._below.marked_node

    def compose(self) -> ComposeResult:
        yield Top()
        yield TimelinePane()
        yield KeyFooter()

    def on_mount(self) -> None:
        self.query_one(Gantt).focus()

    def parts(self, picture: Picture) -> Iterator[None]:
        self.query_one(Top).draw(picture)
        yield
        self.query_one(TimelinePane).draw(picture)
