"""The swarm in figures."""

import pytest

from swarm_node.model import commands as c
from swarm_node.model.status import Totals, remaining, status, totals
from tests.unit.stories import Story, row

LIB, APP, TOOL, BAD = "dev-libs/lib-1", "app-misc/app-1", "app-misc/tool-1", "app-misc/bad-1"


def test_every_build_is_counted_once() -> None:
    story = Story()
    story.nodes("izar", "mizar")
    story.plan(row(LIB), row(TOOL), row(BAD), row(APP, LIB, TOOL, BAD))
    story.stage("izar", story.take("izar"))
    story.fail("izar", story.take("izar"))
    story.take("izar")
    assert totals(story.state) == Totals(needed=1, building=1, complete=1, blocked=1)
    story.do(c.RecordVerify(verify_id="v", score=3, findings=(), packages=1))
    story.do(c.PrepareRelease(verify_id="v"))
    seen = status(story.state, story.now)
    assert (seen.risk, seen.session, seen.phase, seen.nodes_up, seen.nodes) == (3, 1, "building", 2, 2)
    story.do(c.PublishRelease(release=1, packages=1, size=1))
    assert totals(story.state).complete == 1
    assert status(story.state, story.now).release == 1


def test_a_swarm_that_never_did_anything_has_a_status() -> None:
    seen = status(Story().state, 0.0)
    assert seen.totals == Totals(0, 0, 0, 0)
    assert seen.remaining is None
    assert seen.next.action == "fresh"


def test_what_remains_is_work_over_speed() -> None:
    story = Story()
    story.nodes("izar", "mizar")
    story.plan(*(row(f"app-misc/p{number}-1") for number in range(10)))
    left = remaining(story.state, story.now)
    assert left is not None
    assert left.work == pytest.approx(600.0)
    assert left.seconds == pytest.approx(300.0)
    assert left.low < left.seconds < left.high


def test_what_remains_is_at_least_the_longest_chain() -> None:
    story = Story()
    story.nodes("izar", "mizar")
    story.plan(row(LIB), row(APP, LIB), row(TOOL, APP))
    left = remaining(story.state, story.now)
    assert left is not None
    assert left.seconds == pytest.approx(180.0)


def test_time_that_passed_is_taken_off_but_nothing_is_ever_done_early() -> None:
    story = Story()
    story.nodes("izar")
    story.plan(row(LIB))
    story.take("izar")
    for passed, left in ((0, 60.0), (30, 30.0), (3000, 3.0)):
        found = remaining(story.state, story.now + passed)
        assert found is not None
        assert found.seconds == pytest.approx(left)


def test_without_a_node_there_is_no_end() -> None:
    story = Story()
    story.nodes("izar")
    story.plan(row(LIB))
    story.do(c.HoldNode(name="izar", held=True))
    assert remaining(story.state, story.now) is None
