"""What a result teaches beside how long it took: appetites, the nodes' records, and which cures work."""

from typing import Final

from swarm_node.model.appetite import lacked, took
from swarm_node.model.blame import TELLING
from swarm_node.model.cause import cause_of
from swarm_node.model.estimate import cp_of
from swarm_node.model.events import BuildFailed, BuildStaged
from swarm_node.model.state import Build, Change, Curing, State, Tried

RECORD: Final = 20
"""Results that are kept of each node."""
CAUSES: Final = 1_000
"""Causes whose cures are remembered; the oldest go."""


def built(state: State, build: Build, event: BuildStaged) -> None:
    """An attempt went well."""
    jobs = jobs_of(state, event.attempt)
    cp = cp_of(build.row.cpv)
    if event.measures.peak_memory or event.measures.peak_disk:
        state.appetites[cp] = took(state.appetites.get(cp), event.measures, jobs)
    _note(state, build, event.node, "")
    if build.curing is not None:
        _credit(state, build.curing, 1)
        build.curing = None


def failed(state: State, build: Build, event: BuildFailed) -> None:
    """An attempt ended without a package."""
    node, cp = state.nodes.get(event.node), cp_of(build.row.cpv)
    kind, jobs = event.diagnosis.kind, jobs_of(state, event.attempt)
    if node is not None:
        needs = lacked(state.appetites.get(cp), kind, node.facts, event.measures, jobs)
        if needs is not None:
            state.appetites[cp] = needs
    if kind in TELLING:
        _note(state, build, event.node, kind)
    if build.curing is not None and build.curing.cause == cause_of(build.row, event.diagnosis):
        _credit(state, build.curing, -1)
    build.curing = None


def curing(build: Build, cure: str) -> None:
    """A blocked build is tried again: its next result tells whether that cured it."""
    if build.diagnosis is not None and cure:
        build.curing = Curing(cause_of(build.row, build.diagnosis), cure)


def tried(state: State, change: Change, by: int) -> None:
    """A change of the configuration was kept (1) or taken back (-1)."""
    cured = next(iter(change.before), None)
    if cured is not None and cured.diagnosis is not None:
        _credit(state, Curing(cause_of(cured.row, cured.diagnosis), "configure"), by)


def jobs_of(state: State, attempt: int) -> int:
    """The make jobs of an attempt: its limit, or all that its node runs."""
    known = state.attempts[attempt]
    node = state.nodes.get(known.node)
    return known.jobs or (node.facts.cores if node is not None else 1)


def tree_of(state: State, build: Build, node: str) -> str:
    """The hash of a build's repository on a node; "" where it is not known."""
    known = state.nodes.get(node)
    return known.facts.trees.get(build.row.repository, "") if known is not None else ""


def _note(state: State, build: Build, name: str, kind: str) -> None:
    node = state.nodes.get(name)
    if node is not None:
        node.record.append(Tried(build.row.cpv, tree_of(state, build, name), kind))
        del node.record[:-RECORD]


def _credit(state: State, curing: Curing, by: int) -> None:
    cures = state.cures.pop(curing.cause, {})
    count = cures.get(curing.cure, 0) + by
    state.cures[curing.cause] = {**cures, curing.cure: max(count, 0)}
    while len(state.cures) > CAUSES:
        del state.cures[next(iter(state.cures))]
