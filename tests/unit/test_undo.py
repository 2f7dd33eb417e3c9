"""The way back from what operators did: found in the log, newest first; told where there is none."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from swarm_console.actions.registry import ACTIONS
from swarm_console.actions.undo import way_back
from swarm_console.commandline.confirm import confirm
from swarm_console.errors import Usage
from swarm_console.words.pen import Pen
from swarm_node.model import events as e
from swarm_node.model.refusal import Refused
from swarm_node.orchestrator.trail import EFFECTS
from tests.unit.scripted import Scripted

PAUSE = [("pause", {}), e.SwarmHeld(at=2, held=True)]
RESUME = [("resume", {}), e.SwarmHeld(at=3, held=False)]
DRAIN = [("drain", {"node": "vega"}), e.NodeHeld(at=4, name="vega", held=True)]
FIRST = [("finalize", {}), e.ReleasePublished(at=5, release=1, packages=3, size=9)]
SECOND = [("finalize", {}), e.ReleasePublished(at=6, release=2, packages=4, size=9, left=1)]
BACK = [("rollback", {}), e.ReleaseRolledBack(at=7, release=1, left=2)]
PIN = [
    ("unblock", {"packages": ["=a/b-1", "c/d"], "node": "vega"}),
    e.BuildUnblocked(at=8, build="a/b-1", node="vega"),
    e.BuildUnblocked(at=8, build="c/d-2", node="vega"),
]
LOCAL = [("build-local", {"package": "a/b"}), e.BuildUnblocked(at=8, build="a/b-1", node="main")]
RETRY = [("unblock", {"packages": []}), e.BuildUnblocked(at=8, build="a/b-1")]
FRESH = [("fresh", {}), e.SessionOpened(at=9, session=2, cleared=True)]
RESET = [("reset", {}), e.SessionOpened(at=9, session=3, cleared=True)]
IDLE = [("verify", {}), ("balance", {}), ("sync-all", {}), ("plan", {})]

Step = tuple[str, dict[str, Any]] | e.Event


def trail(*stories: Sequence[Any]) -> list[Any]:
    """Actions and their effects as GET /api/v1/trail answers them; numbered from 1."""
    records = []
    for number, step in enumerate((step for story in stories for step in story), 1):
        if isinstance(step, tuple):
            name, params = step
            words = {key: msgspec.json.encode(value).decode() for key, value in params.items()}
            step = e.ActionTaken(at=float(number), name=name, params=words, by="10.0.0.7")
        records.append(msgspec.to_builtins(e.Record(number, step)))
    return records[::-1]


WAYS: dict[str, tuple[list[Any], str, dict[str, Any]]] = {
    "pause": (PAUSE, "resume", {"node": None}),
    "resume": ([*PAUSE, *RESUME], "pause", {"node": None, "reason": ""}),
    "drain": (DRAIN, "resume", {"node": "vega"}),
    "pause of a node": ([("pause", {"node": "vega"}), DRAIN[1]], "resume", {"node": "vega"}),
    "resume of a node": (
        [*DRAIN, ("resume", {"node": "vega"}), e.NodeHeld(at=5, name="vega", held=False)],
        "drain",
        {"node": "vega", "reason": ""},
    ),
    "finalize": ([*FIRST, *SECOND], "rollback", {"release": 1}),
    "the first finalize": (FIRST, "rollback", {"release": None}),
    "rollback": ([*FIRST, *SECOND, *BACK], "rollback", {"release": 2}),
    "a pin": (PIN, "unblock", {"packages": ["a/b-1", "c/d-2"], "jobs": None, "node": None}),
    "build-local": (LOCAL, "unblock", {"packages": ["a/b-1"], "jobs": None, "node": None}),
    "passes over what needs no way back": ([*PAUSE, *IDLE, *RETRY], "resume", {"node": None}),
    "passes over what did nothing": (
        [*PAUSE, ("drain", {"node": "vega"}), ("reset", {})],
        "resume",
        {"node": None},
    ),
    "finalize while others act": (
        [("finalize", {}), *PAUSE, e.ReleasePublished(at=6, release=2, packages=4, size=9, left=1)],
        "resume",
        {"node": None},
    ),
}


@pytest.mark.parametrize(("done", "name", "params"), WAYS.values(), ids=WAYS)
def test_the_way_back(done: list[Any], name: str, params: dict[str, Any]) -> None:
    way = way_back(trail(done))
    assert (way.action.name, way.params) == (name, params)
    assert "10.0.0.7" in way.words


def undone(number: int, name: str) -> list[Any]:
    effect = e.SwarmHeld(at=20, held=name == "pause")
    return [(name, {"undoes": number}), effect]


def test_what_was_taken_back_is_not_taken_back_again() -> None:
    way = way_back(trail(DRAIN, PAUSE, undone(3, "resume")))
    assert (way.action.name, way.params, way.number) == ("resume", {"node": "vega"}, 1)


@pytest.mark.parametrize(("story", "name"), [(FRESH, "fresh"), (RESET, "reset")])
def test_what_was_cleared_is_gone(story: list[Any], name: str) -> None:
    with pytest.raises(Refused) as caught:
        way_back(trail(FIRST, PAUSE, story))
    assert caught.value.code == "nothing_to_do"
    assert caught.value.message.startswith(f"{name} of ")
    assert "cannot be taken back" in caught.value.message
    assert "rollback" in caught.value.hint


@pytest.mark.parametrize("done", [[], IDLE, [("pause", {})], [("unheard-of", {}), PAUSE[1]]])
def test_nothing_to_take_back(done: list[Any]) -> None:
    with pytest.raises(Refused, match="nothing was done"):
        way_back(trail(done))


def test_exactly_this_one_or_nothing() -> None:
    assert way_back(trail(PAUSE, DRAIN), 3).number == 3
    with pytest.raises(Refused, match="meanwhile"):
        way_back(trail(PAUSE, DRAIN), 1)


def test_every_inverse_is_an_action_with_those_parameters() -> None:
    for action in ACTIONS.values():
        own = {parameter.name for parameter in action.parameters}
        for inverse in action.inverses:
            assert inverse.effect in EFFECTS, "the trail does not tell of it"
            fields = {field.name for field in msgspec.structs.fields(getattr(e, inverse.effect))}
            assert {*inverse.like, *inverse.same.values(), *inverse.takes.values()} <= fields
            assert set(inverse.same) <= own
            if not inverse.action:
                assert inverse.why
                continue
            takes = {parameter.name for parameter in ACTIONS[inverse.action].parameters}
            assert set(inverse.takes) <= takes


def test_what_throws_work_away_or_is_seen_by_clients_has_a_way_back_or_says_that_it_has_none() -> None:
    assert all(action.inverses for action in ACTIONS.values() if action.dangerous and action.name != "undo")


# -- as an action


def looked(*stories: Sequence[Any], **answers: list[Any]) -> Scripted:
    return Scripted({"/api/v1/trail?limit=50": [trail(*stories)], **answers})


def test_undo_does_the_way_back_and_says_what_it_took_back() -> None:
    swarm = looked(PAUSE, **{"POST resume": [{"paused": False}]})
    action = ACTIONS["undo"]
    outcome = action.run(swarm, action.defaults())
    assert swarm.params["resume"] == {"node": None}
    assert swarm.undoes == 1
    assert outcome.document["took_back"]["action"] == "pause"
    lines = action.render(outcome.document, Pen())
    assert lines[0].startswith("↶ took back: pause, 1970-01-01")
    assert lines[1] == "✓ the swarm goes on"


def test_undo_asks_first_where_clients_would_see_it() -> None:
    kept = [{"number": 2, "status": "published"}, {"number": 1, "status": "published"}]
    counts = {"downgraded": 2, "removed": 1, "use": 0}
    answers = {
        "/api/v1/releases": [{"current": 2, "releases": kept}],
        "/api/v1/releases/2/difference/1": [{"counts": counts}],
    }
    swarm = looked(FIRST, SECOND, **answers)
    action = ACTIONS["undo"]
    assert action.loses is not None
    params = action.defaults()
    lost = action.loses(swarm, params)
    assert lost[0].startswith("takes back: finalize, ")
    assert lost[1] == "clients see release 1 instead of 2; release 2 is kept"
    assert lost[2:] == ["back to an older version: 2 packages", "gone: 1 package"]
    assert params["number"] == 3
    with pytest.raises(Usage, match="dangerous"):
        confirm(action, swarm, action.defaults())


def test_undo_of_something_harmless_does_not_ask() -> None:
    action = ACTIONS["undo"]
    confirm(action, looked(PAUSE), action.defaults())


def test_undo_without_anything_to_take_back_is_refused_with_its_reason() -> None:
    action = ACTIONS["undo"]
    with pytest.raises(Refused, match="cannot be taken back"):
        confirm(action, looked(RESET), action.defaults())
