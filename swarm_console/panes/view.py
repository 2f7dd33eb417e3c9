"""Where one looks at a chart: the stretch of time in sight, and the attempt that is marked."""

from typing import Final

from swarm_console.panes.chart import Chart
from swarm_console.words.timescale import Window, cell, moved, shown, within, zoomed
from swarm_node.model.lanes import Lane
from swarm_node.model.state import Attempt

FACTOR: Final = 1.6
"""One step of the zoom."""
AHEAD: Final = 0.2
"""Share of the window that lies after now while it follows the present."""


class View:
    """A view of the chart that it was given last, `width` cells wide."""

    def __init__(self) -> None:
        self.width = 1
        self._chart: Chart | None = None
        self._window: Window | None = None
        """None for all of it."""
        self._live = True
        """Whether the present was in sight when somebody last scrolled."""
        self._node = ""
        self._attempt: int | None = None
        self._moment = 0.0
        """Where in time the mark is, whatever lane it is in."""

    def see(self, chart: Chart, width: int) -> None:
        """Look at this chart from now on: the mark stays, the window goes along with the present."""
        self._chart, self.width = chart, max(width, 1)
        if self._window is not None:
            if self._live and chart.running and self._window.right < chart.now:
                late = chart.now - (1 - AHEAD) * self._window.seconds
                self._window = self._window._replace(left=late)
            self._window = within(self._window, self.whole)
        if self.marked is None and (self._attempt is not None or not self._node):
            self._begin()

    def _begin(self) -> None:
        """Mark what ends last; without that, the first lane."""
        links, lanes = self.chart.path.links, self.chart.lanes
        last = self.chart.state.attempts.get(links[-1].attempt) if links else None
        self._attempt, self._node = None, lanes[0].node if lanes else ""
        if last is not None:
            self._mark(last)

    # -- what is seen

    @property
    def chart(self) -> Chart:
        assert self._chart is not None
        return self._chart

    @property
    def whole(self) -> Window:
        return self.chart.whole(self.width)

    @property
    def window(self) -> Window:
        """What is in sight."""
        return self._window or self.whole

    @property
    def marked(self) -> Attempt | None:
        """The attempt that is marked."""
        return self.chart.state.attempts.get(self._attempt) if self._attempt is not None else None

    @property
    def place(self) -> int:
        """Which lane is marked."""
        return next((n for n, lane in enumerate(self.chart.lanes) if lane.node == self._node), 0)

    @property
    def lane(self) -> Lane | None:
        """The lane that is marked."""
        return self.chart.lanes[self.place] if self.chart.lanes else None

    # -- moving the mark

    def choose(self, attempt: Attempt) -> None:
        """Mark an attempt and bring it in sight."""
        self._mark(attempt)
        self._look(shown(self.window, self.whole, attempt.opened, self.chart.expected(attempt)))

    def choose_lane(self, place: int, moment: float | None = None) -> None:
        """Mark what a lane held at a moment (its own if none is given), else the nearest before or after."""
        lanes = self.chart.lanes
        if not lanes:
            return
        lane = lanes[max(0, min(place, len(lanes) - 1))]
        at = self._moment if moment is None else moment
        self._node, self._moment, self._attempt = lane.node, at, None
        if lane.attempts:
            self._attempt = lane.attempts[max(lane.place(at), 0)].number

    def step(self, by: int) -> None:
        """To the next bar of the lane, or on along one that goes beyond what is in sight."""
        marked, lane = self.marked, self.lane
        if lane is None or marked is None:
            self.scroll(by / 2)
            return
        beyond = (self._edges(marked)[1] > self.width) if by > 0 else (self._edges(marked)[0] < 0)
        place = lane.place(marked.opened) + by
        if beyond or not 0 <= place < len(lane.attempts):
            self.scroll(by / 2)
        else:
            self.choose(lane.attempts[place])

    def along(self, by: int) -> None:
        """To the next attempt of the critical path; from beside it, to the one at this time."""
        numbers = [link.attempt for link in self.chart.path.links]
        if not numbers:
            return
        if self._attempt in numbers:
            place = max(0, min(numbers.index(self._attempt) + by, len(numbers) - 1))
        else:
            place = max(self.chart.path_lane.place(self._moment), 0)
        self.choose(self.chart.state.attempts[numbers[place]])

    def to_end(self, place: int) -> None:
        """To the first or the last bar of the lane; without bars, to the session's beginning or end."""
        if self.lane is not None and self.lane.attempts:
            self.choose(self.lane.attempts[place])
        whole = self.whole
        self._look(within(self.window._replace(left=whole.left if place == 0 else whole.right), whole))

    def _mark(self, attempt: Attempt) -> None:
        self._attempt, self._node = attempt.number, attempt.node
        self._moment = (attempt.opened + self.chart.over(attempt)) / 2

    def _edges(self, attempt: Attempt) -> tuple[int, int]:
        window, end = self.window, self.chart.expected(attempt)
        return cell(window, self.width, attempt.opened), cell(window, self.width, end)

    # -- moving what is in sight

    def scroll(self, share: float) -> None:
        """On by a share of what is in sight."""
        self._look(moved(self.window, self.whole, share))

    def zoom(self, steps: int, around: float | None = None) -> None:
        """Closer, or farther away with negative steps; by itself round the mark."""
        window = self.window
        if around is None:
            marked = self.marked
            around = self._moment if marked is not None else self.chart.now
            around = min(max(around, window.left), window.right)
        closer = zoomed(window, self.whole, FACTOR**-steps, around)
        self._look(closer)
        if closer.seconds >= self.whole.seconds:
            self.fit()

    def fit(self) -> None:
        """All of it."""
        self._window, self._live = None, True

    def _look(self, window: Window) -> None:
        if self._window is not None or window != self.whole:
            self._window = window
            self._live = window.right >= self.chart.now
