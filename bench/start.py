"""How fast an orchestrator is back: the fold of a log of 100,000 events, with and without a snapshot."""

import sqlite3
import statistics
import tempfile
import time
from pathlib import Path
from typing import cast

import msgspec

from bench import Row
from swarm_node.journal.base import Snapshot
from swarm_node.journal.sqlite import SqliteJournal
from swarm_node.model import commands as c
from swarm_node.model.apply import fold
from swarm_node.model.decide import decide
from swarm_node.model.events import AnyEvent, BuildAssigned, Event, Policy
from swarm_node.model.state import State
from swarm_node.model.work import Measures, NodeFacts, PlanRow
from swarm_node.orchestrator.swarm import SNAPSHOT_EVERY, Swarm

EVENTS = 100_000
SESSION_BUILDS = 1_400
DRONES = 16
ROUNDS = 3


def rows() -> list[Row]:
    """Seconds to open the log and have the state, by what the last run left beside the events."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "swarm.db"
        _fill(path)
        graceful = _start(path)
        _keep_snapshot(path, EVENTS - SNAPSHOT_EVERY)
        killed = _start(path)
        _keep_snapshot(path, 0)
        bare = _start(path)
    return [
        _row("after a graceful stop", graceful),
        _row("after kill -9, at worst", killed),
        _row("every snapshot lost", bare),
    ]


def _keep_snapshot(path: Path, seq: int) -> None:
    """Leave the log as a crash does that came just before the next snapshot; 0: without any."""
    journal = SqliteJournal(path)
    state = State()
    for record in journal.read():
        if record.seq > seq:
            break
        fold(state, [record.event])
    journal.save_snapshot(Snapshot(state.seq, msgspec.json.encode(state)))
    journal.close()
    with sqlite3.connect(path) as log:
        log.execute("DELETE FROM snapshots WHERE seq > ? OR ? = 0", (seq, seq))


def _row(what: str, seconds: float) -> Row:
    return Row(f"start from {EVENTS:,} events, {what}", f"{seconds:.2f} s", "< 1 s", seconds, seconds < 1)


def _start(path: Path) -> float:
    times = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        swarm = Swarm(SqliteJournal(path))
        times.append(time.perf_counter() - begin)
        swarm.journal.close()
    return statistics.median(times)


def _fill(path: Path) -> None:
    """Session after session of a desktop's size, decided by the real rules."""
    journal, state = SqliteJournal(path), State()
    _do(journal, state, c.SetPolicy(policy=Policy(simulated=True)))
    for number in range(DRONES):
        _do(journal, state, c.SeeNode(name=f"d{number}", facts=NodeFacts(cores=8)))
    while state.seq < EVENTS:
        _session(journal, state)
    journal.save_snapshot(Snapshot(state.seq, msgspec.json.encode(state)))
    journal.close()


def _session(journal: SqliteJournal, state: State) -> None:
    plan = tuple(
        PlanRow(
            id=f"dev-libs/p{number}-1",
            cpv=f"dev-libs/p{number}-1",
            slot="0",
            repository="gentoo",
            reason="new: in @world",
            needs=tuple(f"dev-libs/p{need}-1" for need in range(max(0, number - 3), number, 2)),
            simulated=True,
        )
        for number in range(SESSION_BUILDS)
    )
    _do(journal, state, c.OpenSession(clear=True), c.PlanQueue(rows=plan), c.EnterPhase(phase="building"))
    while len(state.queue.ready):
        for number in range(DRONES):
            _build(journal, state, f"d{number}")


def _build(journal: SqliteJournal, state: State, node: str) -> None:
    given = _do(journal, state, c.RequestWork(node=node))
    for event in given:
        if isinstance(event, BuildAssigned):
            measures = Measures(seconds=1 + event.attempt % 60)
            start = c.StartAttempt(node=node, attempt=event.attempt)
            done = c.StageBuild(node=node, attempt=event.attempt, artifact=None, measures=measures)
            _do(journal, state, start, done)


def _do(journal: SqliteJournal, state: State, *commands: c.Command) -> list[Event]:
    events: list[Event] = []
    for command in commands:
        granted = decide(state, command, float(state.seq))
        fold(state, granted)
        events += granted
    journal.append(cast("list[AnyEvent]", events))
    return events
