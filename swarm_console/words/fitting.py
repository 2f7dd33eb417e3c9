"""Texts in exactly as many terminal cells as there are."""

import re
from typing import Final

from rich.cells import cell_len, set_cell_size

from swarm_console.words.harmless import one_line

PACKAGE: Final = re.compile(r"(?P<sign>\S )?(?P<category>[\w+.-]+)/(?P<name>[^\s/]+)")
"""A package by its whole name, and a sign before it."""


def placed(text: str, width: int, right: bool = False) -> str:
    """The text in exactly so many cells: padded on one side, or cut with an ellipsis."""
    text = one_line(text)
    lack = cell_len(text) - width
    if lack > 0:
        text = _without_category(text, lack)
        lack = cell_len(text) - width
    if lack > 0:
        return set_cell_size(set_cell_size(text, width - 1).rstrip(" ") + "…", width)
    return " " * -lack + text if right else text + " " * -lack


def _without_category(text: str, lack: int) -> str:
    """A package that lacks room loses of its category first: by their names one tells packages apart."""
    package = PACKAGE.fullmatch(text)
    if package is None:
        return text
    category = package["category"]
    return f"{package['sign'] or ''}{category[: max(len(category) - lack - 1, 0)]}…/{package['name']}"
