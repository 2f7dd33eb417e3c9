"""Drift: where a node is configured otherwise than the swarm, line by line."""

import shlex
from collections.abc import Iterator
from typing import ClassVar

from textual.binding import Binding, BindingType

from swarm_console.actions.drift import cures
from swarm_console.actions.machines import short
from swarm_console.known.dossier import NodeDossier
from swarm_console.known.inquiry import pending
from swarm_console.known.picture import Picture
from swarm_console.messages import CureWanted
from swarm_console.panes.prose import Page, fact, heading
from swarm_console.words.pen import count
from swarm_console.words.spans import Lines, Span
from swarm_node.model.drift import Drift
from swarm_node.model.remedies import Remedy

TONES = {"+": "ok", "-": "attention", "@": "accent"}


class DriftPane(Page):
    """The node's etc/portage and trees against the measure."""

    NAME = "Drift"
    DIGIT = "5"
    HELP = """\
The node's etc/portage held against the orchestrator's own (where it has none: against what most nodes have),
file by file: `-` lines the node lacks, `+` lines it has beyond. Paths, comments and numbers of jobs that are
a machine's own do not count, passwords are left out. `r` asks again, `x` brings its trees in step."""
    BINDING_GROUP_TITLE = "drift"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "again", "Check again", tooltip="ask for the configuration again", id="recheck"),
        Binding("x", "cure", "Bring in step", tooltip="bring its trees in step", id="cure"),
    ]
    dossier: NodeDossier

    def lines(self, picture: Picture) -> Lines:
        asked = self.dossier.drift
        parts: Lines = []
        if asked.trouble:
            parts += [[("? ", "wait"), (asked.trouble, "wait")], [(f"  → {asked.hint}", "dim")]]
        if asked.answer is not None:
            parts += list(told(asked.answer))
        elif not asked.trouble:
            parts.append([(pending(asked, picture), "dim")])
        return parts

    def summary(self, picture: Picture) -> str:
        found = self.dossier.drift.answer
        if found is None:
            return "?" if self.dossier.drift.trouble else "…"
        if found.in_step:
            return "✓ in step"
        differing = len(found.files) + len(found.trees)
        return f"≠ {count(differing, 'difference')}"

    def obstacle(self, action: str, parameters: tuple[object, ...]) -> str:
        return "" if action != "cure" or self._cures() else "there is nothing here that the swarm could mend"

    def action_cure(self) -> None:
        """Do the first of what brings its trees in step."""
        for line in self._cures()[:1]:
            self.post_message(CureWanted(Remedy(tuple(shlex.split(line)[1:]), "")))

    def _cures(self) -> list[str]:
        found = self.dossier.drift.answer
        return cure_lines(found) if found is not None else []

    def action_again(self) -> None:
        """Ask the node again."""
        self.dossier.drift.renew()
        self.draw(self.picture)


def cure_lines(found: Drift) -> list[str]:
    """The commands that bring its trees in step; what etc/portage says is a person's to change."""
    return cures({"node": found.node, "trees": [{"hash": tree.hash} for tree in found.trees]})


def told(found: Drift) -> Iterator[list[Span]]:
    """What differs, as lines of a diff."""
    against = "itself: nothing else is there" if found.against == found.node else found.against
    if found.in_step:
        yield [("✓ in step", "ok"), (f" with {against}", ""), (f"   {found.hash}", "dim")]
        return
    yield [
        ("≠ out of step", "wait"),
        (f" with {against}", ""),
        (f"   {found.hash}, not {found.expected}", "dim"),
    ]
    for line in cure_lines(found):
        yield [(f"→ {line}", "ok")]
    for tree in found.trees:
        has = f"has {short(tree.hash)}, not {short(tree.expected)}" if tree.hash else "is not there"
        yield fact(tree.tree, ("≠ ", "wait"), (f"tree {has}", ""))
    for file in found.files:
        yield heading(f"etc/portage/{file.path}")
        for line in file.lines[2:] or file.lines:
            yield [(f"  {line}", TONES.get(line[:1], "dim"))]
