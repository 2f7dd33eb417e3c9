"""Whose fault a failure is, in words."""

from collections.abc import Mapping
from typing import Final

LEAST_SHARE: Final = 0.005
"""Odds below this are not told."""


def fault(odds: Mapping[str, float]) -> tuple[str, str]:
    """The likeliest at fault, and all odds that count: package, and package 85%, drone 10%, tree 5%."""
    likely = sorted(odds, key=lambda name: -odds[name])
    return likely[0], ", ".join(f"{name} {odds[name]:.0%}" for name in likely if odds[name] >= LEAST_SHARE)
