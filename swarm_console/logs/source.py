"""Where the bytes of a log come from: the attempt's log on the orchestrator, by offset."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from swarm_console.wire.ask import Answer, Swarm, document


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

    def since(self, moment: float) -> int:
        """The offset of what arrived at a moment (Unix seconds); blocks. Raises: Refused."""
        ...


class AttemptLog:
    """The log of an attempt, asked for through the gateway."""

    def __init__(self, connect: Callable[[], Swarm], attempt: int) -> None:
        self._connect = connect
        self.attempt = attempt

    def read(self, offset: int, length: int) -> Piece:
        answer, url = self._ask("log", f"offset={offset}&limit={length}")
        if answer.status >= 400:
            document(url, answer)
        return Piece(answer.body, int(answer.headers.get("x-log-size", offset + len(answer.body))))

    def times(self, offset: int, most: int) -> Arrivals:
        return self._arrivals(f"offset={offset}&limit={most}")

    def since(self, moment: float) -> int:
        times = self._arrivals(f"since={moment}&limit=1").times
        return times[0][0] if times else 0

    def _arrivals(self, query: str) -> Arrivals:
        answer, url = self._ask("log/times", query)
        found = document(url, answer)
        return Arrivals([(int(begin), float(at)) for begin, at in found["times"]], int(found["size"]))

    def _ask(self, what: str, query: str) -> tuple[Answer, str]:
        swarm = self._connect()
        return swarm.fetch("GET", f"/api/v1/attempts/{self.attempt}/{what}?{query}"), swarm.url
