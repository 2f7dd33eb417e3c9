"""Drones that failures point at: set aside, checked, back after the check, and never the last one."""

from swarm_node.model import commands as c
from swarm_node.model import events as e
from swarm_node.model.rules.aside import CHECK
from swarm_node.model.work import Diagnosis
from tests.unit.stories import Story, assert_sound, row
from tests.unit.test_blame import fail_on, stage_on, swarm

BROKEN = Diagnosis("toolchain", "human", "the compiler crashed", evidence=("gcc: internal compiler error",))
PACKAGES = tuple(f"app-misc/p{number}-1" for number in range(8))


def sick() -> Story:
    """A drone whose compiler crashes on everything, beside a sound one."""
    story = swarm(*PACKAGES)
    for cpv in PACKAGES[4:]:
        stage_on(story, "mizar", cpv)
    for cpv in PACKAGES[:4]:
        if not story.state.nodes["izar"].held:
            fail_on(story, "izar", cpv, BROKEN)
    return story


def check_of(story: Story) -> int:
    """The open check of the drone that was set aside."""
    (number,) = [d.id for d in story.state.directives.values() if d.name == CHECK and d.finished is None]
    return number


def test_it_is_held_and_checked_and_what_it_spoilt_goes_elsewhere() -> None:
    story = sick()
    izar = story.state.nodes["izar"]
    assert izar.held
    assert izar.aside
    assert "set aside" in izar.hold_reason
    assert story.state.directives[check_of(story)].node == "izar"
    assert not story.state.by_status("blocked")
    assert story.ask("izar") is None
    assert story.ask("mizar") is not None
    assert_sound(story)


def test_a_passed_check_brings_it_back_with_a_clean_record() -> None:
    story = sick()
    story.do(c.FinishDirective(node="izar", id=check_of(story), ok=True))
    izar = story.state.nodes["izar"]
    assert (izar.held, izar.aside, izar.record) == (False, False, [])
    assert story.ask("izar") is not None


def test_a_failed_check_is_repeated_after_a_pause() -> None:
    story = sick()
    first = check_of(story)
    story.do(c.FinishDirective(node="izar", id=first, ok=False, output="no compiler"))
    assert story.state.nodes["izar"].aside
    assert story.do(c.Sweep(silent={})) == []
    story.now += story.state.policy.recheck
    assert [type(event) for event in story.do(c.Sweep(silent={}))] == [e.DirectiveIssued]
    assert check_of(story) > first
    assert story.do(c.Sweep(silent={})) == [], "one check at a time"


def test_an_operator_may_take_it_back_at_once() -> None:
    story = sick()
    story.do(c.HoldNode(name="izar", held=False))
    assert not story.state.nodes["izar"].aside
    story.do(c.FinishDirective(node="izar", id=check_of(story), ok=True))
    assert not story.state.nodes["izar"].held


def test_the_last_drone_is_never_set_aside() -> None:
    story = Story()
    story.nodes("izar")
    story.plan(*map(row, PACKAGES))
    for _ in PACKAGES:
        story.fail("izar", story.take("izar"), BROKEN)
    assert not story.state.nodes["izar"].held


def test_a_bad_package_never_grounds_a_drone() -> None:
    story = swarm(*PACKAGES)
    for cpv in PACKAGES[1:]:
        stage_on(story, "izar", cpv)
    for node in ("izar", "mizar", "tarn"):
        fail_on(story, node, PACKAGES[0], BROKEN)
    assert not any(node.held for node in story.state.nodes.values())
