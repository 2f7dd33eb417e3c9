"""From the end of a log to the cause and its cure: every row of the error table, and logs of any content."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_node.model.diagnosis import BY_REASON, EVIDENCE_LINES, LONGEST_LINE, RULES, diagnose

EDIT = "edit-portage-and-fresh"
TRANSIENT = {"disk-full", "out-of-memory", "transient-network"}
REMEDIES = {"unblock", "sync-fix", "sync-overlays", "build-local", EDIT, "human"}


@pytest.mark.parametrize(
    ("line", "kind", "remedy"),
    [
        (
            'emerge: there are no ebuilds to satisfy "app-misc/foo::guru".',
            "missing-overlay",
            "sync-overlays",
        ),
        ("!!! Digest verification failed:", "tree-out-of-sync", "sync-fix"),
        ("!!! Manifest file not found: '/repo/Manifest'", "tree-out-of-sync", "sync-fix"),
        (" * ERROR: x failed: meson.eclass could not be found by inherit()", "tree-out-of-sync", "sync-fix"),
        (" * Could not find a Makefile in the kernel source directory.", "kernel-specific", "build-local"),
        (" * Unable to find kernel sources at /usr/src/linux", "kernel-specific", "build-local"),
        ("The following USE changes are necessary to proceed:", "use-mismatch", EDIT),
        ("  The following REQUIRED_USE flag constraints are unsatisfied:", "use-mismatch", EDIT),
        ("- app-misc/foo-1::demo (masked by: ~amd64 keyword)", "masked", EDIT),
        ("cc1: error: write: No space left on device", "disk-full", "unblock"),
        ("c++: fatal error: Killed signal terminated program cc1plus", "out-of-memory", "unblock"),
        ("!!! Couldn't download 'foo-1.tar.gz'. Aborting.", "transient-network", "unblock"),
        ("HTTP request sent, awaiting response... 503 Service Unavailable", "transient-network", "unblock"),
        ("foo.c:1:10: fatal error: hid.h: No such file or directory", "missing-dependency", "human"),
        ('emerge: there are no binary packages to satisfy "=dev-libs/a-1"', "missing-dependency", "human"),
        ("Hunk #1 FAILED at 3.", "patch-failed", "human"),
        (" * ERROR: app-misc/foo-1::demo failed (test phase):", "test-failure", "human"),
        (" * Detected file collision(s):", "file-collision", "human"),
        ("foo.c:3:5: error: expected ';' before 'return'", "compile-error", "human"),
    ],
)
def test_each_cause_is_known_by_its_line(line: str, kind: str, remedy: str) -> None:
    found = diagnose(f">>> Compiling source\nmake: all fine\n{line}\n>>> the end\n", "compile")
    assert (found.kind, found.remedy, found.transient) == (kind, remedy, kind in TRANSIENT)
    assert line.strip() in found.evidence


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.kind)
def test_every_remedy_is_an_action_or_a_human(rule: object) -> None:
    assert rule.remedy in REMEDIES  # type: ignore[attr-defined]
    assert rule.summary  # type: ignore[attr-defined]


def test_the_more_specific_cause_wins() -> None:
    log = "foo.c:1: error: x\nwrite failed: No space left on device\n * ERROR: a failed (compile phase):\n"
    assert diagnose(log, "compile").kind == "disk-full"


@pytest.mark.parametrize(
    ("reason", "kind", "transient"),
    [
        ("time_limit", "time-limit", False),
        ("no_output", "stuck", True),
        ("memory_limit", "out-of-memory", True),
        ("drone", "drone-trouble", True),
    ],
)
def test_what_the_drone_knows_decides(reason: str, kind: str, transient: bool) -> None:
    found = diagnose("foo.c:1: error: x\n", "compile", reason)
    assert (found.kind, found.transient) == (kind, transient)
    assert BY_REASON[reason].remedy in REMEDIES


def test_what_is_unknown_shows_the_end_of_the_log() -> None:
    log = "\n".join(f"line {number}" for number in range(100)) + "\n\n"
    found = diagnose(log, "install")
    assert (found.kind, found.remedy) == ("other", "human")
    assert found.summary == "it failed in the install phase"
    assert found.evidence == tuple(f"line {number}" for number in range(95, 100))
    assert diagnose("", "").evidence == ()


def test_a_line_without_an_end_is_cut() -> None:
    found = diagnose("x" * 100_000 + " error: no space left on device", "compile")
    assert max(map(len, found.evidence)) <= LONGEST_LINE


words = st.sampled_from(
    [rule.pattern.pattern[:20] for rule in RULES] + ["error: ", "\n", "\r", "\x1b[31m", "kernel"]
)


@given(st.lists(st.one_of(st.text(max_size=30), words), max_size=60).map("".join), st.text(max_size=5))
def test_any_log_has_a_short_diagnosis(log: str, reason: str) -> None:
    found = diagnose(log, "compile", reason)
    assert found.remedy in REMEDIES
    assert len(found.evidence) <= EVIDENCE_LINES
    assert all(len(line) <= LONGEST_LINE for line in found.evidence)
