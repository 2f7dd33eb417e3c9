"""Passing a request on to the leading orchestrator and its answer back, streamed; WebSockets too."""

import asyncio
from typing import Any, Final

from aiohttp import (
    ClientConnectionError,
    ClientConnectorError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    ClientWebSocketResponse,
    ConnectionTimeoutError,
    DummyCookieJar,
    StreamReader,
    TCPConnector,
    WSMsgType,
    WSServerHandshakeError,
    hdrs,
    web,
)
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from swarm_node.http.client import CONNECT_SECONDS, why
from swarm_node.http.limits import read_body
from swarm_node.model.refusal import Refused

HOP_BY_HOP: Final = frozenset(
    {
        "connection",
        "expect",
        "host",
        "keep-alive",
        "origin",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers that concern one connection only (RFC 9110, 7.6.1), and those that the gateway has checked."""
SMALL: Final = 65_536
"""Bytes; a body up to this size is passed on in one piece."""

AnySocket = ClientWebSocketResponse | web.WebSocketResponse


class Unreached(Exception):
    """The orchestrator could not be reached; `sent` when the request may have taken effect nevertheless."""

    def __init__(self, reason: Exception, sent: bool) -> None:
        super().__init__(why(reason))
        self.sent = sent


def session() -> ClientSession:
    """A pool of connections to orchestrators that changes nothing of what passes."""
    return ClientSession(
        connector=TCPConnector(limit=0, keepalive_timeout=30),
        cookie_jar=DummyCookieJar(),
        auto_decompress=False,
        skip_auto_headers={"Accept", "Accept-Encoding", "Content-Type", "User-Agent"},
        timeout=ClientTimeout(total=None, connect=CONNECT_SECONDS),
    )


async def forward(request: web.Request, pool: ClientSession, base: str) -> web.StreamResponse:
    """Answer a request with what the service at `base` answers.

    Raises: Unreached while nothing of an answer has been sent, Refused, ConnectionError.
    """
    target = URL(base + request.rel_url.raw_path_qs, encoded=True)
    if request.headers.get(hdrs.UPGRADE, "").lower() == "websocket":
        return await _forward_websocket(request, pool, target)
    body = await _body(request)
    try:
        upstream = await pool.request(
            request.method,
            target,
            headers=_headers_to(request),
            data=body,
            allow_redirects=False,
        )
    except (ClientConnectorError, ConnectionTimeoutError) as error:
        raise Unreached(error, sent=False) from None
    except (ClientError, OSError) as error:
        raise Unreached(error, sent=True) from None
    async with upstream:
        return await _answer(request, upstream)


async def _body(request: web.Request) -> bytes | StreamReader | None:
    """What to send on: a small body in one piece, which is quicker, a larger one as it comes."""
    if not request.body_exists:
        return None
    length = request.content_length
    return await read_body(request, SMALL) if length is not None and length <= SMALL else request.content


async def _answer(request: web.Request, upstream: ClientResponse) -> web.StreamResponse:
    headers = _passable(upstream.headers)
    length = upstream.content_length
    if length is not None and length <= SMALL and request.method != hdrs.METH_HEAD:
        try:
            body = await upstream.read()
        except (ClientError, OSError) as error:
            raise Unreached(error, sent=True) from None
        headers.popall(hdrs.CONTENT_LENGTH, None)
        return web.Response(body=body, status=upstream.status, headers=headers)
    response = web.StreamResponse(status=upstream.status, reason=upstream.reason, headers=headers)
    await response.prepare(request)
    async for chunk in upstream.content.iter_any():
        await response.write(chunk)
    await response.write_eof()
    return response


async def _forward_websocket(request: web.Request, pool: ClientSession, target: URL) -> web.StreamResponse:
    headers = _headers_to(request)
    for name in [name for name in headers if name.lower().startswith("sec-websocket")]:
        headers.popall(name, None)
    try:
        upstream = await pool.ws_connect(target, headers=headers, autoping=False, max_msg_size=0)
    except WSServerHandshakeError as error:
        code = {401: "unauthorized", 403: "forbidden", 404: "unknown_path"}.get(error.status, "bad_answer")
        raise Refused(
            code, f"the orchestrator opens no stream at {request.path}: {error.status}", "check the path"
        ) from None
    except (ClientConnectionError, OSError) as error:
        raise Unreached(error, sent=False) from None
    downstream = web.WebSocketResponse(autoping=False, max_msg_size=0, compress=False)
    async with upstream:
        await downstream.prepare(request)
        async with asyncio.TaskGroup() as both:
            ways = [
                both.create_task(_pump(upstream, downstream)),
                both.create_task(_pump(downstream, upstream)),
            ]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
    return downstream


async def _pump(source: AnySocket, sink: AnySocket) -> None:
    """Pass messages on until `source` ends, then close `sink` with the same code."""
    send: dict[WSMsgType, Any] = {
        WSMsgType.TEXT: sink.send_str,
        WSMsgType.BINARY: sink.send_bytes,
        WSMsgType.PING: sink.ping,
        WSMsgType.PONG: sink.pong,
    }
    try:
        async for message in source:
            if message.type not in send:
                break
            await send[message.type](message.data)
    except ConnectionError:
        pass
    await sink.close(code=source.close_code or 1001)


def _headers_to(request: web.Request) -> CIMultiDict[str]:
    headers = _passable(request.headers)
    headers["X-Forwarded-For"] = request.remote or ""
    headers["X-Forwarded-Host"] = request.host
    headers["X-Forwarded-Proto"] = request.scheme
    return headers


def _passable(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    named = {name.strip().lower() for name in headers.get(hdrs.CONNECTION, "").split(",")}
    return CIMultiDict(
        (name, value)
        for name, value in headers.items()
        if (lower := name.lower()) not in HOP_BY_HOP and lower not in named
    )
