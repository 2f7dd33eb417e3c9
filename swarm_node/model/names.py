"""Finding what a person meant: builds by any spelling of a package, and the nearest known name."""

from collections.abc import Iterable
from difflib import get_close_matches

from swarm_node.model.estimate import cp_of
from swarm_node.model.refusal import Refused
from swarm_node.model.state import Build, State


def spellings(build: Build) -> set[str]:
    """Everything by which a build may be called: id, cpv, category/package, package, and `=cpv`."""
    cpv = build.row.cpv
    cp = cp_of(cpv)
    return {build.id, cpv, f"={cpv}", cp, cp.rpartition("/")[2], cpv.rpartition("/")[2]}


def find_builds(state: State, text: str) -> list[Build]:
    """The builds that a name stands for. Raises Refused(unknown_package) with the nearest names."""
    found = [build for build in state.builds.values() if text in spellings(build)]
    if not found:
        names = {name for build in state.builds.values() for name in spellings(build)}
        raise Refused(
            "unknown_package", f"{text!r:.120} is not in the queue", closest(text, names, "build-swarm queue")
        )
    return found


def closest(name: str, known: Iterable[str], listing: str) -> str:
    """A hint: the nearest known names, or the command that lists them all."""
    near = get_close_matches(name, list(known), n=3)
    return f"did you mean {', '.join(near)}?" if near else f"see them all: {listing}"
