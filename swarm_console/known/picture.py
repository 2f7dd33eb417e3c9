"""What the panes draw: the mirror at one moment, with the figures that more than one of them needs."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from math import inf
from types import MappingProxyType
from typing import Final, NamedTuple

import msgspec

from swarm_console.known.course import Course
from swarm_console.known.lineup import RANKS
from swarm_console.known.mirror import Link, Mirror
from swarm_console.known.norm import Norm
from swarm_console.known.underway import course_of, elapsed_of, estimate_of
from swarm_console.wire.stream import Health
from swarm_node.model.clusters import Cluster, standing
from swarm_node.model.estimate import Estimate
from swarm_node.model.events import Record
from swarm_node.model.messages import Progress
from swarm_node.model.next_action import NextAction
from swarm_node.model.state import OPEN, Attempt, Build, Node, State
from swarm_node.model.status import Remaining, Totals

EVENTS_SHOWN: Final = 500
UNSEEN: Final = NextAction("wait", "the swarm has not been seen yet", "build-swarm monitor", "monitor")
"""What is next before anything was heard of the swarm."""


class Share(NamedTuple):
    """How much of a build is done, from 0 to 1; `guessed` when history says so and not the build."""

    fraction: float
    guessed: bool


class Picture:
    """One moment (Unix seconds) of a mirror. It reads the mirror's live state: draw it, do not keep it."""

    def __init__(
        self,
        mirror: Mirror,
        now: float,
        busy: Mapping[str, str] = MappingProxyType({}),
        locked: str = "",
        keys: Mapping[str, str] = MappingProxyType({}),
        replay: str = "",
        spare: float = inf,
    ) -> None:
        self.mirror, self.now = mirror, now
        self.busy = busy
        """The actions that this console has under way, by name, with their titles."""
        self.locked = locked
        """Why nothing can be changed from here; empty when it can."""
        self.keys = keys
        """How the key of each action is written, by the action's name."""
        self.replay = replay
        """What of the past is shown in place of the present; "" for nothing."""
        self.spare = spare
        """How many seconds it has for a figure that takes long; none where a key waits for it."""
        self.unfinished = False
        """Whether something of it goes on in another, which should come though nothing changes."""

    @property
    def state(self) -> State:
        return self.mirror.state

    @property
    def link(self) -> Link:
        return self.mirror.link

    @property
    def health(self) -> Health:
        return self.mirror.health

    @property
    def queue(self) -> Sequence[Build]:
        """All builds: what runs, what comes next, what is stuck, what is done."""
        return self.mirror.lineup.line(*RANKS)

    @property
    def running(self) -> Sequence[Build]:
        return self.mirror.lineup.line("building", "assigned")

    @property
    def blocked(self) -> Sequence[Build]:
        return self.mirror.lineup.line("blocked")

    @cached_property
    def clusters(self) -> Sequence[Cluster]:
        """The blocked builds by their causes, the one that holds up the most first."""
        return standing(self.state, self.mirror.clusters.whole(self.state, self.now, self.spare))

    @property
    def staged(self) -> Sequence[Build]:
        return self.mirror.lineup.line("staged")

    @property
    def coming(self) -> int:
        """How many builds there will be, while only a part of a long queue is there; else 0."""
        part = self.mirror.preview
        return sum(msgspec.structs.astuple(part.totals)) if part is not None else 0

    @property
    def totals(self) -> Totals:
        return self.mirror.totals

    @cached_property
    def next(self) -> NextAction:
        if not self.mirror.known:
            return UNSEEN
        if self.mirror.preview is not None:
            return self.mirror.preview.next
        return self.mirror.next_action(self.state, self.now)

    @cached_property
    def remaining(self) -> Remaining | None:
        if self.mirror.preview is not None:
            return None
        return self.mirror.remaining(self.state, self.now, self.spare)

    @cached_property
    def ends(self) -> Mapping[str, float]:
        """When builds that run or come next should be over (Unix seconds), as far as that can be foreseen."""
        if self.mirror.preview is not None:
            return {}
        return self.mirror.ends(self.state, self.now, self.spare) or {}

    @cached_property
    def fraction_done(self) -> float:
        """Share of the queue that is complete, by count, running builds in part."""
        total = self.coming or len(self.state.builds)
        if not total:
            return 0.0
        done = self.mirror.done(self.state, self.now, self.spare)
        return min((self.totals.complete if done is None else done) / total, 1.0)

    @property
    def norm(self) -> Norm:
        """The trees and the configuration that nodes are held against."""
        return self.mirror.norm

    @property
    def trees(self) -> dict[str, str]:
        """The hash of each tree that a node is held against."""
        return self.norm.trees

    @cached_property
    def events(self) -> list[Record]:
        return self.mirror.newest(EVENTS_SHOWN)

    def attempt_of(self, build: Build) -> Attempt | None:
        return self.state.attempts.get(build.attempt) if build.attempt is not None else None

    def node_of(self, build: Build | None) -> Node | None:
        """The node that builds it now."""
        attempt = self.attempt_of(build) if build is not None and build.status in OPEN else None
        return self.state.nodes.get(attempt.node) if attempt is not None else None

    def building(self, node: Node) -> Build | None:
        """What a node builds now."""
        attempt = self.state.attempts.get(node.attempt) if node.attempt is not None else None
        return self.state.builds.get(attempt.build) if attempt is not None else None

    def progress_of(self, build: Build) -> Progress | None:
        return self.mirror.progress.get(build.attempt) if build.attempt is not None else None

    def elapsed(self, build: Build) -> float:
        """Seconds since the build's attempt was handed out."""
        return elapsed_of(self.mirror, build, self.now)

    def estimate_of(self, build: Build) -> Estimate:
        """What history gives the build, on its node if it has one."""
        return estimate_of(self.mirror, build)

    def predicted(self, build: Build) -> float:
        """Its seconds."""
        return self.estimate_of(build).seconds

    def course_of(self, build: Build) -> Course:
        """How far a running build is, and what is left."""
        return course_of(self.mirror, build, self.now)

    def share_of(self, build: Build) -> Share:
        """How much of a running build is done."""
        found = self.course_of(build)
        return Share(found.fraction, found.guessed)
