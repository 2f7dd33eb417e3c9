"""The rules of failures as a table for the README: what is the matter, how a log shows it, what cures it."""

from __future__ import annotations

import sys
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

from swarm_console.commandline.listing import with_table
from swarm_node.model.circumstances import Circumstances, When
from swarm_node.model.diagnosis import diagnose
from swarm_node.model.excerpt import excerpt
from swarm_node.model.failure import parse, rules_of
from swarm_node.model.remedies import generic
from swarm_node.model.work import NodeFacts

if TYPE_CHECKING:
    from swarm_node.model.failure import Entry, Rule

FILE: Final = "failures.toml"
LONGEST_SIGN: Final = 100
TIGHT: Final = NodeFacts(cores=1, memory=1)
"""A node that has too little of everything."""


def causes() -> str:
    """A Markdown table: each kind with each of its remedies, in the words of the rule with most signs."""
    text = (files("swarm_node.model") / FILE).read_text(encoding="utf-8")
    rules = rules_of([(FILE, text)])
    main: dict[tuple[str, str], Rule] = {}
    for rule in sorted(parse(text, FILE), key=lambda rule: -len(rule.patterns)):
        main.setdefault((rule.entry.kind, rule.entry.remedy), rule)
    lines = ["| What | Sign | Cure |", "|---|---|---|"]
    lines += [_row(rule.entry, rules) for _, rule in sorted(main.items())]
    return "\n".join(lines) + "\n"


def asked_by(entry: Entry) -> Circumstances:
    """The circumstances in which a rule fits."""
    when = entry.when or When()
    node = TIGHT if when.memory_below or when.disk_below else None
    phase, rc = next(iter(entry.phase), ""), next(iter(when.rc), None)
    return Circumstances(phase, entry.reason, rc, node, when.tree)


def _row(entry: Entry, rules: tuple[Rule, ...]) -> str:
    found = diagnose(excerpt([entry.example.encode()]), rules, asked_by(entry))
    sign = f"`{_cell(found.evidence[0])}`" if found.evidence else "the drone says so"
    cure, *_ = generic(found, "PACKAGE")
    words = f"{cure.words}: " if cure.person and cure.line else cure.words * (not cure.line)
    command = f"`{_cell(cure.line)}`" if cure.line else ""
    return f"| **{entry.kind}**: {_cell(entry.summary)} | {sign} | {words}{command} |"


def _cell(text: str) -> str:
    """A text that a cell of a table can hold, in code as outside."""
    short = text if len(text) <= LONGEST_SIGN else f"{text[: LONGEST_SIGN - 1]}…"
    return short.replace("`", "'").replace("|", "\\|").replace("{phase}", "…")


if __name__ == "__main__":  # python -m swarm_console.commandline.causes README.md
    readme = Path(sys.argv[1])
    readme.write_text(with_table(readme.read_text(encoding="utf-8"), "failures", causes), encoding="utf-8")
