"""A swarm told in commands: the real `decide` and `apply`, and a wire that ships what came of them."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, NamedTuple

import msgspec

from swarm_console.wire.stream import Health, Unreachable
from swarm_node.model import commands as c
from swarm_node.model.apply import apply
from swarm_node.model.decide import decide
from swarm_node.model.estimate import cp_of
from swarm_node.model.events import AttemptLost, BuildFailed, BuildStaged, Finding, Record
from swarm_node.model.instalments import emptied, instalments, preview
from swarm_node.model.state import State
from swarm_node.model.work import Artifact, Diagnosis, Measures, NodeFacts, PlanRow

START = 1_795_000_000.0
"""A moment of Unix time that every story begins at."""
GIB = 1 << 30
TREES = {"gentoo": "a1b2c3d4e5f60718", "overlay": "00ff11ee22dd33cc"}


class Log(NamedTuple):
    """The log of an attempt, and from which offset on it was written when."""

    text: bytearray
    arrivals: list[tuple[int, float]]


class Story:
    """The swarm, the wire to it, and the clock of whoever looks at it."""

    def __init__(self) -> None:
        self.state = State()
        self.now = START
        self.generation = 1
        self.gone = ""
        """Why nothing answers; empty while something does."""
        self.well = Health(orchestrator="main", asked=True)
        self.early: list[bytes] = []
        """Messages that are there before anybody listens."""
        self.listened_to = asyncio.Event()
        """Clear while whoever wants to listen must wait."""
        self.listened_to.set()
        self.connections: list[tuple[int | None, int | None]] = []
        """Where each connection asked to begin."""
        self.logs: dict[int, Log] = {}
        self.told: list[Record] = []
        self._queues: set[asyncio.Queue[bytes | None]] = set()

    # -- telling

    def clock(self) -> float:
        return self.now

    def tell(self, *commands: c.Command, after: float = 0.0) -> "Story":
        """Let so many seconds pass, then have commands decided, applied and shipped."""
        self.now += after
        for command in commands:
            for event in decide(self.state, command, self.now):
                apply(self.state, event)
                record = Record(self.state.seq, event)  # type: ignore[arg-type]
                self.told.append(record)
                self.ship({"events": [record]})
        return self

    def work(self, node: str) -> int:
        """A node asks for work and begins it; the attempt's number."""
        self.tell(c.RequestWork(node=node))
        attempt = self.state.nodes[node].attempt
        assert attempt is not None, f"there is no work for {node}"
        self.tell(c.StartAttempt(node=node, attempt=attempt))
        return attempt

    def stage(self, node: str, seconds: float = 60.0) -> None:
        """A node ends its build well."""
        attempt = self.state.nodes[node].attempt
        assert attempt is not None
        cpv = self.state.builds[self.state.attempts[attempt].build].row.cpv
        made = Artifact(f"{cpv}-1.gpkg.tar", f"{attempt:0128x}", 1_234_567, 1)
        measures = Measures(seconds=seconds, peak_memory=300 << 20, room="root-overlay", base="b1")
        self.tell(c.StageBuild(node=node, attempt=attempt, artifact=made, measures=measures), after=seconds)

    def fail(self, node: str, diagnosis: Diagnosis, seconds: float = 30.0) -> None:
        """A node's build fails."""
        attempt = self.state.nodes[node].attempt
        assert attempt is not None
        self.tell(
            c.FailBuild(node=node, attempt=attempt, phase="compile", diagnosis=diagnosis, seconds=seconds),
            after=seconds,
        )

    def progress(self, node: str, phase: str, fraction: float | None, load: float) -> None:
        """A node's word on its attempt."""
        attempt = self.state.nodes[node].attempt
        word = {"attempt": attempt, "node": node, "phase": phase, "fraction": fraction, "load": load}
        self.ship({"words": [word]})

    def write(self, attempt: int, data: bytes) -> None:
        """An attempt's log grows."""
        log = self.logs.setdefault(attempt, Log(bytearray(), []))
        log.arrivals.append((len(log.text), self.now))
        log.text.extend(data)
        self.ship({"logs": {attempt: len(log.text)}})

    def verify(self, *findings: Finding) -> None:
        """Staging is verified with these findings."""
        staged = len(self.state.by_status("staged"))
        score = sum(finding.points for finding in findings)
        self.tell(
            c.RecordVerify(verify_id="v1", score=score, findings=findings, packages=staged, size=44 << 20)
        )

    def ship(self, message: Any) -> None:
        """Send one message to whoever is connected."""
        for queue in self._queues:
            queue.put_nowait(msgspec.json.encode(message))

    def vanish(self, reason: str = "the connection is refused") -> None:
        """The gateway is gone, and every connection with it."""
        self.gone = reason
        self.well = Health(gateway=reason, asked=True)
        for queue in self._queues:
            queue.put_nowait(None)

    def return_(self) -> None:
        """The gateway is back."""
        self.gone, self.well = "", Health(orchestrator="main", asked=True)

    # -- the wire

    async def ahead(self) -> AsyncGenerator[bytes, None]:
        for message in self.early:
            yield message

    async def messages(self, after: int | None, generation: int | None) -> AsyncGenerator[bytes, None]:
        self.connections.append((after, generation))
        if self.gone:
            raise Unreachable(self.gone)
        await self.listened_to.wait()
        queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._queues.add(queue)
        try:
            yield self._opening(after, generation)
            while (message := await queue.get()) is not None:
                yield message
        finally:
            self._queues.discard(queue)
        if self.gone:
            raise Unreachable(self.gone)

    def _opening(self, after: int | None, generation: int | None) -> bytes:
        head = {"generation": self.generation, "seq": self.state.seq}
        if after is None or generation != self.generation:
            return msgspec.json.encode({**head, "snapshot": self.state})
        missed = [record for record in self.told if record.seq > after]
        return msgspec.json.encode({**head, "events": missed})

    def history(self, limit: str, before: str = "", node: str = "", package: str = "") -> Any:
        """What GET /api/v1/history answers."""
        found = [
            record
            for record in reversed(self.told)
            if isinstance(record.event, BuildStaged | BuildFailed | AttemptLost)
            and (not before or record.seq < int(before))
            and node in ("", record.event.node)
            and package in ("", cp_of(record.event.build))
        ]
        return msgspec.to_builtins(found[: int(limit)])

    async def past(self) -> bytes:
        return msgspec.json.encode(list(reversed(self.told)))

    async def health(self) -> Health:
        return self.well


def long_opening(story: Story) -> list[bytes]:
    """The messages of a state that counts as long."""
    state = story.state
    parts = [msgspec.json.encode({"instalment": part}) for part in instalments(state)]
    head = {"generation": 1, "seq": state.seq, "snapshot": emptied(state), "instalments": len(parts)}
    return [msgspec.json.encode({"preview": preview(state)}), msgspec.json.encode(head), *parts]


def facts(cores: int, **other: Any) -> NodeFacts:
    """What a healthy node says of itself."""
    said: dict[str, Any] = {
        "cores": cores,
        "memory": 32 * GIB,
        "disk_free": 200 * GIB,
        "arch": "amd64",
        "room": "root-overlay",
        "base": "b1",
        "url": "http://127.0.0.1:9",
        "trees": TREES,
        "version": "0.1.0",
    }
    return NodeFacts(**{**said, **other})


def row(cpv: str, *needs: str, reason: str = "new", **other: Any) -> PlanRow:
    """A package that must be built."""
    return PlanRow(cpv, cpv, "0", "gentoo", reason, needs=needs, **other)


ROWS = (
    row("dev-libs/openssl-3.4.1", reason="3.3.2 → 3.4.1"),
    row("dev-lang/rust-1.88.0", reason="1.86.0 → 1.88.0"),
    row("sys-libs/zlib-1.3.1-r1", reason="USE +minizip"),
    row("net-misc/curl-8.14.1", "dev-libs/openssl-3.4.1", "sys-libs/zlib-1.3.1-r1", reason="8.13.0 → 8.14.1"),
    row("dev-vcs/git-2.50.0", "net-misc/curl-8.14.1", reason="2.49.0 → 2.50.0"),
    row("www-client/firefox-140.0", "dev-lang/rust-1.88.0", reason="139.0 → 140.0"),
    row("x11-drivers/nvidia-drivers-570.153", reason="new in @world"),
    row("www-client/brave-browser-1.86.139", reason="1.85.0 → 1.86.139"),
    row("app-editors/neovim-0.11.2", reason="0.11.1 → 0.11.2"),
    row("media-video/mpv-0.40.0", reason="USE -lua", use=("X", "-lua", "wayland")),
)
KERNEL = Diagnosis(
    "kernel-specific",
    "build-local",
    "it is built against a kernel that the drones do not have",
    evidence=("* Could not find a usable .config in /usr/src/linux",),
)
OVERLAY = Diagnosis(
    "missing-overlay",
    "sync-overlays",
    "the drone does not have the repository that this package is in",
    evidence=(
        'emerge: there are no ebuilds to satisfy "=www-client/brave-browser-1.86.139".',
        "emerge: searching for similar names... nothing similar found.",
    ),
    params={"overlay": "guru"},
)


def empty() -> Story:
    """A swarm with three drones and nothing to do."""
    story = Story()
    for name, cores in (("drone-Izar", 16), ("drone-Tarn", 8), ("drone-Meridian", 4)):
        story.tell(c.SeeNode(name=name, facts=facts(cores)))
    return story


def planned() -> Story:
    """A session whose queue is known and not yet begun."""
    story = empty()
    story.tell(c.OpenSession(clear=True), c.PlanQueue(rows=ROWS), c.EnterPhase(phase="building"))
    return story


def building() -> Story:
    """A session in the middle: two staged, three under way, the rest waiting."""
    story = planned()
    for node, seconds in (("drone-Izar", 95.0), ("drone-Tarn", 140.0)):
        story.work(node)
        story.stage(node, seconds)
    for node in ("drone-Izar", "drone-Tarn", "drone-Meridian"):
        story.work(node)
    story.now += 41.0
    return story


def busy(story: Story) -> Story:
    """What the nodes of `building` say while somebody listens."""
    for load in (2.0, 5.5, 9.0, 12.5, 15.0, 15.5):
        story.progress("drone-Izar", "compile", 0.62, load)
        story.progress("drone-Tarn", "configure", None, load / 2)
    story.progress("drone-Meridian", "install", 0.94, 1.2)
    return story


def blocked() -> Story:
    """A session with two packages blocked for different reasons, the rest staged."""
    story = planned()
    troubles = {"x11-drivers/nvidia-drivers-570.153": KERNEL, "www-client/brave-browser-1.86.139": OVERLAY}
    while story.state.queue.ready:
        story.work("drone-Izar")
        attempt = story.state.nodes["drone-Izar"].attempt
        assert attempt is not None
        trouble = troubles.get(story.state.attempts[attempt].build)
        if trouble is None:
            story.stage("drone-Izar", 75.0)
        else:
            story.fail("drone-Izar", trouble)
    return story


def released(times: int) -> Story:
    """So many releases by an operator, the last of them what clients see; nothing is left to do."""
    story = empty()
    for number in range(1, times + 1):
        plan = c.PlanQueue(rows=(row(f"app-misc/part-{number}"),))
        story.tell(c.OpenSession(clear=True), plan, c.EnterPhase(phase="building"))
        story.work("drone-Izar")
        story.stage("drone-Izar")
        story.verify()
        story.tell(c.RecordAction(name="finalize", by="10.0.0.7"), c.PrepareRelease(verify_id="v1"))
        story.tell(c.PublishRelease(release=number, packages=number, size=number << 20, added=1))
    return story
