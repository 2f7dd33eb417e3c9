"""The rows that pass a filter; of a long list, looked through a part for every picture."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Generic, TypeVar

from swarm_console.words.sieve import Sieve

T = TypeVar("T")
PART, AGAIN = 500, 1_500
"""Rows looked through at once, which a key may have to wait for; and when what was found stands meanwhile."""


class Sifter(Generic[T]):
    """`words` is what the filter sees of a row."""

    def __init__(self, words: Callable[[T], str]) -> None:
        self._words = words
        self.sieve: Sieve | None = None
        self.searching = False
        """Whether there are rows that this filter has not looked at yet."""
        self._passed: list[T] = []
        self._found: list[T] = []
        self._left: Iterator[T] | None = None

    def filter_by(self, wanted: Sieve | None) -> None:
        """Another filter."""
        self.sieve, self._left, self.searching = wanted, None, wanted is not None

    def view(self, items: Sequence[T]) -> Sequence[T]:
        """What passes of these rows; of many, so far, or as it was when all were last looked at."""
        if self.sieve is None:
            return items
        if len(items) <= PART:
            self._left, self._passed, self.searching = None, self.sieve.passing(items, self._words), False
            return self._passed
        if self._left is None:
            self._left, self._found = iter(list(items)), []
        return self.go_on()

    def go_on(self) -> Sequence[T]:
        """The same of the rows that were there last, one part further."""
        assert self._left is not None
        assert self.sieve is not None
        enough = PART if self.searching else AGAIN
        part = list(islice(self._left, enough))
        self._found += self.sieve.passing(part, self._words)
        if len(part) < enough:
            self._left, self._passed, self.searching = None, self._found, False
        return self._found if self.searching else self._passed
