"""The frame of every service: its application, and how it starts, says that it is ready, and stops."""

import asyncio
import logging
import os
import resource
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from swarm_node.http import metrics
from swarm_node.http.connection import PARKED, STOPPING, Parked, Runner, stop_parked
from swarm_node.http.errors import response_to
from swarm_node.http.limits import DEFAULT, LIMITS, POLICY, Limits, Policy
from swarm_node.http.metrics import METRICS, Metrics
from swarm_node.model.refusal import FAILED, Refused

log = logging.getLogger(__name__)

STARTED: Final = web.RequestKey("started", bool)
"""Present as soon as the header of the answer is on its way: an error can then only end the connection."""
ADDRESS: Final = web.AppKey("address", str)
"""The service's URL on this machine, known before `on_startup`; the real port when 0 was asked for."""
PEER_GONE: Final = 499
"""Status of an answer that nobody is there to read any more."""
DRAIN_SECONDS: Final = 10.0
BACKLOG: Final = 1024
OPEN_FILES: Final = 16_384

MakeApp = Callable[[], Awaitable[web.Application]]


def make_app(
    *, names: Iterable[str] = (), token: str | None = None, limits: Limits = DEFAULT
) -> web.Application:
    """An empty application with everything that the services share, GET /metrics included.

    `names` are the DNS names that it answers to beside localhost, this machine's own and numeric addresses.
    """
    app = web.Application(middlewares=[_guard], client_max_size=limits.json_bytes)
    app[LIMITS] = limits
    app[POLICY] = Policy(frozenset({socket.gethostname(), *filter(None, names)}), token)
    app[METRICS] = Metrics()
    app[STOPPING] = asyncio.Event()
    app[PARKED] = Parked()
    app.on_response_prepare.append(_mark_started)
    app.on_shutdown.append(stop_parked)
    app.router.add_get("/metrics", metrics.show)
    return app


@web.middleware
async def _guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The only middleware: admission, errors as documents, counting."""
    begin = perf_counter()
    app = request.app
    try:
        app[POLICY].admit(request)
        response = await handler(request)
    except (ConnectionResetError, BrokenPipeError):
        if STARTED in request and not _gone(request):
            raise
        return web.Response(status=PEER_GONE)
    except Exception as error:
        if STARTED in request:
            log.warning("%s %s broke off: %s", request.method, request.path, error)
            raise ConnectionResetError("the answer broke off") from error
        response = response_to(request, error)
    app[METRICS].observe(request, response.status, perf_counter() - begin)
    return response


def _gone(request: web.Request) -> bool:
    """Whether who asked has hung up."""
    return request.transport is None or request.transport.is_closing()


async def _mark_started(request: web.Request, response: web.StreamResponse) -> None:
    request[STARTED] = True
    response.headers["Server"] = "build-swarm"


@asynccontextmanager
async def serving(make: MakeApp, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve an application for the length of a `with`; gives its URL.

    Raises: OSError when the address cannot be had.
    """
    with _listen(host, port) as listening:
        app = await make()
        app[ADDRESS] = _own_url(host, listening.getsockname()[1])
        runner = Runner(app, shutdown_timeout=DRAIN_SECONDS)
        await runner.setup()
        try:
            await web.SockSite(runner, listening, backlog=BACKLOG).start()
            yield app[ADDRESS]
        finally:
            await stop_parked(app)
            await runner.cleanup()


def run(
    make: MakeApp,
    *,
    name: str,
    host: str,
    port: int,
    log_file: Path | None = None,
    ready_fd: int | None = None,
) -> int:
    """Serve until SIGTERM or SIGINT; the exit code, 1 with one line on stderr when it cannot start.

    As soon as it listens it writes one line, `ready NAME URL`, and nothing else, to `ready_fd` (or stdout).
    """
    try:
        _log_to(log_file)
        _raise_file_limit()
        asyncio.run(_serve(make, name, host, port, ready_fd))
    except Refused as no:
        return _cannot_start(name, no.message, no.hint)
    except OSError as error:
        return _cannot_start(name, *_explain(error, host, port))
    return 0


async def _serve(make: MakeApp, name: str, host: str, port: int, ready_fd: int | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with serving(make, host, port) as url:
        log.info("%s listens on %s", name, url)
        _say_ready(f"ready {name} {url}\n", ready_fd)
        await stop.wait()
        log.info("%s stops", name)


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket: taken before anything else is opened, so that a second service changes nothing."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
        listening.setblocking(False)
    except OSError:
        listening.close()
        raise
    return listening


def _own_url(host: str, port: int) -> str:
    """Where this machine reaches the service: loopback when it listens on every address."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _say_ready(line: str, ready_fd: int | None) -> None:
    if ready_fd is None:
        sys.stdout.write(line)
        sys.stdout.flush()
        return
    with os.fdopen(ready_fd, "w") as waiting:
        waiting.write(line)


def _log_to(log_file: Path | None) -> None:
    from logging.handlers import WatchedFileHandler

    handlers: list[logging.Handler] = [logging.StreamHandler()]
    if log_file is not None:
        log_file.parent.mkdir(parents=True, exist_ok=True)
        handlers.append(WatchedFileHandler(log_file))
    logging.basicConfig(
        level=logging.INFO, handlers=handlers, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )


def _raise_file_limit() -> None:
    """Every long poll is an open file; not without bound, as builds inherit it and some close each one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _cannot_start(name: str, message: str, hint: str) -> int:
    sys.stderr.write(f"swarm-node {name}: {message}\n" + (f"  → {hint}\n" if hint else ""))
    return FAILED


def _explain(error: OSError, host: str, port: int) -> tuple[str, str]:
    """What kept a service from starting, and the next step."""
    import errno

    where = f"{host}:{port}"
    match error.errno:
        case errno.EADDRINUSE:
            return f"{where} is taken", f"see who has it (ss -ltnp 'sport = :{port}'), or choose another port"
        case errno.EADDRNOTAVAIL:
            return f"{host} is no address of this machine", "set BIND to one of `ip -brief address`"
        case errno.EACCES if port < 1024 and error.filename is None:
            return f"{where}: not allowed", "choose a port above 1023, or start as root"
    if isinstance(error, socket.gaierror):
        return f"the name {host!r} is not known: {error.strerror}", "set BIND to an address of this machine"
    subject = f"{error.filename}: " if error.filename else ""
    return f"{subject}{error.strerror or error}", "check that it exists and that this user may use it"
