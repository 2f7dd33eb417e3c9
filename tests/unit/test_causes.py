"""The README's table of causes is made from the rules."""

import re
from pathlib import Path

from swarm_console.commandline.causes import causes
from swarm_console.commandline.listing import with_table
from tests.unit.test_diagnosis import KINDS

README = Path(__file__).parents[2] / "README.md"


def test_the_readme_has_the_causes_as_they_are_now() -> None:
    text = README.read_text(encoding="utf-8")
    made = with_table(text, "failures", causes)
    assert made == text, "make it anew: python -m swarm_console.commandline.causes README.md"


def test_every_kind_has_a_row_of_three_cells() -> None:
    rows = causes().splitlines()[2:]
    cells = [re.split(r"(?<!\\)\|", row)[1:-1] for row in rows]
    assert all(len(row) == 3 and all(cell.strip() for cell in row) for row in cells)
    assert {cell.split("**")[1] for cell, *_ in cells} == KINDS
    assert all(row.count("`") % 2 == 0 for row in rows)
