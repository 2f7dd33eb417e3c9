"""From the end of a failed attempt's log to the class of the failure and the action that would cure it."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from swarm_node.model.work import Diagnosis

EVIDENCE_LINES = 5
LONGEST_LINE = 400


class Rule(NamedTuple):
    """One cause: what its log says, what cures it, and whether it may go away by itself."""

    kind: str
    remedy: str
    summary: str
    pattern: re.Pattern[str]
    transient: bool = False


def _rule(kind: str, remedy: str, summary: str, *patterns: str, transient: bool = False) -> Rule:
    return Rule(kind, remedy, summary, re.compile("|".join(patterns), re.IGNORECASE), transient)


RULES: Final[tuple[Rule, ...]] = (
    _rule(
        "missing-overlay",
        "sync-overlays",
        "the drone does not have the repository that this package is in",
        r"there are no ebuilds to satisfy",
        r"unknown repository|repository .* (is missing|not found)",
    ),
    _rule(
        "tree-out-of-sync",
        "sync-fix",
        "the drone's tree is not the one that the swarm resolved against",
        r"digest verification failed",
        r"manifest file not found|missing digest for",
        r"(could not be found by inherit|eclass .* not found)",
    ),
    _rule(
        "kernel-specific",
        "build-local",
        "it is built against a kernel that the drones do not have",
        r"kernel (configuration|sources?|build directory)\b.*\b(not found|missing)",
        r"(could not|unable to|cannot) (find|locate) (a usable \.config|(the )?kernel|a build directory)",
        r"could not find a Makefile in the kernel source directory",
    ),
    _rule(
        "use-mismatch",
        "edit-portage-and-fresh",
        "the USE flags asked for do not go together",
        r"REQUIRED_USE|use changes are necessary|use flag constraints .* unsatisfied",
    ),
    _rule(
        "masked",
        "edit-portage-and-fresh",
        "keyword, licence or mask forbids it",
        r"(all ebuilds that could satisfy .* have been masked|masked by:)",
    ),
    _rule(
        "disk-full",
        "unblock",
        "the drone's disk or scratch space ran full",
        r"no space left on device",
        transient=True,
    ),
    _rule(
        "out-of-memory",
        "unblock",
        "the drone ran out of memory",
        r"(virtual memory exhausted|out of memory|cannot allocate memory|killed signal terminated program)",
        transient=True,
    ),
    _rule(
        "transient-network",
        "unblock",
        "a download failed",
        r"couldn't download|fetch failed|error 50[0-9]:|temporary failure in name resolution",
        r"connection (refused|timed out|reset)|http request sent, awaiting response\.\.\. 5\d\d",
        transient=True,
    ),
    _rule(
        "missing-dependency",
        "human",
        "something that it needs is not declared or not in the swarm",
        r"fatal error: .*: no such file or directory",
        r"no package '.*' found|modulenotfounderror|could not find a package configuration file",
        r"there are no binary packages to satisfy",
    ),
    _rule(
        "patch-failed",
        "human",
        "a patch does not apply",
        r"hunk #\d+ FAILED|patch failed|failed to apply patch",
    ),
    _rule("test-failure", "human", "its own tests fail", r"failed \(test phase\)|tests? failed"),
    _rule("file-collision", "human", "two packages own the same file", r"detected file collision"),
    _rule(
        "compile-error",
        "human",
        "it does not compile",
        r": (fatal )?error: ",
        r"failed \(compile phase\)|undefined reference",
    ),
)
"""Most specific first: the first rule that matches decides."""

BY_REASON: Final[dict[str, Diagnosis]] = {
    "time_limit": Diagnosis("time-limit", "human", "it took longer than TIME_LIMIT"),
    "memory_limit": Diagnosis(
        "out-of-memory", "unblock", "it was killed at its limit of memory", transient=True
    ),
    "no_output": Diagnosis("stuck", "unblock", "it said nothing for SILENCE_LIMIT", transient=True),
    "drone": Diagnosis("drone-trouble", "unblock", "the drone could not run it", transient=True),
}
"""What the drone itself says of an attempt, where that decides."""


def diagnose(log: str, phase: str, reason: str = "") -> Diagnosis:
    """The diagnosis of a failed attempt from the end of its log, its phase and the drone's own reason."""
    if (known := BY_REASON.get(reason)) is not None:
        return known
    if phase == "upload":
        return Diagnosis(
            "bad-package", "unblock", "the package did not pass the check", True, _last(log)[-1:]
        )
    for rule in RULES:
        evidence = _evidence(log, rule.pattern)
        if evidence:
            return Diagnosis(rule.kind, rule.remedy, rule.summary, rule.transient, evidence)
    return Diagnosis("other", "human", f"it failed in the {phase or 'unknown'} phase", evidence=_last(log))


def _evidence(log: str, pattern: re.Pattern[str]) -> tuple[str, ...]:
    found: list[str] = []
    for match in pattern.finditer(log):
        start = log.rfind("\n", 0, match.start()) + 1
        end = log.find("\n", match.end())
        line = log[start : end if end >= 0 else len(log)].strip()[:LONGEST_LINE]
        if line and line not in found:
            found.append(line)
        if len(found) == EVIDENCE_LINES:
            break
    return tuple(found)


def _last(log: str) -> tuple[str, ...]:
    lines: Sequence[str] = [line.strip()[:LONGEST_LINE] for line in log.splitlines() if line.strip()]
    return tuple(lines[-EVIDENCE_LINES:])
