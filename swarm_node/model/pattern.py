"""What rules look for in a log: regular expressions over lines that come indented, quoted and wrapped."""

import re
import sys
from collections.abc import Iterator
from re import _constants as node  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, Final

from swarm_node.model.facts import FORMS

TOKEN: Final = re.compile(
    rb"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]"
    rb"|(?:(?P<maybe> +(?:[*?]|\{0?,\d*\}))|(?P<gap> +(?:\+|\{\d+,?\d*\})?))(?P<mark>(?=\\?[*>#|]))?",
    re.DOTALL,
)
"""What a space may stand in: an escape, a set, or by itself."""


class Pattern:
    """One of Python's regular expressions, over lines: `^` and `$` are a line's.

    A space stands for any run of white space and quotation marks (`*`, `>`, `#`, `|`), also across lines; an
    empty group named like a fact, `(?P<host>)`, for what such a thing looks like. Raises: re.error.
    """

    def __init__(self, source: str) -> None:
        for name, form in FORMS.items():
            source = source.replace(f"(?P<{name}>)", f"(?P<{name}>{form})")
        self.regex = re.compile(TOKEN.sub(_spaced, source.encode()), re.MULTILINE)
        self.needle = needle(self.regex)
        """What stands in everything that it finds: plain bytes are found in no time."""

    def search(self, text: bytes, begin: int = 0, end: int = sys.maxsize) -> re.Match[bytes] | None:
        """The first place of a part of a text."""
        return self.regex.search(text, begin, end) if self._may_be_in(text, begin, end) else None

    def finditer(self, text: bytes, begin: int = 0, end: int = sys.maxsize) -> Iterator[re.Match[bytes]]:
        """All places of a part of a text."""
        return self.regex.finditer(text, begin, end) if self._may_be_in(text, begin, end) else iter(())

    def _may_be_in(self, text: bytes, begin: int, end: int) -> bool:
        return text.find(self.needle, begin, end) >= 0


def needle(pattern: re.Pattern[bytes]) -> bytes:
    """The longest run of bytes that everything the pattern finds has in it."""
    if pattern.flags & re.IGNORECASE:
        return b""
    return max(_runs(parser.parse(pattern.pattern, pattern.flags)), key=len, default=b"")


def _runs(items: Any) -> Iterator[bytes]:
    """The runs of literal bytes in what must be there."""
    run = bytearray()
    for kind, value in items:
        if kind is node.LITERAL:
            run.append(value)
            continue
        yield bytes(run)
        run.clear()
        if kind is node.SUBPATTERN and not value[1] & re.IGNORECASE:
            yield from _runs(value[3])
        elif kind in (node.MAX_REPEAT, node.MIN_REPEAT, node.POSSESSIVE_REPEAT) and value[0]:
            yield from _runs(value[2])
    yield bytes(run)


def _spaced(token: re.Match[bytes]) -> bytes:
    """A space takes all the white space and quotation marks there are, but for a mark that is asked for next.

    One that may be missing is ` *`, ` ?` or ` {0,8}`.
    """
    if token["gap"] is None and token["maybe"] is None:
        return token[0]
    least, keep = b"1" if token["gap"] else b"0", b"" if token["mark"] is not None else b"+"
    return rb"[\s*>#|]{%b,80}%b" % (least, keep)
