"""Where the bytes of a log come from: the attempt's log on the orchestrator, by offset."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from swarm_console.ask import Swarm, document


class Piece(NamedTuple):
    """Bytes of a log, and how many the whole log has by now."""

    data: bytes
    size: int


class Source(Protocol):
    """A log that grows at its end. `swarm_console.logs.source.AttemptLog` is the real one."""

    @property
    def attempt(self) -> int:
        """Whose log it is."""
        ...

    def read(self, offset: int, length: int) -> Piece:
        """At most so many bytes; blocks. Raises: Refused."""
        ...


class AttemptLog:
    """The log of an attempt, asked for through the gateway."""

    def __init__(self, connect: Callable[[], Swarm], attempt: int) -> None:
        self._connect = connect
        self.attempt = attempt

    def read(self, offset: int, length: int) -> Piece:
        swarm = self._connect()
        answer = swarm.fetch("GET", f"/api/v1/attempts/{self.attempt}/log?offset={offset}&limit={length}")
        if answer.status >= 400:
            document(swarm.url, answer)
        return Piece(answer.body, int(answer.headers.get("x-log-size", offset + len(answer.body))))
