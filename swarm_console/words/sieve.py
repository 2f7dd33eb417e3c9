"""A filter over rows: a regular expression, or with `!` in front everything that it does not match."""

import re
import warnings
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple, TypeVar

T = TypeVar("T")

SECONDS: Final = 0.02
"""What a pattern may take on one row's words; one that takes longer is not found there."""
REPEATING: Final = frozenset("*+?{(")
"""A pattern with none of these goes through the words once from each of their letters, and needs no limit."""


class BadSieve(Exception):
    """The text is no regular expression; the message says where."""


class Sieve(NamedTuple):
    """`text` as it was typed; `passes` says whether a row's words stay.

    Where the time of each search is `watched`, that costs ten times as much as the search.
    """

    text: str
    pattern: Any
    inverse: bool
    watched: bool

    def passes(self, words: str) -> bool:
        return self._found(words) != self.inverse

    def passing(self, rows: Iterable[T], words: Callable[[T], str]) -> list[T]:
        """The rows that stay."""
        if self.watched:
            return [row for row in rows if self.passes(words(row))]
        search, wanted = self.pattern.search, not self.inverse
        return [row for row in rows if (search(words(row)) is not None) is wanted]

    def _found(self, words: str) -> bool:
        if not self.watched:
            return self.pattern.search(words) is not None
        try:
            return self.pattern.search(words, timeout=SECONDS) is not None
        except TimeoutError:
            return False


def sieve(text: str) -> Sieve | None:
    """The filter that a text stands for, None for an empty one; case counts only when there are capitals.

    Raises: BadSieve.
    """
    inverse = text.startswith("!")
    wanted = text[inverse:]
    if not wanted:
        return None
    watched = not REPEATING.isdisjoint(wanted)
    return Sieve(text, compiled(wanted) if watched else expression(wanted), inverse, watched)


def compiled(wanted: str) -> Any:
    """The pattern of a text for the module `regex`, whose searches have a limit of time. Raises: BadSieve.

    `re` neither stops nor lets any other thread run while it searches.
    """
    import regex

    ignoring_case = expression(wanted).flags & re.IGNORECASE
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return regex.compile(wanted, regex.MULTILINE | (regex.IGNORECASE if ignoring_case else 0))
    except (regex.error, OverflowError, RecursionError) as error:
        raise BadSieve(str(error)) from None


def expression(wanted: str) -> re.Pattern[str]:
    """The regular expression of a text; case counts only when there are capitals. Raises: BadSieve."""
    try:
        return re.compile(wanted, 0 if wanted != wanted.lower() else re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        raise BadSieve(str(error)) from None
