"""How far what runs is: each build by its own counter or by history, and the whole queue with it."""

from typing import TYPE_CHECKING, Final

from swarm_console.known.course import Course, course
from swarm_console.known.sliced import Steps
from swarm_node.model.estimate import Estimate, cp_of, estimate, expected
from swarm_node.model.state import DONE, OPEN, Build

if TYPE_CHECKING:
    from swarm_console.known.mirror import Mirror

STEP: Final = 50
"""Running builds that are looked at between two pauses."""


def elapsed_of(mirror: "Mirror", build: Build, now: float) -> float:
    """Seconds since the build's attempt was handed out."""
    attempt = mirror.state.attempts.get(build.attempt) if build.attempt is not None else None
    return max(0.0, now - (attempt.opened if attempt is not None else build.since))


def estimate_of(mirror: "Mirror", build: Build) -> Estimate:
    """What history gives the build, on its node if it has one."""
    state, cp = mirror.state, cp_of(build.row.cpv)
    attempt = state.attempts.get(build.attempt) if build.attempt is not None else None
    if attempt is not None and build.status in OPEN:
        return expected(state.history, cp, attempt.node)
    return estimate(state.history, cp)


def course_of(mirror: "Mirror", build: Build, now: float) -> Course:
    """How far a running build is and what is left; what its counter once reached is not taken back."""
    elapsed, number = elapsed_of(mirror, build, now), build.attempt or 0
    found = course(mirror.progress.get(number), elapsed, estimate_of(mirror, build))
    peak = mirror.peaks.get(number, 0.0)
    if found.guessed and peak:
        return Course(peak, elapsed * (1 / peak - 1), True)
    if not found.guessed and build.attempt is not None:
        mirror.peaks[build.attempt] = max(peak, found.fraction)
    return found._replace(fraction=max(found.fraction, peak))


def done(mirror: "Mirror", complete: int, now: float) -> Steps[float]:
    """How many builds are done, the running ones in part, beside those that are complete already."""
    found = float(complete)
    for number, build in enumerate(list(mirror.lineup.line("building", "assigned")), 1):
        if build.status in OPEN:
            found += course_of(mirror, build, now).fraction
        else:
            found += build.status in DONE
        if not number % STEP:
            yield
    return found
