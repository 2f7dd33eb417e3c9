"""A node in depth: what it is, what it builds, what it said no to, and how far it is out of step."""

from typing import ClassVar

from textual.binding import Binding, BindingType

from swarm_console.panes import nodes
from swarm_console.panes.grid import sparkline
from swarm_console.pen import count, size
from swarm_console.picture import Picture
from swarm_console.screens.depth import DepthScreen, Lines, fact, heading
from swarm_console.times import clock, of_day
from swarm_node.model.estimate import speed_of
from swarm_node.model.events import BuildFailed, BuildStaged
from swarm_node.model.state import Node

PAST = 12


class NodeScreen(DepthScreen):
    """Everything that is known of one node."""

    BINDING_GROUP_TITLE = "node"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "d", "hold", "Drain or resume", tooltip="finish its build and take no more; or go on", id="hold"
        ),
        Binding("enter", "build", "Its package", tooltip="deeper, into what it builds", id="open"),
    ]

    def __init__(self, node: str) -> None:
        super().__init__()
        self.node = node

    @property
    def marked(self) -> str:
        return self.node

    @property
    def marked_node(self) -> str:
        return self.node

    def lines(self, picture: Picture) -> Lines:
        node = picture.state.nodes.get(self.node)
        if node is None:
            return [[(self.node, "bold")], [("no node of that name has registered", "dim")]]
        parts = [_head(picture, node), _machine(picture, node), _trees(picture, node), _past(picture, node)]
        return [line for part in parts if part for line in [*part, []]][:-1]

    def action_hold(self) -> None:
        """Drain it, or resume it when it is drained."""
        node = self.console.mirror.state.nodes.get(self.node)
        if node is not None:
            self.console.do("resume" if node.held else "drain", [self.node])

    def action_build(self) -> None:
        """Go to what it builds."""
        picture: Picture = self.console.picture()
        node = picture.state.nodes.get(self.node)
        build = nodes.building(picture, node) if node is not None else None
        if build is not None:
            self.console.open_build(build.id)


def _head(picture: Picture, node: Node) -> Lines:
    build = nodes.building(picture, node)
    state = nodes.standing(node, build)
    since = (f"   since {of_day(node.since)}", "dim")
    lines: Lines = [[(node.name, "bold"), ("   ", ""), (state.text, state.tone), since]]
    if node.hold_reason:
        lines.append([(node.hold_reason, "wait")])
    if build is not None:
        bar = nodes.progressed(picture, build)
        took = clock(picture.elapsed(build))
        lines.append([(build.id, ""), (f"   {took}   ", "dim"), (bar.text, bar.tone)])
    return lines


def _machine(picture: Picture, node: Node) -> Lines:
    facts = node.facts
    room = facts.room + (f": {facts.room_reason}" if facts.room_reason else "")
    load = picture.mirror.loads.get(node.name)
    speed = speed_of(picture.state.history, node.name)
    lines: Lines = [
        heading("Machine"),
        fact("role", (f"{facts.role}, {count(facts.cores, 'core')}, {facts.arch}", "")),
        fact("memory", (size(facts.memory), ""), (f"   disk free {size(facts.disk_free)}", "dim")),
        fact("speed", (f"{speed:.2f}", ""), ("   1.00 is eight cores, learnt from its builds", "dim")),
        fact("builds", (f"{node.built} done, {node.failed} failed", "")),
        fact("clean room", (room, "wait" if facts.room == "none" else "")),
        fact("address", (facts.url, "")),
        fact("version", (facts.version, "")),
    ]
    if load:
        lines.append(
            fact("load", (sparkline(load, 24, top=float(facts.cores)), ""), (f"  {load[-1]:.2f}", "dim"))
        )
    return lines


def _trees(picture: Picture, node: Node) -> Lines:
    if not picture.trees:
        return []
    lines: Lines = [heading("Trees")]
    for tree, digest in sorted(picture.trees.items()):
        own = node.facts.trees.get(tree, "")
        same = own == digest
        said = f"{own[:12] or 'lacks it'}" + ("" if same else f", should be {digest[:12]}")
        lines.append(fact(tree, ("✓ " if same else "≠ ", "ok" if same else "wait"), (said, "dim")))
    return lines


def _past(picture: Picture, node: Node) -> Lines:
    ended = [
        record.event
        for record in picture.events
        if isinstance(record.event, BuildStaged | BuildFailed) and record.event.node == node.name
    ]
    if not ended:
        return []
    lines: Lines = [heading("Lately")]
    for event in ended[:PAST]:
        staged = isinstance(event, BuildStaged)
        seconds = event.measures.seconds if isinstance(event, BuildStaged) else event.seconds
        sign = ("✓ staged  ", "ok") if staged else ("✗ failed  ", "attention")
        lines.append(fact(of_day(event.at), sign, (event.build, ""), (f"   {clock(seconds)}", "dim")))
    return lines
