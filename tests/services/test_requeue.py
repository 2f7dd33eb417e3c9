"""What an action has cured goes back to the queue, the whole cluster at once, and nothing else."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from swarm_node.model import commands as c
from swarm_node.model.work import Diagnosis, PlanRow
from swarm_node.orchestrator import machines, preparation
from swarm_node.portage import trees
from swarm_node.portage.prefix import Repository
from swarm_node.portage.profile import ClientProfile
from tests.services.orchestrators import Drone, Service, row, running, settings

A, B, C = "app-misc/a-1.0", "app-misc/b-1.0", "app-misc/c-1.0"
OVERLAYS = ("guru", "steam")


def missing(overlay: str) -> Diagnosis:
    return Diagnosis("missing-overlay", "sync-overlays", "no such repository", params={"overlay": overlay})


STALE = Diagnosis("tree-out-of-sync", "sync-fix", "what was fetched is not what the Manifest says")
KERNEL = Diagnosis("kernel-specific", "build-local", "it needs a kernel")


@pytest.fixture
def own_trees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The orchestrator has a main repository and two overlays; what is done to them is kept in order."""
    done: list[str] = []
    known = tuple(Repository(name, tmp_path / name, "git", f"file:///{name}") for name in ("demo", *OVERLAYS))

    async def sync(tree: Repository) -> str:
        done.append(f"sync {tree.name}")
        return "d1"

    async def fix(tree: Repository) -> str:
        done.append(f"fix {tree.name}")
        return "d1"

    async def hashes(found: Sequence[Repository]) -> dict[str, str]:
        return dict.fromkeys((tree.name for tree in found), "d1")

    monkeypatch.setattr(machines, "own_prefix", lambda _: None)
    for name, stand_in in {"trees": lambda _: known, "sync": sync, "fix": fix, "tree_hashes": hashes}.items():
        monkeypatch.setattr(trees, name, stand_in)
    return done


@pytest.fixture
async def service(tmp_path: Path, own_trees: list[str]) -> AsyncIterator[Service]:
    async with running(settings(tmp_path, build_mode="hybrid")) as service:
        yield service


async def blocked(service: Service, drone: Drone, troubles: dict[str, Diagnosis]) -> None:
    """Have each package fail for good on a drone with its diagnosis."""
    await service.plan(*(row(cpv) for cpv in troubles))
    for _ in troubles:
        order = await drone.begin()
        failed = c.FailBuild(
            node=drone.name, attempt=order["attempt"], phase="compile", diagnosis=troubles[order["build"]]
        )
        await service.parts.swarm.submit(failed)
    assert {service.status(cpv) for cpv in troubles} == {"blocked"}


async def obedient(drone: Drone, orders: list[dict[str, Any]], **facts: Any) -> None:
    """Do every directive well, for as long as one is asked."""
    while True:
        order = await drone.work(10)
        if order["kind"] != "directive":
            return
        orders.append(order)
        await drone.register(**facts)
        body = {"node": drone.name, "ok": True, "output": "done"}
        await drone.post(f"/api/v1/directives/{order['id']}/result", body)


async def test_the_overlay_that_is_named_and_only_its_cluster(service: Service, own_trees: list[str]) -> None:
    izar = await service.drone()
    await blocked(service, izar, {A: missing("guru"), B: missing("guru"), C: missing("steam")})
    orders: list[dict[str, Any]] = []
    working = asyncio.create_task(obedient(izar, orders, trees={"demo": "d1", "guru": "d1"}))
    done = await service.act("sync-overlays", overlays=["guru"])
    assert set(done["requeued"]) == {A, B}
    assert done["in_step"], "only the overlay that was named is looked at"
    assert {step["tree"] for step in done["trees"]} == {"guru"}
    assert own_trees == ["sync guru"]
    await working
    assert [order["params"]["name"] for order in orders] == ["guru"]
    assert service.status(C) == "blocked"
    assert {service.status(cpv) for cpv in (A, B)} <= {"needed", "assigned"}


async def test_without_a_name_every_overlay_and_every_cluster_that_lacked_one(service: Service) -> None:
    izar = await service.drone()
    await blocked(service, izar, {A: missing("guru"), B: missing("steam"), C: STALE})
    working = asyncio.create_task(obedient(izar, []))
    done = await service.act("sync-overlays")
    assert set(done["requeued"]) == {A, B}
    await working
    assert service.status(C) == "blocked"


@pytest.mark.parametrize("name", ["gury", "demo", "", "../guru", "x" * 500])
async def test_an_overlay_that_the_orchestrator_lacks_is_refused(service: Service, name: str) -> None:
    answer = await service.ask("POST", "/api/v1/actions/sync-overlays", json={"overlays": [name]})
    assert answer.code == "unknown_overlay"
    assert len(answer.document["error"]["message"]) < 200
    if name == "gury":
        assert "did you mean guru" in answer.document["error"]["hint"]


@pytest.mark.parametrize("body", [{"overlays": "guru"}, {"overlays": [7]}, {"overlay": ["guru"]}, []])
async def test_bad_bodies_are_refused(service: Service, body: Any) -> None:
    answer = await service.ask("POST", "/api/v1/actions/sync-overlays", json=body)
    assert answer.code == "bad_request"


async def test_trees_of_the_nodes_that_are_named(service: Service) -> None:
    izar = await service.drone("izar", trees={"demo": "d0"})
    mizar = await service.drone("mizar", trees={"demo": "d0"})
    await service.act("drain", node="mizar")
    await blocked(service, izar, {A: STALE, B: STALE})
    await service.act("resume", node="mizar")
    (cluster,) = await service.get("/api/v1/clusters")
    assert cluster["remedies"][0]["command"] == ["sync-fix", "izar", "mizar"]
    orders: dict[str, list[dict[str, Any]]] = {"izar": [], "mizar": []}
    working = [
        asyncio.create_task(obedient(drone, orders[drone.name], trees={"demo": "d1"}))
        for drone in (izar, mizar)
    ]
    done = await service.act("sync-fix", nodes=["izar", "mizar"])
    assert set(done["requeued"]) == {A, B}
    await asyncio.gather(*working)
    assert {name: [order["name"] for order in found] for name, found in orders.items()} == {
        "izar": ["fix_trees"],
        "mizar": ["fix_trees"],
    }


async def test_one_node_mended_of_two_that_are_broken_cures_nothing_yet(service: Service) -> None:
    izar = await service.drone("izar", trees={"demo": "d0"})
    await service.drone("mizar", trees={"demo": "d0"})
    await service.act("drain", node="mizar")
    await blocked(service, izar, {A: STALE})
    working = asyncio.create_task(obedient(izar, []))
    assert (await service.act("sync-fix", nodes=["izar"]))["requeued"] == []
    working.cancel()
    assert (await service.ask("POST", "/api/v1/actions/sync-fix", json={"nodes": ["nobody"]})).code == (
        "unknown_node"
    )


async def test_a_cluster_is_unblocked_or_built_locally_by_its_name(service: Service) -> None:
    izar = await service.drone()
    await service.drone("home", role="local")
    await blocked(service, izar, {A: KERNEL, B: KERNEL, C: STALE})
    clusters = {cluster["kind"]: cluster for cluster in await service.get("/api/v1/clusters")}
    assert clusters["kernel-specific"]["remedies"][0]["command"] == [
        "build-local",
        clusters["kernel-specific"]["name"],
    ]
    done = await service.act("build-local", package=clusters["kernel-specific"]["name"])
    assert (set(done["unblocked"]), done["node"]) == ({A, B}, "home")
    done = await service.act("unblock", packages=[clusters["tree-out-of-sync"]["name"]])
    assert done["unblocked"] == [C]


async def test_what_was_built_after_a_cure_frees_the_rest_of_its_cluster(service: Service) -> None:
    izar = await service.drone()
    down = Diagnosis("transient-network", "unblock", "down", params={"host": "mirror.invalid"})
    await blocked(service, izar, {A: down, B: down, C: KERNEL})
    await service.act("unblock", packages=["=" + A])
    await izar.build(await izar.begin())
    assert service.status(A) == "staged"
    assert service.status(B) in ("needed", "assigned")
    assert service.status(C) == "blocked"


class Resolver:
    """Says what it is told to, and counts how often it was asked."""

    def __init__(self, *rows: PlanRow) -> None:
        self.rows, self.asked = rows, 0

    async def resolve(self, _: object, profiles: Sequence[ClientProfile]) -> tuple[PlanRow, ...]:
        self.asked += 1
        return self.rows


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Resolver]:
    found = Resolver(row(A))
    monkeypatch.setattr(preparation, "resolve", found.resolve)
    monkeypatch.setattr(preparation, "read_profiles", lambda _: ())
    yield found


@pytest.mark.parametrize(
    ("kind", "action"), [("missing-overlay", "sync-overlays"), ("tree-out-of-sync", "sync-fix")]
)
async def test_what_the_resolver_refused_is_resolved_again(
    service: Service, resolver: Resolver, own_trees: list[str], kind: str, action: str
) -> None:
    izar = await service.drone()
    problem = Diagnosis(kind, action, "no repository has an ebuild of it")
    await service.plan(row(A, problem=problem), row(B))
    working = asyncio.create_task(obedient(izar, []))
    done = await service.act(action)
    assert done["requeued"] == [A]
    assert resolver.asked == 1
    await working
    assert service.status(A) in ("needed", "assigned")
    assert B not in service.parts.swarm.state.builds, "the queue is the resolver's answer"
    if action == "sync-fix":
        assert own_trees[0] == "fix demo", "the resolver reads the orchestrator's own trees"


async def test_what_is_still_refused_is_not_called_cured(service: Service, resolver: Resolver) -> None:
    izar = await service.drone()
    problem = Diagnosis("missing-overlay", "sync-overlays", "no repository has an ebuild of it")
    resolver.rows = (row(A, problem=problem),)
    await service.plan(row(A, problem=problem))
    working = asyncio.create_task(obedient(izar, []))
    assert (await service.act("sync-overlays"))["requeued"] == []
    working.cancel()
    assert service.status(A) == "blocked"
