"""No pattern runs away, on no text: each is bounded by its form, and tried on the texts it is slowest on."""

import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from swarm_node.model import diagnosis
from swarm_node.model.backtracking import steps, too_costly
from swarm_node.model.failure import BadRules, Rule, rules_of
from swarm_node.model.pattern import Pattern
from tests.unit.test_diagnosis import RULE, RULES, named
from tests.unit.worst_texts import texts

CPU_SECONDS = 60
"""What all searches may take of a processor, whatever else it does; they take about four."""


def regex(source: str) -> re.Pattern[bytes]:
    return Pattern(source).regex


@pytest.mark.parametrize("rule", RULES, ids=named)
def test_a_rule_is_bounded(rule: Rule) -> None:
    assert [each.regex.pattern for each in rule.every if too_costly(each.regex)] == []


def test_what_reads_phases_and_packages_is_bounded() -> None:
    assert not any(map(too_costly, (diagnosis.STARTED, diagnosis.FAILED, diagnosis.NAMED)))


@pytest.mark.parametrize(
    "source",
    [
        "(a+)+b",
        "(a|aa)+b",
        "(x*)*y",
        "^a(\\s*\\w+)*$",
        "foo.*bar.*baz",
        ".*foo",
        ".+ not found",
        "error: [^\\n]{0,400}a[^\\n]{0,400}b[^\\n]{0,400}c",
        "(\\w+ )+failed with (\\w+ )+code",
    ],
)
def test_a_pattern_that_can_run_away_is_refused_by_name(source: str) -> None:
    with pytest.raises(BadRules, match=r"own.toml: rule 1 \(licence-server\).*can take long; begin it with"):
        rules_of([("own.toml", RULE.replace("no licence from \\S+", source, 1))])


@pytest.mark.parametrize(
    "source",
    [
        "no licence from \\S+",
        "^.*error.*$",
        "error: \\w+ \\d+",
        "\\w+: command not found",
        "can't open file '[^']*'",
        "^\\s*foo \\S+ bar$",
        "foo.*bar",
    ],
)
def test_ordinary_patterns_are_not(source: str) -> None:
    assert not too_costly(regex(source))


def test_steps_grow_with_what_repetitions_multiply_to() -> None:
    one, two, three = (
        steps(regex(source)) for source in ("a.{0,80}b", "a.{0,80}b.{0,80}c", "a.{0,80}b.{0,80}c.{0,80}d")
    )
    assert one * 20 < two and two * 20 < three
    assert steps(regex("a[^b]{0,80}b[^c]{0,80}c")) < 200, "what is told apart does not multiply"


def test_the_worst_texts_are_the_worst() -> None:
    pattern = regex("ab[xy]{1,40}c")
    assert any(text.startswith(b"ab" + b"x" * 40) for text in texts(pattern))
    assert all(len(text) <= 8_000 for text in texts(pattern))


def test_every_pattern_is_quick_on_the_texts_it_is_slowest_on() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.worst_texts"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS)),
    )
    assert done.returncode == 0, done.stderr or f"more than {CPU_SECONDS} s of a processor"
    assert int(done.stdout) > 5_000
