"""Following the orchestrator's live stream: connect, read, and connect again from where it broke."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing
from typing import Any, Final, Protocol, Self

from swarm_console.mirror import Health, Mirror, OutOfStep

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 1.0
"""Seconds between tries; never longer, so that a picture is live again within a second of the swarm."""
PING_SECONDS: Final = 2.0
"""A peer that vanished without a word is noticed after one and a half of these."""
ASK_SECONDS: Final = 3.0
HEALTH_SECONDS: Final = 2.0
PAST: Final = 100


class Unreachable(Exception):
    """Nothing answers, or what answers is no swarm; the text says why, for people."""


class Wire(Protocol):
    """The way to the swarm. `swarm_console.stream.Gateway` is the real one; tests script their own."""

    def messages(self, after: int | None, generation: int | None) -> AsyncGenerator[bytes, None]:
        """The stream's messages from a place on. Raises: Unreachable."""
        ...

    async def past(self) -> bytes:
        """Events of before, newest first, as a JSON list of records. Raises: Unreachable."""
        ...

    async def health(self) -> Health:
        """How gateway and orchestrator are; never raises."""
        ...


async def follow(
    wire: Wire,
    mirror: Mirror,
    changed: Callable[[], None],
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> None:
    """Keep the mirror in step for as long as it is awaited; `changed` is called after each message."""
    pause = FIRST_PAUSE
    while True:
        first = True
        reason = "the stream ended"
        try:
            async with aclosing(wire.messages(*mirror.place)) as messages:
                async for message in messages:
                    mirror.take(message)
                    if first:
                        first, pause = False, FIRST_PAUSE
                        await _look_back(wire, mirror)
                    changed()
        except Unreachable as error:
            reason = str(error)
        except OutOfStep as error:
            mirror.forget()
            reason = str(error)
        mirror.lose(reason)
        changed()
        await sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


async def _look_back(wire: Wire, mirror: Mirror) -> None:
    if mirror.recent:
        return
    try:
        mirror.take_past(await wire.past())
    except Unreachable:
        return


async def watch_health(wire: Wire, mirror: Mirror, changed: Callable[[], None]) -> None:
    """Ask gateway and orchestrator how they are, again and again."""
    while True:
        before = mirror.changes
        mirror.judge(await wire.health())
        if mirror.changes != before:
            changed()
        await asyncio.sleep(HEALTH_SECONDS)


class Gateway:
    """The swarm behind a gateway's URL, over aiohttp; to be used in `async with`."""

    def __init__(self, url: str, token: str = "") -> None:
        self.url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        import aiohttp

        timeout = aiohttp.ClientTimeout(total=None, connect=ASK_SECONDS)
        session = aiohttp.ClientSession(
            headers=self._headers, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()
        )
        self._session = await self._stack.enter_async_context(session)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def messages(self, after: int | None, generation: int | None) -> AsyncGenerator[bytes, None]:
        """GET /api/v1/stream as WebSocket. Raises: Unreachable."""
        import aiohttp

        query = {} if after is None or generation is None else {"after": after, "generation": generation}
        try:
            async with (
                asyncio.timeout(ASK_SECONDS) as opening,
                self._session.ws_connect(
                    f"{self.url}/api/v1/stream", params=query, heartbeat=PING_SECONDS, max_msg_size=0
                ) as socket,
            ):
                opening.reschedule(None)
                async for message in socket:
                    if message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                        yield message.data.encode() if isinstance(message.data, str) else message.data
        except aiohttp.WSServerHandshakeError as error:
            raise Unreachable(await self._refusal(error.status)) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Unreachable(_in_words(error)) from None

    async def past(self) -> bytes:
        """GET /api/v1/history. Raises: Unreachable."""
        status, body = await self._get(f"/api/v1/history?limit={PAST}")
        if status != 200:
            raise Unreachable(_message(body) or f"it answered {status}")
        return body

    async def health(self) -> Health:
        """GET /api/v1/orchestrator, which the gateway answers itself."""
        try:
            status, body = await self._get("/api/v1/orchestrator")
        except Unreachable as error:
            return Health(gateway=str(error), asked=True)
        found = _document(body)
        leads = found.get("orchestrator")
        if status != 200 or not isinstance(leads, dict):
            return Health(orchestrator_trouble=_message(body) or f"it answered {status}", asked=True)
        return Health(orchestrator=str(leads.get("name", "")), asked=True)

    async def _get(self, path: str) -> tuple[int, bytes]:
        import aiohttp

        try:
            async with asyncio.timeout(ASK_SECONDS), self._session.get(self.url + path) as answer:
                return answer.status, await answer.read()
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Unreachable(_in_words(error)) from None

    async def _refusal(self, status: int) -> str:
        """Why no stream was opened, in the swarm's own words."""
        try:
            _, body = await self._get("/api/v1/stream")
        except Unreachable as error:
            return str(error)
        return _message(body) or f"{self.url} answered {status}: is that the gateway?"


def _document(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _message(body: bytes) -> str:
    error = _document(body).get("error")
    return str(error.get("message", "")) if isinstance(error, dict) else ""


def _in_words(error: Exception) -> str:
    """A connection's failure in a few words."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    cause = getattr(error, "os_error", error)
    if isinstance(cause, ConnectionRefusedError):
        return "the connection is refused"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror.lower()
    return str(error) or type(error).__name__
