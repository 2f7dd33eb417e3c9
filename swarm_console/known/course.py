"""How far a running build is as a whole, and what is left: by its own counter, else by history."""

from typing import Final, NamedTuple

from swarm_node.model.estimate import Estimate
from swarm_node.model.messages import Progress

AFTER: Final = {"compile": 0.06, "test": 0.04, "install": 0.02}
"""The phases that count, and the share of a build's time that usually comes after each."""
LEAST: Final = 0.03
"""A counter that has not come so far foretells nothing yet."""
ALMOST: Final = 0.97
"""A share guessed from history never claims more than this."""
NEARLY: Final = 0.99
"""A running build is not done, whatever its counter says."""


class Course(NamedTuple):
    """The part of the whole build that is done (0 to 1), the seconds left (below 0: overdue), who says so."""

    fraction: float
    left: float
    guessed: bool
    """History does, and not the build."""


def course(word: Progress | None, elapsed: float, predicted: Estimate) -> Course:
    """Where a build stands after so many seconds.

    What is left of the present phase follows from the counter's own pace; what came before it took the time
    that it took. A counter that promises far less than the package ever took is not believed: many builds
    count a part of themselves, and then the next.
    """
    if word is None or (word.fraction or 0.0) < LEAST or word.phase not in AFTER:
        passed = elapsed / max(predicted.seconds, 1.0)
        return Course(min(passed, ALMOST), predicted.seconds - elapsed, True)
    fraction = word.fraction or 0.0
    counting = min(elapsed if word.seconds is None else word.seconds, elapsed)
    total = (elapsed + counting * (1 - fraction) / fraction) / (1 - AFTER[word.phase])
    if predicted.known:
        total = max(total, predicted.band()[0])
    return Course(min(elapsed / max(total, 1e-9), NEARLY), max(total - elapsed, 0.0), False)


def phase_words(word: Progress | None) -> str:
    """The phase, which round of it, and how far it is by its own counter: `compile² 62%`."""
    if word is None:
        return ""
    fraction = "" if word.fraction is None else f" {word.fraction:.0%}"
    return f"{word.phase}{_SMALL.get(word.round, 'ⁿ' if word.round > 9 else '')}{fraction}"


_SMALL: Final = dict(zip(range(2, 10), "²³⁴⁵⁶⁷⁸⁹", strict=True))
