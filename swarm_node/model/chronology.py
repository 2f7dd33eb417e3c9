"""How a session went: what each attempt waited for, the chain that determined the end, who idled how long."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from msgspec import Struct

from swarm_node.model.lanes import Lane, Lanes, end_of, expected_end
from swarm_node.model.state import DONE, Attempt, Outcome, State

Reason = Literal["plan", "drone", "retry", "need"]
"""What held an attempt back: the plan, the drone's work before, its own last try, a package that it needs."""

_URGENT: tuple[Reason, ...] = ("plan", "drone", "retry", "need")
"""Of two that ended in the same moment, the later one here is named."""


class Wait(NamedTuple):
    """What was over last before an attempt could begin.

    `attempt` is the one that it waited for, None for the plan; `over` when that was done, Unix seconds.
    """

    reason: Reason
    attempt: Attempt | None
    over: float


class Link(Struct, frozen=True):
    """One attempt of the critical path; times in Unix seconds.

    `end` is expected while it is open; `after` is the attempt that it waited for; `waited` are the seconds
    between the end of that one (for the first link: the opening of the session) and its own beginning.
    """

    attempt: int
    build: str
    node: str
    begin: float
    end: float
    outcome: Outcome
    reason: Reason
    after: int | None
    waited: float


class Path(Struct, frozen=True):
    """The chain of attempts that determined the end, the earliest first; seconds spent on it and between."""

    links: tuple[Link, ...] = ()
    building: float = 0.0
    waiting: float = 0.0


class Use(Struct, frozen=True):
    """What became of a node's time in the session, in seconds; `share` is the busy part, 0 to 1."""

    node: str
    builds: int
    bad: int
    busy: float
    idle: float
    share: float


class Chronology(Struct, frozen=True):
    """A session in figures; `begin` is the first handing out, `end` the last end, or now while it goes on."""

    session: int
    opened: float
    begin: float
    end: float
    over: bool
    nodes: tuple[Use, ...]
    path: Path


def chronology(state: State, now: float) -> Chronology:
    """The present session at a moment (Unix seconds)."""
    lanes = Lanes().follow(state)
    begin, end = span(state, lanes, now)
    return Chronology(
        session=state.session.number,
        opened=state.session.opened,
        begin=begin,
        end=end,
        over=not under_way(state),
        nodes=tuple(use(state, lane, begin, end) for lane in lanes.all),
        path=critical_path(state, lanes, now),
    )


def under_way(state: State) -> bool:
    """Whether anything is being built or could be."""
    return bool(state.queue.ready) or any(node.attempt is not None for node in state.nodes.values())


def span(state: State, lanes: Lanes, now: float) -> tuple[float, float]:
    """From the first handing out to the last end; to `now` while something is under way."""
    begins = [lane.attempts[0].opened for lane in lanes.all if lane.attempts]
    if not begins:
        return now, now
    if under_way(state):
        return min(begins), max(now, *begins)
    return min(begins), max(end_of(lane.attempts[-1], now) for lane in lanes.all if lane.attempts)


def use(state: State, lane: Lane, begin: float, end: float) -> Use:
    """A node's time between two moments, less that before it joined and after it was lost."""
    node = state.nodes.get(lane.node)
    first = lane.attempts[0].opened if lane.attempts else end
    if node is not None and begin < node.since <= first and node.up:
        begin = node.since
    if node is not None and not node.up:
        end = max(begin, min(end, node.since))
    busy = lane.busy(end)
    there = max(end - begin, busy)
    return Use(
        node=lane.node,
        builds=len(lane.attempts),
        bad=lane.bad_in_all,
        busy=busy,
        idle=there - busy,
        share=busy / there if there else 0.0,
    )


def waited_for(state: State, lanes: Lanes, attempt: Attempt) -> Wait:
    """What an attempt waited for before it was handed out: whatever was over last."""
    reason, over, found = max(
        _holds(state, lanes, attempt), key=lambda hold: (hold[1], _URGENT.index(hold[0]))
    )
    return Wait(reason, found, over)


Hold = tuple[Reason, float, Attempt | None]


def _holds(state: State, lanes: Lanes, attempt: Attempt) -> Iterator[Hold]:
    """Everything that had to be over first. What has a later number, or ended later, held back nothing."""
    yield "plan", min(state.session.opened, attempt.opened), None
    before = lanes.by_node[attempt.node].before(attempt)
    if before is not None:
        yield from _hold("drone", before, attempt, 0.0)
    tries = [each for each in lanes.of_build[attempt.build] if each.number < attempt.number]
    if tries:
        yield from _hold("retry", tries[-1], attempt, _backoff(state, tries[-1]))
    build = state.builds.get(attempt.build)
    for name in build.needs if build is not None else ():
        need = state.builds.get(name)
        number = need.attempt if need is not None and need.status in DONE else None
        if number is not None and number in state.attempts:
            yield from _hold("need", state.attempts[number], attempt, 0.0)


def _hold(reason: Reason, earlier: Attempt, attempt: Attempt, rest: float) -> Iterator[Hold]:
    if earlier.number < attempt.number and earlier.ended is not None and earlier.ended <= attempt.opened:
        yield reason, min(end_of(earlier, earlier.ended) + rest, attempt.opened), earlier


def _backoff(state: State, attempt: Attempt) -> float:
    """Seconds for which nobody tries again after a failure that may pass, at least."""
    build = state.builds.get(attempt.build)
    failures = build.failures if build is not None else []
    passing = any(f.attempt == attempt.number and f.diagnosis.transient for f in failures)
    return state.policy.backoff if passing else 0.0


def critical_path(state: State, lanes: Lanes, now: float) -> Path:
    """From the attempt that ends last, back through what each one waited for.

    While something is open, the end is that of the open attempt which, with all that waits for it, should
    end last. Every link begins when the one before it has ended, so no two of them overlap.
    """
    links: list[Link] = []
    attempt = _last(state, lanes, now)
    while attempt is not None:
        wait = waited_for(state, lanes, attempt)
        over = end_of(wait.attempt, now) if wait.attempt is not None else wait.over
        links.append(
            Link(
                attempt=attempt.number,
                build=attempt.build,
                node=attempt.node,
                begin=attempt.opened,
                end=expected_end(attempt, now),
                outcome=attempt.outcome,
                reason=wait.reason,
                after=wait.attempt.number if wait.attempt is not None else None,
                waited=attempt.opened - over,
            )
        )
        attempt = wait.attempt
    links.reverse()
    building = sum(link.end - link.begin for link in links)
    return Path(tuple(links), building, sum(link.waited for link in links))


def _last(state: State, lanes: Lanes, now: float) -> Attempt | None:
    ends = [lane.attempts[-1] for lane in lanes.all if lane.attempts]
    open_ = [attempt for attempt in ends if attempt.outcome == "open"]
    if open_:
        return max(open_, key=lambda a: (expected_end(a, now) + _tail(state, a.build), a.number))
    return max(ends, key=lambda a: (end_of(a, now), a.number), default=None)


def _tail(state: State, build: str) -> float:
    """Predicted seconds from the end of a build to the end of all that waits for it."""
    waiting = (state.builds[name] for name in state.queue.dependents.get(build, ()))
    return max((other.rank for other in waiting if other.status not in DONE), default=0.0)
