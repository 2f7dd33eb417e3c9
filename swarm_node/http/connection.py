"""aiohttp's connections with what they lack: a deadline for headers, a cap on their number, parked requests.

aiohttp reads a header for as long as it takes to come; here a connection that has not finished one in time is
closed. A request that waits for something (a long poll) is parked on its connection, so that it ends at once
when the peer goes away or the service stops.
"""

import asyncio
from asyncio import Future
from collections.abc import Awaitable
from typing import Any, Final, TypeVar

from aiohttp import web
from aiohttp.web_log import AccessLogger
from aiohttp.web_protocol import _ErrInfo

from swarm_node.http.errors import answer
from swarm_node.http.limits import DEFAULT, LIMITS, Limits
from swarm_node.model.refusal import Refused

T = TypeVar("T")

FULL: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n"
)
SWEEP_SECONDS: Final = 1.0


class Connection(web.RequestHandler):
    """One peer's connection; its `parked` futures are what its requests wait for."""

    __slots__ = ("head_since", "parked", "server")

    def __init__(self, server: "Server", **options: Any) -> None:
        super().__init__(server, **options)
        self.server = server
        self.head_since: float | None = None
        self.parked: set[Future[Any]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.head_since = self._loop.time()
        self.server.open.add(self)
        if len(self.server.open) > self.server.limits.connections:
            assert isinstance(transport, asyncio.Transport)
            transport.write(FULL)
            self.force_close()

    def connection_lost(self, exc: BaseException | None) -> None:
        self.server.open.discard(self)
        for future in tuple(self.parked):
            future.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._messages or self._request_in_progress or self._upgraded:
            self.head_since = None
        elif self.head_since is None:
            self.head_since = self._loop.time()
        if self._messages and self._current_request is not None:
            self._pass_on_error(self._current_request)

    def _pass_on_error(self, request: web.BaseRequest) -> None:
        """Tell the request in hand that its body is broken; aiohttp would let it wait for the deadline."""
        message = self._messages[-1][0]
        if isinstance(message, _ErrInfo):
            request.content.set_exception(web.RequestPayloadError(message.message))

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what is no HTTP with our document, and without a traceback in the log."""
        if status != 400:
            return super().handle_error(request, status, exc, message)
        first = (message or str(exc)).strip().partition("\n")[0]
        response = answer(
            Refused("bad_request", f"not a request that HTTP/1.1 knows: {first}", "use HTTP/1.1")
        )
        response.force_close()
        return response


class Server(web.Server):
    """Makes the connections of one application and closes those that are too slow."""

    def __init__(self, like: web.Server, limits: Limits, **options: Any) -> None:
        super().__init__(like.request_handler, request_factory=like.request_factory, **options)
        self.limits = limits
        self.open: set[Connection] = set()
        self._options = {
            **options,
            "auto_decompress": False,
            "keepalive_timeout": limits.idle_seconds,
            "lingering_time": limits.linger_seconds,
        }
        self._sweeping = self._loop.call_later(SWEEP_SECONDS, self._sweep)

    def __call__(self) -> Connection:
        return Connection(self, **{"loop": self._loop, **self._options})

    def pre_shutdown(self) -> None:
        self._sweeping.cancel()
        super().pre_shutdown()

    def _sweep(self) -> None:
        late = self._loop.time() - self.limits.head_seconds
        for connection in tuple(self.open):
            if connection.head_since is not None and connection.head_since < late:
                connection.force_close()
        self._sweeping = self._loop.call_later(SWEEP_SECONDS, self._sweep)


class Runner(web.AppRunner):
    """aiohttp's runner of an application, on our connections and without an access log."""

    def __init__(self, app: web.Application, *, shutdown_timeout: float = 10.0) -> None:
        super().__init__(app, shutdown_timeout=shutdown_timeout, access_log=None)

    async def _make_server(self) -> web.Server:
        plain = await super()._make_server()
        options = {"access_log": None, "access_log_class": AccessLogger}
        return Server(plain, self.app.get(LIMITS, DEFAULT), **options)


STOPPING: Final = web.AppKey("stopping", asyncio.Event)
"""Set as soon as the service was asked to stop."""


class Parked(set["Future[Any]"]):
    """What the waiting requests of a service wait for."""


PARKED: Final = web.AppKey("parked", Parked)


async def parked(request: web.Request, awaitable: Awaitable[T], seconds: float | None = None) -> T | None:
    """Wait in a request for something that may never come; None after `seconds`.

    In each of these cases, and in those below, `awaitable` has been cancelled.

    Raises: Refused (shutting_down) as soon as the service stops, ConnectionResetError when the peer is gone,
    and whatever `awaitable` raises.
    """
    future = asyncio.ensure_future(awaitable)
    protocol = request.protocol
    mine = protocol.parked if isinstance(protocol, Connection) else set()
    everyones = request.app[PARKED]
    mine.add(future)
    everyones.add(future)
    try:
        if request.app[STOPPING].is_set():
            future.cancel()
        async with asyncio.timeout(seconds):
            return await future
    except TimeoutError:
        if future.done() and not future.cancelled():
            raise
        return None
    except asyncio.CancelledError:
        if (task := asyncio.current_task()) and task.cancelling():
            raise
        if request.app[STOPPING].is_set():
            raise Refused("shutting_down", "this service is stopping", "ask again in a few seconds") from None
        raise ConnectionResetError("the peer is gone") from None
    finally:
        future.cancel()
        mine.discard(future)
        everyones.discard(future)


async def stop_parked(app: web.Application) -> None:
    """Answer every waiting request of the service now."""
    app[STOPPING].set()
    waiting = app[PARKED]
    for future in tuple(waiting):
        future.cancel()
