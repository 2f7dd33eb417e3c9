"""Build logs as the drones send them: one file an attempt, appended by offset, beside the event log."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from swarm_node.model.refusal import Refused
from swarm_node.orchestrator import arrivals
from swarm_node.orchestrator.arrivals import Arrival

LARGEST = 2 << 30
"""Bytes of one log; what comes after is dropped, the build goes on."""


class Logs:
    """The directory of logs; old ones are pruned by count."""

    def __init__(self, directory: Path, keep: int = 5_000, clock: Callable[[], float] = time.time) -> None:
        self.directory = directory
        self.keep = keep
        self._clock = clock
        directory.mkdir(parents=True, exist_ok=True)

    def path(self, attempt: int) -> Path:
        return self.directory / f"{attempt // 1000:04d}" / f"{attempt}.log"

    def times_path(self, attempt: int) -> Path:
        """When its pieces arrived."""
        return self.path(attempt).with_suffix(".times")

    def size(self, attempt: int) -> int:
        try:
            return self.path(attempt).stat().st_size
        except FileNotFoundError:
            return 0

    def append(self, attempt: int, offset: int, chunk: bytes) -> int:
        """Add what is new of a chunk that starts at `offset`; answers the size, where the next must start.

        A gap is not filled: the sender goes back to the size that it is told. Raises: OSError.
        """
        path = self.path(attempt)
        path.parent.mkdir(exist_ok=True)
        with path.open("ab") as out:
            size = out.tell()
            if offset <= size < LARGEST and (fresh := chunk[size - offset :]):
                arrivals.note(self.times_path(attempt), size, self._clock())
                out.write(fresh)
            return out.tell()

    def note(self, attempt: int, text: str) -> None:
        """Add a line of the orchestrator's own."""
        self.append(attempt, self.size(attempt), f"\n>>> {text}\n".encode())

    def read(self, attempt: int, offset: int = 0, most: int = 1 << 20) -> bytes:
        """A piece of a log; a negative offset counts from the end. Raises: Refused(unknown_attempt)."""
        try:
            with self.path(attempt).open("rb") as log:
                if offset < 0:
                    log.seek(max(offset + os.fstat(log.fileno()).st_size, 0))
                else:
                    log.seek(offset)
                return log.read(most)
        except FileNotFoundError:
            raise _unknown(attempt) from None

    def times(
        self, attempt: int, offset: int = 0, most: int = 1_000, since: float | None = None
    ) -> list[Arrival]:
        """When a log's pieces arrived, from the one that `offset` is in on, or that came `since` then.

        A negative offset counts from the end. Raises: Refused(unknown_attempt).
        """
        if not self.path(attempt).exists():
            raise _unknown(attempt)
        if since is not None:
            return arrivals.since(self.times_path(attempt), since, most)
        begin = max(offset + self.size(attempt), 0) if offset < 0 else offset
        return arrivals.arrivals(self.times_path(attempt), begin, most)

    def prune(self) -> None:
        """Delete the oldest logs beyond the count to keep. Raises: OSError."""
        logs = sorted(self.directory.glob("*/*.log"), key=lambda path: int(path.stem))
        for path in logs[: -self.keep]:
            path.with_suffix(".times").unlink(missing_ok=True)
            path.unlink(missing_ok=True)


def _unknown(attempt: int) -> Refused:
    return Refused("unknown_attempt", f"there is no log of attempt {attempt}", "build-swarm history")
