"""Text from outside made safe to draw: no escape sequence, no invisible or reordering character survives."""

import re
import unicodedata
from typing import Final

REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"

# ECMA-48: a control sequence (CSI), a string (DCS, SOS, OSC, PM, APC) up to its end, or a two-character
# escape; the 8-bit forms of C1 too. Only a string that ends within its line counts: none can swallow a log.
_SEQUENCE: Final = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[PX\]^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n\r]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]"
)
_COLOURS: Final = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
"""The commonest of them, found many times faster."""
_UNUSUAL: Final = re.compile(r"[^\x20-\x7e\n\t]")
_BREAKS: Final = re.compile(r"[\n\t]+")


def harmless(text: str) -> str:
    """The text with escape sequences removed and what cannot be seen replaced by U+FFFD; lines and tabs stay.

    A lone carriage return starts a new line: overwriting is how a log hides what it said.
    """
    if text.isprintable():
        return text
    text = _COLOURS.sub("", text.replace("\r\n", "\n"))
    if "\x1b" in text or not text.isascii():
        text = _SEQUENCE.sub("", text)
    return _UNUSUAL.sub(_seen, text.replace("\r", "\n"))


def one_line(text: str) -> str:
    """`harmless` for a cell: breaks and tabs become single spaces."""
    return text if text.isprintable() else _BREAKS.sub(" ", harmless(text))


def _seen(match: re.Match[str]) -> str:
    character = match.group()
    if character.isprintable():
        return character
    return " " if unicodedata.category(character) == "Zs" else REPLACEMENT
