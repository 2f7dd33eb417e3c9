"""What newly needs a person: the bell rings once for each such thing, and the window's title says it."""

from typing import Final, NamedTuple

from swarm_console.known.picture import Picture
from swarm_console.words.harmless import one_line

NAME: Final = "Build Swarm"


class Claim(NamedTuple):
    """One thing that needs a person. A `lasting` one is the same for good, however often it is hidden."""

    what: str
    lasting: bool = False


def claims(picture: Picture) -> frozenset[Claim]:
    """What needs a person now: nothing, unless NEXT has the tone attention; the past never does."""
    step, state = picture.next, picture.state
    if step.tone != "attention" or picture.replay:
        return frozenset()
    if step.action == "fix-blocked":
        return frozenset(Claim(f"blocked {build.id} {build.since}", True) for build in picture.blocked)
    if step.action == "verify" and state.verified is not None:
        return frozenset({Claim(f"refused {state.verified.verify_id}", True)})
    return frozenset({Claim(f"{state.session.number} {step.command} {state.session.detail}")})


def headline(picture: Picture) -> str:
    """The window's title: what needs a person, in few words."""
    step = picture.next
    if picture.replay:
        return f"REPLAY {picture.replay} – {NAME}"
    if step.tone != "attention":
        return NAME
    few = {"fix-blocked": f"{len(picture.blocked)} blocked", "verify": "release refused", "resume": "paused"}
    return f"▲ {one_line(few.get(step.action, step.text))} – {NAME}"


class Vigil:
    """Remembers what was seen to need a person, so that it is called for once."""

    def __init__(self) -> None:
        self._known: frozenset[Claim] | None = None

    def is_new(self, seen: frozenset[Claim]) -> bool:
        """Whether one of these was not there before; what is there at the first look is known already."""
        before = seen if self._known is None else self._known
        self._known = seen | {claim for claim in before if claim.lasting}
        return bool(seen - before)
