"""What the console's picture says of an attempt: whose log it is, how it ended, and where that shows."""

from typing import NamedTuple

from swarm_console.picture import Picture
from swarm_node.model.events import BuildFailed
from swarm_node.model.state import Attempt, Failure
from swarm_node.model.work import Diagnosis, Place


class Told(NamedTuple):
    """An attempt's build and node ("" where they are not known), and the diagnosis if it failed."""

    build: str = ""
    node: str = ""
    attempt: Attempt | None = None
    """None for one of an earlier session."""
    diagnosis: Diagnosis | None = None

    @property
    def places(self) -> tuple[Place, ...]:
        """Where in the log the evidence stands."""
        return self.diagnosis.places if self.diagnosis is not None else ()


def told(picture: Picture, number: int) -> Told:
    """What is known of an attempt."""
    attempt = picture.state.attempts.get(number)
    if attempt is not None:
        build = picture.state.builds.get(attempt.build)
        failures = build.failures if build is not None else ()
        return Told(attempt.build, attempt.node, attempt, _diagnosis(failures, number))
    for record in picture.mirror.recent:
        event = record.event
        if isinstance(event, BuildFailed) and event.attempt == number:
            return Told(event.build, event.node, None, event.diagnosis)
    return Told()


def _diagnosis(failures: "list[Failure] | tuple[()]", number: int) -> Diagnosis | None:
    return next((failure.diagnosis for failure in failures if failure.attempt == number), None)


def latest(picture: Picture, word: str) -> int | None:
    """The attempt that a number, or the name of a node or build, stands for; None where it cannot be told."""
    if word.isascii() and word.isdecimal():
        return int(word)
    attempts = picture.state.attempts.values()
    begun = (a.number for a in attempts if word in (a.node, a.build) and a.started is not None)
    return max(begun, default=None)
