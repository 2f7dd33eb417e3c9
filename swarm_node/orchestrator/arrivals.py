"""When the pieces of a log arrived: a file beside it, of offsets with Unix seconds, about one a second.

The file only helps: where it is torn, late or missing, times are unknown and the log is what it is.
"""

import os
import struct
from collections.abc import Callable
from contextlib import suppress
from math import isfinite
from pathlib import Path
from typing import BinaryIO, Final

Arrival = tuple[int, float]
"""What a log holds from this offset on came at this moment (Unix seconds), or up to a second later."""

APART: Final = 1.0
"""Seconds between two entries, at least."""
_ENTRY: Final = struct.Struct("<Qd")


def note(path: Path, offset: int, now: float) -> None:
    """Remember that what follows from `offset` on arrives now, unless the last entry is as good as that."""
    with suppress(OSError), path.open("ab+") as file:
        size = file.tell() // _ENTRY.size * _ENTRY.size
        if size:
            file.seek(size - _ENTRY.size)
            last, at = _ENTRY.unpack(file.read(_ENTRY.size))
            if last <= offset and 0 <= now - at < APART:
                return
        file.truncate(size)
        file.write(_ENTRY.pack(offset, now))


def arrivals(path: Path, offset: int, most: int) -> list[Arrival]:
    """Entries from the one that `offset` is in on, at most so many; none where nothing is known.

    Raises: OSError, but not for a missing file.
    """
    return _entries(path, lambda entry: entry[0] <= offset, most)


def since(path: Path, moment: float, most: int) -> list[Arrival]:
    """Entries from the one that holds what came at a moment (Unix seconds) on; otherwise as `arrivals`."""
    return _entries(path, lambda entry: entry[1] <= moment, most)


def _entries(path: Path, before: Callable[[Arrival], bool], most: int) -> list[Arrival]:
    """At most so many entries, from the last of those that come before on."""
    try:
        with path.open("rb") as file:
            first = max(_behind(file, before) - 1, 0)
            file.seek(first * _ENTRY.size)
            read = file.read(most * _ENTRY.size)
    except FileNotFoundError:
        return []
    whole = read[: len(read) // _ENTRY.size * _ENTRY.size]
    return [(begin, at) for begin, at in _ENTRY.iter_unpack(whole) if isfinite(at)]


def _behind(file: BinaryIO, before: Callable[[Arrival], bool]) -> int:
    """The number of the first entry that does not come before."""
    low, high = 0, file.seek(0, os.SEEK_END) // _ENTRY.size
    while low < high:
        middle = (low + high) // 2
        file.seek(middle * _ENTRY.size)
        begin, at = _ENTRY.unpack(file.read(_ENTRY.size))
        low, high = (middle + 1, high) if before((begin, at)) else (low, middle)
    return low
