"""The asking side of our JSON API: an answer becomes a typed value, an error document a Refused again."""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, Self, TypeVar

import aiohttp
import msgspec

from swarm_node.model.refusal import CODES, Refused

T = TypeVar("T")
Peer = Literal["gateway", "orchestrator", "node"]


class Retry(NamedTuple):
    """How often a request is tried, and the pauses between: doubling from `first` to `most` seconds."""

    attempts: int
    first: float = 0.1
    most: float = 5.0


ONCE: Final = Retry(1)
PATIENT: Final = Retry(8)
"""About half a minute: long enough for a service to be restarted."""
RETRIED: Final = frozenset(
    {
        "gateway_unreachable",
        "no_orchestrator",
        "node_unreachable",
        "orchestrator_unreachable",
        "shutting_down",
    }
)
"""Refusals that may be gone the next time."""

HINTS: Final[dict[Peer, str]] = {
    "gateway": "check GATEWAY_URL, and the gateway itself: curl {url}/health",
    "orchestrator": "check the orchestrator: curl {url}/health",
    "node": "check the node's service: curl {url}/health",
}
CONNECT_SECONDS: Final = 5.0
LARGEST_ANSWER: Final = 64 << 20
"""Bytes; a whole swarm's state is well below it."""


class Client:
    """A keep-alive connection pool to one service, to be used in `async with`."""

    def __init__(self, url: str, *, peer: Peer = "orchestrator", token: str | None = None) -> None:
        self.url = url.rstrip("/")
        self.peer: Peer = peer
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def __aenter__(self) -> Self:
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=30),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=self._headers,
            timeout=aiohttp.ClientTimeout(total=None, connect=CONNECT_SECONDS),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()

    async def get(
        self,
        path: str,
        kind: type[T],
        *,
        query: Mapping[str, str | int | float] | None = None,
        seconds: float = 30.0,
        retry: Retry = ONCE,
    ) -> T:
        """GET `path`, the answer as `kind`. Raises: Refused."""
        return await self._tried("GET", path, kind, lambda: None, query, seconds, retry)

    async def post(
        self,
        path: str,
        body: object,
        kind: type[T],
        *,
        query: Mapping[str, str | int | float] | None = None,
        seconds: float = 30.0,
        retry: Retry = ONCE,
    ) -> T:
        """POST `body` as JSON, the answer as `kind`. Raises: Refused."""
        text = msgspec.json.encode(body)
        return await self._tried("POST", path, kind, lambda: text, query, seconds, retry)

    async def put_file(
        self, path: str, file: Path, kind: type[T], *, seconds: float = 3600.0, retry: Retry = ONCE
    ) -> T:
        """PUT a file as the body, streamed from disk; the answer as `kind`. Raises: Refused, OSError."""
        return await self._tried("PUT", path, kind, lambda: file.open("rb"), None, seconds, retry)

    @asynccontextmanager
    async def websocket(
        self, path: str, *, largest: int = 16 << 20
    ) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """An open WebSocket at `path`. Raises: Refused when it cannot be opened."""
        try:
            socket = await self.session.ws_connect(self.url + path, max_msg_size=largest, heartbeat=20)
        except aiohttp.WSServerHandshakeError as error:
            raise Refused(
                "bad_answer", f"{self.url}{path}: {error.status} {error.message}", self._hint()
            ) from None
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise self._unreachable(error) from None
        async with socket:
            yield socket

    async def _tried(
        self,
        method: str,
        path: str,
        kind: type[T],
        body: Callable[[], Any],
        query: Mapping[str, str | int | float] | None,
        seconds: float,
        retry: Retry,
    ) -> T:
        pause = retry.first
        for left in reversed(range(retry.attempts)):
            try:
                return await self._once(method, path, kind, body(), query, seconds)
            except Refused as no:
                if not left or no.code not in RETRIED:
                    raise
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(pause * 2, retry.most)
        raise AssertionError("a Retry has at least one attempt")

    async def _once(
        self,
        method: str,
        path: str,
        kind: type[T],
        body: Any,
        query: Mapping[str, str | int | float] | None,
        seconds: float,
    ) -> T:
        headers = {"Content-Type": "application/json"} if isinstance(body, bytes) else None
        try:
            async with (
                asyncio.timeout(seconds),
                self.session.request(
                    method, self.url + path, data=body, params=query, headers=headers, allow_redirects=False
                ) as response,
            ):
                return self._value(response, await _read(response), kind)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise self._unreachable(error) from None

    def _value(self, response: aiohttp.ClientResponse, text: bytes, kind: type[T]) -> T:
        try:
            if response.status < 300:
                return msgspec.json.decode(text, type=kind)
            raise _refused(text)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            first = text[:80].decode(errors="replace")
            raise Refused(
                "bad_answer", f"{response.url} answered {response.status} {first!r}: {error}", self._hint()
            ) from None

    def _unreachable(self, error: Exception) -> Refused:
        return Refused(f"{self.peer}_unreachable", f"{self.url} does not answer: {why(error)}", self._hint())

    def _hint(self) -> str:
        return HINTS[self.peer].format(url=self.url)


def why(error: Exception) -> str:
    """Why a service could not be asked, in a few words."""
    match error:
        case aiohttp.InvalidURL():
            return "that is no URL"
        case aiohttp.ClientConnectorDNSError():
            return f"the name {error.host} is not known"
        case TimeoutError():
            return "no answer in time"
        case aiohttp.ServerDisconnectedError():
            return "it closed the connection"
        case OSError() if error.errno:
            return os.strerror(error.errno).lower()
    return str(error) or type(error).__name__


class _Error(msgspec.Struct):
    code: str
    message: str
    hint: str = ""


class _Document(msgspec.Struct):
    error: _Error


def _refused(text: bytes) -> Refused:
    """The refusal that an error document carries. Raises: msgspec.DecodeError when it is none of ours."""
    error = msgspec.json.decode(text, type=_Document).error
    if error.code not in CODES:
        return Refused("bad_answer", f"{error.code}: {error.message}", error.hint)
    detail = msgspec.json.decode(text)["error"]
    known = {"code", "message", "hint"}
    extra = {key: value for key, value in detail.items() if key not in known}
    return Refused(error.code, error.message, error.hint, **extra)


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The whole answer. Raises: aiohttp.ClientPayloadError when it is larger than any of ours."""
    text = bytearray()
    async for chunk in response.content.iter_any():
        text += chunk
        if len(text) > LARGEST_ANSWER:
            raise aiohttp.ClientPayloadError(f"an answer of more than {LARGEST_ANSWER} bytes")
    return bytes(text)
