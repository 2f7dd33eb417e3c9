"""What would cure a blocked build, best first: command lines of the registry's actions."""

import shlex
from collections.abc import Callable, Iterator
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from swarm_node.model.blame import stand_in
from swarm_node.model.cause import cause_of
from swarm_node.model.estimate import cp_of, expected
from swarm_node.model.lessons import jobs_of
from swarm_node.model.state import Build, Node, State
from swarm_node.model.work import Diagnosis

CONFIGURATION: Final = ("package.use", "package.accept_keywords", "package.license", "package.unmask")
"""The files of a client profile's etc/portage that a remedy may propose a line for."""
CHEAP: Final = 600.0
"""Seconds that an experiment may be expected to take."""


class Remedy(Struct, frozen=True):
    """One cure: the words after `build-swarm` (none: only a person can do it), and what it does."""

    command: tuple[str, ...]
    words: str
    proven: int = 0
    """How often it has cured this cause before."""

    @property
    def line(self) -> str:
        """The whole command line; empty where only a person can help."""
        return shlex.join(["build-swarm", *self.command]) if self.command else ""


def remedies(state: State, build: Build) -> tuple[Remedy, ...]:
    """The cures of a blocked build, best first; never none for one that has a diagnosis."""
    found = build.diagnosis
    if found is None:
        return ()
    offered = [*_experiment(state, build), *_OFFERS.get(found.remedy, _by_person)(state, build, found)]
    cures = state.cures.get(cause_of(build.row, found), {})
    known = [replace(remedy, proven=cures.get(sort_of(remedy), 0)) for remedy in offered]
    return tuple(sorted({one.command: one for one in known}.values(), key=lambda one: -one.proven))


def sort_of(remedy: Remedy) -> str:
    """The action and its options without their values: what is remembered of a cure."""
    return " ".join([*remedy.command[:1], *(word for word in remedy.command if word.startswith("--"))])


def _experiment(state: State, build: Build) -> Iterator[Remedy]:
    """One more try elsewhere, where that settles whose fault it is, and is cheap."""
    node = stand_in(state, build)
    if node is None:
        return
    seconds = expected(state.history, cp_of(build.row.cpv), node.name).seconds
    if seconds <= CHEAP:
        words = f"try it on {node.name}: that settles whether {build.failures[-1].node} is at fault"
        yield Remedy(("unblock", _exact(build), "--node", node.name), words)


Offer = Callable[[State, Build, Diagnosis], Iterator[Remedy]]


def _sync_overlays(state: State, build: Build, found: Diagnosis) -> Iterator[Remedy]:
    overlay = found.params.get("overlay") or build.row.repository
    yield Remedy(("sync-overlays", overlay), f"give every node the overlay {overlay}")
    yield Remedy(("sync-overlays",), "give every node all overlays, brought up to date")


def _sync_fix(state: State, build: Build, found: Diagnosis) -> Iterator[Remedy]:
    nodes = tuple(sorted({failure.node for failure in build.failures if failure.node in state.nodes}))
    if nodes:
        yield Remedy(("sync-fix", *nodes), f"make the trees of {', '.join(nodes)} what upstream is")
    yield Remedy(("sync-fix",), "make every tree that is out of step what upstream is")


def _build_local(state: State, build: Build, found: Diagnosis) -> Iterator[Remedy]:
    yield Remedy(("build-local", _exact(build)), "build it on the orchestrator's own machine")


def _unblock(state: State, build: Build, found: Diagnosis) -> Iterator[Remedy]:
    if found.kind == "out-of-memory" and (jobs := _fewer_jobs(state, build)):
        yield Remedy(("unblock", _exact(build), "--jobs", str(jobs)), f"try it with {jobs} make jobs")
    if found.kind in ("out-of-memory", "disk-full") and (node := _roomiest(state, build, found)):
        yield Remedy(
            ("unblock", _exact(build), "--node", node.name), f"try it on {node.name}, which has more"
        )
    yield Remedy(("unblock", _exact(build)), "try it again")


def _edit(state: State, build: Build, found: Diagnosis) -> Iterator[Remedy]:
    file, line = found.params.get("file", ""), found.params.get("line", "")
    if file in CONFIGURATION and line:
        words = f"try {line!r} in {file} on one drone, then keep it for all or take it back"
        yield Remedy(("configure", _exact(build), file, line), words)
    yield Remedy(("fresh",), "edit etc/portage of the client profile, then begin anew")


def _by_person(state: State, build: Build, found: Diagnosis) -> Iterator[Remedy]:
    yield Remedy((), f"mend the ebuild or its input, then: build-swarm unblock {_exact(build)}")


_OFFERS: Final[dict[str, Offer]] = {
    "sync-overlays": _sync_overlays,
    "sync-fix": _sync_fix,
    "build-local": _build_local,
    "unblock": _unblock,
    "edit-portage-and-fresh": _edit,
}


def _exact(build: Build) -> str:
    return f"={build.row.cpv}"


def _fewer_jobs(state: State, build: Build) -> int:
    """The limit that its last failure has left it, which is half of what it had; 0 when it had but one."""
    last = state.attempts.get(build.failures[-1].attempt) if build.failures else None
    if last is None:
        return build.jobs or 0
    return jobs_of(state, last.number) // 2


def _roomiest(state: State, build: Build, found: Diagnosis) -> Node | None:
    """The node with the most of what ran out, if it has more of it than those that failed."""
    failed = {failure.node for failure in build.failures}
    has = _memory if found.kind == "out-of-memory" else _disk
    able = [node for node in state.nodes.values() if node.up and not node.held]
    best = max((node for node in able if node.name not in failed), key=has, default=None)
    most = max((has(node) for node in state.nodes.values() if node.name in failed), default=0)
    return best if best is not None and has(best) > most else None


def _memory(node: Node) -> int:
    return node.facts.memory


def _disk(node: Node) -> int:
    return node.facts.disk_free
