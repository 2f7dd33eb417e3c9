"""The frame of every service over real sockets: errors, JSON, limits, parked requests, metrics."""

import asyncio
import errno
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import aiohttp
import msgspec
import pytest
from aiohttp import web

from swarm_node.http.connection import parked
from swarm_node.http.json import Body, decode, query, reply
from swarm_node.http.limits import Limits, read_stream
from swarm_node.http.service import make_app, serving
from swarm_node.model.refusal import Refused

TOKEN = "a-secret-of-the-swarm"
SMALL = Limits(json_bytes=1000, connections=20)
HASTY = Limits(
    json_bytes=1000,
    head_seconds=0.5,
    body_seconds=0.5,
    chunk_seconds=0.5,
    bytes_per_second=1000,
    linger_seconds=0.2,
)


class Completion(Body, frozen=True):
    attempt: int
    name: str
    more: dict[str, float] = msgspec.field(default_factory=dict)


class Wait(Body, frozen=True):
    wait: float = 0.0


class World:
    """A small service with one route of each sort, and what it saw."""

    def __init__(self, **options: Any) -> None:
        self.options = options
        self.waiting = asyncio.Event()
        self.ended: list[str] = []
        self.end = asyncio.Event()
        self.received = bytearray()

    async def make(self) -> web.Application:
        app = make_app(**self.options)
        app.add_routes(
            [
                web.get("/health", self.health),
                web.post("/complete", self.complete),
                web.get("/poll", self.poll),
                web.put("/upload", self.upload),
                web.get("/bug", self.bug),
                web.get("/full", self.full),
                web.get("/broken", self.broken),
                web.get("/late", self.late),
                web.get("/packages/x", self.health),
            ]
        )
        return app

    async def health(self, request: web.Request) -> web.Response:
        return reply({"status": "ok"})

    async def complete(self, request: web.Request) -> web.Response:
        return reply(await decode(request, Completion))

    async def poll(self, request: web.Request) -> web.Response:
        seconds = query(request, Wait).wait
        self.waiting.set()
        try:
            return reply({"got": await parked(request, asyncio.Event().wait(), seconds)})
        except (Refused, ConnectionError) as end:
            self.ended.append(type(end).__name__)
            self.end.set()
            raise

    async def upload(self, request: web.Request) -> web.Response:
        return reply({"size": await read_stream(request, self.received.extend, 1_000_000)})

    async def bug(self, request: web.Request) -> web.Response:
        raise ZeroDivisionError("secret detail")

    async def full(self, request: web.Request) -> web.Response:
        raise OSError(errno.ENOSPC, "No space left on device")

    async def broken(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.content_length = 10
        await response.prepare(request)
        await response.write(b"12345")
        raise Refused("bad_request", "too late to say so")

    async def late(self, request: web.Request) -> web.StreamResponse:
        """A stream that begins when who asked for it has just hung up."""
        assert request.transport is not None
        request.transport.close()
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        return socket


@pytest.fixture
async def world() -> World:
    return World(limits=SMALL)


@pytest.fixture
async def url(world: World) -> AsyncIterator[str]:
    async with serving(world.make) as url:
        yield url


@pytest.fixture
async def hasty() -> AsyncIterator[str]:
    """A service that waits for nobody."""
    async with serving(World(limits=HASTY).make) as url:
        yield url


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def error_of(response: aiohttp.ClientResponse) -> dict[str, Any]:
    assert response.content_type == "application/json"
    error: dict[str, Any] = (await response.json())["error"]
    assert error["code"] and error["message"] and error["hint"]
    return error


async def raw(url: str, *parts: bytes, pause: float = 0.0) -> bytes:
    """What a service answers to these very bytes, until it closes the connection."""
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    answer = bytearray()

    async def listen() -> None:
        while piece := await reader.read(65_536):
            answer.extend(piece)

    listening = asyncio.create_task(listen())
    try:
        for part in parts:
            if not listening.done():
                writer.write(part)
                await asyncio.wait([listening], timeout=pause)
        with suppress(ConnectionError):
            await asyncio.wait_for(listening, 60)
        return bytes(answer)
    finally:
        writer.close()


def document(answer: bytes) -> dict[str, Any]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b" 500 " not in head
    error: dict[str, Any] = json.loads(body)["error"]
    return error


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        (b"", "bad_json", "JSON"),
        (b"{", "bad_json", "truncated"),
        (b'{"attempt": NaN, "name": "a"}', "bad_json", "malformed"),
        (b'{"attempt": 1, "name": "a", "more": {"x": 1e400}}', "bad_request", "out of range"),
        (b'{"attempt": 1, "name": "a", "attempt": 2}', "bad_json", "'attempt' is given twice"),
        (b'\xef\xbb\xbf{"attempt": 1, "name": "a"}', "bad_json", "malformed"),
        ('{"attempt": 1, "name": "a"}'.encode("utf-16"), "bad_json", "malformed"),
        (b'{"attempt": 1, "name": "\\ud800"}', "bad_json", "JSON"),
        (b'{"attempt": 1, "name": "\xff"}', "bad_json", "utf-8"),
        (b'{"attempt": 1, "name": "a"} {}', "bad_json", "trailing"),
        (b"[1]", "bad_request", "Expected `object`"),
        (b"[" * 900, "bad_request", "Expected `object`"),
        (b'{"more":' + b"[" * 900, "bad_request", "Expected `object`"),
        (b'{"attempt": "1", "name": "a"}', "bad_request", "`$.attempt`"),
        (b'{"attempt": 1.5, "name": "a"}', "bad_request", "`$.attempt`"),
        (b'{"attempt": 1}', "bad_request", "`name`"),
        (b'{"attempt": 1, "name": "a", "extra": 1}', "bad_request", "extra"),
        (b'{"attempt": 1, "name": "a", "more": {"x": null}}', "bad_request", "$.more"),
        (b'{"attempt": 1' + b"0" * 900 + b', "name": "a"}', "bad_json", "more than 18 digits"),
    ],
)
async def test_bad_json_is_the_senders_fault(
    url: str, client: aiohttp.ClientSession, body: bytes, code: str, words: str
) -> None:
    async with client.post(f"{url}/complete", data=body) as response:
        error = await error_of(response)
    assert (response.status, error["code"]) == (400, code)
    assert words in error["message"]
    assert "attempt" in error["hint"]


async def test_deep_nesting_is_refused(client: aiohttp.ClientSession) -> None:
    async with serving(World().make) as url:
        body = b'{"attempt": 1, "name": "a", "more": ' + b'{"a":' * 100_000
        async with client.post(f"{url}/complete", data=body) as response:
            assert (response.status, (await error_of(response))["code"]) == (400, "bad_request")
        async with client.get(f"{url}/health") as response:
            assert response.status == 200


async def test_good_json_comes_back(url: str, client: aiohttp.ClientSession) -> None:
    async with client.post(f"{url}/complete", json={"attempt": 1, "name": "ä"}) as response:
        assert (response.status, await response.json()) == (200, {"attempt": 1, "name": "ä", "more": {}})
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Server"] == "build-swarm"


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
async def test_only_json_is_taken_for_json(url: str, client: aiohttp.ClientSession, kind: str) -> None:
    headers = {"Content-Type": kind}
    async with client.post(f"{url}/complete", data=b'{"attempt":1,"name":"a"}', headers=headers) as response:
        assert (response.status, (await error_of(response))["code"]) == (415, "unsupported_encoding")


@pytest.mark.parametrize("text", ["wait=soon", "wait=1&wait=2", "weight=1", "wait=nan2"])
async def test_bad_query_is_refused(url: str, client: aiohttp.ClientSession, text: str) -> None:
    async with client.get(f"{url}/poll?{text}") as response:
        assert (response.status, (await error_of(response))["code"]) == (400, "bad_request")


async def test_unknown_path_and_method(url: str, client: aiohttp.ClientSession) -> None:
    async with client.get(f"{url}/nothing") as response:
        assert (response.status, (await error_of(response))["code"]) == (404, "unknown_path")
    async with client.get(f"{url}/complete") as response:
        assert (response.status, (await error_of(response))["code"]) == (405, "wrong_method")
        assert response.headers["Allow"] == "POST"


async def test_our_bug_is_logged_under_an_id_and_tells_nothing(
    url: str, client: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    async with client.get(f"{url}/bug") as response:
        error = await error_of(response)
    assert (response.status, error["code"]) == (500, "internal")
    assert "secret detail" not in json.dumps(error)
    assert error["id"] in caplog.text and "secret detail" in caplog.text


async def test_a_full_disk_is_507(url: str, client: aiohttp.ClientSession) -> None:
    async with client.get(f"{url}/full") as response:
        assert (response.status, (await error_of(response))["code"]) == (507, "disk_full")


async def test_an_error_after_the_header_only_ends_the_connection(
    url: str, client: aiohttp.ClientSession
) -> None:
    async with client.get(f"{url}/broken") as response:
        assert response.status == 200
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.read()


@pytest.mark.parametrize("chunked", [False, True])
async def test_json_has_a_cap(url: str, client: aiohttp.ClientSession, chunked: bool) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(500):
            yield b" " * 100

    data = pieces() if chunked else b" " * 1001
    async with client.post(
        f"{url}/complete", data=data, headers={"Content-Type": "application/json"}
    ) as response:
        assert (response.status, (await error_of(response))["code"]) == (413, "too_large")


async def test_a_compressed_body_is_refused(url: str, client: aiohttp.ClientSession) -> None:
    for path, method in (("/complete", "POST"), ("/upload", "PUT")):
        headers = {"Content-Encoding": "gzip"}
        async with client.request(method, url + path, data=b"\x1f\x8b" * 100, headers=headers) as response:
            assert (response.status, (await error_of(response))["code"]) == (415, "unsupported_encoding")


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GARBAGE\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
        b"POST /complete HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /complete HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 10_000 + b"\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: localhost\r\n" + b"A: b\r\n" * 1000 + b"\r\n",
        b"GET /" + b"a" * 10_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ],
)
async def test_what_is_no_http_is_400_in_our_words(url: str, request_bytes: bytes) -> None:
    answer = await raw(url, request_bytes)
    assert answer.startswith((b"HTTP/1.0 400 ", b"HTTP/1.1 400 "))
    assert document(answer)["code"] == "bad_request"


async def test_a_broken_chunk_is_400(url: str) -> None:
    head = b"POST /complete HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = await raw(url, head, b"zz\r\n", pause=0.05)
    assert answer.startswith(b"HTTP/1.1 400 ") and document(answer)["code"] == "bad_request"


async def test_slow_headers_are_cut_and_idle_ones_do_not_block(
    hasty: str, client: aiohttp.ClientSession
) -> None:
    assert await raw(hasty, b"GET /health HTTP/1.1\r\n", b"X: 1\r\n", pause=0.1) == b""
    assert await raw(hasty) == b""
    async with client.get(f"{hasty}/health") as response:
        assert response.status == 200


async def test_a_connection_in_use_outlives_the_header_deadline(
    hasty: str, client: aiohttp.ClientSession
) -> None:
    async with client.get(f"{hasty}/poll?wait=2") as response:
        assert await response.json() == {"got": None}


async def test_a_slow_body_is_cut(hasty: str) -> None:
    head = b"POST /complete HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\nConnection: close\r\n\r\n"
    answer = await raw(hasty, head, b"{")
    assert answer.startswith(b"HTTP/1.1 408 ") and document(answer)["code"] == "too_slow"


async def test_a_trickling_upload_is_cut(hasty: str) -> None:
    head = b"PUT /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\nConnection: close\r\n\r\n"
    answer = await raw(hasty, head, *([b"x"] * 1000), pause=0.05)
    assert document(answer)["code"] == "too_slow"


async def test_uploads_stream_and_have_a_cap(url: str, world: World, client: aiohttp.ClientSession) -> None:
    async with client.put(f"{url}/upload", data=b"x" * 999_999) as response:
        assert await response.json() == {"size": 999_999}
    assert len(world.received) == 999_999
    async with client.put(f"{url}/upload", data=b"x" * 1_000_001) as response:
        assert (response.status, (await error_of(response))["code"]) == (413, "too_large")


async def test_connections_have_a_cap(url: str) -> None:
    host, port = url.removeprefix("http://").split(":")
    held = [await asyncio.open_connection(host, int(port)) for _ in range(20)]
    answer = await raw(url, b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert answer == b"" or answer.startswith(b"HTTP/1.1 503 ")
    for _, writer in held:
        writer.close()
        await writer.wait_closed()
    answer = await raw(url, b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 403),
        ({"Host": "evil.example:8090"}, 403),
        ({"Host": "127.0.0.1.evil.example"}, 403),
        ({"Host": ""}, 403),
        ({"Host": "a b"}, 403),
        ({"Host": "localhost:1"}, 200),
        ({"Host": "10.42.0.199:8090"}, 200),
        ({"Host": "[::1]:8090"}, 200),
        ({"Host": "gateway.lan"}, 200),
        ({"Host": "GATEWAY.lan."}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "localhost:1", "Origin": "http://localhost:1"}, 200),
        ({"Host": "localhost:1", "Origin": "http://localhost:2"}, 403),
    ],
)
async def test_hosts_and_origins(headers: dict[str, str], status: int, client: aiohttp.ClientSession) -> None:
    async with (
        serving(World(names=["gateway.lan"]).make) as url,
        client.get(f"{url}/health", headers=headers) as response,
    ):
        assert response.status == status
        if status == 403:
            assert (await error_of(response))["code"] == "forbidden"


async def test_the_token_guards_everything_but_what_anyone_may_ask(client: aiohttp.ClientSession) -> None:
    good = {"Authorization": f"Bearer {TOKEN}"}
    async with serving(World(token=TOKEN).make) as url:
        for path, headers, status in (
            ("/health", {}, 200),
            ("/packages/x", {}, 200),
            ("/poll", {}, 401),
            ("/metrics", {}, 401),
            ("/poll", {"Authorization": "Bearer wrong"}, 401),
            ("/poll", {"Authorization": TOKEN}, 401),
            ("/poll", {"Authorization": "Bearer ü"}, 401),
            ("/poll", good, 200),
            ("/metrics", good, 200),
        ):
            async with client.get(url + path, headers=headers) as response:
                assert response.status == status, (path, headers)
                if status == 401:
                    assert (await error_of(response))["code"] == "unauthorized"
        async with client.post(f"{url}/health") as response:
            assert response.status == 401


async def test_a_parked_request_ends_when_the_service_stops(client: aiohttp.ClientSession) -> None:
    world = World()
    async with serving(world.make) as url:
        asking = asyncio.create_task(client.get(f"{url}/poll?wait=60"))
        await world.waiting.wait()
    response = await asking
    assert (response.status, (await error_of(response))["code"]) == (503, "shutting_down")
    assert response.headers["Retry-After"] == "1"


async def test_a_parked_request_ends_when_its_peer_goes(url: str, world: World) -> None:
    host, port = url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET /poll?wait=60 HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await world.waiting.wait()
    writer.close()
    await asyncio.wait_for(world.end.wait(), 60)
    assert world.ended == ["ConnectionResetError"]


async def test_who_leaves_before_a_stream_begins_is_no_error(
    url: str, client: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(aiohttp.ClientError):
        await client.ws_connect(f"{url}/late")
    async with client.get(f"{url}/health") as response:
        assert response.status == 200
    assert "Error handling request" not in caplog.text


async def test_a_request_that_ends_in_time_leaves_nothing_parked(world: World) -> None:
    async with (
        serving(world.make) as url,
        aiohttp.ClientSession() as client,
        client.get(f"{url}/poll?wait=0.01") as response,
    ):
        assert await response.json() == {"got": None}
    assert world.ended == []


async def test_metrics_count_by_route_and_not_by_path(url: str, client: aiohttp.ClientSession) -> None:
    for path in ("/health", "/health", "/nothing/1", "/nothing/2"):
        async with client.get(url + path):
            pass
    async with client.get(f"{url}/metrics") as response:
        text = await response.text()
    assert 'swarm_http_requests_total{route="GET /health",status="200"} 2.0' in text
    assert 'swarm_http_requests_total{route="none",status="404"} 2.0' in text
    assert 'swarm_http_request_seconds_bucket{le="0.05",route="GET /health"}' in text
    assert "nothing" not in text
