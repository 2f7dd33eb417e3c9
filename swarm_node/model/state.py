"""What is true now: the fold of the log. `apply` alone changes it; everything else reads."""

from typing import Literal, NamedTuple

from msgspec import Struct, field

from swarm_node.model.appetite import Appetite
from swarm_node.model.estimate import History, speed_of
from swarm_node.model.events import Finding, Policy, Stood
from swarm_node.model.queue import Queue
from swarm_node.model.schedule import Drone
from swarm_node.model.work import Artifact, Diagnosis, Line, Measures, NodeFacts, PlanRow

Status = Literal["needed", "assigned", "building", "staged", "blocked", "released"]
OPEN = ("assigned", "building")
DONE = ("staged", "released")

Outcome = Literal["open", "staged", "failed", "lost", "recalled"]


class Failure(Struct, frozen=True, omit_defaults=True):
    """One attempt that ended without a package."""

    attempt: int
    node: str
    phase: str
    diagnosis: Diagnosis
    at: float
    seconds: float = 0.0
    tree: str = ""
    """Hash of the package's repository on that node."""


class Tried(NamedTuple):
    """One line of a node's record: what it built on which tree, and how it failed ("": it went well)."""

    cpv: str
    tree: str
    kind: str


class Curing(NamedTuple):
    """What a build was blocked by, and what is to have cured it."""

    cause: str
    cure: str


class Build(Struct, omit_defaults=True, gc=False):
    """One package of the session's queue; there may be tens of thousands, and none is part of a cycle."""

    row: PlanRow
    status: Status = "needed"
    since: float = 0.0
    """When it entered its present status."""
    needs: tuple[str, ...] = ()
    """The row's needs that are in the queue, cycles broken."""
    rank: float = 0.0
    """Predicted seconds from its start to the end of all that waits for it (upward rank)."""
    attempt: int | None = None
    """The open attempt, or the accepted one once staged."""
    failures: tuple[Failure, ...] = ()
    tries: int = 0
    """Failures that count towards the limit; unblocking starts a new count."""
    deaths: int = 0
    not_before: float = 0.0
    avoid: tuple[str, ...] = ()
    """Nodes on which a transient failure happened since the last unblock."""
    pinned: str | None = None
    jobs: int | None = None
    diagnosis: Diagnosis | None = None
    """Why it is blocked."""
    curing: Curing | None = None
    """Set between a cure and the next result, which tells whether it was one."""
    artifact: Artifact | None = None
    measures: Measures | None = None

    @property
    def id(self) -> str:
        return self.row.id


class Attempt(Struct, omit_defaults=True, gc=False):
    """One try of one build on one node; its number is the fencing token."""

    number: int
    build: str
    node: str
    session: int
    opened: float
    expected: float = 0.0
    """Seconds that it should take on its node, as predicted when it was opened."""
    jobs: int | None = None
    """The most make jobs that it may use; None: as many as the node does."""
    started: float | None = None
    ended: float | None = None
    outcome: Outcome = "open"
    sha512: str = ""
    phase: str = ""


class Node(Struct, omit_defaults=True):
    """A machine that builds."""

    name: str
    facts: NodeFacts
    up: bool = True
    since: float = 0.0
    held: bool = False
    hold_reason: str = ""
    aside: bool = False
    """The swarm itself holds it, until it passes a check."""
    attempt: int | None = None
    built: int = 0
    failed: int = 0
    record: list[Tried] = field(default_factory=list)
    """Its last results, oldest first, of those that could be its fault."""


class Directive(Struct, omit_defaults=True):
    """Something a node was asked to do beside building."""

    id: int
    node: str
    name: str
    params: dict[str, str]
    issued: float
    finished: float | None = None
    ok: bool | None = None
    output: str = ""


class Change(Struct, omit_defaults=True):
    """Lines of a client profile's etc/portage on trial, and what came of it."""

    number: int
    build: str
    profile: str
    lines: tuple[Line, ...]
    node: str
    at: float
    builds: tuple[str, ...] = ()
    """All that is built for it, while it is on trial."""
    before: tuple[Stood, ...] = ()
    """What stood in their places, while it is on trial."""
    status: Literal["tried", "kept", "taken back"] = "tried"
    reason: str = ""
    """Why it was taken back."""
    ended: float | None = None
    settled: bool = False
    """Whether the client profile has what was kept, and the queue is planned by it."""


class Session(Struct, omit_defaults=True):
    """From `fresh` to `finalize`."""

    number: int = 0
    opened: float = 0.0
    phase: str = "idle"
    detail: str = ""


class Verify(Struct, frozen=True, omit_defaults=True):
    """The last look at staging as a release candidate."""

    verify_id: str
    at: float
    score: int
    findings: tuple[Finding, ...]
    packages: int
    size: int = 0


class Release(Struct, omit_defaults=True):
    """One published set; immutable once `status` is published."""

    number: int
    at: float
    verify_id: str
    builds: tuple[str, ...]
    score: int
    forced: str = ""
    fence: int = 0
    """While prepared, the next attempt's number: what is staged from there on is not part of it."""
    status: Literal["prepared", "published", "abandoned", "forgotten"] = "prepared"
    packages: int = 0
    size: int = 0
    added: int = 0
    findings: tuple[Finding, ...] = ()
    """What the verdict that it was released on had found; dropped with the release."""


class State(Struct, dict=True):
    """The swarm. Encodes to JSON as it stands; `queue` and `fleet` are derived and made anew on decoding."""

    seq: int = 0
    at: float = 0.0
    policy: Policy = field(default_factory=Policy)
    session: Session = field(default_factory=Session)
    builds: dict[str, Build] = field(default_factory=dict)
    attempts: dict[int, Attempt] = field(default_factory=dict)
    """Attempts of the present session; older numbers are stale."""
    next_attempt: int = 1
    heavy: tuple[str, ...] = ()
    """The builds that take longest of those whose duration is known, as of the last ordering."""
    nodes: dict[str, Node] = field(default_factory=dict)
    directives: dict[int, Directive] = field(default_factory=dict)
    next_directive: int = 1
    held: bool = False
    hold_reason: str = ""
    verified: Verify | None = None
    """None as soon as staging changes."""
    releases: dict[int, Release] = field(default_factory=dict)
    current: int | None = None
    """The release that clients see."""
    history: History = field(default_factory=History)
    appetites: dict[str, Appetite] = field(default_factory=dict)
    """What each category/package takes of a machine."""
    changes: dict[int, Change] = field(default_factory=dict)
    """Trials under way and the newest that have ended."""
    cures: dict[str, dict[str, int]] = field(default_factory=dict)
    """Cause to action (with its options) to how often it was a cure, failures subtracted."""

    def __post_init__(self) -> None:
        self.queue = Queue()
        self.fleet: dict[str, Drone] = {}
        self.reindex()

    def reindex(self) -> None:
        """Derive queue and fleet anew from builds and nodes."""
        needs = {name: build.needs for name, build in self.builds.items()}
        self.queue.rebuild(needs, done=self.done(), needed=self.needed())
        self.heavy = tuple(name for name in self.heavy if name in self.builds)
        for name in self.nodes:
            self.refleet(name)

    def done(self) -> set[str]:
        """The builds that are made."""
        return {name for name, build in self.builds.items() if build.status in DONE}

    def needed(self) -> dict[str, float]:
        """The builds that are to be handed out, with their ranks."""
        return {name: build.rank for name, build in self.builds.items() if build.status == "needed"}

    def refleet(self, name: str) -> None:
        """Derive what the scheduler sees of one node."""
        node = self.nodes[name]
        drone = Drone(name, speed_of(self.history, name), node.up and not node.held)
        attempt = self.attempts.get(node.attempt) if node.attempt is not None else None
        if attempt is not None:
            drone.since = attempt.opened
            drone.expected = attempt.expected
        self.fleet[name] = drone

    def trials(self) -> list[Change]:
        """The changes that are on trial now."""
        return [change for change in self.changes.values() if change.status == "tried"]

    def by_status(self, *statuses: str) -> list[Build]:
        """Builds in any of the statuses, in queue order."""
        return [build for build in self.builds.values() if build.status in statuses]
