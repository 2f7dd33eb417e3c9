"""A filter over rows: a regular expression, or with `!` in front everything that it does not match."""

import re
from typing import NamedTuple


class BadSieve(Exception):
    """The text is no regular expression; the message says where."""


class Sieve(NamedTuple):
    """`text` as it was typed; `passes` says whether a row's words stay."""

    text: str
    pattern: re.Pattern[str]
    inverse: bool

    def passes(self, words: str) -> bool:
        return (self.pattern.search(words) is None) == self.inverse


def sieve(text: str) -> Sieve | None:
    """The filter that a text stands for, None for an empty one; case counts only when there are capitals.

    Raises: BadSieve.
    """
    inverse = text.startswith("!")
    wanted = text[inverse:]
    if not wanted:
        return None
    return Sieve(text, expression(wanted), inverse)


def expression(wanted: str) -> re.Pattern[str]:
    """The regular expression of a text; case counts only when there are capitals. Raises: BadSieve."""
    try:
        return re.compile(wanted, 0 if wanted != wanted.lower() else re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        raise BadSieve(str(error)) from None
