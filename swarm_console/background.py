"""Blocking work beside the screen, in a thread that never keeps the program from ending."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from queue import Empty, SimpleQueue
from threading import Semaphore, Thread
from typing import Final, Generic, TypeVar

T = TypeVar("T")
AHEAD: Final = 4
"""Pieces that wait to be had; the thread makes no more before that, since each may be large."""


class Ahead(Generic[T]):
    """Work begun at once in a thread, before there is a loop; what it yields is had in any loop, later, once.

    Iterating raises what the work raised.
    """

    def __init__(self, work: Callable[[], Iterable[T]]) -> None:
        self._work = work
        self._made: SimpleQueue[tuple[T] | BaseException | None] = SimpleQueue()
        self._room = Semaphore(AHEAD)
        self._left = False
        """Whether nobody wants the rest."""
        Thread(target=self._run, daemon=True, name="ahead").start()

    def _run(self) -> None:
        try:
            for each in self._work():
                self._room.acquire()
                if self._left:
                    return
                self._made.put((each,))
        except BaseException as error:
            self._made.put(error)
        else:
            self._made.put(None)

    async def __aiter__(self) -> AsyncIterator[T]:
        try:
            while (made := await self._next()) is not None:
                if isinstance(made, BaseException):
                    raise made
                self._room.release()
                yield made[0]
        finally:
            self._left = True
            self._room.release()

    async def _next(self) -> tuple[T] | BaseException | None:
        try:
            return self._made.get_nowait()
        except Empty:
            return await in_thread(self._made.get)


async def in_thread(work: Callable[[], T]) -> T:
    """What `work` returns or raises. Cancelling abandons the thread: it ends with its work or the process.

    `asyncio.to_thread` is not used because the loop waits for its threads before it closes, and an action
    may take an hour in the swarm, where it goes on without this console.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result: T | None = None
        error: BaseException | None = None
        try:
            result = work()
        except BaseException as raised:
            error = raised
        try:
            loop.call_soon_threadsafe(settle, result, error)
        except RuntimeError:
            return  # the loop is closed, nobody waits

    Thread(target=run, daemon=True, name="action").start()
    return await done
