"""Machine: what a node is, how busy it is, and what the swarm has learnt of it."""

from collections.abc import Iterator
from typing import ClassVar

from textual.binding import Binding, BindingType

from swarm_console.actions.machines import short
from swarm_console.known.dossier import NodeDossier
from swarm_console.known.picture import Picture
from swarm_console.panes import nodes
from swarm_console.panes.prose import Page, fact, heading
from swarm_console.words.meters import sparkline
from swarm_console.words.pen import count, size
from swarm_console.words.spans import Lines, Span
from swarm_console.words.times import lately
from swarm_node.model.estimate import History, speed_of, speed_of_cores
from swarm_node.model.state import Directive, Node

CURVE = 18
DIRECTIVES = 5
"""Newest things that it was asked to do beside building."""


class MachinePane(Page):
    """What is known of the machine."""

    NAME = "Machine"
    DIGIT = "1"
    HELP = """\
What the node is: its cores, memory and free disk, the curve of its load against its cores, the speed that its
builds have taught (1.00 is a machine of eight cores), its clean room, its trees. `d` drains it or resumes it,
`s` opens a shell on it."""
    BINDING_GROUP_TITLE = "machine"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "screen.over", "Its package", False, tooltip="what it builds", id="over"),
    ]
    dossier: NodeDossier

    def lines(self, picture: Picture) -> Lines:
        node = self.dossier.node(picture)
        if node is None:
            known = picture.mirror.known
            return [[("no node of that name has registered" if known else "waiting for the swarm", "dim")]]
        parts = (_facts(picture, node), _trees(picture, node), _asked(picture, node))
        return [line for part in parts for line in part]

    def summary(self, picture: Picture) -> str:
        node = self.dossier.node(picture)
        if node is None:
            return ""
        return f"{node.facts.role}, {count(node.facts.cores, 'core')}, {node.facts.arch}".rstrip(", ")


def _facts(picture: Picture, node: Node) -> Iterator[list[Span]]:
    facts = node.facts
    room = facts.room + (f": {facts.room_reason}" if facts.room_reason else "")
    yield _load(picture, node)
    yield fact("memory", (size(facts.memory) if facts.memory else "?", ""))
    free = nodes.disk(node)
    yield fact("disk free", (free.text, free.tone if free.tone == "attention" else ""))
    yield _speed(picture.state.history, node)
    share = f", {node.failed / (node.built + node.failed):.0%} failed" if node.failed else ""
    yield fact("builds", (f"{node.built} done, {node.failed} failed", ""), (share, "dim"))
    yield fact("clean room", (room, "wait" if facts.room == "none" else ""))
    yield fact("address", (facts.url or "none told", "" if facts.url else "wait"))
    yield fact("version", (facts.version, "dim"), (f"   base {facts.base[:12]}" if facts.base else "", "dim"))


def _load(picture: Picture, node: Node) -> list[Span]:
    values = picture.mirror.loads.get(node.name)
    if not values or not node.up:
        return fact("load", ("not heard yet" if node.up else "the node is lost", "dim"))
    high = values[-1] > 1.5 * node.facts.cores
    curve = sparkline(values, CURVE, top=float(node.facts.cores))
    figure = f"  {values[-1]:.2f} of {count(node.facts.cores, 'core')}"
    return fact("load", (curve.strip(), "wait" if high else "accent"), (figure, "wait" if high else "dim"))


def _speed(history: History, node: Node) -> list[Span]:
    speed, guess = speed_of(history, node.name), speed_of_cores(node.facts.cores)
    pace = history.paces.get(node.name)
    seen = len(pace.ratios) if pace is not None else 0
    learnt = f"   learnt from {count(seen, 'comparison')}; its cores alone say {guess:.2f}"
    return fact("speed", (f"{speed:.2f}", ""), (learnt if seen else "   guessed from its cores", "dim"))


def _trees(picture: Picture, node: Node) -> Iterator[list[Span]]:
    if not picture.trees:
        return
    yield heading("Trees")
    for tree, digest in sorted(picture.trees.items()):
        own = node.facts.trees.get(tree, "")
        same = own == digest
        said = (short(own) or "lacks it") + ("" if same else f", should be {short(digest)}")
        yield fact(tree, ("✓ " if same else "≠ ", "ok" if same else "wait"), (said, "dim"))


def _asked(picture: Picture, node: Node) -> Iterator[list[Span]]:
    asked = [one for one in picture.state.directives.values() if one.node == node.name]
    if not asked:
        return
    yield heading("Asked of it")
    for one in asked[: -DIRECTIVES - 1 : -1]:
        sign, tone = _outcome(one)
        first = one.output.strip().partition("\n")[0]
        yield fact(
            lately(one.issued, picture.now), (f"{sign} ", tone), (one.name, ""), (f"   {first}", "dim")
        )


def _outcome(directive: Directive) -> Span:
    if directive.finished is None:
        return "…", "accent"
    return ("✓", "ok") if directive.ok else ("✗", "attention")
