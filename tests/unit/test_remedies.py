"""Remedies: for every rule a command line that the registry understands, with its parameters filled in."""

from importlib.resources import files
from typing import Any

import pytest

from swarm_console.actions.registry import find
from swarm_console.commandline.arguments import given_by
from swarm_node.model import commands as c
from swarm_node.model.clusters import clusters
from swarm_node.model.configuration import facts_of
from swarm_node.model.failure import Rule, rules_of
from swarm_node.model.refusal import Refused
from swarm_node.model.remedies import Remedy, cured_by, generic, remedies
from swarm_node.model.work import Diagnosis, Line, NodeFacts
from tests.unit.stories import Story, row

A, B = "dev-libs/a-1.0", "app-misc/b-2.0"
RULES = rules_of([("failures.toml", (files("swarm_node.model") / "failures.toml").read_text())])
GIB = 1 << 30


def swarm(*nodes: str) -> Story:
    story = Story()
    for name in nodes or ("izar", "mizar"):
        facts = NodeFacts(cores=8, memory=16 * GIB, disk_free=100 * GIB, trees={"demo": "d1"})
        story.do(c.SeeNode(name=name, facts=facts))
    return story


def blocked(story: Story, diagnosis: Diagnosis, *cpvs: str, node: str = "izar") -> None:
    """Have these packages blocked by a diagnosis, each after one try on a node."""
    story.plan(*(row(cpv) for cpv in cpvs))
    for _ in cpvs:
        story.do(c.Unblock(builds=tuple(b.id for b in story.state.by_status("needed")), node=node))
        story.fail(node, story.take(node), diagnosis)
    for _ in range(5):  # transient ones are tried again by themselves
        for build in story.state.by_status("needed"):
            story.now += 1000
            story.fail(node, story.take(node), diagnosis)
            assert build
    assert len(story.state.by_status("blocked")) == len(cpvs)


def understood(remedy: Remedy) -> dict[str, Any]:
    """The parameters of a remedy's action, as the registry reads its words."""
    action = find(remedy.command[0])
    return action.defaults(**given_by(action, remedy.command[1:]))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.entry.kind)
def test_every_rule_has_remedies_that_are_actions_of_the_registry(rule: Rule) -> None:
    entry = rule.entry
    story = swarm("izar")
    blocked(story, Diagnosis(entry.kind, entry.remedy, entry.summary, params=entry.params), A)
    found = remedies(story.state, story.build(A))
    assert found
    assert len({remedy.command for remedy in found}) == len(found)
    for remedy in found:
        assert remedy.words and remedy.words == remedy.words.strip()
        if remedy.command:
            assert understood(remedy) is not None
            assert remedy.line.startswith(f"build-swarm {remedy.command[0]}")
    by_hand = entry.remedy == "human" or (entry.remedy.startswith("edit") and not entry.params.get("line"))
    assert found[0].person == by_hand


def lines(story: Story, *names: str) -> list[str]:
    first, *others = (story.build(name) for name in names)
    return [remedy.line.removeprefix("build-swarm ") for remedy in remedies(story.state, first, *others)]


def test_an_overlay_is_named_else_the_packages_own() -> None:
    story = swarm()
    blocked(story, Diagnosis("missing-overlay", "sync-overlays", "gone", params={"overlay": "guru"}), A)
    assert lines(story, A) == ["sync-overlays guru", "sync-overlays"]
    blocked(story, Diagnosis("missing-overlay", "sync-overlays", "gone"), A)
    assert lines(story, A) == ["sync-overlays demo", "sync-overlays"]


def test_trees_are_mended_where_it_failed_and_where_the_very_tree_is() -> None:
    story = swarm("izar", "mizar")
    story.do(c.SeeNode(name="alcor", facts=NodeFacts(trees={"demo": "d2"})))
    blocked(story, Diagnosis("tree-out-of-sync", "sync-fix", "stale"), A)
    assert lines(story, A) == ["sync-fix izar mizar", "sync-fix"]


def test_less_memory_means_a_larger_drone_or_fewer_jobs() -> None:
    story = swarm("izar")
    story.do(c.SeeNode(name="giant", facts=NodeFacts(cores=4, memory=256 * GIB, disk_free=2 * GIB)))
    story.do(c.HoldNode(name="giant", held=True))
    blocked(story, Diagnosis("out-of-memory", "unblock", "killed"), A)
    story.do(c.HoldNode(name="giant", held=False))
    assert lines(story, A) == [
        f"unblock ={A} --node giant",
        f"unblock ={A} --jobs 4",
        f"unblock ={A}",
    ]


def test_less_disk_means_a_drone_with_more_of_it_and_not_fewer_jobs() -> None:
    story = swarm("izar")
    story.do(c.SeeNode(name="barn", facts=NodeFacts(cores=4, memory=GIB, disk_free=900 * GIB)))
    story.do(c.HoldNode(name="barn", held=True))
    blocked(story, Diagnosis("disk-full", "unblock", "full"), A)
    assert f"unblock ={A} --node barn" not in lines(story, A), "it is drained"
    story.do(c.HoldNode(name="barn", held=False))
    assert f"unblock ={A} --node barn" in lines(story, A)
    assert not any("--jobs" in line for line in lines(story, A))


def test_a_line_is_proposed_for_each_file_that_asks_for_one() -> None:
    proposed = (Line("package.accept_keywords", f"={A} ~amd64"), Line("package.license", f"={A} X-EULA"))
    story = swarm()
    blocked(story, Diagnosis("masked", "edit-portage-and-fresh", "masked", params=facts_of(proposed)), A)
    first, by_hand = remedies(story.state, story.build(A))
    assert first.command == ("configure", f"={A}", *(w for line in proposed for w in (line.file, line.text)))
    assert understood(first)["lines"] == list(first.command[2:])
    assert (by_hand.line, by_hand.person) == ("build-swarm fresh", True)


def test_several_packages_of_one_cause_are_called_by_their_cluster() -> None:
    story = swarm()
    blocked(story, Diagnosis("kernel-specific", "build-local", "kernel"), A, B)
    (cluster,) = clusters(story.state)
    assert set(cluster.builds) == {A, B}
    assert [remedy.command for remedy in cluster.remedies] == [("build-local", cluster.name)]
    events = story.do(c.Unblock(builds=(cluster.name,), node="mizar", cure="build-local"))
    assert len(events) == 2
    assert {story.build(name).pinned for name in (A, B)} == {"mizar"}


def test_a_cluster_is_a_name_only_while_it_blocks() -> None:
    story = swarm()
    blocked(story, Diagnosis("kernel-specific", "build-local", "kernel"), A)
    (cluster,) = clusters(story.state)
    with pytest.raises(Refused, match="not in the queue") as refused:
        story.do(c.Unblock(builds=("kernel-specifik",)))
    assert cluster.name in refused.value.hint
    story.do(c.Unblock(builds=(cluster.name,)))
    with pytest.raises(Refused):
        story.do(c.Unblock(builds=(cluster.name,)))


@pytest.mark.parametrize(
    ("action", "names", "cured"),
    [
        ("sync-overlays", (), {A, B}),
        ("sync-overlays", ("guru",), {A}),
        ("sync-overlays", ("guru", "steam"), {A, B}),
        ("sync-overlays", ("other",), set()),
        ("sync-fix", (), set()),
    ],
)
def test_an_action_cures_what_names_it_or_less(action: str, names: tuple[str, ...], cured: set[str]) -> None:
    story = swarm()
    story.plan(row(A), row(B))
    for _ in range(2):
        attempt = story.take("izar")
        overlay = "guru" if story.state.attempts[attempt].build == A else "steam"
        trouble = Diagnosis("missing-overlay", "sync-overlays", "gone", params={"overlay": overlay})
        story.fail("izar", attempt, trouble)
    assert set(cured_by(story.state, action, names)) == cured


def test_of_a_repository_that_the_orchestrator_lacks_a_person_is_told() -> None:
    story = swarm()
    unknown = Diagnosis("missing-overlay", "sync-overlays", "there is none", params={"overlay": "guru"})
    story.plan(row(A, problem=unknown))
    first, rest = remedies(story.state, story.build(A))
    assert (first.person, first.line) == (True, "build-swarm sync-overlays guru")
    assert "repos.conf" in first.words
    assert rest.line == "build-swarm sync-overlays"


def test_without_a_swarm_the_spelling_is_general() -> None:
    for remedy, expected in {
        "sync-overlays": "build-swarm sync-overlays",
        "sync-fix": "build-swarm sync-fix",
        "build-local": "build-swarm build-local =dev-libs/a-1.0",
        "unblock": "build-swarm unblock =dev-libs/a-1.0",
        "edit-portage-and-fresh": "build-swarm fresh",
        "human": "",
    }.items():
        assert generic(Diagnosis("kind", remedy, "it failed"), A)[0].line == expected
    assert generic(Diagnosis("kind", "unblock", ""), "PACKAGE")[0].line == "build-swarm unblock PACKAGE"


def test_nothing_is_offered_for_what_is_not_blocked() -> None:
    story = swarm()
    story.plan(row(A))
    assert remedies(story.state, story.build(A)) == ()
