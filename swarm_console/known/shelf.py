"""What the console has read of releases; they never change, so each is asked for once."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar, cast

import msgspec

from swarm_console.background import in_thread
from swarm_console.wire.ask import Swarm
from swarm_node.model.catalogue import Contents, Difference

KEPT: Final = 8
"""Documents that stay at hand; one of ten thousand packages takes about ten megabytes."""

T = TypeVar("T")


class Shelf:
    """Reads contents and differences beside the screen. Raises: Refused; ValidationError of a strange one."""

    def __init__(self, connect: Callable[[], Swarm]) -> None:
        self._connect = connect
        self._kept: dict[str, object] = {}

    async def contents(self, release: int) -> Contents:
        """The packages of a release."""
        return await self._read(f"/api/v1/releases/{release}", Contents)

    async def difference(self, older: int, newer: int) -> Difference:
        """What clients of one release get with another."""
        return await self._read(f"/api/v1/releases/{older}/difference/{newer}", Difference)

    async def _read(self, path: str, kind: type[T]) -> T:
        found = self._kept.get(path)
        if found is None:
            found = await in_thread(partial(_fetched, self._connect(), path, kind))
            self._kept[path] = found
            for oldest in list(self._kept)[:-KEPT]:
                del self._kept[oldest]
        return cast("T", found)


def _fetched(swarm: Swarm, path: str, kind: Any) -> object:
    return msgspec.convert(swarm.get(path), kind)
