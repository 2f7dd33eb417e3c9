"""A stretch of time on a row of terminal cells: where a moment lies, zoom, scrolling, ticks of the clock."""

import time
from math import floor
from typing import Final, NamedTuple

SHORTEST: Final = 10.0
"""Seconds; closer than this nothing is shown."""
MARGIN: Final = 0.02
"""Share of the whole that is left free at its right."""
STEPS: Final = (
    *(1, 2, 5, 10, 15, 30),
    *(60, 120, 300, 600, 900, 1800),
    *(3600, 7200, 10_800, 21_600, 43_200),
    *(86_400, 172_800, 604_800, 2_592_000, 31_536_000),
)
"""Seconds between ticks."""
DAY: Final = 86_400


class Window(NamedTuple):
    """What is in sight: from `left` (Unix seconds) on, so many seconds."""

    left: float
    seconds: float

    @property
    def right(self) -> float:
        return self.left + self.seconds


class Tick(NamedTuple):
    """A mark of the clock at a cell."""

    cell: int
    label: str


def cell(window: Window, width: int, moment: float) -> int:
    """The cell boundary nearest to a moment: 0 is the left edge, `width` the right one; may lie outside."""
    return floor((moment - window.left) / window.seconds * width + 0.5)


def moment(window: Window, width: int, place: float) -> float:
    """The moment at a place in cells."""
    return window.left + place / width * window.seconds


def fitted(begin: float, end: float, width: int) -> Window:
    """All from begin to end; as that grows, the window grows in steps, so that it mostly stands still."""
    seconds = max((end - begin) * (1 + MARGIN), SHORTEST)
    step = next((step for step in STEPS if step >= seconds / max(width, 1)), STEPS[-1])
    return Window(begin, (floor(seconds / step) + 1) * step)


def zoomed(window: Window, whole: Window, factor: float, around: float) -> Window:
    """`factor` times as long, with the moment `around` staying where it is."""
    seconds = min(max(window.seconds * factor, SHORTEST), whole.seconds)
    share = (around - window.left) / window.seconds
    return within(Window(around - share * seconds, seconds), whole)


def moved(window: Window, whole: Window, share: float) -> Window:
    """Scrolled by a share of what is in sight."""
    return within(window._replace(left=window.left + share * window.seconds), whole)


def shown(window: Window, whole: Window, begin: float, end: float) -> Window:
    """Scrolled no further than needed for a bar to be in sight; of a longer one, its beginning."""
    if begin < window.left or end - begin > window.seconds:
        return within(window._replace(left=begin), whole)
    if end > window.right:
        return within(window._replace(left=end - window.seconds), whole)
    return window


def within(window: Window, whole: Window) -> Window:
    """The window moved into the whole, and no longer than that."""
    seconds = min(window.seconds, whole.seconds)
    return Window(min(max(window.left, whole.left), whole.right - seconds), seconds)


def ticks(window: Window, width: int) -> list[Tick]:
    """Marks at round local times, far enough apart for their labels."""
    for step in STEPS:
        room = len(_label(window.left, step)) + 3
        if step / window.seconds * width >= room:
            break
    offset = time.localtime(window.left).tm_gmtoff
    first = (floor((window.left + offset) / step) + 1) * step - offset
    found = []
    for number in range(int((window.right - first) // step) + 1):
        at = first + number * step
        found.append(Tick(cell(window, width, at), _label(at, step)))
    return [tick for tick in found if tick.cell >= 0 and tick.cell + len(tick.label) < width]


def _label(at: float, step: int) -> str:
    local = time.localtime(at)
    if step >= DAY or (step >= 60 and local.tm_hour == local.tm_min == 0):
        return time.strftime("%d %b", local)
    return time.strftime("%H:%M" if step >= 60 else "%H:%M:%S", local)
