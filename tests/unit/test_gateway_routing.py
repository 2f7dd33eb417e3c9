"""Who leads: one rule over registrations and health."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_node.gateway.registry import (
    MOST,
    Registry,
    check,
    is_name,
    load,
    register,
    save,
)
from swarm_node.gateway.routing import MISSES, Health, choose, judge, why_none
from swarm_node.http.registration import Registration
from swarm_node.model.refusal import Refused

ABLE = Health(True, "ok")


def orchestrator(name: str, priority: int = 100, url: str = "http://10.0.0.1:8080") -> Registration:
    return Registration(role="orchestrator", name=name, url=url, priority=priority)


def registry(*registrations: Registration) -> Registry:
    known = Registry()
    for now, each in enumerate(registrations):
        register(known, each, float(now))
    return known


def said(**answer: object) -> bytes:
    return json.dumps(answer).encode()


def test_the_preferred_one_leads_and_stays_while_it_can() -> None:
    known = registry(orchestrator("backup", 200), orchestrator("primary", 1)).orchestrators()
    both = {"primary": ABLE, "backup": ABLE}
    assert choose(known, both, "") == "primary"
    assert choose(known, both | {"primary": Health(False)}, "primary") == "backup"
    assert choose(known, both, "backup") == "backup", "a primary that comes back does not take over"
    assert choose(known, {}, "primary") == ""


@given(
    st.dictionaries(st.sampled_from("abcde"), st.booleans(), min_size=1),
    st.sampled_from(["", *"abcdefg"]),
)
def test_only_an_able_one_leads_and_never_nobody_while_one_is(able: dict[str, bool], leader: str) -> None:
    known = registry(*map(orchestrator, able)).orchestrators()
    chosen = choose(known, {name: Health(each) for name, each in able.items()}, leader)
    assert bool(chosen) == any(able.values())
    assert not chosen or able[chosen]
    assert chosen == leader or not able.get(leader, False)


def test_health_is_what_an_orchestrator_says_of_itself() -> None:
    assert judge(Health(), said(role="orchestrator", status="ok")).able
    assert not judge(Health(), said(role="orchestrator", status="standby")).able
    assert "gateway" in judge(ABLE, said(role="gateway", status="ok")).state, "no loops through a gateway"
    for strange in (b"", b"<html>", b"[]", b'{"role": 1}', b"\xff", b'{"role": "\xff"}'):
        assert not judge(ABLE, strange).able


def test_slow_answers_are_forgiven_a_few_times_and_a_refused_connection_is_not() -> None:
    health = ABLE
    for _ in range(MISSES - 1):
        health = judge(health, TimeoutError())
        assert health.able
    assert not judge(health, TimeoutError()).able
    assert judge(judge(ABLE, TimeoutError()), said(role="orchestrator", status="ok")).misses == 0
    assert not judge(ABLE, ConnectionRefusedError("refused")).able


def test_why_nobody_leads_names_the_next_step() -> None:
    nobody = why_none([], {})
    assert nobody.code == "no_orchestrator" and "swarm-node orchestrator" in nobody.hint
    members = registry(orchestrator("orion")).orchestrators()
    down = why_none(members, {"orion": Health(False, "refused")})
    assert down.code == "orchestrator_unreachable"
    assert (
        "orion" in down.message and "refused" in down.message and "http://10.0.0.1:8080/health" in down.hint
    )


def test_only_a_new_place_is_worth_writing_down() -> None:
    known = Registry()
    assert register(known, orchestrator("a"), 1.0)
    assert not register(known, orchestrator("a"), 2.0)
    assert register(known, orchestrator("a", url="http://10.0.0.2:8080"), 3.0)
    member = known.members["orchestrator/a"]
    assert (member.first_seen, member.last_seen) == (1.0, 3.0)


def test_there_is_a_last_place() -> None:
    known = registry(*(orchestrator(f"n{number}") for number in range(MOST)))
    register(known, orchestrator("n0"), 9.0)
    with pytest.raises(Refused, match=str(MOST)):
        register(known, orchestrator("one-more"), 9.0)


@pytest.mark.parametrize(
    "name", ["", "../x", "$(id)", "; rm", "a" * 64, "-rf", ".hidden", "a b", "a\nb", "\x1b[31m", "dröne", "а"]
)
def test_bad_names(name: str) -> None:
    assert not is_name(name)
    with pytest.raises(Refused) as caught:
        check(orchestrator(name), "10.0.0.1")
    assert caught.value.code == "bad_name"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "ftp://10.0.0.1",
        "http://",
        "http://10.0.0.1:99999",
        "http://user:word@10.0.0.1:80",
        "http://10.0.0.1:80/path",
        "http://10.0.0.1:80?x=1",
        "http://127.0.0.1:8080",
        "http://localhost:8080",
        "http://[::1]:8080",
        "http://169.254.169.254:80",
        "http://0.0.0.0:8080",
        "http://224.0.0.1:8080",
    ],
)
def test_urls_that_this_gateway_should_not_ask(url: str) -> None:
    with pytest.raises(Refused) as caught:
        check(orchestrator("a", url=url), "10.0.0.7")
    assert caught.value.code == "bad_request" and "PUBLIC_URL" in caught.value.hint


def test_a_node_on_this_machine_may_name_loopback() -> None:
    check(orchestrator("a", url="http://127.0.0.1:8080"), "127.0.0.1")
    check(orchestrator("a", url="http://localhost:8080"), "::1")


def test_facts_have_a_cap() -> None:
    registration = Registration(role="drone", name="d", url="http://10.0.0.1:1", facts={"x": "y" * 70_000})
    with pytest.raises(Refused, match="facts"):
        check(registration, "10.0.0.1")


def test_the_registry_survives_and_a_damaged_one_is_told(tmp_path: Path) -> None:
    path = tmp_path / "state" / "gateway.json"
    assert load(path) == Registry()
    known = registry(orchestrator("a"), orchestrator("b"))
    known.leader = "a"
    save(known, path)
    assert load(path) == known
    assert [each.name for each in path.parent.iterdir()] == ["gateway.json"]
    for bad in (b"", b"{", b'{"members": 1}', b'{"format": 2}', b"\xff"):
        path.write_bytes(bad)
        with pytest.raises(Refused) as caught:
            load(path)
        assert caught.value.code == "bad_state" and str(path) in caught.value.message
        assert "mv " in caught.value.hint
