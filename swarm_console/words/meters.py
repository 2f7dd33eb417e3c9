"""Figures as signs: a share as a bar, values as a curve."""

from collections.abc import Sequence


def bar(fraction: float, width: int) -> str:
    """A bar of so many characters: full blocks, then empty ones."""
    full = round(min(max(fraction, 0.0), 1.0) * width)
    return "━" * full + "╌" * (width - full)


def sparkline(values: Sequence[float], width: int, top: float | None = None) -> str:
    """The last values as a curve of eighths of a character, against `top` or their own maximum."""
    shown = list(values)[-width:]
    highest = max([top or 0.0, *shown], default=0.0) or 1.0
    levels = "▁▂▃▄▅▆▇█"
    return "".join(levels[min(7, int(max(value, 0.0) / highest * 7.999))] for value in shown).rjust(width)
