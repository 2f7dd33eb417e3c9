"""The swarm in a dozen figures: what `status` prints and the console's top line shows."""

from collections.abc import Generator, Sequence
from math import sqrt

from msgspec import Struct

from swarm_node.model.estimate import cp_of, estimate, speed_of
from swarm_node.model.next_action import NextAction, next_action
from swarm_node.model.state import OPEN, Build, State

UNFINISHED = ("needed", *OPEN)
STEP = 100
"""Builds that are looked at between two pauses of a long calculation."""


class Totals(Struct, frozen=True):
    """The screen's four numbers; complete counts what is staged or already released."""

    needed: int
    building: int
    complete: int
    blocked: int


class Remaining(Struct, frozen=True):
    """Seconds of work left and until the end on the nodes that are up, with the band of two in three."""

    work: float
    seconds: float
    low: float
    high: float


class Status(Struct, frozen=True):
    """Everything that one look should tell."""

    session: int
    phase: str
    totals: Totals
    nodes_up: int
    nodes: int
    held: bool
    release: int | None
    risk: int | None
    next: NextAction
    remaining: Remaining | None = None


def totals(state: State) -> Totals:
    """Count the queue."""
    count = dict.fromkeys(("needed", "assigned", "building", "staged", "blocked", "released"), 0)
    for build in state.builds.values():
        count[build.status] += 1
    return Totals(
        needed=count["needed"],
        building=count["assigned"] + count["building"],
        complete=count["staged"] + count["released"],
        blocked=count["blocked"],
    )


def status(state: State, now: float) -> Status:
    """The whole picture at a moment (Unix seconds)."""
    return Status(
        session=state.session.number,
        phase=state.session.phase,
        totals=totals(state),
        nodes_up=sum(node.up for node in state.nodes.values()),
        nodes=len(state.nodes),
        held=state.held,
        release=state.current,
        risk=state.verified.score if state.verified else None,
        next=next_action(state),
        remaining=remaining(state, now),
    )


def remaining(state: State, now: float) -> Remaining | None:
    """Time to the end of the queue: the longest chain or all work over all speed, whichever is more.

    None without work or without a node. Errors of single estimates are taken as independent.
    """
    steps = remaining_steps(state, state.by_status(*UNFINISHED), now)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: Remaining | None = end.value
            return found


def remaining_steps(
    state: State, builds: Sequence[Build], now: float
) -> Generator[None, None, Remaining | None]:
    """The same over those of these builds that are unfinished still, with a pause after each `STEP`."""
    work = variance = chain = 0.0
    for number, build in enumerate(builds, 1):
        if not number % STEP:
            yield
        if build.status not in UNFINISHED or state.builds.get(build.id) is not build:
            continue
        predicted = estimate(state.history, cp_of(build.row.cpv))
        passed = max(now - build.since, 0.0) if build.status in OPEN else 0.0
        left = max(predicted.seconds - passed, predicted.seconds * 0.05)
        work, variance = work + left, variance + (left * predicted.spread) ** 2
        chain = max(chain, build.rank - (predicted.seconds - left))
    speeds = [
        speed_of(state.history, node.name) for node in state.nodes.values() if node.up and not node.held
    ]
    if not work or not speeds:
        return None
    seconds = max(work / sum(speeds), chain / max(speeds))
    share = sqrt(variance) / work
    return Remaining(work, seconds, seconds / (1 + share), seconds * (1 + share))
