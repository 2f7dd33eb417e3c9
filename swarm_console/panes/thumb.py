"""Where the thumb of a vertical scroll bar stands, as far as one can see."""

from typing import Final

EIGHTHS: Final = 8
"""A thumb is drawn to an eighth of a cell (`textual.scrollbar`)."""


def settled(position: float, rows: int, window: int, height: int) -> float:
    """One position for all at which the thumb looks alike; itself where each row moves it.

    `rows` is the length of what is scrolled, `window` how much of that is in sight, `height` that of the bar.
    """
    beyond = rows - window
    travel = height - max(1.0, window / (rows / height)) if rows and height else 0.0
    if travel <= 0 or beyond <= EIGHTHS * travel:
        return position
    step = int(travel * (position / beyond) * EIGHTHS)
    return (step + 0.5) * beyond / (EIGHTHS * travel)
