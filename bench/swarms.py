"""Swarms to look at, told in commands: every event is decided and applied by the real rules."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from swarm_node.model import commands as c
from swarm_node.model.apply import apply
from swarm_node.model.decide import decide
from swarm_node.model.events import BuildAssigned, Policy, Record
from swarm_node.model.state import State
from swarm_node.model.work import Artifact, Diagnosis, Measures, NodeFacts, PlanRow

DONE, DOOMED = 10, 5
GIB: Final = 1 << 30
TREES: Final = {"gentoo": "a1b2c3d4e5f60718", "overlay": "00ff11ee22dd33cc"}
BROKEN: Final = Diagnosis(
    "missing-overlay",
    "sync-overlays",
    "the drone does not have the repository that this package is in",
    evidence=('emerge: there are no ebuilds to satisfy "=app-misc/x-1".',),
)
FLAGS: Final = tuple(f"{sign}flag{number}" for number in range(150) for sign in ("", "-"))
FLAGS_EACH: Final = 10


class Told:
    """A swarm and everything that happened in it."""

    def __init__(self) -> None:
        self.state = State()
        self.now = time.time() - 300.0

    def tell(self, *commands: c.Command, after: float = 0.0) -> list[Record]:
        """Let so many seconds pass, then have commands decided and applied; what came of them."""
        self.now += after
        records = []
        for command in commands:
            for event in decide(self.state, command, self.now):
                apply(self.state, event)
                records.append(Record(self.state.seq, event))  # type: ignore[arg-type]
        return records

    def begin(self, node: str) -> list[Record]:
        """A node asks for work and starts it."""
        records = self.tell(c.RequestWork(node=node))
        for record in tuple(records):
            if isinstance(record.event, BuildAssigned):
                records += self.tell(c.StartAttempt(node=node, attempt=record.event.attempt))
        return records

    def stage(self, node: str, seconds: float = 60.0) -> list[Record]:
        """A node hands in what it builds."""
        number = self.state.nodes[node].attempt
        if number is None:
            return []
        cpv = self.state.builds[self.state.attempts[number].build].row.cpv
        made = Artifact(f"{cpv}-{number}.gpkg.tar", f"{number:0128x}", 1_234_567 + number, number)
        measures = Measures(seconds, 300 << 20, 900 << 20, "root-overlay", "b1", "pss")
        return self.tell(c.StageBuild(node=node, attempt=number, artifact=made, measures=measures))

    def fail(self, node: str) -> list[Record]:
        """What a node builds fails for good."""
        number = self.state.nodes[node].attempt
        assert number is not None
        return self.tell(
            c.FailBuild(node=node, attempt=number, phase="compile", diagnosis=BROKEN, seconds=30.0)
        )


def node_names(count: int) -> list[str]:
    """Names of so many nodes."""
    return [f"drone-{number:04}" for number in range(count)]


def with_nodes(told: Told, count: int) -> Iterator[Record]:
    """So many nodes register."""
    for number, name in enumerate(node_names(count)):
        facts = NodeFacts(
            cores=(4, 8, 16)[number % 3],
            memory=32 * GIB,
            disk_free=200 * GIB,
            arch="x86_64",
            room="root-overlay",
            base="0123456789abcdef",
            url=f"http://10.42.{number >> 8}.{number & 255}:8070",
            trees=TREES,
            configuration="c0ffee0123456789",
            version="0.1.0",
        )
        yield from told.tell(c.SeeNode(name=name, facts=facts))


def few(number: int) -> Iterable[int]:
    """What a package of a desktop needs, as numbers below its own; every fourth needs nothing."""
    if not number % 4:
        return ()
    return {need for need in (number // 2, number // 3, number * 7 // 8) if need < number}


def plan(count: int, needs: Callable[[int], Iterable[int]] = few) -> tuple[PlanRow, ...]:
    """So many packages as a desktop's are: names, USE flags, a few needs each."""
    names = [f"cat-{number % 80}/package-{number}-1.{number % 10}.{number % 7}" for number in range(count)]
    return tuple(
        PlanRow(
            id=name,
            cpv=name,
            slot="0",
            repository="gentoo",
            reason=f"1.{number % 10 - 1}.0 → 1.{number % 10}.{number % 7}",
            use=tuple(FLAGS[(number * 7 + place * 29) % len(FLAGS)] for place in range(FLAGS_EACH)),
            needs=tuple(sorted(names[need] for need in needs(number))),
        )
        for number, name in enumerate(names)
    )


def opened(told: Told, rows: Iterable[PlanRow]) -> list[Record]:
    """A session with this queue begins."""
    return told.tell(c.OpenSession(clear=True), c.PlanQueue(rows=tuple(rows)), c.EnterPhase(phase="building"))


def demo() -> tuple[Told, list[Record]]:
    """The embedded swarm in the middle of its session: three drones, 35 packages, five of them blocked."""
    told, nodes = Told(), node_names(3)
    rows = plan(35, lambda number: (number - 10,) if number >= 10 else ())
    doomed = {row.id for row in rows[:DOOMED]}
    records = [*told.tell(c.SetPolicy(policy=Policy())), *with_nodes(told, 3), *opened(told, rows)]
    while len(told.state.by_status("blocked")) < DOOMED or len(told.state.by_status("staged")) < DONE:
        for node in nodes:
            records += told.begin(node)
        told.now += 40.0
        for node in nodes:
            number = told.state.nodes[node].attempt
            if number is not None:
                fails = told.state.attempts[number].build in doomed
                records += told.fail(node) if fails else told.stage(node)
    for node in nodes:
        records += told.begin(node)
    return told, records


def finished() -> list[Record]:
    """The same swarm with nothing left to do: everything is staged."""
    told, nodes = Told(), node_names(3)
    records = [*told.tell(c.SetPolicy(policy=Policy())), *with_nodes(told, 3), *opened(told, plan(35))]
    while len(told.state.by_status("staged")) < len(told.state.builds):
        for node in nodes:
            records += told.begin(node)
            records += told.stage(node)
    return records
