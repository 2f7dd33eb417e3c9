"""How a session is prepared, with the resolver's answer given: planned, kept, dropped, refused, resumed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from swarm_node.model.refusal import Refused
from swarm_node.model.work import PlanRow
from swarm_node.orchestrator import preparation
from swarm_node.orchestrator.directives import Answer, ask_nodes
from swarm_node.orchestrator.staging import Staging
from tests.services.orchestrators import Service, row, running, settings, until

LIB, APP = "dev-libs/lib-1.0", "app-misc/app-1.0"

Answers = Callable[[], tuple[PlanRow, ...]]


class Resolver:
    """Stands where Portage would; real discovery: tests/e2e."""

    def __init__(self) -> None:
        self.answer: Answers = tuple
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def discover(self, *_: object) -> tuple[PlanRow, ...]:
        self.asked.set()
        await self.may_answer.wait()
        return self.answer()

    async def sync(self, _: object) -> list[Answer]:
        return []

    def rows(self, *rows: PlanRow) -> None:
        self.answer = lambda: rows


@pytest.fixture
async def resolver(monkeypatch: pytest.MonkeyPatch) -> Resolver:
    resolver = Resolver()
    for name in ("find_portage", "read_profiles", "own_prefix", "repositories"):
        monkeypatch.setattr(preparation, name, lambda *_: ())
    monkeypatch.setattr(preparation, "discover", resolver.discover)
    monkeypatch.setattr(preparation, "sync_everywhere", resolver.sync)
    return resolver


@pytest.fixture
async def service(tmp_path: Path, resolver: Resolver) -> AsyncIterator[Service]:
    async with running(settings(tmp_path)) as service:
        yield service


async def test_fresh_plans_what_the_resolver_says(service: Service, resolver: Resolver) -> None:
    resolver.rows(row(LIB), row(APP, LIB))
    done = await service.act("fresh")
    assert done["totals"] == {"needed": 2, "building": 0, "complete": 0, "blocked": 0}
    assert done["session"] == 1
    status = await service.get("/api/v1/status")
    assert (status["phase"], status["session"]) == ("building", 1)


async def test_fresh_says_what_it_threw_away(service: Service, resolver: Resolver) -> None:
    resolver.rows(row(LIB), row(APP))
    await service.act("fresh")
    izar = await service.drone()
    order = await izar.begin()
    answer = await izar.build(order)
    await izar.tell(answer.document["work"]["attempt"])
    done = await service.act("fresh")
    assert (done["lost"]["staged"], done["lost"]["building"]) == (1, 1)
    assert done["lost"]["seconds"] >= 1.5
    assert list(service.parts.staging.entries()) == []


async def test_a_plan_that_continues_keeps_what_stands_and_unstages_what_does_not(
    service: Service, resolver: Resolver
) -> None:
    resolver.rows(row(LIB), row(APP))
    await service.act("fresh")
    izar = await service.drone()
    first = await izar.begin()
    answer = await izar.build(first)
    second = answer.document["work"]
    await izar.tell(second["attempt"])
    await izar.build(second)
    resolver.rows(row(first["build"]), row(second["build"], use=("ssl",)))
    await service.act("plan")
    assert service.status(first["build"]) == "staged"
    assert service.status(second["build"]) == "needed"
    assert [entry.key.cpv for entry in service.parts.staging.entries()] == [first["cpv"]]


async def test_one_preparation_at_a_time(service: Service, resolver: Resolver) -> None:
    resolver.may_answer.clear()
    preparing = asyncio.create_task(service.act("fresh"))
    await resolver.asked.wait()
    status = await service.get("/api/v1/status")
    assert status["phase"] == "discovering"
    for name in ("fresh", "plan", "reset", "stress"):
        answer = await service.ask("POST", f"/api/v1/actions/{name}", json={})
        assert answer.code == "already_running"
    resolver.may_answer.set()
    assert (await preparing)["session"] == 1


async def test_a_refusal_ends_the_preparation_and_says_why(service: Service, resolver: Resolver) -> None:
    def refuse() -> tuple[PlanRow, ...]:
        raise Refused("unresolvable", "no profile is there", "make one")

    resolver.answer = refuse
    assert (await service.ask("POST", "/api/v1/actions/fresh", json={})).code == "unresolvable"
    status = await service.get("/api/v1/status")
    assert status["phase"] == "idle"
    assert status["next"]["text"] == "not prepared: no profile is there"
    resolver.rows(row(LIB))
    assert (await service.act("fresh"))["totals"]["needed"] == 1


async def test_a_fault_or_a_bad_disk_ends_the_preparation_too(
    service: Service, resolver: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bad_disk(_: Staging) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Staging, "clear", bad_disk)
        assert (await service.ask("POST", "/api/v1/actions/fresh", json={})).code == "disk_full"
    assert (await service.get("/api/v1/status"))["phase"] == "idle"
    await service.act("fresh")


async def test_a_preparation_that_was_cut_off_is_finished_at_the_next_start(
    tmp_path: Path, resolver: Resolver
) -> None:
    resolver.rows(row(LIB))
    resolver.may_answer.clear()
    async with running(settings(tmp_path)) as service:
        asking = asyncio.create_task(service.ask("POST", "/api/v1/actions/fresh", json={}))
        await resolver.asked.wait()
        asking.cancel()
        phase = service.parts.swarm.state.session.phase
    assert phase == "discovering"
    resolver.may_answer.set()
    async with running(settings(tmp_path)) as service:
        assert await service.parts.swarm.until(lambda state: state.session.phase == "building", 60)
        assert service.status(LIB) == "needed"


async def test_nodes_are_asked_and_only_the_idle_are_waited_for(service: Service) -> None:
    idle, busy = await service.drone("idle"), await service.drone("busy")
    await service.plan(row(LIB))
    await busy.begin()
    asking = asyncio.create_task(ask_nodes(service.parts.swarm, "sync_trees", patience=30))
    order = await idle.work(10)
    assert (order["kind"], order["name"]) == ("directive", "sync_trees")
    body = {"node": "idle", "ok": False, "output": "no network"}
    await idle.post(f"/api/v1/directives/{order['id']}/result", body)
    assert await asking == [
        Answer("idle", False, "no network"),
        Answer("busy", None, "busy building; it will do this next"),
    ]


async def test_a_node_that_is_lost_or_slow_is_not_waited_for_without_end(tmp_path: Path) -> None:
    async with running(settings(tmp_path, lease_seconds=0.5)) as service:
        await service.drone("izar")
        (answer,) = await ask_nodes(service.parts.swarm, "sync_trees", patience=30)
        assert answer == Answer("izar", None, "the node is lost; it will be asked when it returns")
        mizar = await service.drone("mizar")
        polling = asyncio.create_task(mizar.work(30))
        await until(lambda: service.parts.dispatch.waits("mizar"))
        (answer,) = await ask_nodes(service.parts.swarm, "fix_trees", nodes=("mizar",), patience=0.05)
        assert answer == Answer("mizar", None, "no answer yet")
        assert (await polling)["name"] == "fix_trees"
