"""`fix-blocked`: the causes listed, and their first remedies done one after the other."""

from typing import Any

import pytest

from swarm_console.actions.action import Outcome
from swarm_console.actions.registry import ACTIONS
from swarm_console.errors import Usage
from swarm_console.words.pen import Pen
from swarm_node.model.refusal import Refused
from tests.unit.scripted import GONE, Answer, Scripted, build

FIX = ACTIONS["fix-blocked"]
LIST, BLOCKED, QUEUE, CHANGES = "/api/v1/clusters", "/api/v1/blocked", "/api/v1/queue", "/api/v1/changes"
UNBLOCKED = {"unblocked": ["net-misc/skywire-1.0"]}


def remedy(*command: str, words: str = "try it again", **more: Any) -> Any:
    line = " ".join(["build-swarm", *command]) if command else ""
    return {
        "command": list(command),
        "line": line,
        "words": words,
        "person": False,
        "proven": 0,
        "diff": "",
        **more,
    }


def cluster(kind: str, *builds: str, remedies: Any, **more: Any) -> Any:
    return {
        "name": f"{kind}-1a2b",
        "cause": f"{kind}: something",
        "kind": kind,
        "summary": f"it is {kind}",
        "confidence": 0.9,
        "builds": list(builds),
        "holds": 2,
        "seconds": 7200.0,
        "evidence": [{"text": "ERROR 503", "attempt": 5, "line": 12, "offset": 400}],
        "remedies": remedies,
        **more,
    }


NETWORK = cluster(
    "transient-network",
    "net-misc/skywire-1.0",
    remedies=[remedy("unblock", "=net-misc/skywire-1.0", proven=3)],
)
OVERLAY = cluster(
    "missing-overlay",
    *(f"app-misc/p{number}-1" for number in range(8)),
    remedies=[remedy("sync-overlays", "guru", words="give it"), remedy("sync-overlays")],
)
PERSON = cluster("compile-error", "a/b-1@desk", remedies=[remedy(words="a person must mend it", person=True)])
EDIT = cluster(
    "use-mismatch",
    "a/c-1",
    remedies=[
        remedy("configure", "=a/c-1", "package.use", "a/c x", diff="--- a\n+++ b\n@@ -1 +1 @@\n-a/c\n+a/c x"),
        remedy("fresh", words="edit etc/portage, then begin anew", person=True),
    ],
)
SYNCED = {"in_step": True, "answers": [], "trees": [], "requeued": OVERLAY["builds"]}


def scripted(*found: Any, **answers: Answer) -> Scripted:
    posts = {f"POST {name.replace('_', '-')}": [answer] for name, answer in answers.items()}
    return Scripted({LIST: [list(found)], BLOCKED: [[]], **posts})


def done(swarm: Scripted, *names: str, **given: Any) -> tuple[Outcome, list[str]]:
    params = FIX.defaults(names=list(names), apply=True, **given)
    outcome = FIX.run(swarm, params)
    return outcome, FIX.render(outcome.document, Pen())


def listed(*found: Any) -> str:
    swarm = scripted(*found)
    return "\n".join(FIX.render(FIX.run(swarm, FIX.defaults()).document, Pen()))


def test_every_cause_is_named_with_its_extent_its_proof_and_its_remedies() -> None:
    told = listed(NETWORK, OVERLAY, PERSON, EDIT)
    assert told.startswith("⚠ 11 packages blocked by 4 causes:")
    assert "transient-network-1a2b  1 package, 2 others wait, unlocks 2 h of compiling" in told
    assert "  it is transient-network (90% sure)" in told
    assert "  │ 12: ERROR 503" in told and "whole log: build-swarm logs 5" in told
    assert "  → Run: build-swarm unblock =net-misc/skywire-1.0 (cured this 3×), to try it again" in told
    assert "  • app-misc/p5-1\n  … and 2 more" in told
    assert "  2. build-swarm sync-overlays, to try it again" in told
    assert "  → a person must mend it" in told
    assert "  2. edit etc/portage, then begin anew: build-swarm fresh" in told
    assert "    +a/c x" in told and "    -a/c\n" in told
    assert told.endswith("→ Run: build-swarm fix-blocked --apply, to do all that come first")


def test_what_only_a_person_can_do_is_not_offered_to_be_applied() -> None:
    assert "--apply" not in listed(PERSON)
    assert listed() == "✓ nothing is blocked"


def test_the_first_remedy_of_each_is_done_in_turn() -> None:
    swarm = scripted(NETWORK, OVERLAY, PERSON, unblock=UNBLOCKED, sync_overlays=SYNCED)
    outcome, lines = done(swarm)
    assert outcome.exit_code == 0
    assert [cure["result"] for cure in outcome.document["cures"]] == ["applied", "applied", "person"]
    assert swarm.params["unblock"]["packages"] == ["=net-misc/skywire-1.0"]
    assert swarm.params["sync-overlays"]["overlays"] == ["guru"]
    assert "transient-network-1a2b: build-swarm unblock =net-misc/skywire-1.0" in swarm.said
    told = "\n".join(lines)
    assert "✓ missing-overlay-1a2b: 8 packages, build-swarm sync-overlays guru" in told
    assert "… compile-error-1a2b: 1 package, a person must mend it" in told
    assert told.endswith("→ Run: build-swarm monitor") and told.count("→") == 1


@pytest.mark.parametrize(
    "name", ["missing-overlay-1a2b", "missing-overlay", "p3", "=app-misc/p3-1", "app-misc/p3"]
)
def test_only_what_is_named_by_any_of_its_names(name: str) -> None:
    outcome, _ = done(scripted(NETWORK, OVERLAY, sync_overlays=SYNCED), name)
    assert [cure["kind"] for cure in outcome.document["cures"]] == ["missing-overlay"]


def test_an_unknown_name_is_told_its_neighbours_and_nothing_is_done() -> None:
    swarm = scripted(NETWORK, OVERLAY)
    with pytest.raises(Refused) as refused:
        done(swarm, "skywire", "missing-overlai")
    assert refused.value.code == "unknown_package" and "missing-overlay" in refused.value.hint
    assert swarm.params == {}
    with pytest.raises(Refused) as refused:
        FIX.run(scripted(NETWORK), FIX.defaults(names=["skyw"]))
    assert refused.value.hint == "did you mean skywire, skywire-1.0?"


def test_with_only_a_persons_work_nothing_could_be_applied() -> None:
    outcome, _ = done(scripted(PERSON))
    assert outcome.exit_code == 1
    assert done(scripted())[0].exit_code == 0


def test_one_that_is_refused_does_not_keep_the_others_from_it() -> None:
    no = Refused("unknown_overlay", "the orchestrator has no overlay 'guru'", "add it there")
    outcome, lines = done(scripted(OVERLAY, NETWORK, unblock=UNBLOCKED, sync_overlays=no))
    assert outcome.exit_code == 1
    assert [cure["result"] for cure in outcome.document["cures"]] == ["failed", "applied"]
    assert outcome.document["cures"][0]["error"]["code"] == "unknown_overlay"
    assert "  the orchestrator has no overlay 'guru'" in lines and "  → add it there" in lines


def test_a_swarm_that_is_gone_ends_it() -> None:
    with pytest.raises(Refused) as refused:
        done(scripted(OVERLAY, NETWORK, sync_overlays=GONE))
    assert refused.value is GONE


def test_what_was_cured_by_what_was_done_before_is_left_alone() -> None:
    swarm = scripted(OVERLAY, NETWORK, sync_overlays=SYNCED)
    swarm._answers[LIST] = [[OVERLAY, NETWORK], [OVERLAY, NETWORK], []]
    outcome, _ = done(swarm)
    assert [cure["result"] for cure in outcome.document["cures"]] == ["applied", "cured"]
    assert outcome.exit_code == 0


def test_another_remedy_by_its_number() -> None:
    swarm = scripted(OVERLAY, sync_overlays=SYNCED)
    assert done(swarm, remedy=2)[0].exit_code == 0
    assert swarm.params["sync-overlays"]["overlays"] == []
    for number in (3, 0, -1):
        outcome, lines = done(scripted(OVERLAY), remedy=number)
        assert outcome.exit_code == 1 and f"it has 2 remedies, not {number}" in lines[0]


def test_a_dangerous_remedy_asks_unless_it_is_agreed_to(monkeypatch: pytest.MonkeyPatch) -> None:
    prepared = {"session": 2, "synced": [], "lost": {"staged": 0, "building": 0, "seconds": 0.0}}
    prepared["totals"] = dict.fromkeys(("needed", "building", "complete", "blocked"), 0)
    swarm = scripted(EDIT, fresh=prepared)
    swarm._answers["/api/v1/state"] = [{"builds": {"a/c-1": {"status": "blocked"}}}]
    with pytest.raises(Usage, match="dangerous"):
        done(swarm, remedy=2)
    assert "fresh" not in swarm.params
    swarm.agreed = True
    assert done(swarm, remedy=2)[0].exit_code == 0
    assert "fresh" in swarm.params


@pytest.mark.parametrize(("ends", "code"), [("staged", 0), ("released", 0), ("blocked", 1)])
def test_waiting_until_it_is_built_and_its_trials_are_over(ends: str, code: int) -> None:
    name = NETWORK["builds"][0]
    swarm = scripted(NETWORK, unblock=UNBLOCKED)
    swarm._answers[QUEUE] = [[build(name, "needed")], [build(name, ends)]]
    old = {"number": 1, "settled": False}
    trial = {"number": 2, "build": name, "status": "taken back" if code else "kept", "reason": "it fails"}
    swarm._answers[CHANGES] = [[old], [old], *([old, {**trial, "settled": end}] for end in (False, True))]
    outcome, lines = done(swarm, wait=True)
    assert outcome.document["built"] == {name: ends}
    assert outcome.exit_code == code
    reverted = ", what was tried is taken back: it fails" if code else ""
    assert any(line.endswith(f"{name}: {ends}{reverted}") for line in lines)
    assert swarm.asked.count(QUEUE) == 3
    assert f"1 package still to build: {name}" in swarm.said


def test_what_can_never_be_built_is_not_waited_for() -> None:
    name = NETWORK["builds"][0]
    swarm = scripted(NETWORK, unblock=UNBLOCKED)
    swarm._answers[QUEUE] = [[build(name, "needed", "a/stuck-1"), build("a/stuck-1", "blocked")]]
    swarm._answers[CHANGES] = [[]]
    assert done(swarm, wait=True)[0].document["built"] == {name: "needed"}


def test_it_looks_unless_it_is_told_to_apply() -> None:
    assert not FIX.changes and not FIX.dangerous
    assert not FIX.alters(FIX.defaults())
    assert FIX.alters(FIX.defaults(apply=True))
