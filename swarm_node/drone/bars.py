"""Cargo's progress bars: it draws them because a drone asks it to, for their counter, and no log needs them.

A bar ends with a carriage return and is drawn over by the next line; in a log it would stand before it.
"""

import re
from typing import Final

_BAR: Final = re.compile(rb" *Building \[[=> ]*\] +\d+/\d+[^\r\n]*\r")
_HEAD: Final = b"Building ["
LONGEST: Final = 400
"""Bytes of a bar, at CARGO_TERM_PROGRESS_WIDTH, and to spare: what is longer is passed on as it comes."""


class WithoutBars:
    """Output as it comes in pieces, cut anywhere, and what of it belongs into the log."""

    def __init__(self) -> None:
        self._held = b""
        self._at_start = True
        """Whether the next byte begins a line."""

    def take(self, chunk: bytes) -> bytes:
        """What to keep of the output so far; the beginning of what may become a bar is held back."""
        *whole, rest = re.split(rb"(?<=[\r\n])", self._held + chunk)
        begun = [] if self._at_start else whole[:1]
        kept = begun + [line for line in whole[len(begun) :] if not _BAR.fullmatch(line)]
        self._at_start = self._at_start or bool(whole)
        self._held = rest if self._at_start and _may_be_bar(rest) else b""
        if rest and not self._held:
            kept.append(rest)
            self._at_start = False
        return b"".join(kept)

    def end(self) -> bytes:
        """What was held back when the output ended."""
        held, self._held = self._held, b""
        return held


def _may_be_bar(begun: bytes) -> bool:
    text = begun.lstrip(b" ")
    return len(begun) <= LONGEST and (text.startswith(_HEAD) or _HEAD.startswith(text))
