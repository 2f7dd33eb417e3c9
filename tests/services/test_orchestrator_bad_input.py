"""Everything that a confused or hostile sender can try: an error document with the next step, never a 5xx."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.services.orchestrators import TOKEN, Drone, Service, row, running, settings
from tests.unit.stories import encoded

LIB = "dev-libs/lib-1.0"
HUGE = 10**18
POSTS = (
    "/api/v1/nodes/izar",
    "/api/v1/nodes/izar/work",
    "/api/v1/attempts/1/progress",
    "/api/v1/attempts/1/complete",
    "/api/v1/attempts/1/fail",
    "/api/v1/directives/1/result",
    "/api/v1/actions/unblock",
)
BODIES = (
    b"",
    b"{",
    b"[]",
    b"null",
    b'"text"',
    b"42",
    b"{}}",
    b'{"node": "izar", "node": "izar"}',
    b'{"seconds": NaN}',
    b'{"seconds": 1e999}',
    b"\xff\xfe{\x00}\x00",
    b"\xef\xbb\xbf{}",
    b'{"node": "\\ud800"}',
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b'{"unknown": 1}',
    b'{"node": 5, "phase": [], "cores": "many", "packages": {}, "holding": "x"}',
    b"x" * (1 << 21),
)


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with running(settings(tmp_path)) as service:
        yield service


@pytest.fixture
async def izar(service: Service) -> Drone:
    """A drone in the middle of its build, attempt 1."""
    drone = await service.drone()
    await service.plan(row(LIB))
    assert (await drone.begin())["attempt"] == 1
    return drone


@pytest.fixture
async def unmoved(service: Service, izar: Drone) -> AsyncIterator[None]:
    """Whatever the test sends, the swarm is afterwards what it was."""
    before = encoded(service.parts.swarm.state)
    yield
    assert encoded(service.parts.swarm.state) == before
    assert (await izar.tell(1)).document["continue"] is True


@pytest.mark.parametrize("path", POSTS)
async def test_what_is_no_such_document_is_refused(
    service: Service, izar: Drone, unmoved: None, path: str
) -> None:
    for body in BODIES:
        answer = await izar.ask(
            "POST", path, data=body, headers={TOKEN: izar.token, "Content-Type": "application/json"}
        )
        assert answer.code in ("bad_json", "bad_request", "too_large"), (path, body[:50])


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
async def test_what_a_foreign_page_can_send_is_not_taken(service: Service, izar: Drone, kind: str) -> None:
    answer = await service.ask("POST", "/api/v1/actions/reset", data=b"{}", headers={"Content-Type": kind})
    assert answer.code == "unsupported_encoding"
    answer = await service.ask(
        "POST", "/api/v1/actions/reset", json={}, headers={"Origin": "http://evil.example"}
    )
    assert answer.code == "forbidden"
    answer = await service.ask("GET", "/api/v1/state", headers={"Host": "evil.example"})
    assert answer.code == "forbidden"
    assert service.status(LIB) == "building"


@pytest.mark.parametrize(
    "facts",
    [
        {"cores": 0},
        {"cores": -1},
        {"cores": 4097},
        {"cores": HUGE},
        {"cores": 1.5},
        {"cores": True},
        {"cores": "8"},
        {"memory": -1},
        {"disk_free": -1},
        {"memory": HUGE * 1000},
        {"role": "king"},
        {"room": "cellar"},
        {"trees": []},
        {"trees": {"gentoo": 5}},
        {"arch": "x" * 300_000},
        {"made_up": 1},
    ],
)
async def test_facts_that_cannot_be_are_refused(
    service: Service, izar: Drone, unmoved: None, facts: dict[str, Any]
) -> None:
    answer = await izar.post("/api/v1/nodes/izar", {"cores": 8, **facts})
    assert answer.code in ("bad_request", "bad_json", "too_large")


NO_NAMES = ("..%2Fx", "%2e%2e", "$(id)", "a;rm -rf", "-rf", "a" * 64, "a" * 4000, "%00", "%0a", "iz%C3%A5r")


@pytest.mark.parametrize("name", [*NO_NAMES, "a%2Fb", "a b", "%FF"])
async def test_names_that_are_no_names_are_refused(
    service: Service, izar: Drone, unmoved: None, name: str
) -> None:
    answer = await service.ask("POST", f"/api/v1/nodes/{name}", json={"cores": 8})
    assert answer.code in ("bad_name", "unknown_path", "bad_request")
    answer = await service.ask("POST", f"/api/v1/nodes/{name}/work", json={})
    assert answer.code in ("forbidden", "unknown_path", "bad_request")


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("0", "unknown_attempt"),
        ("-1", "bad_request"),
        ("2", "unknown_attempt"),
        ("999999999999999999", "unknown_attempt"),
        (str(10**30), "bad_request"),
        ("1.5", "bad_request"),
        ("1e9", "bad_request"),
        ("0x1", "bad_request"),
        ("%C2%B2", "bad_request"),
        ("%D9%A1", "bad_request"),
        ("1%20", "bad_request"),
        ("'%20OR%201=1", "bad_request"),
        ("%00", "bad_request"),
        ("1" * 5000, "bad_request"),
    ],
)
async def test_numbers_that_are_no_attempt_are_refused(
    service: Service, izar: Drone, unmoved: None, number: str, code: str
) -> None:
    path = f"/api/v1/attempts/{number}"
    headers = {TOKEN: izar.token}
    body = {"node": "izar", "measures": {"seconds": 1.0}, "sha512": "ab" * 64}
    assert (await izar.post(f"{path}/complete", body)).code == code
    assert (await izar.post(f"{path}/fail", {"node": "izar", "phase": "x"})).code == code
    assert (await izar.ask("POST", f"{path}/log", data=b"x", headers=headers)).code == code
    assert (await izar.ask("PUT", f"{path}/package", data=b"x", headers=headers)).code == code
    told = await izar.post(f"{path}/progress", {"node": "izar", "phase": "x"})
    assert told.code == code if code == "bad_request" else told.document["continue"] is False


@pytest.mark.parametrize(
    "more",
    [
        {"measures": {"seconds": -1}},
        {"measures": {"seconds": 1e12}},
        {"measures": {"seconds": "1"}},
        {"measures": {}},
        {"measures": {"seconds": 1, "peak_memory": -5}},
        {"measures": {"seconds": 1, "room": "cellar"}},
        {"sha512": "abc"},
        {"sha512": "g" * 128},
        {"sha512": "ab" * 64 + "\n"},
        {"size": -1},
        {"node": None},
    ],
)
async def test_results_that_cannot_be_are_refused(
    service: Service, izar: Drone, unmoved: None, more: dict[str, Any]
) -> None:
    assert (await izar.complete(1, **more)).code == "bad_request"


@pytest.mark.parametrize(
    "more",
    [{"reason": "cancelled"}, {"reason": "x" * 9000}, {"seconds": -1}, {"seconds": 1e300}, {"rc": "1"}],
)
async def test_failures_that_cannot_be_are_refused(
    service: Service, izar: Drone, unmoved: None, more: dict[str, Any]
) -> None:
    assert (await izar.fail(1, **more)).code == "bad_request"


@pytest.mark.parametrize("more", [{"fraction": -0.1}, {"fraction": 1.1}, {"load": -1}, {"phase": 5}])
async def test_progress_that_cannot_be_is_refused(
    service: Service, izar: Drone, unmoved: None, more: dict[str, Any]
) -> None:
    assert (await izar.tell(1, **more)).code == "bad_request"


@pytest.mark.parametrize("wait", ["-1", "nan", "inf", "-inf", "x", "", "1e999", "1&wait=2", "1&more=2"])
async def test_times_that_cannot_be_waited_are_refused(
    service: Service, izar: Drone, unmoved: None, wait: str
) -> None:
    answer = await izar.post(f"/api/v1/nodes/izar/work?wait={wait}", {"holding": 1})
    assert answer.code == "bad_request"


@pytest.mark.parametrize("offset", ["-1", "x", "1.5", "nan", "1" * 5000, ""])
async def test_offsets_that_cannot_be_are_refused(
    service: Service, izar: Drone, unmoved: None, offset: str
) -> None:
    answer = await izar.ask(
        "POST", f"/api/v1/attempts/1/log?offset={offset}", data=b"x", headers={TOKEN: izar.token}
    )
    assert answer.code == "bad_request"


async def test_a_chunk_that_is_too_large_is_refused(service: Service, izar: Drone, unmoved: None) -> None:
    assert (await izar.log(1, b"x" * ((1 << 20) + 1))).code == "too_large"
    assert (await izar.log(1, b"x", 10**15)).document == {"size": 0}


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/history?limit=0",
        "/api/v1/history?limit=-5",
        f"/api/v1/history?limit={HUGE}",
        "/api/v1/history?limit=many",
        "/api/v1/history?before=-1",
        f"/api/v1/history?before={1 << 63}",
        "/api/v1/history?nodes=izar",
        "/api/v1/trail?limit=0",
        "/api/v1/dashboard?queue=-1",
        "/api/v1/dashboard?events=1001",
        "/api/v1/trail?limit=1001",
        "/api/v1/trail?more=1",
        f"/api/v1/attempts/1/log?offset={HUGE}",
        f"/api/v1/attempts/1/log?offset=-{HUGE}",
        f"/api/v1/attempts/1/log?limit={HUGE}",
        "/api/v1/attempts/1/log?limit=-1",
        "/api/v1/attempts/1/log/times?limit=0",
        "/api/v1/attempts/1/log/times?limit=10001",
        f"/api/v1/attempts/1/log/times?offset={HUGE}",
        "/api/v1/attempts/1/log/times?offset=x",
        "/api/v1/attempts/1/log/times?since=x",
        "/api/v1/attempts/1/log/times?until=0",
        "/api/v1/attempts/one/log/times",
        "/api/v1/stream?after=x",
        "/api/v1/stream?generation=1.5",
    ],
)
async def test_questions_out_of_range_are_refused(service: Service, izar: Drone, path: str) -> None:
    assert (await service.ask("GET", path)).code == "bad_request"


@pytest.mark.parametrize(
    "name",
    ["nowhere", "%00", "../../etc/passwd", "%FF", "x" * 4000, "'; DROP TABLE events; --", "%F0%9F%92%A5"],
)
async def test_packages_that_are_not_there_are_unknown(service: Service, izar: Drone, name: str) -> None:
    assert (await service.ask("GET", f"/api/v1/why/{name}")).code in ("unknown_package", "unknown_path")
    assert (await service.ask("GET", f"/api/v1/packages/{name}")).code in ("unknown_package", "unknown_path")
    for depth in ("", "/drift"):
        answer = await service.ask("GET", f"/api/v1/nodes/{name}{depth}")
        assert answer.code in ("unknown_node", "unknown_path")


@pytest.mark.parametrize(
    ("action", "body", "code"),
    [
        ("dance", {}, "unknown_action"),
        ("..%2Freset", {}, "unknown_action"),
        ("x" * 3000, {}, "unknown_action"),
        ("unblock", {"packages": ["nowhere"]}, "unknown_package"),
        ("unblock", {"packages": "all"}, "bad_request"),
        ("unblock", {"jobs": 0}, "bad_request"),
        ("unblock", {"jobs": HUGE // 10}, "bad_request"),
        ("unblock", {"packages": [LIB], "node": "nobody"}, "unknown_node"),
        ("unblock", {}, "nothing_to_do"),
        ("build-local", {"package": LIB}, "unknown_node"),
        ("build-local", {}, "bad_request"),
        ("drain", {}, "bad_request"),
        ("drain", {"node": "izzar"}, "unknown_node"),
        ("resume", {"node": "../x"}, "unknown_node"),
        ("rollback", {}, "nothing_to_do"),
        ("rollback", {"release": -1}, "nothing_to_do"),
        ("rollback", {"release": "one"}, "bad_request"),
        ("finalize", {}, "nothing_to_do"),
        ("finalize", {"force": 5}, "bad_request"),
        ("finalize", {"verify_id": "made up"}, "stale_verify"),
        ("verify", {}, "nothing_to_do"),
        ("verify", {"more": 1}, "bad_request"),
        ("stress", {"count": 0}, "bad_request"),
        ("stress", {"count": -1}, "bad_request"),
        ("stress", {"count": 10**9}, "bad_request"),
    ],
)
async def test_actions_refuse_with_the_next_step(
    service: Service, izar: Drone, action: str, body: dict[str, Any], code: str
) -> None:
    assert (await service.ask("POST", f"/api/v1/actions/{action}", json=body)).code == code
    assert service.status(LIB) == "building"


@pytest.mark.parametrize("number", ["0", "-1", "x", f"{HUGE}", "99999", "1&undoes=2"])
async def test_what_is_no_action_cannot_be_taken_back(service: Service, number: str) -> None:
    answer = await service.ask("POST", f"/api/v1/actions/resume?undoes={number}", json={})
    assert answer.code == "bad_request"
    assert not list(service.parts.swarm.journal.read(kinds=["ActionTaken"]))


async def test_a_slip_in_an_actions_name_is_answered_with_the_nearest(service: Service) -> None:
    answer = await service.ask("POST", "/api/v1/actions/finalise", json={})
    assert "finalize" in answer.document["error"]["hint"]


@pytest.mark.parametrize(
    "path",
    [
        "/packages/../state/swarm.db",
        "/packages/%2e%2e/state/swarm.db",
        "/packages/..%2f..%2fetc/passwd",
        "/packages//etc/passwd",
        "/packages/releases/../../state/tokens.json",
        "/packages/releases/1/%00",
        "/packages/.hidden",
        "/packages/" + "x" * 5000,
        "/packages/" + "a/" * 2000,
        "/packages/Packages",
    ],
)
async def test_nothing_outside_production_is_served(service: Service, path: str) -> None:
    assert await status_of(service, path) == 404


@pytest.mark.parametrize(
    "path", ["../state/swarm.db", "%2e%2e/state/tokens.json", "..%2fstate/swarm.db", "%00", "x" * 5000]
)
async def test_nothing_outside_staging_is_served(service: Service, izar: Drone, path: str) -> None:
    assert await status_of(service, f"/staging/{izar.token}/{path}") == 404
    assert await status_of(service, f"/staging/guess/{path}") in (403, 404)
    assert (await service.ask("GET", "/staging/guess/Packages")).code == "forbidden"


async def status_of(service: Service, target: str) -> int:
    """The status of a request whose path is sent exactly as it stands."""
    host, port = service.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    head = await reader.readline()
    body = (await reader.read()).partition(b"\r\n\r\n")[2]
    writer.close()
    await writer.wait_closed()
    assert json.loads(body)["error"]["hint"]
    return int(head.split()[1])


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
async def test_other_methods_are_refused(service: Service, method: str) -> None:
    answer = await service.ask(method, "/api/v1/actions/reset")
    assert answer.code == "wrong_method"
    assert answer.headers["Allow"] == "POST"


async def test_unknown_paths_are_refused(service: Service) -> None:
    for path in ("/", "/api", "/api/v2/status", "/api/v1/attempts", "/favicon.ico"):
        assert (await service.ask("GET", path)).code == "unknown_path"
