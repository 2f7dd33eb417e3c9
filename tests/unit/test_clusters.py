"""Blocked builds by cause: equal causes are one cluster, with what it holds up and what cures it."""

import pytest

from swarm_node.model import clusters as module
from swarm_node.model import commands as c
from swarm_node.model.cause import cause_of, short_name
from swarm_node.model.clusters import clusters, clusters_steps, freed, standing
from swarm_node.model.work import Diagnosis
from tests.unit.stories import Story, row

A, B, C, TOP = "dev-libs/a-1", "dev-libs/b-2", "app-misc/c-3", "app-misc/top-1"


def missing(overlay: str) -> Diagnosis:
    return Diagnosis("missing-overlay", "sync-overlays", "no such repository", params={"overlay": overlay})


def broken(line: str) -> Diagnosis:
    return Diagnosis("compile-error", "human", "it does not compile", evidence=(line,))


def told(*troubles: tuple[str, Diagnosis]) -> Story:
    story = Story()
    story.nodes("izar")
    story.plan(*(row(cpv) for cpv, _ in troubles), row(TOP, troubles[0][0]))
    by_build = dict(troubles)
    for _ in troubles:
        attempt = story.take("izar")
        story.fail("izar", attempt, by_build[story.state.attempts[attempt].build])
    return story


def test_one_cause_is_one_cluster_with_everything_it_holds_up() -> None:
    found = clusters(told((A, missing("guru")), (B, missing("guru")), (C, missing("steam"))).state)
    assert [(set(one.builds), one.holds) for one in found] == [({A, B}, 1), ({C}, 0)]
    assert found[0].builds[0] == A, "the build that holds up the most comes first"
    assert found[0].seconds == 180.0, "two builds and the one that waits, a minute each without history"
    assert found[0].remedies[0].line == "build-swarm sync-overlays guru"


def test_the_same_words_about_other_packages_are_one_cause() -> None:
    first = broken("/var/tmp/portage/dev-libs/a-1/work/a-1/main.c:12: error: 'FOO' undeclared")
    second = broken("/var/tmp/portage/dev-libs/b-2/work/b-2/main.c:99: error: 'FOO' undeclared")
    other = broken("/var/tmp/portage/app-misc/c-3/work/c-3/main.c:99: error: 'BAR' undeclared")
    found = clusters(told((A, first), (B, second), (C, other)).state)
    assert sorted(len(one.builds) for one in found) == [1, 2]


def test_what_a_cause_holds_up_is_counted_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a very long queue one cause may hold up all the rest."""
    story = Story()
    story.nodes("izar")
    chain = [f"dev-libs/l{number}-1" for number in range(6)]
    story.plan(row(B), *(row(name, *chain[max(0, n - 1) : n]) for n, name in enumerate(chain)))
    for _ in range(2):
        story.fail("izar", story.take("izar"), missing("guru"))
    monkeypatch.setattr(module, "WEIGHED_MOST", 3)
    (found,) = clusters(story.state)
    assert (found.holds, found.beyond, found.seconds) == (5, False, 7 * 60.0)
    assert found.builds == (chain[0], B)
    monkeypatch.setattr(module, "HELD_MOST", 4)
    (found,) = clusters(story.state)
    assert (found.holds, found.beyond, found.seconds) == (4, True, 6 * 60.0)


def test_who_waits_the_nearest_is_counted_first() -> None:
    story = Story()
    story.nodes("izar")
    story.plan(row(A), row(B, A), row(C, B), row(TOP, C))
    queue = story.state.queue
    assert queue.held_up([A], 9) == [B, C, TOP]
    assert queue.held_up([A], 2) == [B, C]
    assert queue.held_up([A, C], 9) == [TOP, B], "of equals the first by name"
    assert queue.held_up([TOP, "gone/away-1"], 9) == []
    story.stage("izar", story.take("izar"))
    assert queue.held_up([A], 9) == [B, C, TOP], "what it waited for is not asked"


def test_a_name_can_be_typed_and_tells_causes_apart() -> None:
    names = {short_name(cause_of(row(A), missing(overlay))) for overlay in ("guru", "steam")}
    assert len(names) == 2
    assert all(
        name.startswith("missing-overlay-") and len(name) == len("missing-overlay-0000") for name in names
    )


def test_what_is_set_free_while_clusters_are_worked_out_is_in_none() -> None:
    story = told((A, missing("guru")), (B, missing("guru")), (C, missing("steam")))
    whole = clusters(story.state)
    steps = clusters_steps(story.state, story.state.by_status("blocked"))
    next(steps)
    story.do(c.Unblock(builds=(A, C)))
    with pytest.raises(StopIteration) as end:
        while True:
            next(steps)
    found = end.value.value
    assert [one.builds for one in found] == [(B,)]
    assert all(one.remedies for one in found)
    assert [one.builds for one in standing(story.state, whole)] == [(B,)]
    assert standing(story.state, found) == found


def test_what_one_build_sets_free_is_counted_so_far() -> None:
    story = Story()
    story.nodes("izar")
    chain = [f"dev-libs/l{number}-1" for number in range(4)]
    story.plan(*(row(name, *chain[max(0, n - 1) : n]) for n, name in enumerate(chain)))
    first = story.build(chain[0])
    assert freed(story.state, first) == (3, 4 * 60.0, False)
    assert freed(story.state, first, 2) == (2, 3 * 60.0, True)
