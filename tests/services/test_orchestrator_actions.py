"""What operators do and see over HTTP: actions, their audit, status, why, history, health and metrics."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from unittest.mock import patch

import pytest

from swarm_node.model.events import ActionTaken
from swarm_node.orchestrator import verify
from tests.services.orchestrators import Service, dummy, row, running, settings

LIB, APP = "dev-libs/lib-1.0", "app-misc/app-1.0"


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with running(settings(tmp_path)) as service:
        yield service


async def test_health_says_who_answers(service: Service) -> None:
    assert await service.get("/health") == {"status": "ok", "role": "orchestrator", "name": "orchestrator"}
    leads = (await service.get("/api/v1/orchestrator"))["orchestrator"]
    assert leads == {"name": "orchestrator", "url": service.url}


async def test_metrics_count_the_swarm_and_the_answers(service: Service) -> None:
    izar = await service.drone()
    await service.plan(row(LIB), row(APP, LIB))
    await izar.begin()
    await service.ask("POST", "/api/v1/actions/dance", json={})
    async with service.session.get(f"{service.url}/metrics") as answer:
        assert answer.content_type == "text/plain"
        lines = (await answer.text()).splitlines()
    assert {
        'swarm_builds{status="needed"} 1.0',
        'swarm_builds{status="building"} 1.0',
        "swarm_nodes_up 1.0",
        "swarm_ready_builds 0.0",
        f"swarm_log_events {float(service.parts.swarm.state.seq)}",
        "swarm_release 0.0",
        "swarm_risk_score NaN",
        'swarm_http_requests_total{route="POST /api/v1/actions/{name}",status="404"} 1.0',
    } <= set(lines)


async def test_status_is_the_picture_and_the_next_step(service: Service) -> None:
    izar = await service.drone()
    await service.plan(row(LIB), row(APP, LIB))
    await izar.begin()
    seen = await service.get("/api/v1/status")
    assert seen["totals"] == {"needed": 1, "building": 1, "complete": 0, "blocked": 0}
    assert seen["next"]["command"] == "build-swarm monitor"
    assert (seen["orchestrator"], seen["nodes_up"], seen["risk"]) == ("orchestrator", 1, None)
    assert seen["remaining"]["seconds"] > 0


async def test_the_queue_is_shown_in_its_order(service: Service) -> None:
    izar = await service.drone()
    await service.plan(row(APP, LIB), row(LIB), row("app-misc/bad-1"))
    order = await izar.begin()
    shown = await service.get("/api/v1/queue")
    assert shown[0]["build"] == order["build"]
    assert (shown[0]["node"], shown[0]["attempt"], shown[0]["status"]) == ("izar", 1, "building")
    waiting = {build["build"]: build["waits_for"] for build in shown}
    assert waiting[APP] == [LIB]
    (node,) = await service.get("/api/v1/nodes")
    assert (node["name"], node["building"], node["attempt"]) == ("izar", order["build"], 1)


async def test_why_answers_for_every_spelling(service: Service) -> None:
    await service.drone()
    await service.plan(row(APP, LIB), row(LIB))
    for name in (APP, "app", "app-misc/app", f"={APP}", "app-1.0"):
        (answer,) = await service.get(f"/api/v1/why/{name}")
        assert answer["build"] == APP
        (link,) = answer["chain"]
        assert (link["build"], link["status"], link["reason"]) == (LIB, "needed", "ready, waits for a node")
        assert answer["start"]["at"] == link["ends"] > answer["start"]["low"]
        assert answer["start"]["node"] == "izar"


async def test_why_tells_how_far_a_running_build_is(service: Service) -> None:
    izar = await service.drone()
    await service.plan(row(LIB))
    order = await izar.begin()
    (begun,) = await service.get(f"/api/v1/why/{LIB}")
    assert (begun["running"]["node"], begun["running"]["attempt"]) == ("izar", order["attempt"])
    await izar.tell(order["attempt"], phase="compile", fraction=0.62)
    (running,) = await service.get(f"/api/v1/why/{LIB}")
    assert (running["progress"]["phase"], running["progress"]["fraction"]) == ("compile", 0.62)


async def test_why_of_what_is_not_in_the_queue_says_how_it_gets_there(service: Service) -> None:
    await service.plan(row(LIB))
    near = (await service.ask("GET", "/api/v1/why/libb")).document["error"]
    assert "did you mean lib" in near["hint"]
    far = (await service.ask("GET", "/api/v1/why/zzz")).document["error"]
    assert (far["code"], far["message"]) == ("unknown_package", "'zzz' is not in the queue")
    assert "build-swarm queue" in far["hint"] and "build-swarm fresh" in far["hint"]


async def test_history_is_the_newest_first(service: Service) -> None:
    izar = await service.drone()
    await service.plan(dummy("dummy/a-1"), dummy("dummy/b-1"))
    first = await izar.begin()
    second = (await izar.complete(first["attempt"])).document["work"]
    await izar.fail(second["attempt"])
    found = await service.get("/api/v1/history")
    assert [(one["event"]["event"], one["event"]["attempt"]) for one in found] == [
        ("BuildFailed", 2),
        ("BuildStaged", 1),
    ]
    assert len(await service.get("/api/v1/history?limit=1")) == 1
    assert await service.get("/api/v1/releases") == {"current": None, "releases": []}


async def test_history_is_found_by_node_and_package_page_by_page(service: Service) -> None:
    izar, tarn = await service.drone("izar"), await service.drone("tarn")
    rows = [dummy(f"dummy/a-{number}") for number in range(1, 5)] + [dummy("dummy/a-b-1")]
    await service.plan(*rows)
    for drone in (izar, tarn, izar, izar, tarn):
        await drone.complete((await drone.begin())["attempt"])

    async def asked(query: str) -> list[tuple[str, str]]:
        found = await service.get(f"/api/v1/history?{query}")
        return [(one["event"]["node"], one["event"]["build"]) for one in found]

    own = await asked("node=izar")
    assert [node for node, _ in own] == ["izar"] * 3
    page = await service.get("/api/v1/history?node=izar&limit=2")
    rest = await service.get(f"/api/v1/history?node=izar&limit=2&before={page[-1]['seq']}")
    assert [one["event"]["build"] for one in page + rest] == [build for _, build in own]
    assert len(await asked("package=dummy/a")) == len(await asked("package=dummy/a-9.9")) == 4
    assert [build for _, build in await asked("package=dummy/a-b")] == ["dummy/a-b-1"]
    assert await asked("package=dummy/a&node=nobody") == []
    assert await asked("node=%00%22") == []
    for wrong in ("before=-1", "before=9999999999999999999", "before=soon"):
        answer = await service.ask("GET", f"/api/v1/history?{wrong}")
        assert answer.code == "bad_request"


async def test_every_action_is_in_the_log_with_who_and_what(service: Service) -> None:
    await service.plan(row(LIB))
    await service.drone()
    await service.act("drain", node="izar", reason="new disk")
    taken = [record.event for record in service.parts.swarm.journal.read(kinds=["ActionTaken"])]
    assert isinstance(taken[-1], ActionTaken)
    assert (taken[-1].name, taken[-1].by) == ("drain", "127.0.0.1")
    assert taken[-1].params == {"node": '"izar"', "reason": '"new disk"'}


async def test_the_trail_tells_what_was_done_and_what_came_of_it(service: Service) -> None:
    await service.plan(row(LIB))
    await service.drone()
    assert await service.get("/api/v1/trail") == []
    await service.act("balance")
    await service.act("drain", node="izar")
    await service.act("pause")
    await service.ask("POST", "/api/v1/actions/resume?undoes=1", json={})
    trail = await service.get("/api/v1/trail?limit=3")
    told = [record["event"].get("name", record["event"]["event"]) for record in trail]
    assert told == ["SwarmHeld", "resume", "SwarmHeld", "pause", "izar", "drain"]
    assert trail[1]["event"]["params"]["undoes"] == "1"
    assert len(await service.get("/api/v1/trail")) == 7


async def test_a_refused_action_is_in_the_log_too(service: Service) -> None:
    await service.ask("POST", "/api/v1/actions/rollback", json={})
    assert len(list(service.parts.swarm.journal.read(kinds=["ActionTaken"]))) == 1


async def test_unblock_tells_what_it_set_going(service: Service) -> None:
    izar = await service.drone()
    await service.plan(row(LIB), row(APP))
    order = await izar.begin()
    await izar.fail(order["attempt"])
    assert await service.act("unblock", packages=[order["build"]], jobs=1) == {"unblocked": [order["build"]]}
    again = await izar.work()
    while again["build"] != order["build"]:
        await izar.tell(again["attempt"])
        again = (await izar.fail(again["attempt"])).document["work"]
    assert again["jobs"] == 1


async def test_drain_and_resume(service: Service) -> None:
    izar = await service.drone()
    await service.plan(row(LIB), row(APP))
    order = await izar.begin()
    assert await service.act("drain", node="izar") == {
        "node": "izar",
        "held": True,
        "finishing": order["attempt"],
    }
    answer = await izar.build(order)
    assert answer.document["work"] == {"kind": "none", "reason": "izar is drained"}
    assert (await service.get("/api/v1/status"))["next"]["command"] == "build-swarm resume izar"
    await service.act("resume", node="izar")
    assert (await izar.work())["kind"] == "build"


async def test_pause_and_resume_by_node_or_whole(service: Service) -> None:
    await service.drone()
    assert await service.act("pause") == {"paused": True, "building": 0}
    assert (await service.get("/api/v1/status"))["held"] is True
    assert await service.act("resume") == {"paused": False}
    assert (await service.act("pause", node="izar"))["held"] is True


async def test_balance_takes_back_what_was_not_begun(service: Service) -> None:
    izar = await service.drone()
    await service.plan(row(LIB), row(APP))
    order = await izar.work()
    assert await service.act("balance") == {"recalled": 1, "ranked": 2}
    assert (await izar.tell(order["attempt"])).document["continue"] is False


async def test_reset_says_what_was_lost(service: Service) -> None:
    izar = await service.drone()
    await service.plan(row(LIB), row(APP))
    answer = await izar.build(await izar.begin())
    await izar.tell(answer.document["work"]["attempt"])
    done = await service.act("reset")
    assert done["lost"]["staged"] == 1
    assert done["lost"]["building"] == 1
    assert done["session"] == 2
    assert (await service.get("/api/v1/queue")) == []


async def test_dummies_only_where_the_operator_wanted_them(tmp_path: Path) -> None:
    async with running(settings(tmp_path, simulated=False)) as service:
        answer = await service.ask("POST", "/api/v1/actions/stress", json={"count": 5})
        assert answer.code == "forbidden"
    async with running(settings(tmp_path)) as service:
        assert await service.act("stress", count=5) == {"queued": 5}


async def test_a_swarm_of_dummies_releases_nothing(service: Service) -> None:
    izar = await service.drone()
    await service.act("stress", count=1)
    order = await izar.begin()
    await izar.complete(order["attempt"])
    with patch.object(verify, "read_profiles", return_value=()):
        answer = await service.ask("POST", "/api/v1/actions/finalize", json={})
    assert answer.code == "too_risky"
    assert (await service.get("/api/v1/releases"))["releases"] == []


async def test_many_actions_at_once_are_each_answered(service: Service) -> None:
    await service.drone()
    await service.plan(*(row(f"app-misc/p{number}-1") for number in range(30)))
    names = ("pause", "resume", "balance", "drain", "resume", "reset", "dance")
    answers = await asyncio.gather(
        *(
            service.ask("POST", f"/api/v1/actions/{name}", json={"node": "izar"} if name == "drain" else {})
            for name in names * 20
        )
    )
    assert max(answer.status for answer in answers) < 500
