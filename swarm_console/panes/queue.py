"""Queue: every package of the session, what runs first, then what comes next, what is stuck, what is done."""

from collections.abc import Sequence
from typing import ClassVar

from swarm_console.known.picture import Picture
from swarm_console.messages import BuildChosen
from swarm_console.panes.grid import Cell, Column
from swarm_console.panes.nodes import name_column
from swarm_console.panes.pane import Pane
from swarm_console.words.times import clock, of_day
from swarm_node.model.state import OPEN, Build
from swarm_node.model.why import on_trial

DAY = 86_400.0
SIGNS = {
    "building": Cell("● building", "accent"),
    "assigned": Cell("◐ assigned", "accent"),
    "blocked": Cell("✗ blocked", "attention"),
    "staged": Cell("✓ staged", "ok"),
    "released": Cell("▲ released", "ok"),
}


class QueuePane(Pane[Build]):
    """The queue in the order in which it is worked off."""

    HELP = """\
Every package of the session: what runs, what comes next, what is stuck, what is done.
○ ·  could start now, waits for other packages
↻  is tried again by itself, a little later
● ◐  building, handed out and not yet begun
✗ ✓ ▲  blocked, staged, released
?  on trial: built with another configuration, which is kept for all if that goes well
≈  predicted from history; without the sign by the build's own counter
+2 d  it should end in so many days"""
    NAME = "Queue"
    DIGIT = "2"
    STICKY = True
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("State", 11),
        Column("Package", 22, flex=3),
        Column("Why it is built", 14, flex=2, spare=5),
        Column("Node", 8, spare=3),
        Column("Elapsed", 7, right=True, spare=2),
        Column("Left", 8, right=True, spare=4),
        Column("Ends", 6, right=True, spare=1),
    )

    def items(self, picture: Picture) -> Sequence[Build]:
        return picture.queue

    def columns(self, picture: Picture) -> Sequence[Column]:
        return name_column(self.COLUMNS, 3, picture)

    def key(self, item: Build) -> str:
        return item.id

    def words(self, item: Build) -> str:
        return f"{item.status} {item.id} {item.row.reason}"

    def empty(self, picture: Picture) -> str:
        return "the queue is empty: build-swarm fresh fills it"

    def summary(self, picture: Picture) -> str:
        if picture.coming:
            return f"the first {len(picture.state.builds)} of {picture.coming}, the others are on their way"
        ready = len(picture.state.queue.ready)
        return f"{ready} ready" if ready else ""

    def cells(self, item: Build) -> tuple[Cell, ...]:
        picture = self.picture
        attempt = picture.attempt_of(item)
        return (
            standing(picture, item),
            Cell(item.id, "dim" if item.status in ("staged", "released") else ""),
            self._why(item),
            Cell(attempt.node if attempt is not None else "", "dim"),
            elapsed(picture, item),
            left(picture, item),
            ends(picture, item),
        )

    def _why(self, item: Build) -> Cell:
        trial = on_trial(self.picture.state, item)
        return Cell(trial, "wait") if trial else Cell(item.row.reason, "dim")

    def opened(self, key: str) -> None:
        self.post_message(BuildChosen(key))


def standing(picture: Picture, build: Build) -> Cell:
    """A build's state as glyph and word; what is needed says whether it could start."""
    if build.status in ("needed", *OPEN) and on_trial(picture.state, build):
        return Cell("? on trial", "wait" if build.status == "needed" else "accent")
    if build.status != "needed":
        return SIGNS[build.status]
    if picture.state.queue.waiting.get(build.id):
        return Cell("· waiting", "dim")
    if build.not_before > picture.now:
        return Cell("↻ retrying", "wait")
    return Cell("○ ready")


def elapsed(picture: Picture, build: Build) -> Cell:
    """Time on the node so far, or what it took."""
    if build.status in OPEN:
        return Cell(clock(picture.elapsed(build)))
    if build.measures is not None:
        return Cell(clock(build.measures.seconds), "dim")
    return Cell("")


def left(picture: Picture, build: Build) -> Cell:
    """Expected time to the end: of a running build what remains, of a waiting one all of it."""
    if build.status == "needed":
        return Cell(f"≈{clock(picture.predicted(build))}", "dim")
    if build.status not in OPEN:
        return Cell("")
    found = picture.course_of(build)
    if found.left < 0:
        return Cell("overdue", "wait")
    return Cell(f"{'≈' if found.guessed else ''}{clock(found.left)}", "dim" if found.guessed else "")


def ends(picture: Picture, build: Build) -> Cell:
    """By the clock: when a running build should end, or a waiting one that can be foreseen, or one ended."""
    if build.status in ("staged", "released"):
        attempt = picture.attempt_of(build)
        return Cell(of_day(attempt.ended)[:5], "dim") if attempt is not None and attempt.ended else Cell("")
    if build.status in OPEN:
        found = picture.course_of(build)
        if found.left < 0:
            return Cell("late", "wait")
        return Cell(_hour(picture, picture.now + found.left, found.guessed), "dim" if found.guessed else "")
    at = picture.ends.get(build.id) if build.status == "needed" else None
    return Cell(_hour(picture, at, True), "dim") if at is not None else Cell("")


def _hour(picture: Picture, at: float, guessed: bool) -> str:
    """A time of the next day and night; after that, in how many days."""
    days = int((at - picture.now) / DAY)
    return f"+{days} d" if days else f"{'≈' if guessed else ''}{of_day(at)[:5]}"
