"""What the swarm tells by itself: its stream's messages, and what a console needs of the way to it."""

from collections.abc import AsyncGenerator
from typing import NamedTuple, Protocol

import msgspec

from swarm_node.model.events import Record
from swarm_node.model.instalments import Instalment, Preview
from swarm_node.model.messages import Progress
from swarm_node.model.state import State


class Message(msgspec.Struct, frozen=True):
    """One message of GET /api/v1/stream, as `swarm_node.orchestrator.stream` says them."""

    generation: int | None = None
    seq: int | None = None
    preview: Preview | None = None
    snapshot: State | None = None
    instalments: int = 0
    instalment: Instalment | None = None
    events: tuple[Record, ...] = ()
    words: tuple[Progress, ...] = ()
    logs: dict[int, int] = {}
    before: tuple[Record, ...] | None = None
    """What had happened before a snapshot, where that is known; in a replay."""


class Health(NamedTuple):
    """What gateway and orchestrator say of themselves; a reason where one does not answer, else empty."""

    gateway: str = ""
    orchestrator: str = ""
    orchestrator_trouble: str = ""
    asked: bool = False


class Unreachable(Exception):
    """Nothing answers, or what answers is no swarm; the text says why, for people."""


class Wire(Protocol):
    """The way to the swarm. `swarm_console.wire.gateway.Gateway` is the real one; tests script their own."""

    def ahead(self) -> AsyncGenerator[bytes, None]:
        """Messages that are on their way already, from before anybody listened; mostly none."""
        ...

    def messages(self, after: int | None, generation: int | None) -> AsyncGenerator[bytes | Message, None]:
        """The stream's messages from a place on, as texts or ready made. Raises: Unreachable."""
        ...

    async def past(self) -> bytes:
        """Events of before, newest first, as a JSON list of records. Raises: Unreachable."""
        ...

    async def health(self) -> Health:
        """How gateway and orchestrator are; never raises."""
        ...
