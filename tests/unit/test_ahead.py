"""Work begun before there is a loop, and what becomes of it."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from swarm_console.background import Ahead


def test_what_is_made_before_anybody_listens_is_kept() -> None:
    done = threading.Event()

    def work() -> Iterator[int]:
        yield from range(5)
        done.set()

    ahead = Ahead(work)
    assert done.wait(10)

    async def listen() -> list[int]:
        return [each async for each in ahead]

    assert asyncio.run(listen()) == [0, 1, 2, 3, 4]


async def test_what_is_made_later_comes_as_it_is_made() -> None:
    go = threading.Semaphore(0)

    def work() -> Iterator[str]:
        for word in ("one", "two"):
            assert go.acquire(timeout=10)
            yield word

    heard = []
    ahead = Ahead(work)
    go.release()
    async for word in ahead:
        heard.append(word)
        go.release()
    assert heard == ["one", "two"]


async def test_what_goes_wrong_is_raised_where_it_is_listened_for() -> None:
    def work() -> Iterator[int]:
        yield 1
        raise LookupError("no more")

    heard = []
    with pytest.raises(LookupError, match="no more"):
        async for each in Ahead(work):
            heard.append(each)
    assert heard == [1]
