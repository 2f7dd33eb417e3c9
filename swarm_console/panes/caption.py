"""The timeline in words: what the marked attempt was and waited for, and the session in a few figures."""

from typing import Final

from swarm_console.panes.bars import GLYPHS, PATH
from swarm_console.panes.chart import Chart
from swarm_console.words.pen import count, duration
from swarm_console.words.spans import Lines, Span
from swarm_console.words.times import clock, of_day
from swarm_node.model.chronology import Wait
from swarm_node.model.lanes import Lane
from swarm_node.model.state import Attempt, Failure

TONES: Final = {
    "staged": "ok",
    "failed": "attention",
    "lost": "attention",
    "recalled": "wait",
    "open": "accent",
}
NOTICEABLE: Final = 1.0
"""Seconds; a shorter gap is not worth a word."""
LEGEND: Final = (
    *(("✓", "staged"), ("✗", "failed"), ("–", "lost"), ("←", "recalled"), ("●", "building")),
    *(("╌", "expected"), ("·", "idle"), (PATH, "critical path")),
)


def attempt_lines(chart: Chart, attempt: Attempt) -> Lines:
    """Three lines about an attempt."""
    where = f"   #{attempt.number} on {attempt.node}   "
    head: list[Span] = [(f"{GLYPHS[attempt.outcome]} {attempt.build}", "bold"), (where, "dim")]
    head.append((_outcome(chart, attempt), TONES[attempt.outcome]))
    if attempt.number in chart.on_path:
        head.append((f"   {PATH} on the critical path", "accent"))
    wait = chart.waited(attempt)
    return [head, _times(chart, attempt), [(reason(wait), ""), (_gap(wait, attempt), "dim")]]


def _outcome(chart: Chart, attempt: Attempt) -> str:
    if attempt.outcome == "open":
        return "building" if attempt.started is not None else "handed out"
    failure = _failure(chart, attempt)
    if failure is None:
        return attempt.outcome
    return f"failed in {failure.phase or '?'}: {failure.diagnosis.summary or failure.diagnosis.kind}"


def _failure(chart: Chart, attempt: Attempt) -> Failure | None:
    build = chart.state.builds.get(attempt.build)
    failures = build.failures if build is not None else []
    return next((failure for failure in failures if failure.attempt == attempt.number), None)


def _times(chart: Chart, attempt: Attempt) -> list[Span]:
    over, end = chart.over(attempt), chart.expected(attempt)
    took = clock(over - attempt.opened)
    if attempt.ended is not None:
        guess = f", expected {clock(attempt.expected)}" if attempt.expected else ""
        return [(f"{of_day(attempt.opened)} – {of_day(over)}   {took}", ""), (guess, "dim")]
    since: Span = (f"since {of_day(attempt.opened)}   {took} so far", "")
    if end <= chart.now:
        return [since, (f"   overdue, {clock(attempt.expected)} were expected", "wait")]
    return [since, (f"   should end at {of_day(end)}, in {clock(end - chart.now)}", "dim")]


def reason(wait: Wait) -> str:
    """What an attempt waited for before it began."""
    if wait.attempt is None:
        return "waited for nothing but the plan"
    other = f"{wait.attempt.build} (#{wait.attempt.number})"
    match wait.reason:
        case "need":
            return f"waited for {other}, which it needs"
        case "retry":
            return f"waited for its own try #{wait.attempt.number}, which was {wait.attempt.outcome}"
        case _:
            return f"waited for the drone: {other}"


def _gap(wait: Wait, attempt: Attempt) -> str:
    gap = attempt.opened - wait.over
    when = of_day(wait.over)
    if wait.attempt is None:
        return f"; the session was opened at {when}" if gap >= NOTICEABLE else ""
    return f"; over at {when}, {duration(gap)} before" if gap >= NOTICEABLE else f"; over at {when}"


def lane_lines(chart: Chart, lane: Lane) -> Lines:
    """What is to be said of a lane without a bar."""
    idle = duration(chart.use(lane).idle)
    return [[(lane.node, "bold"), (f"   has built nothing in this session, idle for {idle}", "dim")]]


def use_line(chart: Chart, lane: Lane) -> list[Span]:
    """What became of a node's time."""
    used = chart.use(lane)
    bad = f", {used.bad} not well" if used.bad else ""
    return [
        (f"{lane.node}   {count(used.builds, 'attempt')}{bad}", "dim"),
        (f"   busy {used.share:.0%}, {duration(used.busy)}", ""),
        (f"   idle {1 - used.share:.0%}, {duration(used.idle)}", "wait" if used.share < 0.5 else "dim"),
    ]


def title(chart: Chart) -> str:
    """The session in a few figures."""
    uses = [chart.use(lane) for lane in chart.lanes]
    busy, there = sum(use.busy for use in uses), sum(use.busy + use.idle for use in uses)
    share = f"  {count(len(uses), 'drone')} {busy / there:.0%} busy" if there else ""
    links = chart.path.links
    if not links:
        return share
    took = duration(links[-1].end - links[0].begin + links[0].waited)
    held = sum(link.reason == "drone" for link in links)
    path = f"  {PATH} {count(len(links), 'build')}, {took}, {duration(chart.path.waiting)} of it waiting"
    return f"{share}{path}" + (f"; {held} waited for a drone" if held else "")
