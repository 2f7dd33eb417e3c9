"""What there is to try for each remedy of the rules, the likeliest to help first."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from swarm_node.model.blame import stand_in
from swarm_node.model.cause import cause_of, short_name
from swarm_node.model.configuration import proposed, words_of
from swarm_node.model.estimate import cp_of, expected
from swarm_node.model.lessons import jobs_of
from swarm_node.model.state import Build, Node, State
from swarm_node.model.work import Diagnosis, Line

CHEAP: Final = 600.0
"""Seconds that an experiment may be expected to take."""

Builds = Sequence[Build]
"""Builds that one cause blocks; never none."""


class Offer(NamedTuple):
    """The words after `build-swarm`, what they do, and whether a person has to do something first."""

    command: tuple[str, ...]
    words: str
    person: bool = False


def offered(state: State, builds: Builds, found: Diagnosis) -> Iterator[Offer]:
    """Everything that could cure these builds, whose diagnosis is `found`."""
    yield from _experiment(state, builds[0])
    yield from _OFFERS.get(found.remedy, _by_person)(state, builds, found)


def _experiment(state: State, build: Build) -> Iterator[Offer]:
    """One more try elsewhere, where that settles whose fault it is, and is cheap."""
    node = stand_in(state, build)
    if node is None:
        return
    seconds = expected(state.history, cp_of(build.row.cpv), node.name).seconds
    if seconds <= CHEAP:
        words = f"try it on {node.name}: that settles whether {build.failures[-1].node} is at fault"
        yield Offer(("unblock", spelt(build), "--node", node.name), words)


def _sync_overlays(state: State, builds: Builds, found: Diagnosis) -> Iterator[Offer]:
    overlay = found.params.get("overlay") or builds[0].row.repository
    if overlay and builds[0].row.problem is not None:
        words = f"add the repository {overlay} to the orchestrator's repos.conf, then give it to every node"
        yield Offer(("sync-overlays", overlay), words, person=True)
    elif overlay:
        yield Offer(("sync-overlays", overlay), f"give every node the overlay {overlay}")
    yield Offer(("sync-overlays",), "give every node all overlays, brought up to date")


def _sync_fix(state: State, builds: Builds, found: Diagnosis) -> Iterator[Offer]:
    if nodes := _out_of_step(state, builds):
        yield Offer(("sync-fix", *nodes), f"make the trees of {', '.join(nodes)} what upstream is")
    yield Offer(("sync-fix",), "make every tree that is out of step what upstream is")


def _out_of_step(state: State, builds: Builds) -> tuple[str, ...]:
    """The nodes on which they failed, and those that have the very tree that they failed with."""
    failed = {failure.node for build in builds for failure in build.failures}
    bad = {(b.row.repository, failure.tree) for b in builds for failure in b.failures if failure.tree}
    return tuple(
        sorted(
            node.name
            for node in state.nodes.values()
            if node.name in failed or (node.up and not bad.isdisjoint(node.facts.trees.items()))
        )
    )


def _build_local(state: State, builds: Builds, found: Diagnosis) -> Iterator[Offer]:
    yield Offer(("build-local", called(builds)), f"build {_it(builds)} on the orchestrator's own machine")


def _unblock(state: State, builds: Builds, found: Diagnosis) -> Iterator[Offer]:
    again = ("unblock", called(builds))
    fewer = [jobs for build in builds if (jobs := _fewer_jobs(state, build))]
    if found.kind == "out-of-memory" and fewer:
        yield Offer((*again, "--jobs", f"{min(fewer)}"), f"try {_it(builds)} with {min(fewer)} make jobs")
    if found.kind in LACKING and (node := _roomiest(state, builds, found.kind)):
        yield Offer((*again, "--node", node.name), f"try {_it(builds)} on {node.name}, which has more")
    yield Offer(again, f"try {_it(builds)} again")


def _edit(state: State, builds: Builds, found: Diagnosis) -> Iterator[Offer]:
    by_hand = Offer(("fresh",), "edit etc/portage of the client profile, then begin anew", person=True)
    lines = proposed(found.params)
    if not lines:
        yield by_hand
        return
    told = " and ".join(f"{line.text!r} in {line.file}" for line in lines)
    words = f"try {told} on one drone, then keep it for all or take it back"
    command = ("configure", spelt(builds[0]), *words_of(lines))
    if past := _taken_back(state, builds[0], lines):
        yield by_hand
        yield Offer(command, f"{words} (taken back before: {past})")
    else:
        yield Offer(command, words)
        yield by_hand


def _taken_back(state: State, build: Build, lines: Sequence[Line]) -> str:
    """Why these lines were taken back when they were last tried for a build; "" when they never were."""
    cp = cp_of(build.row.cpv)
    for change in reversed(state.changes.values()):
        if change.lines == tuple(lines) and cp_of(change.build.partition("@")[0]) == cp:
            return change.reason
    return ""


def _by_person(state: State, builds: Builds, found: Diagnosis) -> Iterator[Offer]:
    yield Offer((), found.advice or "a person must mend the ebuild or its input", person=True)
    if builds[0].row.problem is None:
        yield Offer(("unblock", called(builds)), f"once it is mended, try {_it(builds)} again", person=True)


_OFFERS: Final[dict[str, Callable[[State, Builds, Diagnosis], Iterator[Offer]]]] = {
    "sync-overlays": _sync_overlays,
    "sync-fix": _sync_fix,
    "build-local": _build_local,
    "unblock": _unblock,
    "edit-portage-and-fresh": _edit,
}


def spelt(build: Build) -> str:
    """How a command line names exactly this build."""
    cpv = build.row.cpv
    return f"={cpv}" if "/" in cpv and build.id == cpv else build.id


def called(builds: Builds) -> str:
    """How a command line names all of these: by the build, or by their cluster."""
    first, *others = builds
    if not others or first.diagnosis is None:
        return spelt(first)
    return short_name(cause_of(first.row, first.diagnosis))


def _it(builds: Builds) -> str:
    return "it" if len(builds) == 1 else f"all {len(builds)}"


def _failed_on(builds: Builds) -> set[str]:
    return {failure.node for build in builds for failure in build.failures}


def _fewer_jobs(state: State, build: Build) -> int:
    """The limit that its last failure has left it, which is half of what it had; 0 when it had but one."""
    last = state.attempts.get(build.failures[-1].attempt) if build.failures else None
    if last is None:
        return build.jobs or 0
    return jobs_of(state, last.number) // 2


LACKING: Final[dict[str, Callable[[Node], int]]] = {
    "out-of-memory": lambda node: node.facts.memory,
    "disk-full": lambda node: node.facts.disk_free,
}
"""Kind of failure to what there was too little of."""


def _roomiest(state: State, builds: Builds, kind: str) -> Node | None:
    """The node with the most of what ran out, if it has more of it than those that failed."""
    failed, has = _failed_on(builds), LACKING[kind]
    able = [node for node in state.nodes.values() if node.up and not node.held and node.name not in failed]
    best = max(able, key=has, default=None)
    most = max((has(node) for node in state.nodes.values() if node.name in failed), default=0)
    return best if best is not None and has(best) > most else None
