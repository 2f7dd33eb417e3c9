"""What the orchestrator asks of a log, whatever database holds it."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

from swarm_node.model.events import AnyEvent, Record

FORMAT = 1
"""Version of the stored form; raised when an older program could no longer read it."""


class JournalError(Exception):
    """The log cannot be used; `hint` names the next step."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class JournalFull(JournalError):
    """Nothing more can be written; what was answered before is safe."""


class Snapshot(NamedTuple):
    """A state encoded as it was after event `seq`."""

    seq: int
    body: bytes


class Wanted(NamedTuple):
    """Which events are wanted: `holding` stands in each as it is stored, `fits` says for sure."""

    holding: bytes
    fits: Callable[[AnyEvent], bool]


class Journal(Protocol):
    """An append-only log with one writer. Sequence numbers are dense and start at 1."""

    def snapshot(self, upto: int | None = None) -> Snapshot | None:
        """The newest snapshot; with a sequence number, the newest that is not after that."""

    def save_snapshot(self, snapshot: Snapshot, lasting: bool = False) -> None:
        """Keep a snapshot, a lasting one for good; of the others older ones may go. Raises: JournalError."""

    def read(self, after: int = 0, kinds: Sequence[str] = ()) -> Iterator[Record]:
        """Events after a sequence number, oldest first; only some kinds if named. Raises: JournalError."""

    def count(self, after: int, upto: int) -> dict[str, int]:
        """How many events of each kind there are from one sequence number on up to another, that included."""

    def latest(
        self, kinds: Sequence[str], limit: int, before: int | None = None, wanted: Wanted | None = None
    ) -> list[Record]:
        """The newest events of some kinds, newest first; those before a sequence number, those wanted."""

    def append(self, events: Sequence[AnyEvent]) -> int:
        """Make events durable in one transaction; answers the last sequence number. Raises: JournalError."""

    def close(self) -> None:
        """Let go of the log and its lock."""
