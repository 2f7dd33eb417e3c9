"""How much of a foreign package is read before it is refused, and the refusal itself."""

import re
from typing import Final

import msgspec

KIB: Final = 1024
MIB: Final = 1024 * KIB
GIB: Final = 1024 * MIB

CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""What could break a line of the index, drive a terminal or turn a text round."""

AGAIN: Final = "build the package again and upload the new file"

HINTS: Final[dict[str, str]] = {
    "compression": "set BINPKG_COMPRESS to zstd, xz, gzip, bzip2 or none on the drone and build again",
    "name_binding": "upload the package that this attempt was given, or ask for new work",
    "not_gpkg": 'set BINPKG_FORMAT="gpkg" on the drone and build again',
    "too_slow": "try again; when it stays slow, package it with less to unpack",
    "truncated": "upload the file again; when it stays short, " + AGAIN,
    "digest": "upload the file again; when it stays wrong, " + AGAIN,
    "unreadable": "check that the file exists and that the service may read it",
    "window": "compress with a smaller window: BINPKG_COMPRESS_FLAGS without --ultra and --long, xz below -8",
}


class BadPackage(Exception):
    """A file that is no package the swarm would take.

    `code` is a short snake-case word that tests and clients compare, `message` one printable line,
    `hint` the next step.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = HINTS.get(code, AGAIN)


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Caps on one package; sizes in bytes."""

    file: int = 8 * GIB
    """The whole container."""
    members: int = 16
    """Members of the container; GLEP 78 knows seven."""
    metadata: int = 10_000_000
    """The metadata archive, packed or unpacked (Portage's own cap for the packed one)."""
    metadata_members: int = 200
    value: int = 256 * KIB
    """One metadata value that goes into the index."""
    image: int = 32 * GIB
    """The image, unpacked."""
    image_members: int = 400_000
    ratio: int = 200
    """Unpacked bytes allowed per packed byte, on top of `allowance`."""
    allowance: int = 64 * MIB
    """Unpacked bytes that any archive may have, however well it packs."""
    window: int = 32 * MIB
    """Memory that a decompressor may ask for."""
    seconds: float = 300
    """Time to read it in, wall clock."""
    suspicious: int = 100
    """Findings kept; the rest is only counted."""


DEFAULT: Final = Limits()


def printable(text: str, width: int = 80) -> str:
    """`text` quoted for a message: no control, escape or direction characters, cut to `width`."""
    quoted = ascii(text)
    return quoted if len(quoted) <= width else quoted[: width - 4] + "..." + quoted[-1]
