"""Sessions: every one that the log has, the newest first."""

from collections.abc import Sequence
from typing import ClassVar

from swarm_console.known.picture import Picture
from swarm_console.messages import SessionChosen
from swarm_console.panes.grid import Cell, Column
from swarm_console.panes.pane import Pane
from swarm_console.words.pen import count, duration, moment
from swarm_console.words.spans import Span
from swarm_node.model.recorded import Recorded


class SessionsPane(Pane[Recorded]):
    """What each session came to."""

    HELP = "Every session of the swarm's log; Enter shows one again as it went."
    NAME = "Sessions"
    DIGIT = "1"
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("Session", 7, right=True),
        Column("Opened", 16),
        Column("Took", 11, flex=1),
        Column("Staged", 6, right=True),
        Column("Failed", 6, right=True),
        Column("Lost", 4, right=True, spare=2),
        Column("Releases", 8, right=True, spare=1),
        Column("Events", 8, right=True, spare=3),
    )
    found: Sequence[Recorded] = ()
    said: str = "reading the log …"
    """What stands there while there is none."""

    def items(self, picture: Picture) -> Sequence[Recorded]:
        return self.found

    def key(self, item: Recorded) -> str:
        return str(item.session)

    def words(self, item: Recorded) -> str:
        return f"{item.session} {moment(item.opened)} {took(item).text}"

    def empty(self, picture: Picture) -> str:
        return self.said

    def summary(self, picture: Picture) -> str:
        return f"{len(self.found)} in the log" if self.found else ""

    def cells(self, item: Recorded) -> tuple[Cell, ...]:
        return (
            Cell(str(item.session), "bold"),
            Cell(moment(item.opened)),
            took(item),
            Cell(str(item.staged), "ok" if item.staged else "dim"),
            Cell(f"{item.failed} ✗" if item.failed else "0", "attention" if item.failed else "dim"),
            Cell(str(item.lost), "wait" if item.lost else "dim"),
            Cell(f"{item.releases} ▲" if item.releases else "0", "" if item.releases else "dim"),
            Cell(f"{item.events:,}", "dim"),
        )

    def note(self, item: Recorded | None) -> list[Span]:
        if item is None:
            return []
        what = f"Enter shows session {item.session} again, {count(item.events, 'event')}"
        return [(what, ""), (f"$ swarm-console --replay {item.session}", "dim")]

    def opened(self, key: str) -> None:
        self.post_message(SessionChosen(int(key)))


def took(session: Recorded) -> Cell:
    """How long it went on."""
    if session.ended is None:
        return Cell("● goes on", "accent")
    return Cell(duration(session.ended - session.opened))
