"""Finding what a person meant: builds by any spelling of a package, and the nearest known name."""

from collections.abc import Iterable
from difflib import get_close_matches

from swarm_node.model.cause import cause_of, short_name
from swarm_node.model.estimate import cp_of
from swarm_node.model.refusal import Refused
from swarm_node.model.state import Build, State

LISTING = "build-swarm queue"
LONGEST = 80
"""Characters of a misspelt name that are compared with the known ones."""


def spellings(build: Build) -> set[str]:
    """Everything by which a build may be called: id, cpv, category/package, package, and `=cpv`.

    While it is blocked, also the name of its cluster.
    """
    names = spelt(build.id, build.row.cpv)
    return names | {cluster} if (cluster := cluster_of(build)) else names


def spelt(build: str, cpv: str) -> set[str]:
    """Every spelling of a build, given its id and its cpv."""
    cp = cp_of(cpv)
    return {build, cpv, f"={cpv}", cp, cp.rpartition("/")[2], cpv.rpartition("/")[2]}


def cluster_of(build: Build) -> str:
    """The name of a blocked build's cluster; "" for any other build."""
    if build.status != "blocked" or build.diagnosis is None:
        return ""
    return short_name(cause_of(build.row, build.diagnosis))


def find_builds(state: State, text: str) -> list[Build]:
    """The builds that a name stands for. Raises Refused(unknown_package) with the nearest names."""
    core = text.removeprefix("=")
    likely = (b for b in state.builds.values() if core in b.row.cpv or core in b.id or b.status == "blocked")
    found = [build for build in likely if text in spellings(build)]
    if not found:
        names = {cp_of(build.row.cpv) for build in state.builds.values()}
        names |= {name.partition("/")[2] for name in names} | {cluster_of(b) for b in state.builds.values()}
        hint = closest(core[:LONGEST], names - {""}, LISTING)
        raise Refused("unknown_package", f"{text!r:.120} is not in the queue", hint)
    return found


def closest(name: str, known: Iterable[str], listing: str) -> str:
    """A hint: the nearest known names, or the command that lists them all."""
    names = sorted(set(known))
    begun = [each for each in names if name and each.startswith(name)]
    near = begun[:3] or get_close_matches(name, names, n=3)
    return f"did you mean {', '.join(near)}?" if near else f"see them all: {listing}"
