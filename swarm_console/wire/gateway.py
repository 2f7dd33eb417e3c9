"""The wire to the swarm behind a gateway: its documents, and its stream."""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import AsyncExitStack
from functools import partial
from importlib import import_module
from typing import Any, Final, Self

from swarm_console.background import Ahead, in_thread
from swarm_console.wire.ask import Answer, Swarm
from swarm_console.wire.stream import Health, Unreachable
from swarm_node.model.refusal import Refused

PING_SECONDS: Final = 2.0
"""A peer that vanished without a word is noticed after one and a half of these."""
ASK_SECONDS: Final = 3.0
OPENING: Final = "/api/v1/opening"
HISTORY: Final = "/api/v1/history?limit=100"
LEADER: Final = "/api/v1/orchestrator"


class Gateway:
    """The swarm behind a gateway's URL; to be used in `async with`.

    Documents are asked for over a plain socket in a thread. The stream is aiohttp's, whose import would take
    a third of the time to the first picture, and so comes after it.
    """

    def __init__(self, url: str, token: str = "") -> None:
        self.url = url.rstrip("/")
        self._swarm = Swarm(self.url, token)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._stack = AsyncExitStack()
        self._session: Any = None
        self._opening: Ahead[bytes] | None = None
        self._answers: dict[str, Ahead[Answer]] = {}

    def ask_ahead(self) -> None:
        """Ask for all that the first picture shows; the answers are kept for who asks next."""
        self._opening = Ahead(partial(self._swarm.lines, OPENING))
        for path in (HISTORY, LEADER):
            self._answers[path] = Ahead(partial(self._asked, path))

    def _asked(self, path: str) -> Iterator[Answer]:
        yield self._swarm.fetch("GET", path, seconds=ASK_SECONDS)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def ahead(self) -> AsyncGenerator[bytes, None]:
        """What was asked ahead, once; the end where it fails, since the stream will say why."""
        opening, self._opening = self._opening, None
        if opening is None:
            return
        try:
            async for line in opening:
                yield line
        except Refused:
            return

    async def messages(self, after: int | None, generation: int | None) -> AsyncGenerator[bytes, None]:
        """GET /api/v1/stream as WebSocket. Raises: Unreachable."""
        session = await self._connected()
        import aiohttp

        query = {} if after is None or generation is None else {"after": after, "generation": generation}
        try:
            async with (
                asyncio.timeout(ASK_SECONDS) as opening,
                session.ws_connect(
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
        answer = await self._get(HISTORY)
        if answer.status != 200:
            raise Unreachable(_message(answer.body) or f"it answered {answer.status}")
        return answer.body

    async def health(self) -> Health:
        """GET /api/v1/orchestrator, which the gateway answers itself."""
        try:
            answer = await self._get(LEADER)
        except Unreachable as error:
            return Health(gateway=str(error), asked=True)
        leads = _document(answer.body).get("orchestrator")
        if answer.status != 200 or not isinstance(leads, dict):
            trouble = _message(answer.body) or f"it answered {answer.status}"
            return Health(orchestrator_trouble=trouble, asked=True)
        return Health(orchestrator=str(leads.get("name", "")), asked=True)

    async def _get(self, path: str) -> Answer:
        asked = self._answers.pop(path, None) or Ahead(partial(self._asked, path))
        try:
            async with asyncio.timeout(ASK_SECONDS):
                return await anext(aiter(asked))
        except Refused as no:
            raise Unreachable(no.message) from None
        except TimeoutError as error:
            raise Unreachable(_in_words(error)) from None

    async def _connected(self) -> Any:
        """The session of aiohttp, made when it is first needed."""
        if self._session is None:
            aiohttp = await in_thread(partial(import_module, "aiohttp"))
            session = aiohttp.ClientSession(
                headers=self._headers,
                timeout=aiohttp.ClientTimeout(total=None, connect=ASK_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
            self._session = await self._stack.enter_async_context(session)
        return self._session

    async def _refusal(self, status: int) -> str:
        """Why no stream was opened, in the swarm's own words."""
        try:
            answer = await self._get("/api/v1/stream")
        except Unreachable as error:
            return str(error)
        return _message(answer.body) or f"{self.url} answered {status}: is that the gateway?"


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
