"""The rows of the timeline: the critical path, then lanes with name and busy share."""

from typing import Final, NamedTuple

from swarm_console.panes.bars import PATH, Piece, Scope, pieces
from swarm_console.panes.chart import Chart
from swarm_console.panes.grid import Cell
from swarm_node.model.lanes import Lane

KEPT: Final = 2_000
"""Lanes whose pieces are kept."""
PATH_NAME: Final = f"{PATH} critical path"


class Row(NamedTuple):
    """A lane as it is drawn: its name, its busy share, its bars from the left edge to the right one."""

    name: Cell
    share: Cell
    pieces: list[Piece]


class Rows:
    """Makes rows; a lane that would look as before is not made again."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[object, list[Piece]]] = {}

    def make(self, chart: Chart, scope: Scope, top: int, count: int) -> list[Row]:
        """The row of the critical path, then those of `count` lanes from the one at `top` on."""
        if len(self._kept) > KEPT:
            self._kept.clear()
        lanes = chart.lanes[top : top + max(count, 0)]
        last = chart.path_lane.attempts[-1:]
        path = pieces(chart.path_lane, scope, chart.expected(last[0]) if last else 0.0)
        return [
            Row(Cell(PATH_NAME, "accent"), Cell(""), path),
            *(Row(name(chart, lane), share(chart, lane), self._pieces(chart, lane, scope)) for lane in lanes),
        ]

    def _pieces(self, chart: Chart, lane: Lane, scope: Scope) -> list[Piece]:
        last = lane.attempts[-1] if lane.attempts else None
        expected = chart.expected(last) if last is not None else 0.0
        looks: object = None
        if last is not None:
            growing = (scope.cell(scope.now), scope.cell(expected)) if last.ended is None else ()
            looks = len(lane.attempts), last.number, last.outcome, growing
        made_of = scope.window, scope.width, scope.cell(scope.begin), scope.cell(scope.end), looks
        kept = self._kept.get(lane.node)
        if kept is None or kept[0] != made_of:
            kept = self._kept[lane.node] = made_of, pieces(lane, scope, expected)
        return kept[1]


def name(chart: Chart, lane: Lane) -> Cell:
    """A node's name; a sign before it says why it takes nothing."""
    node = chart.state.nodes.get(lane.node)
    if node is None or not node.up:
        return Cell(f"✗ {lane.node}", "attention")
    return Cell(f"‖ {lane.node}", "wait") if node.held else Cell(lane.node)


def share(chart: Chart, lane: Lane) -> Cell:
    """How much of its time the node worked."""
    return Cell(f"{chart.use(lane).share:.0%}", "dim")
