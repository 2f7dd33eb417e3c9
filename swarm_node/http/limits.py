"""What a service takes from strangers, and how much of it: hosts, origins, tokens, sizes and times."""

import asyncio
import hmac
import ipaddress
from collections.abc import Callable
from typing import Final, NamedTuple

from aiohttp import hdrs, web
from yarl import URL

from swarm_node.model.refusal import Refused


class Limits(NamedTuple):
    """Caps of one service: bytes and seconds."""

    json_bytes: int = 1 << 20
    head_seconds: float = 15.0
    """From the connection, or the first byte of a request, to the end of its header."""
    body_seconds: float = 15.0
    """For the whole of a JSON body."""
    chunk_seconds: float = 60.0
    """The longest silence inside a streamed body, and the grace before its rate counts."""
    bytes_per_second: int = 32_000
    """The least mean rate of a streamed body."""
    idle_seconds: float = 75.0
    """How long an unused connection is kept."""
    linger_seconds: float = 2.0
    """How much longer a body that its handler did not want is read, so that the sender sees the answer."""
    connections: int = 4096


DEFAULT: Final = Limits()
LIMITS: Final = web.AppKey("limits", Limits)


class Policy:
    """Who may talk to a service: the names that it answers to and the secret that it asks for.

    Numeric addresses are always answered: a page that rebinds its DNS name cannot have one as its Host.
    """

    def __init__(self, names: frozenset[str] = frozenset(), token: str | None = None) -> None:
        self._names = {"localhost", *(name.lower() for name in names)}
        self._known: set[str] = set()
        self._secret = f"Bearer {token}".encode() if token else None

    def admit(self, request: web.BaseRequest) -> None:
        """Let a request pass on to its handler.

        Raises: Refused (forbidden, unauthorized, unsupported_encoding).
        """
        headers = request.headers
        host = headers.get(hdrs.HOST, "")
        if host not in self._known:
            self._check_host(host)
        origin = headers.get(hdrs.ORIGIN)
        if origin is not None and origin.partition("://")[2] != host:
            raise Refused("forbidden", f"a page of {origin} may not use this service", "use swarm-console")
        if headers.get(hdrs.CONTENT_ENCODING, "identity") != "identity":
            raise Refused("unsupported_encoding", "a compressed body is not taken", "send it uncompressed")
        if self._secret and not is_open(request):
            self._check_token(headers.get(hdrs.AUTHORIZATION, ""))

    def _check_host(self, host: str) -> None:
        name = _host_name(host)
        if name not in self._names and not _is_address(name):
            raise Refused(
                "forbidden",
                f"this service does not answer to the name {name!r}",
                "use its address, or write its name into PUBLIC_URL",
            )
        if len(self._known) < 1000:
            self._known.add(host)

    def _check_token(self, given: str) -> None:
        assert self._secret is not None
        if not hmac.compare_digest(given.encode(errors="replace"), self._secret):
            raise Refused(
                "unauthorized",
                "this swarm asks for its shared secret" if not given else "that is not the swarm's secret",
                "set SWARM_TOKEN to the same value as on the gateway",
            )


POLICY: Final = web.AppKey("policy", Policy)


def is_open(request: web.BaseRequest) -> bool:
    """Whether a request needs no token.

    Health and the leader are for everyone; wget, which fetches packages, cannot send a token: production is
    public and a path below /staging/ carries the drone's own capability.
    """
    if request.method not in ("GET", "HEAD"):
        return False
    path = request.path
    return path in ("/health", "/api/v1/orchestrator") or path.startswith(("/packages/", "/staging/"))


def _host_name(host: str) -> str:
    """`name:port` or `[v6]:port` without the port, in lower case; empty where it is no host at all."""
    try:
        return (URL(f"//{host}").host or "").lower().rstrip(".")
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


async def read_body(request: web.Request, cap: int | None = None) -> bytes:
    """The whole body, chunked or not, at most `cap` bytes (default: the service's JSON cap).

    Raises: Refused (too_large, too_slow).
    """
    limits = request.app[LIMITS]
    most = limits.json_bytes if cap is None else cap
    _check_length(request, most)
    content = request.content
    if content.is_eof():
        body = content.read_nowait()
        _check_size(len(body), most)
        return body
    chunks = bytearray()
    try:
        async with asyncio.timeout(limits.body_seconds):
            while chunk := await content.readany():
                chunks += chunk
                _check_size(len(chunks), most)
    except TimeoutError:
        raise Refused(
            "too_slow", f"no end of the body within {limits.body_seconds:g} s", "try again"
        ) from None
    return bytes(chunks)


async def read_stream(request: web.Request, sink: Callable[[bytes], object], cap: int) -> int:
    """Hand a body of at most `cap` bytes to `sink` chunk by chunk; answers how many bytes it was.

    Raises: Refused (too_large, too_slow), and whatever `sink` raises.
    """
    limits = request.app[LIMITS]
    _check_length(request, cap)
    clock = asyncio.get_running_loop().time
    begin, size = clock(), 0
    try:
        while True:
            async with asyncio.timeout(limits.chunk_seconds):
                chunk = await request.content.readany()
            if not chunk:
                return size
            size += len(chunk)
            _check_size(size, cap)
            sink(chunk)
            seconds = clock() - begin
            if seconds > limits.chunk_seconds and size / seconds < limits.bytes_per_second:
                raise TimeoutError
    except TimeoutError:
        raise Refused(
            "too_slow",
            f"{size} bytes in {clock() - begin:.0f} s is below {limits.bytes_per_second} bytes/s",
            "look at the network between the two machines, then send it again",
        ) from None


def _check_length(request: web.BaseRequest, cap: int) -> None:
    if (length := request.content_length) is not None:
        _check_size(length, cap)


def _check_size(size: int, cap: int) -> None:
    if size > cap:
        raise Refused("too_large", f"the body is larger than {cap} bytes", "send less")
