"""The queue in order: kept in step event by event, it is what sorting anew would give."""

from itertools import product

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from swarm_console.known.lineup import RANKS, Lineup
from swarm_console.known.mirror import Mirror
from swarm_node.model import commands as c
from tests.tui.story import KERNEL, Story, blocked, planned

NODES = ("drone-Izar", "drone-Tarn", "drone-Meridian")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["work", "stage", "fail", "unblock", "balance", "lose"]), st.sampled_from(NODES)
    ),
    max_size=40,
)


def step(story: Story, what: str, node: str) -> None:
    busy = story.state.nodes[node].attempt is not None
    match what:
        case "work" if not busy and story.state.queue.ready and story.state.nodes[node].up:
            story.tell(c.RequestWork(node=node))
            if (attempt := story.state.nodes[node].attempt) is not None:
                story.tell(c.StartAttempt(node=node, attempt=attempt))
        case "stage" if busy:
            story.stage(node, 1.0)
        case "fail" if busy:
            story.fail(node, KERNEL, 1.0)
        case "unblock" if story.state.by_status("blocked"):
            story.tell(c.Unblock())
        case "balance":
            story.tell(c.Balance())
        case "lose":
            story.tell(c.Sweep(silent={node: 500.0}))


@given(STEPS)
def test_in_step_with_the_events(steps: list[tuple[str, str]]) -> None:
    story = planned()
    mirror = Mirror(story.clock)
    mirror.take(msgspec.json.encode({"generation": 1, "snapshot": story.state}))
    for what, node in steps:
        seen = story.state.seq
        step(story, what, node)
        news = [record for record in story.told if record.seq > seen]
        mirror.take(msgspec.json.encode({"events": news}))
        kept = mirror.lineup
        anew = Lineup(mirror.state.builds, mirror.state.queue)
        for rank in RANKS:
            assert [build.id for build in kept.line(rank)] == [build.id for build in anew.line(rank)]


def test_a_line_is_a_sequence() -> None:
    story = planned()
    line = Lineup(story.state.builds, story.state.queue).line(*RANKS)
    names = [build.id for build in line]
    assert len(line) == len(names) == 10
    assert [line[place].id for place in range(10)] == names
    assert line[-1].id == names[-1]
    ranks = [-build.rank for build in line if not story.state.queue.waiting[build.id]]
    assert ranks == sorted(ranks)


def test_a_part_of_a_line_is_that_of_the_ranks_one_after_the_other() -> None:
    story = blocked()
    line = Lineup(story.state.builds, story.state.queue).line(*RANKS)
    names = [build.id for build in line]
    assert len({build.status for build in line}) > 1
    for begin, end, step in product([None, *range(-12, 13)], [None, *range(-12, 13)], [None, 1, 2, -1]):
        assert [build.id for build in line[begin:end:step]] == names[begin:end:step]
