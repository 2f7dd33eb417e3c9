"""The console's own copy of the swarm: the orchestrator's stream, folded with the model's `apply`."""

from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Final, NamedTuple

import msgspec

from swarm_console.known.arrival import Arrival
from swarm_console.known.lineup import Line, Lineup
from swarm_console.known.norm import Norm, norm
from swarm_console.known.sliced import Sliced, Steps
from swarm_console.known.thrift import share, share_event
from swarm_console.known.throttle import Throttled
from swarm_console.known.underway import done
from swarm_console.wire.stream import Health, Message
from swarm_node.model.apply import apply
from swarm_node.model.chronology import critical_path
from swarm_node.model.clusters import clusters_steps
from swarm_node.model.events import (
    AttemptLost,
    AttemptRecalled,
    BuildDropped,
    BuildFailed,
    BuildNeeded,
    BuildStaged,
    Event,
    NodeLost,
    NodeSeen,
    QueueOrdered,
    Record,
    ReleasePublished,
    SessionOpened,
)
from swarm_node.model.instalments import Preview
from swarm_node.model.lanes import Lanes
from swarm_node.model.messages import Progress
from swarm_node.model.next_action import next_action
from swarm_node.model.start import foreseen
from swarm_node.model.state import State
from swarm_node.model.status import UNFINISHED, Remaining, Totals, remaining_steps

REMEMBERED: Final = 1_000
"""Events kept for the events pane."""
LOADS: Final = 24
"""Words of load kept a node, for its sparkline."""


class Link(NamedTuple):
    """Whether the picture is live, since when (Unix seconds), and why not."""

    live: bool
    since: float
    reason: str = ""


class OutOfStep(Exception):
    """The stream cannot be followed from here: a new snapshot is needed."""


_decode = msgspec.json.Decoder(Message).decode
_decode_past = msgspec.json.Decoder(list[Record]).decode


class Mirror:
    """Takes messages in, keeps `state` and what lies around it; `changes` counts what was taken."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.state = State()
        self.generation: int | None = None
        self.known = False
        """Whether a snapshot ever came."""
        self.changes = 0
        self.link = Link(False, clock(), "connecting")
        self.health = Health()
        self.progress: dict[int, Progress] = {}
        self.peaks: dict[int, float] = {}
        """How far the counters of running builds once were, by attempt; kept by who draws them."""
        self.loads: dict[str, deque[float]] = {}
        self.logs: dict[int, int] = {}
        """How long logs are by now, of those that grew since a stream began."""
        self.streams = 0
        """How many streams have begun: what grew before the last of them, it did not tell."""
        self.preview: Preview | None = None
        """The part of a long state that is shown while the rest of it is on its way."""
        self._arrival: Arrival | None = None
        self.recent: deque[Record] = deque(maxlen=REMEMBERED)
        self.done = Sliced(lambda state, now: done(self, self.totals.complete, now))
        self.remaining = Sliced(self._remaining)
        self.ends = Sliced(foreseen)
        self.next_action = Throttled(lambda state, now: next_action(state, self.lineup.by_status))
        self.clusters = Sliced(lambda state, now: clusters_steps(state, self._blocked), self._causes)
        self.lanes = Lanes()
        self.path = Throttled(lambda state, now: critical_path(state, self.lanes.follow(state), now))
        self._lineup: Lineup | None = None
        self._norm: Norm | None = None

    @property
    def _blocked(self) -> Line:
        return self.lineup.line("blocked")

    def _causes(self) -> object:
        """Which builds are blocked, each since when: the same, while their causes are."""
        return [(build.id, build.since) for build in self._blocked]

    @property
    def place(self) -> tuple[int | None, int | None]:
        """Where to go on reading: (after this sequence number, of this generation); None for a snapshot."""
        return (self.state.seq, self.generation) if self.generation is not None else (None, None)

    def take(self, raw: bytes | Message) -> None:
        """Fold one message in. Raises: OutOfStep."""
        try:
            message = _decode(raw) if isinstance(raw, bytes) else raw
            self._take_state(message)
            for record in message.events:
                self._fold(record)
        except msgspec.MsgspecError as error:
            raise OutOfStep(f"the swarm says what this console does not know ({error})") from error
        except (KeyError, ValueError) as error:
            raise OutOfStep(f"an event does not fit this picture ({error!r})") from error
        for word in message.words:
            self._hear(word)
        self.logs.update(message.logs)
        if not self.link.live:
            self.link = Link(True, self._clock())
        self.changes += 1

    def _take_state(self, message: Message) -> None:
        """A whole state, or as much of a long one as this message brings."""
        if message.preview is not None:
            self.generation = None
            self._begin(message.preview.state, message.preview)
        if message.snapshot is not None and message.instalments:
            self._arrival = Arrival(message.snapshot, message.generation, message.instalments)
        elif message.snapshot is not None:
            self._begin(message.snapshot)
            if message.before is not None:
                self.recent = deque(message.before, maxlen=REMEMBERED)
        if message.generation is not None and self._arrival is None:
            self.generation = message.generation
        arrival = self._arrival
        if message.instalment is not None and arrival is not None and arrival.take(message.instalment):
            self.generation = arrival.generation
            self._begin(arrival.state)

    def take_past(self, raw: bytes) -> None:
        """What happened before the snapshot: records as GET /api/v1/history answers them, newest first."""
        try:
            older = [record for record in reversed(_decode_past(raw)) if self._is_older(record)]
        except msgspec.MsgspecError:
            return
        self.recent.extendleft(reversed(older))
        self.changes += 1

    def join(self) -> None:
        """A stream has begun."""
        self.streams += 1

    def lose(self, reason: str) -> None:
        """The stream broke: the picture stays, marked with since when."""
        since = self._clock() if self.link.live else self.link.since
        self.link = Link(False, since, reason)
        self.changes += 1

    def forget(self) -> None:
        """Ask for a snapshot the next time."""
        self.generation = None

    def judge(self, health: Health) -> None:
        """Note how gateway and orchestrator are."""
        self.changes += health != self.health
        self.health = health

    def _remaining(self, state: State, now: float) -> Steps[Remaining | None]:
        return remaining_steps(state, list(self.lineup.by_status(*UNFINISHED)), now)

    @property
    def totals(self) -> Totals:
        """The four numbers; those of all that is to come, while only a part of a long queue is there."""
        if self.preview is not None:
            return self.preview.totals
        line = self.lineup.line
        return Totals(
            needed=len(line("ready", "waiting")),
            building=len(line("building", "assigned")),
            complete=len(line("staged", "released")),
            blocked=len(line("blocked")),
        )

    @property
    def norm(self) -> Norm:
        """What nodes are held against."""
        if self._norm is None:
            self._norm = norm(self.state.nodes.values())
        return self._norm

    @property
    def lineup(self) -> Lineup:
        """The queue in order; made anew only when the plan changes."""
        if self._lineup is None:
            self._lineup = Lineup(self.state.builds, self.state.queue)
        return self._lineup

    def newest(self, count: int) -> list[Record]:
        """The newest events, newest first."""
        return list(islice(reversed(self.recent), count))

    def _is_older(self, record: Record) -> bool:
        oldest = self.recent[0].seq if self.recent else self.state.seq + 1
        return record.seq < oldest

    def _begin(self, state: State, preview: Preview | None = None) -> None:
        self.state, self.known = state, True
        self._lineup = self._norm = None
        self.preview, self._arrival = preview, None
        self._let_go()
        while self.recent and self.recent[-1].seq > state.seq:
            self.recent.pop()

    def _open(self, event: SessionOpened) -> None:
        """Another queue begins: who still looks at a line of the last one does not hold on to its builds."""
        if event.cleared and self._lineup is not None:
            self._lineup.clear()
        self._lineup = None
        self._let_go()

    def _let_go(self) -> None:
        """Nothing that is worked out of a queue outlives it, though nobody may ask for it for long."""
        for figure in (self.done, self.remaining, self.ends, self.clusters):
            figure.forget()
        self.lanes = Lanes()
        self._drop_ended()

    def _fold(self, record: Record) -> None:
        if record.seq <= self.state.seq:
            return
        if record.seq != self.state.seq + 1:
            raise OutOfStep(f"event {record.seq} follows {self.state.seq}")
        share_event(record.event, self.state.builds)
        apply(self.state, record.event)
        self.recent.append(record)
        if isinstance(record.event, BuildNeeded):
            share(self.state.builds[record.event.row.id], self.state.builds)
        if isinstance(record.event, SessionOpened):
            self._open(record.event)
        elif isinstance(record.event, _REORDERS):
            self._lineup = None
        elif self._lineup is not None and (build := getattr(record.event, "build", None)) is not None:
            self._lineup.renew((build, *self.state.queue.dependents.get(build, ())))
        if isinstance(record.event, NodeSeen | NodeLost):
            self._norm = None
        if isinstance(record.event, _ENDS):
            self.progress.pop(record.event.attempt, None)
            self.peaks.pop(record.event.attempt, None)

    def _drop_ended(self) -> None:
        for kept in (self.progress, self.logs, self.peaks):
            for number in [n for n in kept if n not in self.state.attempts]:
                del kept[number]

    def _hear(self, word: Progress) -> None:
        attempt = self.state.attempts.get(word.attempt)
        if attempt is not None and attempt.outcome == "open":
            self.progress[word.attempt] = word
        if word.load is not None:
            self.loads.setdefault(word.node, deque(maxlen=LOADS)).append(word.load)


_ENDS: Final = (BuildStaged, BuildFailed, AttemptLost, AttemptRecalled)
_REORDERS: Final[tuple[type[Event], ...]] = (
    BuildNeeded,
    BuildDropped,
    QueueOrdered,
    ReleasePublished,
)
