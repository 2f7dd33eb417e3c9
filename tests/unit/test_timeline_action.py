"""The timeline in lines and as a document, read off a state as the orchestrator gives it."""

import msgspec
import pytest

from swarm_console.actions.registry import ACTIONS
from swarm_console.words.pen import Pen
from tests.unit.scripted import Scripted
from tests.unit.stories import PASSING, Story, row

LIB, APP = "dev-libs/lib-1", "app-misc/app-1"


def told(story: Story, monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, object], list[str]]:
    monkeypatch.setattr("time.time", lambda: story.now)
    monkeypatch.setenv("TZ", "UTC")
    state = msgspec.json.decode(msgspec.json.encode(story.state))
    action = ACTIONS["timeline"]
    outcome = action.run(Scripted({"/api/v1/state": [state]}), action.defaults())
    return outcome.document, action.render(outcome.document, Pen())


def test_lanes_and_the_critical_path_are_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    story = Story()
    story.nodes("izar", "tarn")
    story.plan(row(LIB), row(APP, LIB))
    story.fail("izar", story.take("izar"), PASSING)
    story.now += 40.0
    attempt = story.take("tarn")
    story.now += 60.0
    story.stage("tarn", attempt, 60.0)
    attempt = story.take("izar")
    story.now += 100.0
    document, lines = told(story, monkeypatch)
    text = "\n".join(lines)
    assert "so far until" in lines[0]
    izar, tarn = (next(line for line in lines if line.startswith(name)) for name in ("izar", "tarn"))
    assert izar.split()[:2] == ["izar", "50%"]
    assert tarn.split()[:2] == ["tarn", "30%"]
    assert izar.count("█") == izar.count("░") == 15
    assert "critical path: 3 builds, 3 min building, 40 s waiting" in text
    ways = lines[-3:]
    assert [way.rsplit("  ", 1)[1] for way in ways] == [
        "the plan",
        "its own last try, 40 s before",
        f"{LIB}, which it needs",
    ]
    assert "● building" in ways[-1]
    assert document["session"] == 1
    assert msgspec.json.decode(msgspec.json.encode(document)) == document


def test_before_anything_was_built(monkeypatch: pytest.MonkeyPatch) -> None:
    story = Story()
    story.nodes("izar")
    assert told(story, monkeypatch)[1] == ["session 0: nothing has been built yet; see build-swarm status"]
