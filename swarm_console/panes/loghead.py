"""The line above a log: which attempt of what, on which node, how it goes or ended, and since when."""

from rich.text import Text

from swarm_console.logs.attempts import Told
from swarm_console.panes.tones import Span, Toned, spread
from swarm_console.picture import Picture
from swarm_console.times import clock, of_day

OUTCOMES = {
    "staged": ("✓ staged", "ok"),
    "failed": ("✗ failed", "attention"),
    "lost": ("✗ lost", "attention"),
    "recalled": ("◐ taken back", "dim"),
}


class LogHead(Toned):
    """One line."""

    def __init__(self) -> None:
        super().__init__()
        self._left: list[Span] = []
        self._right: list[Span] = []

    def show(self, picture: Picture, number: int, told: Told) -> None:
        """Draw what is known of the attempt from now on."""
        left, right = head(picture, number, told), _link(picture)
        if (left, right) != (self._left, self._right):
            self._left, self._right = left, right
            self.refresh()

    def render(self) -> Text:
        return self.line(spread(self._left, self._right, self.size.width), self.size.width)


def head(picture: Picture, number: int, told: Told) -> list[Span]:
    """Package, attempt, state and node."""
    where = f"  on {told.node}" if told.node else ""
    name = told.build or "a build of before"
    return [(name, "bold"), (f"  #{number}  ", "dim"), *_state(picture, told), (where, "dim")]


def _state(picture: Picture, told: Told) -> list[Span]:
    attempt = told.attempt
    if attempt is None:
        return [OUTCOMES["failed"]] if told.diagnosis is not None else []
    if attempt.outcome != "open":
        return [OUTCOMES[attempt.outcome], (_took(attempt.started, attempt.ended), "dim")]
    build = picture.state.builds.get(attempt.build)
    if build is None or attempt.started is None:
        return [("◐ handed out", "dim")]
    share, progress = picture.share_of(build), picture.progress_of(build)
    phase = f" {progress.phase}" if progress is not None and progress.phase else ""
    sign = "≈" if share.guessed else " "
    return [
        (f"● building{phase}", "accent"),
        (f" {sign}{share.fraction:.0%}", ""),
        (f"  {clock(picture.now - attempt.started)}", "dim"),
    ]


def _took(started: float | None, ended: float | None) -> str:
    return f" after {clock(ended - started)}" if started is not None and ended is not None else ""


def _link(picture: Picture) -> list[Span]:
    link = picture.link
    busy = [(f"↻ {word}  ", "accent") for word in picture.busy.values()]
    if link.live:
        return [*busy, ("● live", "ok")]
    return [*busy, (f"▲ stale since {of_day(link.since)}", "attention")]
