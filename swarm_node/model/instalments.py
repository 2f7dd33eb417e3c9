"""A long state on its way to a console: first the part that one looks at, then all of it in instalments.

As one text, fifty thousand builds arrive later than a person waits, and take more memory than what is made of
them.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from heapq import nsmallest
from itertools import islice
from typing import Final, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from swarm_node.model.appetite import Appetite
from swarm_node.model.estimate import Sample, cp_of
from swarm_node.model.next_action import NextAction, next_action
from swarm_node.model.state import Attempt, Build, State
from swarm_node.model.status import Totals, totals

LONG: Final = 3_000
"""A state with more entries than this is sent in instalments."""
SEEN: Final = 1_000
"""Builds of a preview, and a little more: whatever those among them wait for."""
EACH: Final = 1_000
"""Entries of one instalment."""
_FIRST: Final = ("building", "assigned", "blocked", "needed", "staged", "released")

K = TypeVar("K")
V = TypeVar("V")


class Preview(Struct, frozen=True):
    """The part of a state that is looked at first, and what cannot be told from a part."""

    state: State
    totals: Totals
    next: NextAction


class Instalment(Struct, frozen=True, omit_defaults=True):
    """Some of the entries of a state, in their order there."""

    builds: dict[str, Build] = field(default_factory=dict)
    attempts: dict[int, Attempt] = field(default_factory=dict)
    samples: dict[str, list[Sample]] = field(default_factory=dict)
    typical: dict[str, float] = field(default_factory=dict)
    appetites: dict[str, Appetite] = field(default_factory=dict)
    heavy: tuple[str, ...] = ()


def is_long(state: State) -> bool:
    """Whether the state is better sent in instalments."""
    history = state.history
    entries = len(state.builds) + len(state.attempts) + len(history.samples) + len(history.typical)
    return entries + len(state.appetites) > LONG


def preview(state: State) -> Preview:
    """What runs, what is blocked and what comes next; each build that waits still does so in the part."""
    first = nsmallest(SEEN, state.builds.values(), key=partial(_place, state))
    builds = {build.id: build for build in first}
    for build in first:
        while (unmet := next(iter(state.queue.unmet(build.id)), None)) is not None and unmet not in builds:
            build = builds[unmet] = state.builds[unmet]
    packages = {cp_of(build.row.cpv) for build in builds.values()}
    samples = {name: state.history.samples[name] for name in packages if name in state.history.samples}
    part = replace(
        emptied(state),
        builds=builds,
        attempts={number: one for number, one in state.attempts.items() if one.build in builds},
        history=replace(state.history, samples=samples, typical={}),
    )
    return Preview(part, totals(state), next_action(state))


def emptied(state: State) -> State:
    """The state without what instalments bring."""
    history = replace(state.history, samples={}, typical={})
    return replace(state, builds={}, attempts={}, history=history, appetites={}, heavy=())


def instalments(state: State) -> Iterator[Instalment]:
    """All that `emptied` leaves out, in pieces."""
    yield from (Instalment(builds=part) for part in _cut(state.builds))
    yield from (Instalment(attempts=part) for part in _cut(state.attempts))
    yield from (Instalment(samples=part) for part in _cut(state.history.samples))
    yield from (Instalment(typical=part) for part in _cut(state.history.typical))
    yield from (Instalment(appetites=part) for part in _cut(state.appetites))
    yield Instalment(heavy=state.heavy)


def join(state: State, part: Instalment) -> None:
    """Put an instalment where it belongs; after the last one, `reindex` makes the state whole."""
    state.builds.update(part.builds)
    state.attempts.update(part.attempts)
    state.history.samples.update(part.samples)
    state.history.typical.update(part.typical)
    state.appetites.update(part.appetites)
    state.heavy = part.heavy


def _cut(entries: Mapping[K, V]) -> Iterator[dict[K, V]]:
    left = iter(entries.items())
    while part := dict(islice(left, EACH)):
        yield part


def _place(state: State, build: Build) -> tuple[int, bool, float]:
    return _FIRST.index(build.status), bool(state.queue.waiting.get(build.id)), -build.rank
