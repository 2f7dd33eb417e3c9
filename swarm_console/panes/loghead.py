"""The line above a log: which attempt of what, on which node, how it goes or ended, and since when."""

from swarm_console.known.attempts import SIGNS, Tale
from swarm_console.known.picture import Picture
from swarm_console.panes.lined import Lined
from swarm_console.words.spans import Lines, Span, spread
from swarm_console.words.times import clock, of_day


class LogHead(Lined):
    """One line."""

    def __init__(self) -> None:
        super().__init__()
        self._left: list[Span] = []
        self._right: list[Span] = []

    def show(self, picture: Picture, number: int, tale: Tale | None) -> None:
        """Draw what is known of the attempt from now on."""
        left, right = head(picture, number, tale), _link(picture)
        if (left, right) != (self._left, self._right):
            self._left, self._right = left, right
            self.renew()

    def lines(self, width: int) -> Lines:
        return [spread(self._left, self._right, width)]


def head(picture: Picture, number: int, tale: Tale | None) -> list[Span]:
    """Package, attempt, state and node."""
    if tale is None:
        return [("a build of before", "bold"), (f"  #{number}", "dim")]
    state = _running(picture, tale) if tale.outcome == "open" else _ended(tale)
    return [(tale.build, "bold"), (f"  #{number}  ", "dim"), *state, (f"  on {tale.node}", "dim")]


def _ended(tale: Tale) -> list[Span]:
    took = f" after {clock(tale.seconds)}" if tale.seconds else ""
    return [SIGNS[tale.outcome], (took, "dim")]


def _running(picture: Picture, tale: Tale) -> list[Span]:
    build, attempt = picture.state.builds.get(tale.build), picture.state.attempts.get(tale.number)
    if build is None or attempt is None or attempt.started is None:
        return [("◐ handed out", "dim")]
    share, progress = picture.share_of(build), picture.progress_of(build)
    phase = f" {progress.phase}" if progress is not None and progress.phase else ""
    sign = "≈" if share.guessed else " "
    return [
        (f"● building{phase}", "accent"),
        (f" {sign}{share.fraction:.0%}", ""),
        (f"  {clock(picture.now - attempt.started)}", "dim"),
    ]


def _link(picture: Picture) -> list[Span]:
    link = picture.link
    busy = [(f"↻ {word}  ", "accent") for word in picture.busy.values()]
    if link.live:
        return [*busy, ("● live", "ok")]
    return [*busy, (f"▲ stale since {of_day(link.since)}", "attention")]
