"""The session at one moment as the timeline shows it: its lanes, its stretch of time, its critical path."""

from collections.abc import Sequence
from functools import cached_property

from swarm_console.known.picture import Picture
from swarm_console.words.timescale import Window, fitted
from swarm_node.model.chronology import Path, Use, Wait, span, under_way, use, waited_for
from swarm_node.model.lanes import Lane, Lanes, end_of, expected_end
from swarm_node.model.state import Attempt, State


class Chart:
    """Read off a picture; it keeps that picture's live state: draw it, do not keep it."""

    def __init__(self, picture: Picture, lanes: Lanes, path: Path) -> None:
        self.picture, self.now, self.path = picture, picture.now, path
        self._lanes = lanes
        self.begin, self.end = span(self.state, lanes, self.now)
        self.running = under_way(self.state)

    @property
    def state(self) -> State:
        return self.picture.state

    @property
    def lanes(self) -> Sequence[Lane]:
        """Every drone's lane, by name."""
        return self._lanes.all

    @cached_property
    def path_lane(self) -> Lane:
        """The attempts of the critical path, one after the other."""
        lane = Lane("critical path")
        for link in self.path.links:
            if (attempt := self.state.attempts.get(link.attempt)) is not None:
                lane.add(attempt)
        return lane

    @cached_property
    def on_path(self) -> frozenset[int]:
        """The numbers of the path's attempts."""
        return frozenset(link.attempt for link in self.path.links)

    @cached_property
    def until(self) -> float:
        """The end of all that is to be shown: of what is open, when it should be over."""
        open_ = (lane.attempts[-1] for lane in self.lanes if lane.attempts)
        return max((self.expected(attempt) for attempt in open_), default=self.end)

    def whole(self, width: int) -> Window:
        """All of the session, from when it was opened."""
        opened = self.state.session.opened or self.begin
        return fitted(min(opened, self.begin), max(self.until, self.end), width)

    def expected(self, attempt: Attempt) -> float:
        """When an attempt ends: what it says of itself, else what history says; never in the past."""
        build = self.state.builds.get(attempt.build)
        if attempt.ended is not None or build is None or build.attempt != attempt.number:
            return expected_end(attempt, self.now)
        found = self.picture.course_of(build)
        return expected_end(attempt, self.now) if found.guessed else self.now + found.left

    def over(self, attempt: Attempt) -> float:
        """When it was over, now while it is open."""
        return end_of(attempt, self.now)

    def use(self, lane: Lane) -> Use:
        """What became of a node's time."""
        return use(self.state, lane, self.begin, self.end)

    def lane_of(self, attempt: Attempt) -> int:
        """Which lane it is in."""
        return next(place for place, lane in enumerate(self.lanes) if lane.node == attempt.node)

    def waited(self, attempt: Attempt) -> Wait:
        """What it waited for before it began."""
        return waited_for(self.state, self._lanes, attempt)


def chart(picture: Picture) -> Chart:
    """The chart of a picture."""
    mirror = picture.mirror
    lanes = mirror.lanes.follow(mirror.state)
    return Chart(picture, lanes, mirror.path(mirror.state, picture.now))
