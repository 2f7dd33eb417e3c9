"""The sessions of a log: each in a few figures, and the state that it began with."""

import asyncio
from itertools import pairwise
from typing import Final

import msgspec

from swarm_node.journal.base import Journal, Snapshot
from swarm_node.model.events import Record, SessionOpened
from swarm_node.model.recorded import Recorded
from swarm_node.orchestrator.swarm import load

LAST_WORDS: Final = (
    *("BuildStaged", "BuildFailed", "AttemptLost"),
    *("StagingVerified", "ReleasePublished", "ReleaseRolledBack"),
)
"""What a session ends with; nodes come and go long after."""


class Sessions:
    """Looks a log through; what is over does not change, so that is counted once.

    Its methods block: they are called in a thread, one at a time, by whoever holds the `gate`.
    """

    def __init__(self, journal: Journal) -> None:
        self.gate = asyncio.Lock()
        self._journal = journal
        self._opened: list[Record] = []
        self._over: dict[int, Recorded] = {}

    def all(self, upto: int) -> list[Recorded]:
        """Every session up to a sequence number, the newest first. Raises: JournalError."""
        seen = self._opened[-1].seq if self._opened else 0
        self._opened += self._journal.read(seen, ("SessionOpened",))
        opened = [record for record in self._opened if record.seq <= upto]
        over = [self._finished(one, other) for one, other in pairwise(opened)]
        return [*map(self._counted, opened[-1:], [upto]), *reversed(over)]

    def _finished(self, opened: Record, following: Record) -> Recorded:
        if opened.seq not in self._over:
            last = following.seq - 1
            ended = self._ended(opened, last)
            self._over[opened.seq] = msgspec.structs.replace(self._counted(opened, last), ended=ended)
        return self._over[opened.seq]

    def _ended(self, opened: Record, last: int) -> float:
        words = self._journal.latest(LAST_WORDS, 1, before=last + 1)
        return words[0].event.at if words and words[0].seq > opened.seq else opened.event.at

    def _counted(self, opened: Record, last: int) -> Recorded:
        assert isinstance(opened.event, SessionOpened)
        count = self._journal.count(opened.seq - 1, last)
        return Recorded(
            session=opened.event.session,
            first=opened.seq,
            last=last,
            opened=opened.event.at,
            ended=None,
            staged=count.get("BuildStaged", 0),
            failed=count.get("BuildFailed", 0),
            lost=count.get("AttemptLost", 0),
            releases=count.get("ReleasePublished", 0),
        )

    def beginning(self, session: Recorded) -> tuple[Snapshot, bool]:
        """The state right after a session was opened, and whether the log has it at hand.

        Raises: JournalError.
        """
        nearest = self._journal.snapshot(session.first)
        state = load(self._journal, session.first)
        at_hand = nearest is not None and nearest.seq == session.first
        return Snapshot(session.first, msgspec.json.encode(state)), at_hand
