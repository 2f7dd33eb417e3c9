"""What the C library does with memory that is free again."""

from typing import Final

MMAP_THRESHOLD, TRIM_THRESHOLD = -3, -1
"""M_MMAP_THRESHOLD and M_TRIM_THRESHOLD of mallopt(3)."""
KEPT: Final = 1 << 20
"""Bytes; of a larger piece, and of more at the end of an arena, nothing is kept."""


def give_back() -> None:
    """Have memory go back to the system when it is free, however large a piece once was.

    Left alone, glibc learns from the largest piece that ever was free how much to keep, in the arena of each
    thread (mallopt(3), Notes): what a long queue arrives in would stay. Another C library goes on as it does.
    """
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(MMAP_THRESHOLD, KEPT)
        mallopt(TRIM_THRESHOLD, KEPT)
