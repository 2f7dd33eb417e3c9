"""What Portage's resolver answers about one client's world, and the call that asks it (see `resolver`)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from swarm_node.model.refusal import Refused
from swarm_node.model.work import Line
from swarm_node.portage.prefix import Prefix, portage_environment
from swarm_node.portage.process import run

PACKAGES: Final = Path(__file__).parents[2]
"""Where Portage's Python finds this project's."""

PROGRAM: Final = (
    "import sys; sys.path.append(sys.argv[1]); from swarm_node.portage.resolver.main import main; main()"
)

TOLD: Final = 600


class Entry(Struct, frozen=True):
    """A package that a binhost has already."""

    cpv: str
    build_id: int
    slot: str
    repository: str
    use: tuple[str, ...]
    bound: tuple[tuple[str, str, str], ...] = ()
    """Category/package, slot and subslot of each slot-operator dependency, as it was when this was built."""


class Node(Struct, frozen=True):
    """A package that the world needs; the edges name others of the same resolution by cpv."""

    cpv: str
    slot: str
    repository: str
    use: tuple[str, ...]
    binary: bool
    """Whether a binhost's package will do; else it must be built."""
    builds_with: tuple[str, ...] = ()
    runs_with: tuple[str, ...] = ()
    runs_beside: tuple[str, ...] = ()
    """PDEPEND: wanted when it runs, but possibly built from it."""
    bound_to: tuple[str, ...] = ()
    """Those whose subslot becomes part of the package (slot operator `=`)."""
    wanted: str = ""
    """Why it is needed beside being a dependency: `in @world`."""
    parents: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    licenses: tuple[str, ...] = ()
    environment: dict[str, str] = {}
    built: tuple[Entry, ...] = ()
    """What the binhosts have of the same category/package, lowest version first."""


class Problem(Struct, frozen=True):
    """Why something cannot be had."""

    kind: str
    summary: str
    because: str
    lines: tuple[Line, ...] = ()
    """Lines of etc/portage that would help."""
    overlay: str = ""
    """A repository that is asked for by name and is not there."""
    said: tuple[str, ...] = ()
    """Portage's own words."""


class Refusal(Struct, frozen=True):
    """A package of the world that cannot be had; `cpv` lacks the version where there is no such package."""

    cpv: str
    slot: str
    repository: str
    use: tuple[str, ...]
    problem: Problem


class Resolution(Struct, frozen=True):
    """One client's world: what it needs, what of it cannot be had, and how many binaries there were."""

    packages: tuple[Node, ...]
    refused: tuple[Refusal, ...]
    binaries: int


class _Answer(Struct, frozen=True):
    packages: tuple[Node, ...] = ()
    refused: tuple[Refusal, ...] = ()
    binaries: int = 0
    error: str = ""


class _Request(Struct, frozen=True):
    atoms: tuple[str, ...]
    binaries_only: bool


async def ask(prefix: Prefix, atoms: Sequence[str], *, binaries_only: bool = False) -> Resolution:
    """Have the prefix's Portage resolve these atoms with nothing installed; nothing is changed or fetched.

    Raises: Refused (unresolvable) when Portage cannot even begin, with its own words.
    """
    request = msgspec.json.encode(_Request(tuple(atoms), binaries_only))
    command = [str(prefix.portage.python), "-I", "-c", PROGRAM, str(PACKAGES)]
    done = await run(command, portage_environment(prefix), request)
    try:
        answer = msgspec.json.decode(done.out, type=_Answer)
    except msgspec.MsgspecError:
        raise _refused(f"the resolver ended with status {done.status}: {_last(done.err)}") from None
    if answer.error:
        raise _refused(answer.error)
    return Resolution(answer.packages, answer.refused, answer.binaries)


def _last(err: bytes) -> str:
    return err.decode(errors="replace").strip()[-TOLD:] or "it said nothing"


def _refused(problem: str) -> Refused:
    return Refused(
        "unresolvable", problem, "correct the client profile or the repositories, then: build-swarm fresh"
    )
