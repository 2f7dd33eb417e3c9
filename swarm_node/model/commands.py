"""Everything that can be asked of a swarm; `decide` turns each into events or refuses it."""

from msgspec import Struct, field

from swarm_node.model.events import Finding, Policy
from swarm_node.model.work import Artifact, Diagnosis, Line, Measures, NodeFacts, PlanRow


class Command(Struct, frozen=True, kw_only=True):
    """A wish; `by` names who wished it, for the audit trail."""

    by: str = ""


class SetPolicy(Command, frozen=True):
    policy: Policy


class SeeNode(Command, frozen=True):
    name: str
    facts: NodeFacts


class Sweep(Command, frozen=True):
    """Time has passed: take back what silent nodes hold."""

    silent: dict[str, float]
    """Node to seconds since it was last heard."""


class RequestWork(Command, frozen=True):
    """A node asks for something to build; `holding` is the attempt that it still works on, if any."""

    node: str
    holding: int | None = None


class StartAttempt(Command, frozen=True):
    node: str
    attempt: int


class StageBuild(Command, frozen=True):
    """An attempt's package lies checked and durable in staging; None only for a dummy of `stress`."""

    node: str
    attempt: int
    artifact: Artifact | None
    measures: Measures


class FailBuild(Command, frozen=True):
    node: str
    attempt: int
    phase: str
    diagnosis: Diagnosis
    seconds: float = 0.0
    measures: Measures | None = None


class GiveBack(Command, frozen=True):
    """A node that is being stopped gives its attempt back: no try is counted, no death."""

    node: str
    attempt: int


class OpenSession(Command, frozen=True):
    """`fresh` clears; `release` continues."""

    clear: bool


class EnterPhase(Command, frozen=True):
    phase: str
    detail: str = ""


class PlanQueue(Command, frozen=True):
    """The resolver's whole answer: what is not in it is dropped, what is unchanged is kept."""

    rows: tuple[PlanRow, ...]


class Unblock(Command, frozen=True):
    """Try blocked builds again; no builds named: all. `cure` names the action that should have cured them."""

    builds: tuple[str, ...] = ()
    jobs: int | None = None
    node: str | None = None
    cure: str = "unblock"


class TryChange(Command, frozen=True):
    """Try lines of a client profile's etc/portage on one node, none named: the best.

    `rows` is the resolver's whole answer for a profile that has them.
    """

    build: str
    lines: tuple[Line, ...]
    rows: tuple[PlanRow, ...]
    node: str | None = None


class TakeBackChange(Command, frozen=True):
    """End the trial that a build is part of, as if it had failed."""

    build: str


class SettleChange(Command, frozen=True):
    """What follows from the end of a trial has been done."""

    change: int


class Balance(Command, frozen=True):
    """Rank the queue anew and take back what was assigned but never started."""


class HoldSwarm(Command, frozen=True):
    held: bool
    reason: str = ""


class HoldNode(Command, frozen=True):
    name: str
    held: bool
    reason: str = ""


class IssueDirective(Command, frozen=True):
    """Ask nodes to do something; no nodes named: every node that is up."""

    name: str
    params: dict[str, str] = field(default_factory=dict)
    nodes: tuple[str, ...] = ()


class FinishDirective(Command, frozen=True):
    node: str
    id: int
    ok: bool
    output: str = ""


class RecordVerify(Command, frozen=True):
    verify_id: str
    score: int
    findings: tuple[Finding, ...]
    packages: int
    size: int = 0


class PrepareRelease(Command, frozen=True):
    """Release exactly the set that `verify_id` names; `force` is a reason and overrules the risk limit."""

    verify_id: str
    force: str = ""


class PublishRelease(Command, frozen=True):
    release: int
    packages: int
    size: int
    added: int = 0


class AbandonRelease(Command, frozen=True):
    release: int
    reason: str


class RollBack(Command, frozen=True):
    """Show clients an older release; None: the one before the current."""

    release: int | None = None


class ForgetRelease(Command, frozen=True):
    release: int


class RecordAction(Command, frozen=True):
    name: str
    params: dict[str, str] = field(default_factory=dict)
