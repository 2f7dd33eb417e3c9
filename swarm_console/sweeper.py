"""Cyclic garbage, looked for while nobody presses keys: a look at all of it takes a twentieth of a second."""

import gc
from typing import Final

ENOUGH, TOO_MUCH = 2_500, 20_000
"""New objects after which a look is worth while, and after which no key puts it off any longer."""
BESIDE: Final = 0.2
"""Seconds without a key after which another is not on its way."""
RESTED: Final = 1.0
"""Seconds without a key after which even the oldest objects may be looked at."""
MIDDLE, OLD, OVERDUE = 5, 12, 60
"""Looks at the newest objects between two at those that outlived one, and at all; how long that can wait."""
ALONE: Final = (200_000, 10, 10)
"""Python's own thresholds: a net below this one."""


class Sweeper:
    """Sweeps a process in which Python was told not to; from then on it does as good as never."""

    def __init__(self) -> None:
        self._looks = self._since = 0
        self._begun = False

    def begin(self) -> None:
        """Leave alone for good what there is now, and sweep from now on; once."""
        if not self._begun and not gc.isenabled():
            gc.freeze()
            gc.set_threshold(*ALONE)
            gc.enable()
            self._begun = True

    def sweep(self, rest: float) -> None:
        """Look for garbage, where it is time to and no key is likely to wait; `rest`: seconds without one."""
        new = gc.get_count()[0]
        if not self._begun or not gc.isenabled() or new < ENOUGH or (rest < BESIDE and new < TOO_MUCH):
            return
        self._looks, self._since = self._looks + 1, self._since + 1
        if self._since >= (OLD if rest >= RESTED else OVERDUE):
            self._since = 0
            gc.collect()
        else:
            gc.collect(0 if self._looks % MIDDLE else 1)
