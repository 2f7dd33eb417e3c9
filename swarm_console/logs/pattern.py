"""What is searched for: a regular expression that cannot run away, since every search has a limit of time."""

import math
import re
import time
from typing import Final

from swarm_console.words.sieve import BadSieve, compiled, expression

LONGEST: Final = 1_000
MOST_REPEATS: Final = 100_000
"""What the bounds of repetitions may multiply to: the engine writes them out."""
_REPEAT: Final = re.compile(r"\{(\d+)?,?(\d+)?\}")
_BEYOND: Final = re.compile(r"\(\?(?!:|P<|[aimsux]+[:)])|\\[AZzGRKX]|[*+?}]\+")
"""What may see other lines than it takes in, or gives nothing back."""


class TooCostly(Exception):
    """The pattern takes too long on what it was tried on."""


class Budget:
    """Seconds of searching that may be spent."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    @property
    def left(self) -> float:
        return self._until - time.monotonic()


class Pattern:
    """A regular expression over lines, as the filter of a pane is one over rows. Raises: BadSieve."""

    def __init__(self, text: str) -> None:
        self.text = text
        expression(text)
        if len(text) > LONGEST or _repeats(text) > MOST_REPEATS:
            raise BadSieve("it is too long, or repeats too often")
        self._regex = compiled(text)
        self.tired = False
        """Whether it has taken too long on a line that was to be drawn."""
        self.local = _BEYOND.search(text) is None
        """Whether it finds the same in a line alone and in a line among others."""

    def search(self, text: str, budget: Budget, begin: int = 0) -> tuple[int, int] | None:
        """Where it is found first, from `begin` on; other threads run meanwhile. Raises: TooCostly."""
        left = budget.left
        if left <= 0:
            raise TooCostly
        try:
            found = self._regex.search(text, begin, timeout=left, concurrent=True)
        except TimeoutError:
            raise TooCostly from None
        return found.span() if found is not None else None

    def spans(self, text: str, budget: Budget) -> list[tuple[int, int]]:
        """Everywhere in a line that it is found; where that takes too long, only what was found so far."""
        spans: list[tuple[int, int]] = []
        at = 0
        try:
            while at <= len(text) and (span := self.search(text, budget, at)) is not None:
                if span[1] > span[0]:
                    spans.append(span)
                at = max(span[1], span[0] + 1)
        except TooCostly:
            self.tired = True
        return spans


def _repeats(text: str) -> int:
    bounds = [int(most or least or 1) for least, most in _REPEAT.findall(text)]
    return math.prod(max(bound, 1) for bound in bounds)
