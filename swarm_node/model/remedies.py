"""What would cure a blocked build, best first: command lines of the registry's actions."""

import shlex
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from swarm_node.model.cause import cause_of
from swarm_node.model.offers import Offer, offered
from swarm_node.model.state import Build, State
from swarm_node.model.work import Diagnosis, PlanRow


class Remedy(Struct, frozen=True):
    """One cure: the words after `build-swarm`, and what they do."""

    command: tuple[str, ...]
    """Empty where there is nothing that the swarm could do."""
    words: str
    person: bool = False
    """Whether a person has something to do first, as the words say."""
    proven: int = 0
    """How often it has cured this cause before."""

    @property
    def line(self) -> str:
        """The whole command line; empty where only a person can help."""
        return shlex.join(["build-swarm", *self.command]) if self.command else ""


def remedies(state: State, build: Build, *others: Build) -> tuple[Remedy, ...]:
    """The cures of a blocked build, and of others blocked by the same cause; best first.

    Never none for a build that has a diagnosis.
    """
    found = build.diagnosis
    if found is None:
        return ()
    known = state.cures.get(cause_of(build.row, found), {})
    cures = (_remedy(offer, known) for offer in offered(state, (build, *others), found))
    return tuple(sorted({one.command: one for one in cures}.values(), key=lambda one: -one.proven))


def generic(found: Diagnosis, package: str) -> tuple[Remedy, ...]:
    """The cures of a diagnosis in whatever swarm; `package` is a cpv, or any word where it is not known."""
    row = PlanRow(id=package, cpv=package, slot="", repository="", reason="")
    return remedies(State(), Build(row, "blocked", diagnosis=found))


def cured_by(state: State, action: str, names: Sequence[str]) -> tuple[str, ...]:
    """The blocked builds that an action cures which was done to these names; no names: to everything."""
    return tuple(
        build.id
        for build in state.by_status("blocked")
        if any(_covers(action, names, remedy) for remedy in remedies(state, build))
    )


def _covers(action: str, names: Sequence[str], remedy: Remedy) -> bool:
    """Whether what was done is what the remedy says, or more."""
    wanted = remedy.command[1:]
    return remedy.command[:1] == (action,) and (not names or (bool(wanted) and set(wanted) <= set(names)))


def sort_of(command: Sequence[str]) -> str:
    """The action and its options without their values: what is remembered of a cure."""
    return " ".join([*command[:1], *(word for word in command if word.startswith("--"))])


def _remedy(offer: Offer, known: dict[str, int]) -> Remedy:
    remedy = Remedy(*offer)
    return replace(remedy, proven=known.get(sort_of(remedy.command), 0))
