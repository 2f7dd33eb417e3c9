"""What a digest says of a stretch of the log, told by a swarm that really decided it."""

from swarm_node.model import commands as c
from swarm_node.model.digest import KINDS, LISTED, Digest, digest
from swarm_node.model.events import AnyEvent, Record
from swarm_node.model.work import Diagnosis
from tests.unit.stories import LASTING, PASSING, Story, row

LIB, TOOL, DOC = "dev-libs/lib-1", "app-misc/tool-1", "app-doc/doc-1"


def begun() -> Story:
    """Three builds, two nodes."""
    story = Story()
    story.nodes("izar", "tarn")
    story.plan(row(LIB), row(TOOL), row(DOC))
    return story


def missed(story: Story, after: int) -> Digest:
    """What somebody missed who had seen so many events."""
    records = [Record(place, event) for place, event in enumerate(story.log, 1)]  # type: ignore[arg-type]
    wanted = [record for record in records if record.seq > after]
    told = [record for record in wanted if type(record.event).__name__ in KINDS]
    assert digest(told, after, len(story.log)) == digest(wanted, after, len(story.log))
    return digest(told, after, len(story.log))


def decided(found: Digest) -> dict[str, tuple[int, tuple[str, ...]]]:
    return {one.what: (one.count, one.names) for one in found.decided}


def test_nothing_happened() -> None:
    story = begun()
    found = missed(story, len(story.log))
    assert found.quiet
    assert (found.events, found.after, found.upto) == (0, len(story.log), len(story.log))


def test_nodes_that_come_and_work_that_begins_are_no_news() -> None:
    story = begun()
    after = len(story.log)
    story.take("izar")
    story.nodes("new")
    found = missed(story, after)
    assert found.quiet
    assert found.events == 3


def test_what_was_done_in_hours_of_compiling() -> None:
    story = begun()
    after = len(story.log)
    for seconds in (3600.0, 1800.0):
        story.stage("izar", story.take("izar"), seconds)
    found = missed(story, after)
    assert (found.staged, found.seconds) == (2, 5400.0)
    assert not found.quiet
    assert missed(story, len(story.log) - 1).staged == 1


def test_what_is_newly_blocked_by_name_and_cause() -> None:
    story = begun()
    story.fail("izar", story.take("izar"))
    after = len(story.log)
    attempt = story.take("izar")
    name = story.state.attempts[attempt].build
    story.fail("izar", attempt, Diagnosis("masked", "edit-portage-and-fresh", "it is masked"))
    found = missed(story, after)
    assert [(one.build, one.kind, one.summary) for one in found.troubles] == [
        (name, "masked", "it is masked")
    ]
    assert found.blocked == 1
    assert missed(story, 0).blocked == 2


def test_what_was_cured_meanwhile_is_no_trouble() -> None:
    story = begun()
    after = len(story.log)
    story.fail("izar", story.take("izar"))
    assert missed(story, after).blocked == 1
    story.do(c.Unblock())
    assert missed(story, after).blocked == 0
    story.fail("izar", story.take("izar"))
    assert missed(story, after).blocked == 1
    story.plan(row("a/other-1"), clear=False)
    assert missed(story, after).blocked == 0
    story.fail("izar", story.take("izar"))
    story.plan(row(LIB), clear=True)
    assert missed(story, after).blocked == 0


def test_very_many_blocked_builds_are_counted() -> None:
    story = Story()
    problem = Diagnosis("masked", "edit-portage-and-fresh", "it is masked")
    story.plan(*(row(f"a/b{number}-1", problem=problem) for number in range(300)))
    found = missed(story, 0)
    assert (found.blocked, len(found.troubles)) == (300, LISTED)


def test_what_was_decided_without_asking() -> None:
    story = begun()
    after = len(story.log)
    first = story.take("izar")
    name = story.state.attempts[first].build
    story.fail("izar", first, PASSING)
    lost = story.state.attempts[story.take("tarn")].build
    story.silent("tarn")
    story.do(c.SeeNode(name="tarn", facts=story.state.nodes["tarn"].facts))
    story.ask("tarn")
    story.do(c.Balance())
    found = missed(story, after)
    assert decided(found) == {
        "retried": (1, (name,)),
        "lost": (1, (lost,)),
        "node-lost": (1, ("tarn",)),
        "recalled": (1, (found.decided[3].names)),
    }
    reasons = {one.what: one.reason for one in found.decided}
    assert reasons["retried"] == "transient-network on izar"
    assert reasons["lost"].startswith("tarn: not heard for")
    assert reasons["recalled"] == "balanced"


def test_a_hold_that_a_person_asked_for_is_not_the_swarms_decision() -> None:
    story = begun()
    after = len(story.log)
    story.do(c.RecordAction(name="drain", params={"node": '"izar"', "reason": '""'}))
    story.do(c.HoldNode(name="izar", held=True))
    story.do(c.RecordAction(name="pause", params={"node": "null"}))
    story.do(c.HoldSwarm(held=True))
    found = missed(story, after)
    assert found.decided == ()
    assert found.asked == {"drain": 1, "pause": 1}
    story.do(c.HoldSwarm(held=False))
    story.do(c.HoldNode(name="tarn", held=True, reason="fails everything"))
    story.do(c.RecordAction(name="resume", params={"node": '"tarn"'}))
    story.do(c.HoldNode(name="tarn", held=False))
    found = missed(story, after)
    assert decided(found) == {"resumed": (1, ("the swarm",)), "held": (1, ("tarn",))}
    assert found.decided[1].reason == "fails everything"


def test_an_action_with_a_strange_parameter_is_only_counted() -> None:
    story = begun()
    for text in ("", "{", "[1]", "\x1b"):
        story.do(c.RecordAction(name="drain", params={"node": text}))
    story.do(c.HoldNode(name="izar", held=True))
    assert decided(missed(story, 0))["held"] == (1, ("izar",))


def test_releases_in_the_order_in_which_clients_saw_them() -> None:
    story = begun()
    after = len(story.log)
    for number in (1, 2):
        story.stage("izar", story.take("izar"))
        story.do(c.RecordVerify(verify_id="v", score=0, findings=(), packages=1))
        story.do(c.PrepareRelease(verify_id="v"))
        story.do(c.PublishRelease(release=number, packages=1, size=1, added=1))
    story.do(c.RollBack())
    assert missed(story, after).releases == (1, 2, 1)
    story.stage("izar", story.take("izar"))
    story.do(c.RecordVerify(verify_id="v", score=0, findings=(), packages=1))
    story.do(c.PrepareRelease(verify_id="v"))
    story.do(c.AbandonRelease(release=3, reason="the disk is full"))
    assert decided(missed(story, after))["abandoned"] == (1, ("3",))


def test_a_hundred_thousand_records_are_read_one_by_one() -> None:
    story = begun()
    story.fail("izar", story.take("izar"), LASTING)
    event: AnyEvent = story.log[-1]  # type: ignore[assignment]
    found = digest((Record(n, event) for n in range(100_000)), 0, 100_000)
    assert (found.blocked, found.events) == (1, 100_000)
