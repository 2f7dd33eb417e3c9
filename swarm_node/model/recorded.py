"""A session as the log has it."""

from msgspec import Struct


class Recorded(Struct, frozen=True):
    """From the event that opened it to the last one before the next: sequence numbers, times, and counts.

    `ended` is when its last build, verdict or release was (Unix seconds), None while it is the present one.
    """

    session: int
    first: int
    last: int
    opened: float
    ended: float | None
    staged: int
    failed: int
    lost: int
    releases: int

    @property
    def events(self) -> int:
        return self.last - self.first + 1
