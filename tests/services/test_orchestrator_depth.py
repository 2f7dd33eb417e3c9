"""One package and one node in depth over HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from swarm_node.orchestrator.release import finalize
from tests.services.orchestrators import Service, row, without_clients
from tests.services.releases import stage

LIB, APP, TOOL = "dev-libs/lib-2", "app-misc/app-1", "app-misc/tool-1"


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    """An orchestrator without clients, so that nothing is rehearsed."""
    async with without_clients(tmp_path) as found:
        yield found


async def test_a_package_is_shown_with_its_neighbours_and_against_production(service: Service) -> None:
    await stage(service.parts, "dev-libs/lib-1")
    await finalize(service.parts)
    await service.plan(row(LIB), row(APP, LIB), row(TOOL, APP))
    izar = await service.drone(memory=8 << 30)
    (found,) = await service.get("/api/v1/packages/dev-libs/lib")
    assert found["row"]["cpv"] == LIB
    assert found["neighbours"] == {
        "needs": [],
        "needs_far": [],
        "needed_by": [APP],
        "needed_by_far": [TOOL],
    }
    assert found["change"]["before"]["version"] == "1"
    assert found["change"]["after"] == {"version": "2", "slot": "0", "repository": "demo", "size": None}
    assert found["expected"].keys() == set(service.parts.swarm.state.nodes)
    assert found["why"]["start"]["at"] <= service.parts.swarm.now()
    assert found["remedies"] == []
    order = await izar.begin()
    await izar.fail(order["attempt"], rc=1)
    (found,) = await service.get(f"/api/v1/packages/={LIB}")
    assert found["diagnosis"]["kind"] == found["failures"][0]["diagnosis"]["kind"]
    assert found["remedies"][0]["line"] or found["remedies"][0]["person"]
    (waiting,) = await service.get(f"/api/v1/packages/{TOOL}")
    assert waiting["neighbours"]["needs_far"] == [LIB]
    assert waiting["why"]["start"] is None


async def test_a_package_that_is_not_there_is_refused(service: Service) -> None:
    answer = await service.ask("GET", "/api/v1/packages/app-misc/nothing")
    assert answer.code == "unknown_package"


async def test_a_node_is_shown_with_what_it_says_to_the_head_of_the_queue(service: Service) -> None:
    izar = await service.drone(cores=16)
    await service.plan(row(LIB), row(APP, LIB), row(TOOL))
    idle = await service.get("/api/v1/nodes/izar")
    assert (idle["building"], idle["since_begun"]) == (None, None)
    assert idle["speed"] == pytest.approx(1.625, abs=0.01)
    assert [(one["build"], one["refusal"]) for one in idle["answers"]] == [(LIB, None), (TOOL, None)]
    order = await izar.begin()
    busy = await service.get("/api/v1/nodes/izar")
    assert busy["building"] == order["build"]
    assert busy["since_begun"] >= 0
    assert [one["refusal"].startswith("busy with") for one in busy["answers"]] == [True]
    await service.act("drain", node="izar", reason="new disk")
    drained = await service.get("/api/v1/nodes/izar")
    assert {(one["refusal"], one["lift"]) for one in drained["answers"]} == {
        ("drained: new disk", "build-swarm resume izar")
    }
    answer = await service.ask("GET", "/api/v1/nodes/izzar")
    assert answer.code == "unknown_node"
    assert "izar" in answer.document["error"]["hint"]
