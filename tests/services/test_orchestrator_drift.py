"""Configuration drift over real HTTP: the orchestrator asks real drones for what they are configured like."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from swarm_node.drone import facts
from swarm_node.drone.app import make_app
from swarm_node.http.service import serving
from swarm_node.orchestrator import preparation
from swarm_node.portage.install import Portage
from tests.services.drone_standin import furnish, install_emerge
from tests.services.orchestrators import Service, running, settings, until


@pytest.fixture
def portage(short_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Portage:
    """The Portage of every machine here: the stand-in's."""
    found = install_emerge(short_dir)
    monkeypatch.setattr(facts, "find_portage", lambda: found)
    monkeypatch.setattr(preparation, "find_portage", lambda: found)
    return found


Join = Callable[..., AbstractAsyncContextManager[str]]


@asynccontextmanager
async def joined(service: Service, home: Path, name: str, **files: str) -> AsyncIterator[str]:
    """A real drone whose etc/portage holds these files more; known to the orchestrator."""
    found = furnish(home / name, service.url).model_copy(update={"node_name": name})
    for path, text in files.items():
        (home / name / "base/etc/portage" / path.replace("_", ".")).write_text(text)
    async with serving(partial(make_app, found)) as url:
        await until(lambda: name in service.parts.swarm.state.nodes)
        yield url


async def test_drones_that_are_configured_alike_are_in_step(short_dir: Path, portage: Portage) -> None:
    async with running(settings(short_dir)) as service, AsyncExitStack() as stack:
        for name in ("izar", "tarn"):
            await stack.enter_async_context(joined(service, short_dir, name))
        found = await service.get("/api/v1/nodes/izar/drift")
        assert found["in_step"]
        assert found["files"] == found["trees"] == []
        assert found["hash"] == found["expected"] != ""
        nodes = service.parts.swarm.state.nodes.values()
        assert {node.facts.configuration for node in nodes} == {found["hash"]}


async def test_the_odd_one_out_shows_its_lines(short_dir: Path, portage: Portage) -> None:
    async with running(settings(short_dir)) as service, AsyncExitStack() as stack:
        for name in ("izar", "tarn"):
            await stack.enter_async_context(joined(service, short_dir, name))
        await stack.enter_async_context(joined(service, short_dir, "alone", package_use="a/b -c\n"))
        assert (await service.get("/api/v1/nodes/tarn/drift"))["in_step"]
        found = await service.get("/api/v1/nodes/alone/drift")
        assert not found["in_step"]
        assert found["against"] in ("izar", "tarn")
        (file,) = found["files"]
        assert file["path"] == "package.use"
        assert file["lines"][-1] == "+a/b -c"
        assert found["hash"] == service.parts.swarm.state.nodes["alone"].facts.configuration


async def test_the_orchestrators_own_configuration_is_the_measure(short_dir: Path, portage: Portage) -> None:
    own = furnish(short_dir / "own", "http://127.0.0.1:9").base_prefix
    assert own is not None
    (own / "etc/portage/package.use").write_text("a/b c\n")
    led = settings(short_dir, portage_prefix=own)
    async with running(led) as service, joined(service, short_dir, "izar"):
        found = await service.get("/api/v1/nodes/izar/drift")
        assert found["against"] == "orchestrator"
        assert [file["path"] for file in found["files"]] == ["package.use"]
        assert found["files"][0]["lines"][-1] == "-a/b c"


async def test_a_node_that_cannot_be_reached_is_told(short_dir: Path, portage: Portage) -> None:
    async with running(settings(short_dir)) as service:
        await service.drone("silent")
        await service.drone("gone", url="http://127.0.0.1:9")
        answer = await service.ask("GET", "/api/v1/nodes/silent/drift")
        assert answer.code == "node_unreachable"
        assert "no address" in answer.document["error"]["message"]
        answer = await service.ask("GET", "/api/v1/nodes/gone/drift")
        assert answer.code == "node_unreachable"
        assert answer.document["error"]["message"].startswith("gone: http://127.0.0.1:9 does not answer")
        answer = await service.ask("GET", "/api/v1/nodes/goen/drift")
        assert answer.code == "unknown_node"
        assert "gone" in answer.document["error"]["hint"]


async def test_what_is_no_drone_is_a_bad_answer(short_dir: Path, portage: Portage) -> None:
    async with running(settings(short_dir)) as service:
        await service.drone("odd", url=service.url, version="0.0.1")
        answer = await service.ask("GET", "/api/v1/nodes/odd/drift")
        assert answer.code == "bad_answer"
        assert "0.0.1, which does not tell its configuration" in answer.document["error"]["message"]


async def test_the_token_guards_it(short_dir: Path, portage: Portage) -> None:
    secret = "b7c1a55e0d9f42688c3a"
    async with running(settings(short_dir, swarm_token=secret)) as service:
        service.session.headers["Authorization"] = f"Bearer {secret}"
        named = furnish(short_dir / "izar", service.url, swarm_token=secret)
        async with serving(partial(make_app, named)) as url:
            await until(lambda: "izar" in service.parts.swarm.state.nodes)
            assert (await service.get("/api/v1/nodes/izar/drift"))["in_step"]
            async with service.session.get(
                f"{url}/api/v1/configuration", headers={"Authorization": ""}
            ) as refused:
                assert refused.status == 401
                assert (await refused.json())["error"]["code"] == "unauthorized"
