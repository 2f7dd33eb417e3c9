"""How build tools, eclasses and Portage word the same causes: each as it would stand at the end of a log.

`wordings.txt` holds them: a line `== KIND REMEDY`, and below it what a tool says.
"""

from pathlib import Path

import pytest

from swarm_node.model.diagnosis import diagnose
from swarm_node.model.excerpt import excerpt
from tests.unit.test_diagnosis import KINDS, RULES


def wordings() -> list[tuple[str, str, str]]:
    text = Path(__file__).with_name("wordings.txt").read_text(encoding="utf-8")
    blocks = (block.partition("\n") for block in text.removeprefix("== ").split("\n== "))
    return [(*head.split(), said) for head, _, said in blocks]


SAID = wordings()


@pytest.mark.parametrize(("kind", "remedy", "said"), SAID, ids=[said[:40] for *_, said in SAID])
def test_the_cause_is_known_however_it_is_worded(kind: str, remedy: str, said: str) -> None:
    found = diagnose(excerpt([said.encode()]), RULES)
    assert (found.kind, found.remedy) == (kind, remedy), found


def test_there_are_several_of_every_kind_that_a_log_tells() -> None:
    told = [kind for kind, *_ in SAID]
    silent = {"drone-trouble", "stuck", "time-limit", "bad-package"}
    assert {kind for kind in KINDS - silent if told.count(kind) < 3} == set()
