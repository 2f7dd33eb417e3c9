"""The asking side: answers as values, refusals as refusals, retries, and staying registered."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web

from swarm_node.http.client import Client, Retry
from swarm_node.http.connection import parked
from swarm_node.http.json import reply
from swarm_node.http.limits import read_stream
from swarm_node.http.registration import Registration, stay_registered
from swarm_node.http.service import make_app, serving
from swarm_node.model.refusal import Refused

QUICK = Retry(4, first=0.01, most=0.02)


class Answer(msgspec.Struct):
    number: int


def app_with(
    **routes: Callable[[web.Request], Awaitable[web.StreamResponse]],
) -> Callable[[], Awaitable[web.Application]]:
    async def make() -> web.Application:
        app = make_app()
        for name, handler in routes.items():
            app.router.add_route("*", f"/{name}", handler)
        return app

    return make


async def test_values_come_back_typed() -> None:
    async def echo(request: web.Request) -> web.Response:
        assert request.content_type in ("application/json", "application/octet-stream")
        return reply({"number": (await request.json())["number"] if request.can_read_body else 7})

    async with serving(app_with(echo=echo)) as url, Client(url) as client:
        assert await client.post("/echo", {"number": 5}, Answer) == Answer(5)
        assert await client.get("/echo", Answer) == Answer(7)


async def test_refusals_come_back_whole() -> None:
    async def no(request: web.Request) -> web.Response:
        raise Refused("stale_attempt", "attempt 3 is over", "ask for work", newest=4)

    async with serving(app_with(no=no)) as url, Client(url) as client:
        with pytest.raises(Refused) as caught:
            await client.post("/no", {}, Answer)
    error = caught.value
    assert (error.code, error.message, error.hint) == ("stale_attempt", "attempt 3 is over", "ask for work")
    assert error.detail == {"newest": 4}


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"number": "x"}', b"\xff", b""])
@pytest.mark.parametrize("status", [200, 404, 500])
async def test_answers_that_are_not_ours(body: bytes, status: int) -> None:
    async def strange(request: web.Request) -> web.Response:
        return web.Response(body=body, status=status)

    async with serving(app_with(strange=strange)) as url, Client(url) as client:
        with pytest.raises(Refused) as caught:
            await client.get("/strange", Answer)
    assert caught.value.code == "bad_answer" and caught.value.hint


async def test_nobody_there_names_the_peer_and_the_next_step(free_port: Callable[[], int]) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    async with Client(url, peer="gateway") as client:
        with pytest.raises(Refused) as caught:
            await client.get("/health", Answer, retry=QUICK)
    assert caught.value.code == "gateway_unreachable"
    assert url in caught.value.message and f"curl {url}/health" in caught.value.hint


async def test_no_answer_in_time() -> None:
    async def silent(request: web.Request) -> web.Response:
        await parked(request, asyncio.Event().wait())
        raise AssertionError

    with pytest.raises(Refused, match="no answer in time"):
        async with serving(app_with(silent=silent)) as url, Client(url) as client:
            await client.get("/silent", Answer, seconds=0.05)


async def test_what_passes_is_tried_again_and_what_does_not_is_not() -> None:
    asked: list[str] = []

    async def soon(request: web.Request) -> web.Response:
        asked.append("soon")
        if len(asked) < 3:
            raise Refused("shutting_down", "stopping", "again")
        return reply({"number": 1})

    async def never(request: web.Request) -> web.Response:
        asked.append("never")
        raise Refused("bad_name", "no", "another")

    async with serving(app_with(soon=soon, never=never)) as url, Client(url) as client:
        assert await client.post("/soon", {}, Answer, retry=QUICK) == Answer(1)
        with pytest.raises(Refused, match="no"):
            await client.post("/never", {}, Answer, retry=QUICK)
    assert asked == ["soon", "soon", "soon", "never"]


async def test_a_file_is_streamed_and_an_early_refusal_arrives(tmp_path: Path) -> None:
    file = tmp_path / "package"
    file.write_bytes(b"x" * 3_000_000)

    async def taken(request: web.Request) -> web.Response:
        return reply({"number": await read_stream(request, len, 4_000_000)})

    async def stale(request: web.Request) -> web.Response:
        raise Refused("stale_attempt", "over", "ask for work")

    async with serving(app_with(taken=taken, stale=stale)) as url, Client(url) as client:
        assert await client.put_file("/taken", file, Answer) == Answer(3_000_000)
        with pytest.raises(Refused) as caught:
            await client.put_file("/stale", file, Answer)
        assert caught.value.code == "stale_attempt"


async def test_the_token_is_sent() -> None:
    async def make() -> web.Application:
        app = make_app(token="a-long-secret-token")
        app.router.add_get("/x", one)
        return app

    async def one(request: web.Request) -> web.Response:
        return reply({"number": 1})

    async with serving(make) as url:
        async with Client(url, token="a-long-secret-token") as client:
            assert await client.get("/x", Answer) == Answer(1)
        async with Client(url) as client:
            with pytest.raises(Refused) as caught:
                await client.get("/x", Answer)
    assert caught.value.code == "unauthorized"


async def test_a_websocket_carries_messages_and_a_missing_one_is_told() -> None:
    async def stream(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_str("first")
        await socket.close()
        return socket

    async with serving(app_with(stream=stream)) as url, Client(url) as client:
        async with client.websocket("/stream") as socket:
            assert await socket.receive_str() == "first"
        with pytest.raises(Refused) as caught:
            async with client.websocket("/none"):
                pass
    assert caught.value.code == "bad_answer" and "404" in caught.value.message


async def test_a_service_stays_registered_while_the_gateway_comes_and_goes(
    free_port: Callable[[], int],
) -> None:
    heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    port = free_port()

    async def register(request: web.Request) -> web.Response:
        await heard.put(await request.json())
        return reply({})

    async def gateway() -> web.Application:
        app = make_app()
        app.router.add_post("/api/v1/register", register)
        return app

    async def drone() -> web.Application:
        app = make_app()
        stay_registered(
            app,
            f"http://127.0.0.1:{port}",
            lambda url: Registration(role="drone", name="d1", url=url, facts={"cores": 4}),
            interval=0.05,
        )
        return app

    async with serving(drone) as url:
        for _ in range(2):
            async with serving(gateway, port=port):
                body = await asyncio.wait_for(heard.get(), 60)
                await asyncio.wait_for(heard.get(), 60)
    assert body == {"role": "drone", "name": "d1", "url": url, "priority": 100, "facts": {"cores": 4}}
