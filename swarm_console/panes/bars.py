"""A lane as pieces of a row of cells: bars of attempts, what is left of them, idle time between."""

from typing import Final, Literal, NamedTuple

from swarm_console.words.times import clock
from swarm_console.words.timescale import Window, cell, moment
from swarm_node.model.lanes import Lane, end_of
from swarm_node.model.state import Attempt

Kind = Literal["blank", "idle", "rest", "many", "open", "staged", "failed", "lost", "recalled"]
"""Blank lies outside the session's work, rest is what an open attempt should still take."""

GLYPHS: Final[dict[Kind, str]] = {
    "open": "●",
    "staged": "✓",
    "failed": "✗",
    "lost": "–",
    "recalled": "←",
    "many": "▒",
    "rest": "╌",
    "idle": "·",
    "blank": " ",
}
PATH: Final = "◆"
SHORTEST_NAME: Final = 4
"""Cells below which a name is left out."""


class Piece(NamedTuple):
    """So many cells of one kind; `attempt` is the one that is drawn, of many the first; `bad` of them failed.

    `odd` is every second staged one of a lane.
    """

    cells: int
    kind: Kind
    attempt: Attempt | None = None
    bad: int = 0
    odd: bool = False


class Scope(NamedTuple):
    """What all lanes of a chart share; times in Unix seconds: the work from `begin` to `end`, and now."""

    window: Window
    width: int
    begin: float
    end: float
    now: float

    def cell(self, at: float) -> int:
        """The cell boundary nearest to a moment."""
        return cell(self.window, self.width, at)


def pieces(lane: Lane, scope: Scope, expected: float) -> list[Piece]:
    """The lane from the left edge to the right one; `expected` is when its open attempt should end."""
    drawn: list[Piece] = []
    at, place = 0, lane.place(scope.window.left)
    if place < 0 or (lane.attempts[place].ended is not None and _over(lane.attempts[place], scope) <= 0):
        place += 1
    while at < scope.width and place < len(lane.attempts):
        begin = max(at, scope.cell(lane.attempts[place].opened))
        if begin >= scope.width:
            break
        drawn += _gap(scope, at, begin)
        many = _crowd(lane, scope, place, begin)
        if many > 1:
            bad = lane.bad(place, place + many)
            drawn.append(Piece(1, "many", lane.attempts[place], bad))
            at, place = begin + 1, place + many
            continue
        bar = _bar(lane.attempts[place], scope, begin, expected, bool(place % 2))
        drawn += bar
        at, place = begin + sum(piece.cells for piece in bar), place + 1
    return drawn + _gap(scope, at, scope.width)


def _crowd(lane: Lane, scope: Scope, place: int, begin: int) -> int:
    """How many attempts, from this one on, must share the cell; one that goes on beyond it does not."""
    edge = moment(scope.window, scope.width, begin + 0.5)
    after = lane.next_from(edge)
    last = lane.attempts[after - 1] if after - 1 > place else None
    if last is not None and _over(last, scope) > begin + 1:
        after -= 1
    return after - place


def _bar(attempt: Attempt, scope: Scope, begin: int, expected: float, odd: bool) -> list[Piece]:
    over = max(begin + 1, min(_over(attempt, scope), scope.width))
    drawn = [Piece(over - begin, attempt.outcome, attempt, odd=odd and attempt.outcome == "staged")]
    if attempt.ended is None and (rest := min(scope.cell(expected), scope.width) - over) > 0:
        drawn.append(Piece(rest, "rest", attempt))
    return drawn


def _over(attempt: Attempt, scope: Scope) -> int:
    return scope.cell(end_of(attempt, scope.now))


def _gap(scope: Scope, start: int, stop: int) -> list[Piece]:
    """Nothing was built from one cell to another: idle within the session's work, blank outside it."""
    begin = min(max(scope.cell(scope.begin), start), stop)
    end = min(max(scope.cell(scope.end), begin), stop)
    parts = ((begin - start, "blank"), (end - begin, "idle"), (stop - end, "blank"))
    return [Piece(cells, kind) for cells, kind in parts if cells]  # type: ignore[arg-type]


def label(piece: Piece, on_path: bool) -> str:
    """What is to be written on a piece, to be cut to its cells."""
    if piece.kind in ("blank", "idle", "rest"):
        return GLYPHS[piece.kind] * piece.cells
    if piece.kind == "many":
        return GLYPHS["failed" if piece.bad else "many"]
    assert piece.attempt is not None
    glyphs = GLYPHS[piece.kind] + (PATH if on_path else "")
    if piece.cells == 1:
        return PATH if on_path and piece.kind in ("staged", "open") else glyphs[0]
    room = piece.cells - len(glyphs) - 1
    return f"{glyphs} {name(piece.attempt.build, room)}" if room >= SHORTEST_NAME else glyphs


def below(piece: Piece, scope: Scope, expected: float) -> str:
    """What is to be written below that, where there is room: how long it took, or should still take."""
    if piece.attempt is None or piece.kind == "many":
        return ""
    over = end_of(piece.attempt, scope.now)
    text = clock(expected - scope.now if piece.kind == "rest" else over - piece.attempt.opened)
    return f" {text}" if piece.cells > len(text) + 1 else ""


def name(build: str, room: int) -> str:
    """A build's name; without its category where there is no room for that."""
    return build if len(build) < room else build.partition("/")[2] or build
