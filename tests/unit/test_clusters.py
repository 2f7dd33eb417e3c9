"""Blocked builds by cause: equal causes are one cluster, with what it holds up and what cures it."""

from swarm_node.model.cause import cause_of, short_name
from swarm_node.model.clusters import clusters
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


def test_a_name_can_be_typed_and_tells_causes_apart() -> None:
    names = {short_name(cause_of(row(A), missing(overlay))) for overlay in ("guru", "steam")}
    assert len(names) == 2
    assert all(
        name.startswith("missing-overlay-") and len(name) == len("missing-overlay-0000") for name in names
    )
