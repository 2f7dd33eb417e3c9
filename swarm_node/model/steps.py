"""Work in small steps, for whoever has something else to do between them."""

from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")

Steps = Generator[None, None, T]
"""Work that yields after every few thousandths of a second; one that never yields is done at once."""


def at_once(steps: Steps[T]) -> T:
    """The result of all steps, done one after the other."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: T = end.value
            return found
