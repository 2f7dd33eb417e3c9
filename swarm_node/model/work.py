"""What travels between orchestrator and drone: orders one way, facts and results the other."""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

Role = Literal["drone", "local"]
"""`local` is the orchestrator's own builder (BUILD_MODE, `build-local`)."""

Seconds = Annotated[float, Meta(ge=0, le=31_536_000)]
"""A duration that was measured; a year is more than any build takes."""

RoomKind = Literal["root-overlay", "user-overlay", "none"]
"""How an attempt was kept apart from everything before it; `none` marks a result built without a room."""


class BuildOrder(Struct, frozen=True, tag="build", tag_field="kind"):
    """One attempt at one build: all that a drone needs to know to make exactly this binary package."""

    attempt: int
    """Fencing token, strictly increasing over the whole swarm."""
    build: str
    cpv: str
    slot: str
    repository: str
    build_id: int
    """BUILD_ID that the package must carry inside."""
    use: tuple[str, ...] = ()
    """Every USE flag of the ebuild as the resolver set it: `flag` or `-flag`."""
    install: tuple[str, ...] = ()
    """Exact atoms of the build dependencies, installed as binaries only."""
    accept_keywords: tuple[str, ...] = ()
    accept_license: tuple[str, ...] = ()
    profile: str = "default"
    jobs: int | None = None
    """Limit on make jobs; None leaves the drone's own MAKEOPTS."""
    time_limit: float = 86_400.0
    silence_limit: float = 3_600.0
    """Seconds without a line of output after which the build counts as stuck (AUTO_REBOOT's hour)."""
    memory_limit: int | None = None
    scratch_bytes: int = 8 << 30
    package_env: dict[str, str] = field(default_factory=dict)
    simulated: bool = False
    """A dummy of `stress`: nothing is compiled and nothing may be released."""


class DirectiveOrder(Struct, frozen=True, tag="directive", tag_field="kind"):
    """Something for a node to do beside building: sync a tree, add an overlay, verify, repair."""

    id: int
    name: str
    params: dict[str, str] = field(default_factory=dict)


class NoWork(Struct, frozen=True, tag="none", tag_field="kind"):
    """Nothing to do until the next poll, and why."""

    reason: str = ""


Work = BuildOrder | DirectiveOrder | NoWork


class NodeFacts(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a node says of itself when it registers and whenever it changes."""

    role: Role = "drone"
    cores: int = 1
    memory: int = 0
    """Bytes of main memory."""
    disk_free: int = 0
    """Bytes free where builds happen."""
    arch: str = ""
    room: RoomKind = "none"
    room_reason: str = ""
    """Why there is no room, when there is none."""
    base: str = ""
    """Hash of the frozen base that every attempt starts from."""
    url: str = ""
    """The node's own HTTP service."""
    trees: dict[str, str] = field(default_factory=dict)
    """Repository name to hash of its content."""
    configuration: str = ""
    """Hash of the node's etc/portage, equal on machines that are configured alike."""
    kernel: str = ""
    """The release of the running kernel."""
    version: str = ""


class Measures(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """What an attempt cost; None where the kernel offers no measure."""

    seconds: Seconds
    peak_memory: Annotated[int, Meta(ge=0)] | None = None
    peak_disk: Annotated[int, Meta(ge=0)] | None = None
    room: RoomKind = "none"
    base: str = ""
    measured_by: str = ""


class Artifact(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """A binary package in staging."""

    path: str
    """Relative to the staging directory, as in the `Packages` index."""
    sha512: str
    size: int
    build_id: int


class Place(Struct, frozen=True, array_like=True):
    """Where a line stands in a log."""

    line: int
    """From 1."""
    offset: int
    """Bytes before it."""


class Diagnosis(Struct, frozen=True, omit_defaults=True):
    """The class of a failure, the lines that prove it and the action that would cure it."""

    kind: str
    remedy: str
    """Name of an action of the registry, or `human`."""
    summary: str = ""
    transient: bool = False
    evidence: tuple[str, ...] = ()
    params: dict[str, str] = field(default_factory=dict)
    """What the remedy is to be called with."""
    confidence: float = 0.0
    """From 0 to 1; 0 where nothing was read from a log."""
    places: tuple[Place, ...] = ()
    """Where in the log each line of the evidence stands."""
    advice: str = ""
    """What a person is to do, where only a person can help."""


class Line(Struct, frozen=True, array_like=True):
    """One line of a file of a client profile's etc/portage."""

    file: str
    text: str


class PlanRow(Struct, frozen=True, omit_defaults=True, gc=False):
    """One package that must be built, as the resolver says, and why it is in the list."""

    id: str
    """The cpv, or `cpv@profile` where two client profiles need the same cpv built differently."""
    cpv: str
    slot: str
    repository: str
    reason: str
    use: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    """Ids of builds that must be staged or released before this one can start."""
    install: tuple[str, ...] = ()
    accept_keywords: tuple[str, ...] = ()
    accept_license: tuple[str, ...] = ()
    profile: str = "default"
    package_env: dict[str, str] = field(default_factory=dict)
    problem: Diagnosis | None = None
    """Set when the resolver itself refuses the package: it enters the queue blocked."""
    simulated: bool = False
