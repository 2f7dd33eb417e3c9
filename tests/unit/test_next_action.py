"""The one thing to do next, in every situation."""

import pytest

from swarm_node.model import commands as c
from swarm_node.model.events import Finding
from swarm_node.model.next_action import next_action
from tests.unit.stories import Story, row

LIB, TOOL = "dev-libs/lib-1", "app-misc/tool-1"


@pytest.fixture
def story() -> Story:
    story = Story()
    story.nodes("izar")
    story.plan(row(LIB), row(TOOL))
    return story


def command(story: Story) -> str:
    return next_action(story.state).command


def finish(story: Story) -> None:
    while (attempt := story.ask("izar")) is not None:
        story.stage("izar", attempt)


def verify(story: Story, score: int, *findings: Finding) -> None:
    story.do(c.RecordVerify(verify_id="v", score=score, findings=findings, packages=1))


def test_from_an_empty_swarm_to_a_release(story: Story) -> None:
    said = [command(Story()), command(story)]
    story.take("izar")
    said.append(command(story))
    story.stage("izar", 1)
    finish(story)
    said.append(command(story))
    verify(story, 3)
    said.append(command(story))
    story.do(c.PrepareRelease(verify_id="v"))
    story.do(c.PublishRelease(release=1, packages=2, size=1))
    said.append(command(story))
    assert said == [
        "build-swarm fresh",
        "build-swarm monitor",
        "build-swarm monitor",
        "build-swarm verify",
        "build-swarm finalize",
        "sudo apkg update",
    ]


def test_a_session_in_preparation_is_waited_for(story: Story) -> None:
    story.do(c.OpenSession(clear=True))
    assert next_action(story.state).tone == "wait"
    assert "syncing" in next_action(story.state).text


def test_a_preparation_that_failed_says_why(story: Story) -> None:
    story.do(c.OpenSession(clear=True))
    story.do(c.EnterPhase(phase="idle", detail="not prepared: no profile"))
    assert next_action(story.state).text == "not prepared: no profile"
    assert command(story) == "build-swarm fresh"


def test_a_pause_is_the_first_thing_to_end(story: Story) -> None:
    story.do(c.HoldSwarm(held=True))
    assert command(story) == "build-swarm resume"


def test_a_swarm_without_nodes_needs_one(story: Story) -> None:
    story.silent("izar")
    assert command(story) == "swarm-node drone"


def test_a_swarm_whose_nodes_are_all_drained_needs_one_back(story: Story) -> None:
    story.do(c.HoldNode(name="izar", held=True))
    assert command(story) == "build-swarm resume izar"
    assert next_action(story.state).action == "resume"


def test_blocked_packages_are_named(story: Story) -> None:
    story.plan(*(row(f"app-misc/p{number}-1") for number in range(7)))
    for _ in range(7):
        story.fail("izar", story.take("izar"))
    said = next_action(story.state)
    assert said.command == "build-swarm fix-blocked"
    assert said.text == "7 package(s) blocked:"
    assert len(said.items) == 6
    assert said.items[0].startswith("=app-misc/p")
    assert said.items[-1] == "… and 2 more"


def test_a_release_that_is_too_risky_names_the_worst(story: Story) -> None:
    finish(story)
    verify(story, 12, Finding("shrunk", "small thing", 2), Finding("soname", "libz is gone", 10))
    said = next_action(story.state)
    assert (said.tone, said.action) == ("attention", "verify")
    assert said.items == ("10: libz is gone", "2: small thing")


def test_a_blocked_package_does_not_stop_a_verified_release(story: Story) -> None:
    story.fail("izar", story.take("izar"))
    finish(story)
    verify(story, 1)
    assert command(story) == "build-swarm finalize"


def test_a_plan_without_rows_leaves_nothing_to_do() -> None:
    story = Story()
    story.do(c.OpenSession(clear=True))
    story.do(c.EnterPhase(phase="idle"))
    assert next_action(story.state).text == "nothing to do"
