"""The real orchestrator on loopback, and drones that are nothing but their requests."""

import asyncio
import hashlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Self
from unittest.mock import patch

import aiohttp
from aiohttp import web

from swarm_node.http.service import serving
from swarm_node.model.commands import EnterPhase, OpenSession, PlanQueue
from swarm_node.model.refusal import CODES
from swarm_node.model.work import PlanRow
from swarm_node.orchestrator import verify
from swarm_node.orchestrator.app import make_app
from swarm_node.orchestrator.parts import PARTS, Parts
from swarm_node.settings import OrchestratorSettings
from tests.services.releases import package, see_node

ROOT = Path(__file__).parents[2]
TOKEN = "X-Node-Token"


def settings(home: Path, **more: Any) -> OrchestratorSettings:
    """Everything below `home`; builds nothing itself, takes dummies."""
    fields: dict[str, Any] = {
        "node_name": "orchestrator",
        "orchestrator_port": 0,
        "build_mode": "delegate_only",
        "simulated": True,
        "state_dir": home / "state",
        "staging_dir": home / "staging",
        "production_dir": home / "production",
        "profiles_dir": home / "profiles",
        "lease_seconds": 3600,  # a drone here is heard only when its test says something
    }
    return OrchestratorSettings(**fields | more)


class Answer(NamedTuple):
    """Status, JSON document (None where it is none) and headers of an answer."""

    status: int
    document: Any
    headers: Mapping[str, str]

    @property
    def code(self) -> str:
        """The code of an error document, which must be whole and named in the table of refusals."""
        assert self.status >= 400, self.document
        error = self.document["error"]
        assert error["message"]
        assert error["hint"]
        assert CODES[error["code"]].status == self.status
        code: str = error["code"]
        return code


class Line:
    """Requests to a service at `url`."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session = session
        self.url = url

    async def ask(self, method: str, path: str, **options: Any) -> Answer:
        async with self.session.request(method, f"{self.url}{path}", **options) as answer:
            document = await answer.json() if answer.content_type == "application/json" else None
            return Answer(answer.status, document, answer.headers)

    async def get(self, path: str, **options: Any) -> Any:
        """The document of a good answer."""
        answer = await self.ask("GET", path, **options)
        assert answer.status == 200, answer.document
        return answer.document

    async def act(self, name: str, **params: Any) -> Any:
        """What an action answers."""
        answer = await self.ask("POST", f"/api/v1/actions/{name}", json=params)
        assert answer.status == 200, answer.document
        return answer.document


class Drone(Line):
    """One node that says what a test wants it to say."""

    def __init__(self, session: aiohttp.ClientSession, url: str, name: str) -> None:
        super().__init__(session, url)
        self.name = name
        self.token = ""

    async def post(self, path: str, body: object, **options: Any) -> Answer:
        headers = {TOKEN: self.token, **options.pop("headers", {})}
        return await self.ask("POST", path, json=body, headers=headers, **options)

    async def register(self, **facts: Any) -> Self:
        answer = await self.post(f"/api/v1/nodes/{self.name}", {"cores": 8, **facts})
        assert answer.status == 200, answer.document
        self.token = answer.document["token"]
        return self

    async def poll(self, wait: float = 0.0, holding: int | None = None) -> Answer:
        return await self.post(f"/api/v1/nodes/{self.name}/work?wait={wait}", {"holding": holding})

    async def work(self, wait: float = 0.0) -> dict[str, Any]:
        """The order that it is given."""
        answer = await self.poll(wait)
        assert answer.status == 200, answer.document
        work: dict[str, Any] = answer.document["work"]
        return work

    async def begin(self, wait: float = 0.0) -> dict[str, Any]:
        """Take a build and say that it has begun."""
        order = await self.work(wait)
        assert order["kind"] == "build", order
        assert (await self.tell(order["attempt"])).document["continue"]
        return order

    async def tell(self, attempt: int, **more: Any) -> Answer:
        body = {"node": self.name, "phase": "compile", **more}
        return await self.post(f"/api/v1/attempts/{attempt}/progress", body)

    async def log(self, attempt: int, text: bytes, offset: int = 0) -> Answer:
        headers = {TOKEN: self.token}
        path = f"/api/v1/attempts/{attempt}/log?offset={offset}"
        return await self.ask("POST", path, data=text, headers=headers)

    async def upload(self, order: Mapping[str, Any], content: bytes | None = None) -> Answer:
        """Send the package of an order (or `content` in its place)."""
        attempt = order["attempt"]
        made = package(order["cpv"], attempt) if content is None else content
        headers = {TOKEN: self.token, "X-SHA512": hashlib.sha512(made).hexdigest()}
        return await self.ask("PUT", f"/api/v1/attempts/{attempt}/package", data=made, headers=headers)

    async def complete(self, attempt: int, sha512: str = "", **more: Any) -> Answer:
        body = {"node": self.name, "measures": {"seconds": 1.5}, "sha512": sha512, **more}
        return await self.post(f"/api/v1/attempts/{attempt}/complete", body)

    async def fail(self, attempt: int, **more: Any) -> Answer:
        body = {"node": self.name, "phase": "compile", **more}
        return await self.post(f"/api/v1/attempts/{attempt}/fail", body)

    async def build(self, order: Mapping[str, Any]) -> Answer:
        """Upload and complete an order."""
        sent = await self.upload(order)
        assert sent.status == 200, sent.document
        return await self.complete(order["attempt"], sent.document["sha512"])


class Service(Line):
    """A running orchestrator with its parts."""

    def __init__(self, session: aiohttp.ClientSession, url: str, parts: Parts) -> None:
        super().__init__(session, url)
        self.parts = parts

    async def drone(self, name: str = "izar", **facts: Any) -> Drone:
        """A drone that has registered."""
        return await Drone(self.session, self.url, name).register(**facts)

    async def plan(self, *rows: PlanRow, clear: bool = True) -> None:
        """Put these in the queue, as `fresh` would after discovering them."""
        await self.parts.swarm.submit(
            OpenSession(clear=clear), PlanQueue(rows=rows), EnterPhase(phase="building")
        )

    def status(self, build: str) -> str:
        return self.parts.swarm.state.builds[build].status


@asynccontextmanager
async def running(found: OrchestratorSettings) -> AsyncIterator[Service]:
    """The service for the length of a `with`."""
    app = await make_app(found)

    async def made() -> web.Application:
        return app

    async with serving(made) as url, aiohttp.ClientSession() as session:
        yield Service(session, url, app[PARTS])


async def until(true: Callable[[], bool], seconds: float = 180.0) -> None:
    """Wait for what nobody tells of."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


def started(home: Path, **more: str) -> "subprocess.Popen[str]":
    """The orchestrator as a process of its own, to be killed; its first line tells its URL."""
    keys = {
        "NODE_NAME": "orchestrator",
        "ORCHESTRATOR_PORT": "0",
        "BUILD_MODE": "delegate_only",
        "SIMULATED": "true",
        "STATE_DIR": str(home / "state"),
        "STAGING_DIR": str(home / "staging"),
        "PRODUCTION_DIR": str(home / "production"),
        "PROFILES_DIR": str(home / "profiles"),
        **more,
    }
    with (home / "orchestrator.log").open("a") as errors:
        return subprocess.Popen(
            [sys.executable, "-m", "swarm_node", "orchestrator", "--config", os.devnull],
            env={"PATH": os.environ.get("PATH", ""), **keys},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )


def url_of(process: "subprocess.Popen[str]", home: Path) -> str:
    """Where it listens, as soon as it does."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("ready orchestrator "), (home / "orchestrator.log").read_text()
    return line.split()[-1]


def row(cpv: str, *needs: str, **more: Any) -> PlanRow:
    return PlanRow(cpv, cpv, more.pop("slot", "0"), "demo", "new", needs=needs, **more)


dummy = partial(row, simulated=True)


@asynccontextmanager
async def without_clients(place: Path) -> AsyncIterator[Service]:
    """An orchestrator with one node and without client profiles, so that nothing is rehearsed."""
    with patch.object(verify, "read_profiles", return_value=()):
        async with running(settings(place)) as found:
            await see_node(found.parts)
            yield found
        found.parts.production.swept()
