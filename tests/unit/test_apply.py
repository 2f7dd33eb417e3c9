"""What is true after events: the fold, its order, and a snapshot that brings everything back."""

import msgspec
import pytest

from swarm_node.model import commands as c
from swarm_node.model import events as e
from swarm_node.model.apply import apply, fold
from swarm_node.model.state import State
from swarm_node.model.work import NodeFacts
from tests.unit.stories import PASSING, Story, assert_sound, encoded, refold, reread, row

LIB, APP = "dev-libs/lib-1", "app-misc/app-1"


def busy() -> Story:
    """A swarm in the middle of everything."""
    story = Story()
    story.nodes("izar", "mizar", "alcor")
    story.plan(row(LIB), row(APP, LIB), row("app-misc/bad-1"), row("app-misc/slow-1"))
    story.stage("izar", story.take("izar"))
    story.fail("mizar", story.take("mizar"))
    story.fail("alcor", story.take("alcor"), PASSING)
    story.take("izar")
    story.do(c.IssueDirective(name="sync_trees"))
    story.do(c.HoldNode(name="alcor", held=True))
    story.do(c.RecordVerify(verify_id="v1", score=1, findings=(), packages=1))
    story.do(c.PrepareRelease(verify_id="v1"))
    return story


def test_every_event_has_its_meaning() -> None:
    kinds = msgspec.json.schema(e.AnyEvent)["anyOf"]
    for kind in kinds:
        name = kind["$ref"].rpartition("/")[2]
        assert issubclass(getattr(e, name), e.Event)
    assert {kind.__name__ for kind in e.Event.__subclasses__()} == {
        kind["$ref"].rpartition("/")[2] for kind in kinds
    }


def test_the_sequence_counts_events() -> None:
    story = busy()
    assert story.state.seq == len(story.log)
    assert story.state.at == story.log[-1].at


def test_the_fold_of_the_log_is_the_state() -> None:
    story = busy()
    assert encoded(refold(story.log)) == encoded(story.state)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 1.0])
def test_a_snapshot_and_the_tail_are_the_state(share: float) -> None:
    story = busy()
    cut = int(len(story.log) * share)
    early = reread(refold(story.log[:cut]))
    assert encoded(fold(early, story.log[cut:])) == encoded(story.state)


def test_events_survive_being_written_down() -> None:
    story = busy()
    written = msgspec.json.encode(story.log)
    assert msgspec.json.decode(written, type=list[e.AnyEvent]) == story.log


def test_a_snapshot_goes_on_like_the_original() -> None:
    story = busy()
    story.state = reread(story.state)
    story.now += 1000
    story.do(c.PublishRelease(release=1, packages=1, size=1))
    for name in ("izar", "mizar"):
        node = story.state.nodes[name]
        attempt = node.attempt if node.attempt is not None else story.take(name)
        story.stage(name, attempt)
    assert_sound(story)


def test_a_staged_build_teaches_the_estimates() -> None:
    story = busy()
    assert [sample.node for sample in story.state.history.samples["dev-libs/lib"]] == ["izar"]
    assert "app-misc/bad" not in story.state.history.samples


def test_what_one_build_teaches_of_other_nodes_is_the_same_after_a_restart() -> None:
    story = Story()
    story.nodes("big", cores=32)
    story.nodes("tiny", cores=1)
    rows = (row(LIB), row(APP), row("app-misc/long-1"))
    for first, second in (("big", "tiny"), ("tiny", "big")):
        story.plan(*rows)
        story.take(first)
        story.stage(second, story.take(second), seconds=50.0)
        assert_sound(story)
        story.stage(first, next(iter(story.state.attempts)), seconds=90.0)
        assert_sound(story)
    story.do(c.Balance())
    assert story.state.heavy
    assert_sound(story)


def test_nodes_keep_their_place_and_count() -> None:
    story = busy()
    counts = {node.name: (node.built, node.failed) for node in story.state.nodes.values()}
    assert counts == {"izar": (1, 0), "mizar": (0, 1), "alcor": (0, 1)}


def test_a_node_that_returns_counts_from_its_return() -> None:
    story = Story()
    story.nodes("izar")
    first = story.state.nodes["izar"].since
    story.now += 50
    story.do(c.SeeNode(name="izar", facts=NodeFacts(cores=2)))
    assert story.state.nodes["izar"].since == first
    story.silent("izar")
    story.now += 50
    story.nodes("izar")
    assert story.state.nodes["izar"].since == story.now


def test_reset_keeps_releases_history_nodes_and_open_directives() -> None:
    story = busy()
    before = story.state
    history = msgspec.json.encode(before.history)
    story.do(c.OpenSession(clear=True))
    assert story.state.builds == {}
    assert story.state.attempts == {}
    assert msgspec.json.encode(story.state.history) == history
    assert set(story.state.nodes) == {"izar", "mizar", "alcor"}
    assert story.state.nodes["alcor"].held
    assert set(story.state.releases) == {1}
    assert len(story.state.directives) == 3
    assert_sound(story)


def test_a_fold_changes_the_state_that_it_is_given() -> None:
    state = State()
    assert apply(state, e.SwarmHeld(at=1.0, held=True)) is state
    assert state.held
