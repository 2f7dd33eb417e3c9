"""Where the bytes of a log come from: the attempt's log on the orchestrator, by offset."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from swarm_console.ask import Answer, Swarm, document


class Piece(NamedTuple):
    """Bytes of a log, and how many the whole log has by now."""

    data: bytes
    size: int


class Arrivals(NamedTuple):
    """From which offset on a log's bytes arrived when (Unix seconds), and how many bytes it has by now."""

    times: list[tuple[int, float]]
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

    def times(self, offset: int, most: int) -> Arrivals:
        """When its bytes arrived, from the piece that an offset is in on; blocks. Raises: Refused."""
        ...


class AttemptLog:
    """The log of an attempt, asked for through the gateway."""

    def __init__(self, connect: Callable[[], Swarm], attempt: int) -> None:
        self._connect = connect
        self.attempt = attempt

    def read(self, offset: int, length: int) -> Piece:
        answer, url = self._ask("log", offset, length)
        if answer.status >= 400:
            document(url, answer)
        return Piece(answer.body, int(answer.headers.get("x-log-size", offset + len(answer.body))))

    def times(self, offset: int, most: int) -> Arrivals:
        answer, url = self._ask("log/times", offset, most)
        found = document(url, answer)
        entries = [(int(begin), float(at)) for begin, at in found["times"]]
        return Arrivals(entries, int(found["size"]))

    def _ask(self, what: str, offset: int, limit: int) -> tuple[Answer, str]:
        swarm = self._connect()
        path = f"/api/v1/attempts/{self.attempt}/{what}?offset={offset}&limit={limit}"
        return swarm.fetch("GET", path), swarm.url
