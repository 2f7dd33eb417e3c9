"""Work begun before there is a loop, and what becomes of it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import aclosing
from itertools import count

import pytest

from swarm_console.background import AHEAD, Ahead


def test_what_is_made_before_anybody_listens_is_kept() -> None:
    done = threading.Event()

    def work() -> Iterator[int]:
        yield from range(AHEAD)
        done.set()

    ahead = Ahead(work)
    assert done.wait(60)

    async def listen() -> list[int]:
        return [each async for each in ahead]

    assert asyncio.run(listen()) == list(range(AHEAD))


async def test_what_is_made_later_comes_as_it_is_made() -> None:
    go = threading.Semaphore(0)

    def work() -> Iterator[str]:
        for word in ("one", "two"):
            assert go.acquire(timeout=60)
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


async def test_no_more_is_made_than_may_wait_to_be_had() -> None:
    made = []

    def work() -> Iterator[int]:
        for number in range(10 * AHEAD):
            made.append(number)
            yield number

    had = []
    async for each in Ahead(work):
        had.append(each)
        assert len(made) <= len(had) + AHEAD + 1
    assert had == made == list(range(10 * AHEAD))


async def test_what_nobody_wants_the_rest_of_is_not_made() -> None:
    closed = threading.Event()

    def work() -> Iterator[int]:
        try:
            yield from count()
        finally:
            closed.set()

    async with aclosing(aiter(Ahead(work))) as pieces:
        async for each in pieces:
            if each == 2 * AHEAD:
                break
    assert await asyncio.to_thread(closed.wait, 10)
