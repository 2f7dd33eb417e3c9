"""Everything that can happen in a swarm; the log is a list of these and nothing else is true."""

from msgspec import Struct, field

from swarm_node.model.work import Artifact, Diagnosis, Line, Measures, NodeFacts, PlanRow


class Policy(Struct, frozen=True):
    """The numbers of the rules; seconds unless named otherwise."""

    lease: float = 90.0
    max_attempts: int = 3
    max_deaths: int = 3
    backoff: float = 30.0
    """Delay before the first retry of a transient failure; doubles with each."""
    build_mode: str = "delegate_first"
    time_limit: float = 86_400.0
    silence_limit: float = 3_600.0
    risk_limit: int = 10
    recheck: float = 600.0
    """Pause after a check that a node set aside did not pass."""
    simulated: bool = False
    """Whether dummies of `stress` may be built here."""


class Event(Struct, frozen=True, omit_defaults=True, tag=True, tag_field="event", kw_only=True):
    """Something that happened, at a wall-clock time in Unix seconds."""

    at: float


class PolicySet(Event, frozen=True):
    """The numbers that the rules use, from the orchestrator's configuration."""

    policy: Policy


class ActionTaken(Event, frozen=True):
    """An operator did something: the audit trail."""

    name: str
    params: dict[str, str] = field(default_factory=dict)
    by: str = ""


class SessionOpened(Event, frozen=True):
    """A session began; `cleared` voids queue and staging and makes all earlier attempts stale."""

    session: int
    cleared: bool


class PhaseEntered(Event, frozen=True):
    """The session moved on: syncing, discovering, building, idle."""

    phase: str
    detail: str = ""


class BuildNeeded(Event, frozen=True):
    """A package joined the queue."""

    row: PlanRow


class BuildDropped(Event, frozen=True):
    """A package left the queue without being built."""

    build: str
    reason: str


class QueueOrdered(Event, frozen=True):
    """The queue is complete, or is to be ranked anew from what history now knows."""

    reason: str = ""


class BuildAssigned(Event, frozen=True):
    """An attempt was given to a node; `jobs`: the most make jobs that it may use, None: the node's own."""

    build: str
    attempt: int
    node: str
    jobs: int | None = None


class BuildStarted(Event, frozen=True):
    """The node confirmed the attempt and works on it."""

    build: str
    attempt: int


class BuildStaged(Event, frozen=True):
    """An attempt's package was checked, stored and accepted."""

    build: str
    attempt: int
    node: str
    artifact: Artifact | None
    measures: Measures


class BuildFailed(Event, frozen=True):
    """An attempt ended without a package; `retry_at`: when it is tried again by itself, None: never.

    `jobs`: the most make jobs from now on, after it ran out of memory.
    """

    build: str
    attempt: int
    node: str
    phase: str
    diagnosis: Diagnosis
    seconds: float = 0.0
    retry_at: float | None = None
    jobs: int | None = None
    measures: Measures | None = None


class AttemptLost(Event, frozen=True):
    """A node vanished with an attempt; `death` when the node itself died while building it."""

    build: str
    attempt: int
    node: str
    reason: str
    death: bool = True


class AttemptRecalled(Event, frozen=True):
    """The swarm took an attempt back: its result will be stale."""

    build: str
    attempt: int
    node: str
    reason: str


class ResultIgnored(Event, frozen=True):
    """A late, foreign or conflicting result arrived; recorded, never staged."""

    attempt: int
    node: str
    code: str
    message: str


class BuildBlocked(Event, frozen=True):
    """A build will not be tried again until somebody acts."""

    build: str
    diagnosis: Diagnosis


class BuildUnblocked(Event, frozen=True):
    """A build is tried again with a clean slate; `jobs` and `node` limit it, None leaves them as they were.

    An empty `node` lets it go to any. `cure` names the action that is to cure it, with its options.
    """

    build: str
    jobs: int | None = None
    node: str | None = None
    cure: str = ""


class Stood(Struct, frozen=True, omit_defaults=True):
    """What the queue held before a trial: a row, and why it was blocked, if it was."""

    row: PlanRow
    diagnosis: Diagnosis | None = None


class ChangeTried(Event, frozen=True):
    """Lines of a client profile's etc/portage are tried on one node: `build` is what they are to cure.

    `builds` are all that are built for it, itself included; `before` is what stood in their places.
    """

    change: int
    build: str
    profile: str
    lines: tuple[Line, ...]
    node: str
    builds: tuple[str, ...]
    before: tuple[Stood, ...]


class ChangeKept(Event, frozen=True):
    """What was tried was built: the client profile gets the lines, for all."""

    change: int
    build: str


class ChangeTakenBack(Event, frozen=True):
    """What was tried did not help, or was not waited for: the queue is as it was before."""

    change: int
    build: str
    reason: str


class ChangeSettled(Event, frozen=True):
    """The client profile has what was kept, and the queue is planned by it."""

    change: int
    build: str


class NodeSeen(Event, frozen=True):
    """A node registered, came back, or changed what it says of itself."""

    name: str
    facts: NodeFacts


class NodeLost(Event, frozen=True):
    """A node has been silent for longer than its lease."""

    name: str
    reason: str


class NodeHeld(Event, frozen=True):
    """A node gets no new builds (drain, pause) until it is resumed.

    `aside`: the swarm itself holds it, because failures point at it, until it passes a check.
    """

    name: str
    held: bool
    reason: str = ""
    aside: bool = False


class SwarmHeld(Event, frozen=True):
    """Nothing new is handed out anywhere, until resumed."""

    held: bool
    reason: str = ""


class DirectiveIssued(Event, frozen=True):
    """A node is asked to do something beside building."""

    id: int
    node: str
    name: str
    params: dict[str, str] = field(default_factory=dict)


class DirectiveFinished(Event, frozen=True):
    """A node did what it was asked, or could not."""

    id: int
    ok: bool
    output: str = ""


class Finding(Struct, frozen=True):
    """One reason for risk; the score is the sum of points."""

    code: str
    message: str
    points: int
    package: str = ""


class StagingVerified(Event, frozen=True):
    """Staging was checked as a release candidate; `verify_id` names exactly the set that was looked at."""

    verify_id: str
    score: int
    findings: tuple[Finding, ...]
    packages: int
    size: int = 0


class ReleasePrepared(Event, frozen=True):
    """A release directory is about to be made; recovery removes it unless it was published."""

    release: int
    verify_id: str
    builds: tuple[str, ...]
    score: int
    forced: str = ""
    """The operator's reason for releasing above the risk limit."""


class ReleasePublished(Event, frozen=True):
    """Clients now see this release."""

    release: int
    packages: int
    size: int
    added: int = 0
    """How many packages it took from staging."""
    left: int | None = None
    """The release that clients saw before; None for the first."""


class ReleaseAbandoned(Event, frozen=True):
    """A prepared release never became visible and was removed."""

    release: int
    reason: str


class ReleaseRolledBack(Event, frozen=True):
    """Clients see an older release again."""

    release: int
    left: int


class ReleaseForgotten(Event, frozen=True):
    """An old release was deleted by retention."""

    release: int


AnyEvent = (
    PolicySet
    | ActionTaken
    | SessionOpened
    | PhaseEntered
    | BuildNeeded
    | BuildDropped
    | QueueOrdered
    | BuildAssigned
    | BuildStarted
    | BuildStaged
    | BuildFailed
    | AttemptLost
    | AttemptRecalled
    | ResultIgnored
    | BuildBlocked
    | BuildUnblocked
    | ChangeTried
    | ChangeKept
    | ChangeTakenBack
    | ChangeSettled
    | NodeSeen
    | NodeLost
    | NodeHeld
    | SwarmHeld
    | DirectiveIssued
    | DirectiveFinished
    | StagingVerified
    | ReleasePrepared
    | ReleasePublished
    | ReleaseAbandoned
    | ReleaseRolledBack
    | ReleaseForgotten
)


class Record(Struct, frozen=True):
    """An event with its place in the log."""

    seq: int
    event: AnyEvent
