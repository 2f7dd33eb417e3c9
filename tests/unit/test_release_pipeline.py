"""`release` and following: to the end, past blocked packages, through restarts, with the reasons told."""

from typing import Any

import pytest

from swarm_console.actions import follow as following
from swarm_console.actions.follow import can_move, follow, patiently
from swarm_console.actions.registry import ACTIONS
from swarm_console.words.pen import Pen
from swarm_node.model.refusal import Refused
from tests.unit.scripted import GONE, Scripted, build, status

STATUS, QUEUE, RELEASES = "/api/v1/status", "/api/v1/queue", "/api/v1/releases"
VERDICT = {"verify_id": "abc", "score": 1, "limit": 10, "findings": [], "packages": 2, "size": 9}
FINDING = {"code": "blocked", "message": "x is blocked and left out", "points": 1, "package": "x"}
RELEASED = {
    "release": 4,
    "packages": 7,
    "added": 2,
    "size": 9,
    "risk": 1,
    "forced": "",
    "findings": [FINDING],
}
PLANNED = {"session": 1}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pauses."""
    monkeypatch.setattr(following, "POLL_SECONDS", 0.0)


def release(swarm: Scripted, force: str = "") -> Any:
    return ACTIONS["release"].run(swarm, {"force": force})


def text(name: str, document: Any) -> str:
    return "\n".join(ACTIONS[name].render(document, Pen()))


def staged(**more: list[Any]) -> Scripted:
    """A swarm that builds two packages and then waits for what the test says."""
    answers = {
        STATUS: [status(2), status(2), status(1, 1), status(complete=2, blocked=1)],
        QUEUE: [[build("a", "staged"), build("b", "staged"), build("x", "blocked")]],
        "POST plan": [PLANNED],
        "POST verify": [VERDICT],
        "POST finalize": [RELEASED],
    }
    return Scripted({**answers, **more})


def test_a_release_goes_from_plan_to_production() -> None:
    swarm = staged(**{QUEUE: [[build("a", "needed")], [build("a", "staged")]]})
    outcome = release(swarm)
    assert outcome.exit_code == 0
    assert outcome.document == {
        "release": 4,
        "staged": 2,
        "blocked": 1,
        "waiting": 0,
        "risk": 1,
        "findings": [FINDING],
        "released": True,
    }
    assert swarm.params["finalize"] == {"force": "", "verify_id": "abc"}
    posts = [path for path in swarm.asked if path.startswith("POST")]
    assert posts == ["POST plan", "POST verify", "POST finalize"]
    assert "release 4 is live: 2 new packages, 1 blocked, risk 1" in text("release", outcome.document)


def test_too_risky_is_refused_with_the_findings_and_nothing_is_finalized() -> None:
    risky = {**VERDICT, "score": 10, "findings": [FINDING]}
    swarm = staged(**{STATUS: [status(complete=2)], "POST verify": [risky]})
    outcome = release(swarm)
    assert outcome.exit_code == 1 and outcome.document["error"]["code"] == "too_risky"
    assert outcome.document["findings"] == [FINDING] and outcome.document["release"] is None
    assert "POST finalize" not in swarm.asked
    assert "not released" in text("release", outcome.document)


def test_a_reason_forces_it() -> None:
    swarm = staged(**{STATUS: [status(complete=2)], "POST verify": [{**VERDICT, "score": 10}]})
    assert release(swarm, "the boss says so").exit_code == 0
    assert swarm.params["finalize"]["force"] == "the boss says so"


def test_everything_released_already_is_done() -> None:
    swarm = staged(**{STATUS: [status(release=3)], QUEUE: [[build("a", "released")]]})
    outcome = release(swarm)
    assert outcome.exit_code == 0 and not outcome.document["released"]
    assert "POST verify" not in swarm.asked
    assert "release 3 is what clients see" in text("release", outcome.document)


def test_a_restart_in_the_middle_of_planning_and_of_finalizing_is_survived() -> None:
    lost = Refused("orchestrator_unreachable", "it went away", "look")
    made = {"number": 5, "at": 0.0, "score": 1, "added": 2}
    swarm = staged(
        **{
            STATUS: [status(session=0), GONE, status(2), status(complete=2)],
            "POST plan": [lost],
            "POST finalize": [lost],
            RELEASES: [GONE, {"current": 5, "releases": [made]}],
        }
    )
    outcome = release(swarm)
    assert (outcome.exit_code, outcome.document["release"], outcome.document["staged"]) == (0, 5, 2)
    assert swarm.asked.count("POST plan") == 1 and swarm.asked.count("POST finalize") == 1


def test_what_was_never_begun_is_asked_for_again() -> None:
    swarm = staged(
        **{
            STATUS: [status(complete=2)],
            "POST plan": [GONE, PLANNED],
            "POST finalize": [GONE, RELEASED],
            RELEASES: [{"current": None, "releases": []}],
        }
    )
    assert release(swarm).exit_code == 0
    assert swarm.asked.count("POST plan") == 2 and swarm.asked.count("POST finalize") == 2


def test_another_refusal_ends_it() -> None:
    no = Refused("already_running", "session 1 is syncing already", "wait")
    with pytest.raises(Refused, match="syncing"):
        release(staged(**{"POST plan": [no]}))


def test_following_passes_over_what_only_blocked_ones_hold_up() -> None:
    rows = [build("x", "blocked"), build("y", "needed", "x"), build("z", "needed", "y")]
    assert can_move(rows) is None
    swarm = Scripted({STATUS: [status(2, blocked=1)], QUEUE: [rows]})
    assert follow(swarm)["totals"]["needed"] == 2
    assert any("blocked ones are in the way" in line for line in swarm.said)


def test_what_is_built_between_two_looks_is_not_counted_as_held_up() -> None:
    swarm = Scripted({STATUS: [status(1), status(complete=1)], QUEUE: [[build("a", "staged")]]})
    assert follow(swarm)["totals"]["complete"] == 1
    assert not any("cannot be made" in line for line in swarm.said)


def test_something_that_can_still_move_is_waited_for() -> None:
    rows = [build("x", "blocked"), build("y", "needed", "x"), build("free", "needed")]
    assert can_move(rows) == "free"
    assert can_move([build("a", "building"), build("b", "needed", "a")]) == "a"


def test_why_nothing_moves_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "STILL_SECONDS", -1.0)
    why = {
        "build": "a",
        "summary": "every node refuses it or is busy",
        "nodes": [{"node": "vega", "refusal": "the swarm is paused for 3 s"}],
        "cure": "build-swarm resume",
    }
    later = {**why, "nodes": [{"node": "vega", "refusal": "the swarm is paused for 4 s"}]}
    swarm = Scripted(
        {
            STATUS: [status(1), status(1), status(1), status(1), status(complete=1)],
            QUEUE: [[build("a", "needed")]],
            "/api/v1/why/a": [[why], [later], Refused("unknown_package", "a left the queue", "queue")],
        }
    )
    follow(swarm)
    told = [line for line in swarm.said if "nothing moves" in line]
    assert len(told) == 1 and "vega: the swarm is paused" in told[0] and "build-swarm resume" in told[0]


def test_a_preparation_is_waited_for_even_with_nothing_in_the_queue() -> None:
    swarm = Scripted({STATUS: [status(phase="syncing"), status(phase="discovering"), status(phase="idle")]})
    assert follow(swarm)["phase"] == "idle"
    assert [line.split(": ")[1] for line in swarm.said[:2]] == ["syncing", "discovering"]


def test_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "OUTAGE_SECONDS", 0.02)
    swarm = Scripted({STATUS: [GONE]})
    with pytest.raises(Refused) as caught:
        patiently(swarm, lambda: swarm.get(STATUS))
    assert caught.value.code == "gateway_unreachable" and len(swarm.said) == 1
