"""Events: the log as it grows, newest first."""

from collections.abc import Sequence
from typing import ClassVar

from swarm_console.known.picture import Picture
from swarm_console.messages import BuildChosen
from swarm_console.panes.grid import Cell, Column
from swarm_console.panes.pane import Pane
from swarm_console.words.chronicle import describe
from swarm_console.words.times import of_day
from swarm_node.model.events import Record


class EventsPane(Pane[Record]):
    """What happened, who did it, and what came of it."""

    HELP = """\
The log of the swarm, newest first: what happened, to what, and who did it. Enter opens the package
of an event.
»  an action of an operator
→ ● ✓  handed out, begun, staged
! ✗  failed, blocked or lost
▲ ▼  a release is live, clients were shown an older one"""
    NAME = "Events"
    DIGIT = "5"
    STICKY = True
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("Time", 8),
        Column("Event", 11),
        Column("Subject", 20, flex=2),
        Column("Detail", 16, flex=3, spare=1),
    )

    def items(self, picture: Picture) -> Sequence[Record]:
        return picture.events

    def key(self, item: Record) -> str:
        return str(item.seq)

    def words(self, item: Record) -> str:
        line = describe(item.event)
        return f"{line.word} {line.subject} {line.text}"

    def empty(self, picture: Picture) -> str:
        return "nothing has happened since this console was opened"

    def cells(self, item: Record) -> tuple[Cell, ...]:
        line = describe(item.event)
        return (
            Cell(of_day(item.event.at), "dim"),
            Cell(f"{line.glyph} {line.word}", line.tone),
            Cell(line.subject),
            Cell(line.text, "dim"),
        )

    def opened(self, key: str) -> None:
        record = next((record for record in self.picture.events if str(record.seq) == key), None)
        build = getattr(record.event, "build", None) if record is not None else None
        if isinstance(build, str) and build in self.picture.state.builds:
            self.post_message(BuildChosen(build))
