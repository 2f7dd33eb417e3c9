"""The drones' protocol against the real service: register, work, progress, log, package, complete, fail."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from swarm_node.orchestrator.contacts import Contacts
from swarm_node.orchestrator.work import discard_unwanted
from tests.services.orchestrators import Service, dummy, row, running, settings
from tests.services.releases import package

LIB, APP = "dev-libs/lib-1.0", "app-misc/app-1.0"


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with running(settings(tmp_path, retry_seconds=0.01)) as service:
        yield service


async def test_from_an_order_to_staging_and_the_next_order(service: Service) -> None:
    izar = await service.drone()
    await service.plan(row(LIB), row(APP, LIB))
    order = await izar.begin()
    assert (order["cpv"], order["attempt"], order["build_id"]) == (LIB, 1, 1)
    assert (await izar.log(1, b">>> Compiling\n")).document == {"size": 14}
    sent = await izar.upload(order)
    assert sent.status == 200
    assert service.status(LIB) == "building"
    answer = await izar.complete(1, sent.document["sha512"])
    assert answer.document["accepted"] is True
    assert service.status(LIB) == "staged"
    following = answer.document["work"]
    assert (following["kind"], following["cpv"], following["attempt"]) == ("build", APP, 2)
    shown = await izar.ask("GET", f"/staging/{izar.token}/{sent.document['path']}")
    assert shown.status == 200


async def test_the_answer_to_the_last_result_is_that_there_is_nothing(service: Service) -> None:
    izar = await service.drone()
    await service.plan(row(LIB))
    answer = await izar.build(await izar.begin())
    assert answer.document["work"] == {"kind": "none", "reason": "nothing is ready"}


async def test_an_answer_that_was_lost_can_be_asked_for_again(service: Service) -> None:
    izar = await service.drone()
    await service.plan(row(LIB), row(APP, LIB))
    first, again = await izar.work(), await izar.work()
    assert first == again
    await izar.tell(first["attempt"])
    sent = await izar.upload(first)
    answers = [await izar.complete(1, sent.document["sha512"]) for _ in range(3)]
    assert [answer.document for answer in answers] == [answers[0].document] * 3
    assert answers[0].document["work"]["attempt"] == 2
    assert service.parts.swarm.state.nodes["izar"].built == 1


async def test_a_late_word_on_an_old_attempt_does_not_end_the_new_one(service: Service) -> None:
    izar = await service.drone()
    await service.plan(row(LIB), row(APP, LIB))
    order = await izar.begin()
    sha512 = (await izar.upload(order)).document["sha512"]
    second = (await izar.complete(order["attempt"], sha512)).document["work"]["attempt"]
    await izar.tell(second)
    repeated = await izar.complete(order["attempt"], sha512)
    assert repeated.document["accepted"] is True
    assert repeated.document["work"]["kind"] == "none"
    assert service.status(APP) == "building"
    assert service.parts.swarm.state.nodes["izar"].attempt == second


async def test_a_failure_is_diagnosed_from_the_log(service: Service) -> None:
    izar = await service.drone()
    await service.plan(row(LIB))
    order = await izar.begin()
    await izar.log(order["attempt"], b"foo.c:1:10: fatal error: zlib.h: No such file or directory\n")
    answer = await izar.fail(order["attempt"], seconds=3.5)
    assert answer.document["diagnosis"]["kind"] == "missing-dependency"
    assert service.status(LIB) == "blocked"
    (blocked,) = await service.get("/api/v1/blocked")
    line = "foo.c:1:10: fatal error: zlib.h: No such file or directory"
    assert blocked["diagnosis"]["evidence"] == [line]
    (cluster,), (why,) = await service.get("/api/v1/clusters"), await service.get(f"/api/v1/why/{LIB}")
    assert blocked["odds"] == cluster["odds"] == why["odds"]
    assert sum(blocked["odds"].values()) == pytest.approx(1) and blocked["odds"]["package"] > 0.5
    assert [(proof["text"], proof["attempt"], proof["line"]) for proof in why["proof"]] == [(line, 1, 1)]
    again = await izar.fail(order["attempt"])
    assert again.document["accepted"] is True


async def test_a_transient_failure_goes_to_another_drone(service: Service) -> None:
    izar, mizar = await service.drone("izar"), await service.drone("mizar")
    await service.plan(row(LIB))
    order = await izar.begin()
    await izar.log(order["attempt"], b"!!! Couldn't download 'lib-1.0.tar.gz'. Aborting.\n")
    answer = await izar.fail(order["attempt"])
    assert answer.document["work"]["kind"] == "none"
    assert (await mizar.work(30))["attempt"] == 2


async def test_the_memory_limit_is_a_reason(service: Service) -> None:
    izar = await service.drone()
    await service.plan(row(LIB))
    answer = await izar.fail((await izar.begin())["attempt"], reason="memory_limit")
    diagnosis = answer.document["diagnosis"]
    assert (diagnosis["kind"], diagnosis["remedy"]) == ("out-of-memory", "unblock")


async def test_a_drone_that_stops_gives_its_build_back_and_frees_its_name(service: Service) -> None:
    izar, mizar = await service.drone("izar"), await service.drone("mizar")
    await service.plan(row(LIB), row(APP))
    order = await izar.begin()
    for _ in range(2):
        answer = await izar.fail(order["attempt"], reason="stopped")
        assert answer.document["accepted"] is True
        assert answer.document["work"]["kind"] == "none"
    build = service.parts.swarm.state.builds[order["build"]]
    assert (build.status, build.tries, build.deaths, build.failures) == ("needed", 0, 0, ())
    assert not service.parts.swarm.state.nodes["izar"].up
    taken = await mizar.work()
    assert taken["attempt"] == 2
    newcomer = await service.drone("izar")
    assert newcomer.token != izar.token
    assert (await newcomer.work())["attempt"] == 3


async def test_progress_is_answered_with_whether_to_go_on(service: Service) -> None:
    izar = await service.drone()
    await service.plan(row(LIB))
    order = await izar.begin()
    assert (await izar.tell(order["attempt"], fraction=0.5, load=3.2)).document["continue"] is True
    await service.act("reset")
    told = await izar.tell(order["attempt"])
    assert told.document["continue"] is False
    assert "earlier session" in told.document["reason"]
    assert (await izar.tell(99)).document["continue"] is False


async def test_a_result_after_reset_is_refused_and_leaves_nothing(service: Service, tmp_path: Path) -> None:
    izar = await service.drone()
    await service.plan(row(LIB))
    order = await izar.begin()
    sent = await izar.upload(order)
    await service.act("reset")
    assert (await izar.complete(order["attempt"], sent.document["sha512"])).code == "stale_attempt"
    assert (await izar.upload(order)).code == "stale_attempt"
    assert (await izar.log(order["attempt"], b"more")).code == "stale_attempt"
    assert (await izar.fail(order["attempt"])).code == "stale_attempt"
    assert list((tmp_path / "staging").glob("**/*.gpkg.tar")) == []


async def test_another_content_for_a_staged_attempt_is_a_conflict(service: Service) -> None:
    izar = await service.drone()
    await service.plan(row(LIB))
    order = await izar.begin()
    await izar.build(order)
    assert (await izar.complete(order["attempt"], "ab" * 64)).code == "conflicting_result"
    assert service.status(LIB) == "staged"


async def test_nothing_is_complete_without_its_package(service: Service) -> None:
    izar = await service.drone()
    await service.plan(row(LIB))
    order = await izar.begin()
    assert (await izar.complete(order["attempt"])).code == "no_package"
    assert (await izar.complete(order["attempt"], "ab" * 64)).code == "no_package"
    sent = await izar.upload(order)
    assert (await izar.complete(order["attempt"], "ab" * 64)).code == "no_package"
    assert (await izar.complete(order["attempt"], sent.document["sha512"].upper())).status == 200


async def test_a_package_that_is_not_the_one_ordered_is_refused(service: Service) -> None:
    izar = await service.drone()
    await service.plan(row(LIB))
    order = await izar.begin()
    for wrong in (b"", b"no package", package(APP, 1), package(LIB, 2), package(LIB, 1)[:-600]):
        assert (await izar.upload(order, wrong)).code == "bad_package"
    assert service.status(LIB) == "building"
    assert (await izar.build(order)).status == 200


async def test_uploads_of_attempts_that_ended_otherwise_are_removed(service: Service) -> None:
    izar = await service.drone()
    await service.plan(row(LIB), row(APP))
    mizar = await service.drone("mizar")
    kept, left = await izar.begin(), await mizar.begin()
    paths = [service.parts.staging.directory / (await izar.upload(kept)).document["path"]]
    await izar.fail(kept["attempt"], reason="stopped")
    paths.append(service.parts.staging.directory / (await mizar.upload(left)).document["path"])
    assert all(path.exists() for path in paths)
    await discard_unwanted(service.parts)
    assert [path.exists() for path in paths] == [False, True]
    assert set(service.parts.received) == {left["attempt"]}


async def test_logs_grow_by_offset_and_gaps_are_not_filled(service: Service) -> None:
    izar = await service.drone()
    await service.plan(row(LIB))
    number = (await izar.begin())["attempt"]
    assert (await izar.log(number, b"hello ")).document == {"size": 6}
    assert (await izar.log(number, b"lo world", 3)).document == {"size": 11}
    assert (await izar.log(number, b"lost", 100)).document == {"size": 11}
    assert (await izar.log(number, b"", 11)).document == {"size": 11}
    async with service.session.get(f"{service.url}/api/v1/attempts/{number}/log?offset=-5") as answer:
        assert await answer.read() == b"world"
        assert answer.headers["X-Log-Size"] == "11"


async def test_when_a_log_arrived_is_told_by_offset(service: Service) -> None:
    izar = await service.drone()
    await service.plan(row(LIB))
    number = (await izar.begin())["attempt"]
    path = f"/api/v1/attempts/{number}/log/times"
    assert (await service.ask("GET", path)).code == "unknown_attempt"
    begin = time.time()
    await izar.log(number, b"one\n")
    told = await service.get(path)
    assert told["size"] == 4
    [(offset, at)] = told["times"]
    assert offset == 0
    assert begin <= at <= time.time()
    assert (await service.get(f"{path}?since={at + 60}&limit=1"))["times"] == [[0, at]]
    for odd in ("nan", "inf", "-inf", "1e308"):
        assert (await service.ask("GET", f"{path}?since={odd}")).status in (200, 400)
    service.parts.logs.times_path(number).unlink()
    assert await service.get(f"{path}?offset=-2&limit=1") == {"size": 4, "times": []}


async def test_only_a_node_itself_speaks_for_it(service: Service) -> None:
    izar, mizar = await service.drone("izar"), await service.drone("mizar")
    await service.plan(row(LIB))
    order = await izar.begin()
    number = order["attempt"]
    izar.token, mizar.token = mizar.token, izar.token
    refused = [
        await izar.poll(),
        await izar.tell(number),
        await izar.log(number, b"x"),
        await izar.upload(order),
        await izar.complete(number),
        await izar.fail(number),
        await izar.post("/api/v1/directives/1/result", {"node": "izar", "ok": True}),
    ]
    assert {answer.code for answer in refused} == {"forbidden"}
    assert (await mizar.ask("POST", "/api/v1/nodes/izar", json={"cores": 1})).code == "forbidden"
    assert service.status(LIB) == "building"


async def test_a_node_keeps_its_token_and_a_known_name_is_kept_for_it(service: Service) -> None:
    izar = await service.drone()
    token = izar.token
    assert (await izar.register(cores=4)).token == token
    assert service.parts.swarm.state.nodes["izar"].facts.cores == 4


@pytest.mark.parametrize("content", [b"", b"{", b'{"izar": 5}', b"\xff"])
async def test_damaged_tokens_cost_a_registration_and_no_start(tmp_path: Path, content: bytes) -> None:
    tokens = tmp_path / "tokens.json"
    tokens.write_bytes(content)
    contacts = Contacts(tokens)
    token = contacts.admit("izar", None, 90.0)
    contacts.check("izar", token)
    assert tokens.stat().st_mode & 0o777 == 0o600
    Contacts(tokens).check("izar", token)


async def test_dummies_are_completed_without_a_package(service: Service) -> None:
    izar = await service.drone()
    await service.plan(dummy("dummy/a-1"), dummy("dummy/b-1"))
    order = await izar.begin()
    answer = await izar.complete(order["attempt"])
    assert answer.document["work"]["simulated"] is True
    assert (await izar.complete(answer.document["work"]["attempt"])).status == 200
    status = await service.get("/api/v1/status")
    assert status["totals"] == {"needed": 0, "building": 0, "complete": 2, "blocked": 0}
