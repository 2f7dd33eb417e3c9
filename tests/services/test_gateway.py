"""The gateway before real services: who leads, fail-over, and everything passed on as it is."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from swarm_node.gateway.app import make_app
from swarm_node.http import service
from swarm_node.http.connection import parked
from swarm_node.http.json import reply
from swarm_node.http.limits import read_stream
from swarm_node.http.service import serving
from swarm_node.model.refusal import Refused
from swarm_node.settings import GatewaySettings

TOKEN = "a-secret-of-the-swarm"


class Orchestrator:
    """A real service that answers like an orchestrator and says its name in every answer."""

    def __init__(self, name: str, status: str = "ok", file: Path = Path("/nowhere")) -> None:
        self.file = file
        self.name = name
        self.status = status
        self.waiting = asyncio.Event()
        self.gone = asyncio.Event()
        self.seen: list[web.Request] = []
        self.looks = asyncio.Queue[None]()

    async def make(self) -> web.Application:
        app = service.make_app()
        app.add_routes(
            [
                web.get("/health", self.health),
                web.get("/api/v1/poll", self.poll),
                web.get("/api/v1/stream", self.stream),
                web.put("/api/v1/attempts/1/package", self.upload),
                web.get("/api/v1/refuse", self.refuse),
                web.get("/packages/big", self.big),
                web.get("/packages/file", self.show_file),
                web.get("/api/v1/half", self.half),
                web.route("*", "/{path:.*}", self.say),
            ]
        )
        return app

    async def looked_at(self) -> None:
        """Wait until the gateway has looked at it once more, and has had time to make up its mind."""
        while not self.looks.empty():
            self.looks.get_nowait()
        for _ in range(2):
            await asyncio.wait_for(self.looks.get(), 60)

    async def health(self, request: web.Request) -> web.Response:
        self.looks.put_nowait(None)
        return reply({"status": self.status, "role": "orchestrator", "name": self.name})

    async def say(self, request: web.Request) -> web.Response:
        self.seen.append(request)
        body = await request.read()
        return reply({"by": self.name, "method": request.method, "path": request.path_qs, "size": len(body)})

    async def poll(self, request: web.Request) -> web.Response:
        self.waiting.set()
        try:
            return reply({"got": await parked(request, asyncio.Event().wait(), 0.2 if request.query else 60)})
        except ConnectionResetError:
            self.gone.set()
            raise

    async def stream(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"by": self.name, "after": request.query.get("after")})
        async for message in socket:
            if message.data == "bye":
                await socket.close(code=4001)
            else:
                await socket.send_str(message.data.upper())
        return socket

    async def upload(self, request: web.Request) -> web.Response:
        digest = hashlib.sha512()
        size = await read_stream(request, digest.update, 100_000_000)
        return reply({"size": size, "sha512": digest.hexdigest()})

    async def refuse(self, request: web.Request) -> web.Response:
        raise Refused("stale_attempt", "attempt 3 is over", "ask for work")

    async def big(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/x-gpkg", "X-Extra": "1"})
        await response.prepare(request)
        for number in range(100):
            await response.write(bytes([number]) * 50_000)
        return response

    async def show_file(self, request: web.Request) -> web.FileResponse:
        return web.FileResponse(self.file)

    async def half(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.content_length = 1_000_000
        await response.prepare(request)
        await response.write(b"x" * 1000)
        assert request.transport is not None
        request.transport.abort()
        return response


class Swarm:
    """A running gateway and the means to talk to it."""

    def __init__(self, url: str, client: aiohttp.ClientSession) -> None:
        self.url = url
        self.client = client

    async def get(self, path: str) -> tuple[int, dict[str, Any]]:
        async with self.client.get(self.url + path) as response:
            return response.status, await response.json()

    async def register(self, **fields: Any) -> tuple[int, dict[str, Any]]:
        body = {"role": "orchestrator", "name": "orion", **fields}
        async with self.client.post(f"{self.url}/api/v1/register", json=body) as response:
            return response.status, await response.json()

    async def led_by(self, name: str | None) -> dict[str, Any]:
        """Wait until that orchestrator leads (None: nobody); the gateway's answer then."""
        async with asyncio.timeout(60):
            while True:
                _, document = await self.get("/api/v1/orchestrator")
                if (document["orchestrator"] or {}).get("name") == name:
                    return document


@pytest.fixture
def settings(tmp_path: Path) -> GatewaySettings:
    return GatewaySettings(
        state_dir=tmp_path, node_name="gate", health_interval=0.05, health_timeout=0.5, heartbeat_interval=10
    )


@asynccontextmanager
async def gateway(settings: GatewaySettings, port: int = 0) -> AsyncIterator[Swarm]:
    async with (
        serving(partial(make_app, settings), port=port) as url,
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as client,
    ):
        yield Swarm(url, client)


@pytest.fixture
async def swarm(settings: GatewaySettings) -> AsyncIterator[Swarm]:
    async with gateway(settings) as swarm:
        yield swarm


@pytest.fixture
async def orion(swarm: Swarm, tmp_path: Path) -> AsyncIterator[Orchestrator]:
    orion = Orchestrator("orion", file=tmp_path / "file")
    async with serving(orion.make) as url:
        assert (await swarm.register(url=url))[0] == 200
        await swarm.led_by("orion")
        yield orion


async def test_health_answers_plainly(swarm: Swarm) -> None:
    status, health = await swarm.get("/health")
    assert status == 200
    assert health == {"status": "ok", "role": "gateway", "name": "gate", "orchestrator": None, "nodes": 0}


async def test_without_an_orchestrator_it_says_what_to_start(swarm: Swarm) -> None:
    status, document = await swarm.get("/api/v1/orchestrator")
    assert (status, document["orchestrator"], document["backups"]) == (200, None, [])
    for path in ("/api/v1/status", "/packages/Packages", "/packages", "/staging/t/Packages"):
        status, document = await swarm.get(path)
        assert (status, document["error"]["code"]) == (503, "no_orchestrator")
        assert "swarm-node orchestrator" in document["error"]["hint"]


async def test_a_registered_orchestrator_leads_and_is_passed_everything(
    swarm: Swarm, orion: Orchestrator
) -> None:
    for method, path in (
        ("GET", "/api/v1/status"),
        ("POST", "/api/v1/actions/fresh"),
        ("DELETE", "/api/v1/x?a=1&a=2&b=%2F%20"),
        ("GET", "/packages/releases/3/dev-libs/a%2Bb-1.gpkg.tar"),
        ("GET", "/packages"),
        ("GET", "/staging/token/Packages"),
        ("POST", "/api/v1/nodes/drone-1/work?wait=30"),
    ):
        async with swarm.client.request(
            method,
            aiohttp.client.URL(swarm.url + path, encoded=True),
            data=b"{}" if method == "POST" else None,
        ) as response:
            said = await response.json()
        assert (said["by"], said["method"], said["path"]) == ("orion", method, path)
        assert said["size"] == (2 if method == "POST" else 0)
    assert "by" not in (await swarm.get("/api/v1/members"))[1], "the gateway's own list is its own"


async def test_headers_pass_but_for_those_of_one_connection(swarm: Swarm, orion: Orchestrator) -> None:
    headers = {
        "Authorization": "Bearer abc",
        "X-Mine": "1",
        "Connection": "X-Hop",
        "X-Hop": "1",
        "TE": "gzip",
    }
    async with swarm.client.get(f"{swarm.url}/api/v1/x", headers=headers) as response:
        assert response.status == 200
    got = orion.seen[-1].headers
    assert (got["Authorization"], got["X-Mine"], got["X-Forwarded-For"]) == ("Bearer abc", "1", "127.0.0.1")
    assert "X-Hop" not in got and "TE" not in got and "Accept" in got


async def test_refusals_pass_as_they_are(swarm: Swarm, orion: Orchestrator) -> None:
    status, document = await swarm.get("/api/v1/refuse")
    assert (status, document["error"]["code"], document["error"]["hint"]) == (
        409,
        "stale_attempt",
        "ask for work",
    )


async def test_bodies_stream_both_ways(swarm: Swarm, orion: Orchestrator) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b"y" * 50_000

    whole = b"y" * 10_000_000
    for data in (whole, pieces()):
        async with swarm.client.put(f"{swarm.url}/api/v1/attempts/1/package", data=data) as response:
            said = await response.json()
        assert said == {"size": 10_000_000, "sha512": hashlib.sha512(whole).hexdigest()}
    async with swarm.client.get(f"{swarm.url}/packages/big") as response:
        body = await response.read()
        assert (response.headers["Content-Type"], response.headers["X-Extra"]) == ("application/x-gpkg", "1")
    assert body == b"".join(bytes([number]) * 50_000 for number in range(100))


async def test_files_pass_whole_in_part_and_as_headers_only(
    swarm: Swarm, orion: Orchestrator, tmp_path: Path
) -> None:
    orion.file.write_bytes(bytes(range(256)) * 4000)
    url = f"{swarm.url}/packages/file"
    async with swarm.client.get(url) as response:
        assert await response.read() == orion.file.read_bytes()
    async with swarm.client.head(url) as response:
        assert (response.status, response.content_length) == (200, 1_024_000)
    async with swarm.client.get(url, headers={"Range": "bytes=256-511"}) as response:
        assert (response.status, await response.read()) == (206, bytes(range(256)))
        etag = response.headers["ETag"]
    async with swarm.client.get(url, headers={"If-None-Match": etag}) as response:
        assert (response.status, await response.read()) == (304, b"")


async def test_an_answer_that_breaks_off_is_not_passed_for_whole(swarm: Swarm, orion: Orchestrator) -> None:
    async with swarm.client.get(f"{swarm.url}/api/v1/half") as response:
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.read()
    assert (await swarm.get("/api/v1/orchestrator"))[1]["orchestrator"]["name"] == "orion"


async def test_long_polls_pass_and_end_with_their_client(swarm: Swarm, orion: Orchestrator) -> None:
    assert await swarm.get("/api/v1/poll?short") == (200, {"got": None})
    asking = asyncio.create_task(swarm.get("/api/v1/poll"))
    orion.waiting.clear()
    await asyncio.wait_for(orion.waiting.wait(), 60)
    asking.cancel()
    await asyncio.wait_for(orion.gone.wait(), 60)


async def test_a_websocket_passes(swarm: Swarm, orion: Orchestrator) -> None:
    async with swarm.client.ws_connect(f"{swarm.url}/api/v1/stream?after=7") as socket:
        assert await socket.receive_json() == {"by": "orion", "after": "7"}
        await socket.send_str("hello")
        assert await socket.receive_str() == "HELLO"
        await socket.send_str("bye")
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
        assert socket.close_code == 4001
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        async with swarm.client.ws_connect(f"{swarm.url}/api/v1/refuse"):
            pass
    assert caught.value.status == 502


async def test_the_backup_takes_over_and_the_primary_does_not_take_back(
    swarm: Swarm, orion: Orchestrator, free_port: Callable[[], int]
) -> None:
    port = free_port()
    primary = Orchestrator("primary")
    async with serving(primary.make, port=port) as url:
        await swarm.register(name="primary", url=url, priority=1)
        await primary.looked_at()
        document = await swarm.led_by("orion")
        assert [each["name"] for each in document["backups"]] == ["primary"]
        orion.status = "standby"
        document = await swarm.led_by("primary")
        assert document["backups"][0]["state"] == "standby"
        asking = asyncio.create_task(swarm.get("/api/v1/poll"))
        await asyncio.wait_for(primary.waiting.wait(), 60)
        orion.status = "ok"
    status, answer = await asking
    assert (status, answer["error"]["code"]) == (503, "shutting_down")
    assert (await swarm.get("/api/v1/x"))[1]["by"] == "orion", (
        "the first request after the end finds the backup"
    )
    async with serving(primary.make, port=port):
        await primary.looked_at()
        await swarm.led_by("orion")


async def test_a_hung_orchestrator_is_given_up_with_what_waits_for_it(
    swarm: Swarm, free_port: Callable[[], int]
) -> None:
    hang = asyncio.Event()
    asked = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        if head.startswith("GET /health") and not hang.is_set():
            body = b'{"role":"orchestrator","status":"ok","name":"hung"}'
            writer.write(
                b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body
            )
            writer.close()
        else:
            asked.set()

    server = await asyncio.start_server(answer, "127.0.0.1", free_port())
    async with server:
        host, port = server.sockets[0].getsockname()
        await swarm.register(name="hung", url=f"http://{host}:{port}")
        await swarm.led_by("hung")
        asking = asyncio.create_task(swarm.get("/api/v1/status"))
        await asyncio.wait_for(asked.wait(), 60)
        hang.set()
        status, document = await asyncio.wait_for(asking, 60)
    assert (status, document["error"]["code"]) == (503, "orchestrator_unreachable")
    assert "no answer in time" in document["error"]["message"]


async def test_a_gateway_is_no_orchestrator(swarm: Swarm) -> None:
    await swarm.register(name="loop", url=swarm.url)
    async with asyncio.timeout(60):
        while "is gateway and not an orchestrator" not in (await swarm.led_by(None))["backups"][0]["state"]:
            pass  # it has not looked yet


async def test_a_name_is_not_taken_from_a_living_node(swarm: Swarm, orion: Orchestrator) -> None:
    async with serving(Orchestrator("orion").make) as url:
        status, document = await swarm.register(url=url)
        assert (status, document["error"]["code"]) == (409, "name_taken")
    other = Orchestrator("drone-1")
    async with serving(other.make) as url:
        assert (await swarm.register(role="drone", name="drone-1", url=url))[0] == 200
    async with serving(other.make) as url:
        assert (await swarm.register(role="drone", name="drone-1", url=url))[0] == 200, (
            "the first one is gone"
        )
        nodes = (await swarm.get("/api/v1/members"))[1]["members"]
        assert [each["url"] for each in nodes if each["name"] == "drone-1"] == [url]


@pytest.mark.parametrize(
    "fields",
    [
        {"role": "boss"},
        {"name": "../x"},
        {"name": 5},
        {"url": "http://169.254.169.254:80"},
        {"url": None},
        {"priority": "first"},
        {"surprise": 1},
        {"facts": []},
    ],
)
async def test_bad_registrations_are_refused(swarm: Swarm, fields: dict[str, Any]) -> None:
    status, document = await swarm.register(**{"url": "http://127.0.0.1:1", **fields})
    assert status == 400 and document["error"]["hint"]
    assert (await swarm.get("/api/v1/members"))[1] == {"members": []}


async def test_a_restart_forgets_nobody(settings: GatewaySettings) -> None:
    orion = Orchestrator("orion")
    async with serving(orion.make) as url:
        async with gateway(settings) as swarm:
            await swarm.register(url=url, facts={"cores": 4})
            await swarm.led_by("orion")
        async with gateway(settings) as swarm:
            document = await swarm.led_by("orion")
            assert document["orchestrator"]["url"] == url
            node = (await swarm.get("/api/v1/members"))[1]["members"][0]
            assert (node["name"], node["facts"]) == ("orion", {"cores": 4})


async def test_the_token_is_asked_for_here_too(settings: GatewaySettings) -> None:
    guarded = settings.model_copy(update={"swarm_token": GatewaySettings(swarm_token=TOKEN).swarm_token})
    async with gateway(guarded) as swarm, aiohttp.ClientSession() as stranger:
        for path, status in (("/health", 200), ("/api/v1/orchestrator", 200), ("/api/v1/members", 401)):
            async with stranger.get(swarm.url + path) as response:
                assert response.status == status
            assert (await swarm.get(path))[0] == 200
        async with stranger.post(f"{swarm.url}/api/v1/register", json={}) as response:
            assert response.status == 401


async def test_a_full_disk_does_not_stop_the_gateway(swarm: Swarm, settings: GatewaySettings) -> None:
    settings.state_dir.joinpath("gateway.new").mkdir()
    assert (await swarm.register(role="drone", name="d", url="http://127.0.0.1:1"))[0] == 200
    assert (await swarm.get("/health"))[0] == 200
