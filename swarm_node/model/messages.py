"""What drones and orchestrator say to each other beside orders and facts: the bodies of the work API."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from swarm_node.model.work import Measures, NoWork, Seconds, Work

Share = Annotated[float, Meta(ge=0, le=1)]
Sha512 = Annotated[str, Meta(pattern=r"^([0-9a-fA-F]{128})?\Z")]
Reason = Literal["failed", "time_limit", "no_output", "memory_limit", "drone", "stopped"]
"""How an attempt ended, as the drone saw it; `stopped`: the drone itself is being stopped."""


class Message(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of every body that a drone sends: an unknown field is an error."""


class WorkRequest(Message, frozen=True):
    """The body of POST /api/v1/nodes/{name}/work."""

    holding: int | None = None
    """The attempt that the drone still works on, or has finished and not handed in."""


class ProgressReport(Message, frozen=True):
    """The body of POST /api/v1/attempts/{n}/progress."""

    node: str
    phase: str
    fraction: Share | None = None
    load: Annotated[float, Meta(ge=0)] | None = None
    detail: str = ""
    round: Annotated[int, Meta(ge=1)] = 1
    seconds: Seconds | None = None


class Completion(Message, frozen=True):
    """The body of POST /api/v1/attempts/{n}/complete; without a digest for a dummy of `stress`."""

    node: str
    measures: Measures
    sha512: Sha512 = ""
    size: Annotated[int, Meta(ge=0)] = 0


class FailureReport(Message, frozen=True):
    """The body of POST /api/v1/attempts/{n}/fail."""

    node: str
    phase: str
    seconds: Seconds = 0.0
    rc: int | None = None
    reason: Reason = "failed"
    measures: Measures | None = None


class DirectiveResult(Message, frozen=True):
    """The body of POST /api/v1/directives/{id}/result."""

    node: str
    ok: bool
    output: str = ""


class Configuration(Struct, frozen=True):
    """The answer to GET /api/v1/configuration: a node's etc/portage and its trees, as they compare."""

    node: str
    hash: str
    files: dict[str, str]
    """Path below etc/portage to text; the machine's own paths are named, secrets are left out."""
    trees: dict[str, str] = {}
    """Repository name to hash of its content."""


class Settled(Struct, frozen=True):
    """The answer to a completion or a failure: whether it counted, and what to do next."""

    accepted: bool = True
    work: Work = NoWork()


class Progress(Struct, frozen=True):
    """The newest word of a node on its attempt.

    `fraction` is how far the phase is by the build's own counter, from 0 to 1, None when it has none; `round`
    says which of the phase's counters that is, `seconds` for how long it counts, None where that is not told.
    """

    attempt: int
    node: str
    phase: str
    fraction: float | None = None
    load: float | None = None
    detail: str = ""
    round: int = 1
    seconds: float | None = None
