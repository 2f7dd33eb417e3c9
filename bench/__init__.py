"""What `make bench` measures: one module a subject, each with `rows() -> list[Row]`."""

from typing import NamedTuple


class Row(NamedTuple):
    """One line of the table: the subject, what came out, the aim, figure / target ("" for none)."""

    what: str
    figure: str
    target: str
    ratio: float | str
    ok: bool
    detail: str = ""
    """A table of its own, printed below the others."""
