"""Nodes: who builds what, how far it is, how busy the machine is, and whether it is in step."""

from collections.abc import Sequence
from typing import ClassVar

from swarm_console.known.course import phase_words
from swarm_console.known.picture import Picture
from swarm_console.known.standing import standing
from swarm_console.messages import NodeChosen
from swarm_console.panes.grid import Cell, Column
from swarm_console.panes.pane import Pane
from swarm_console.words.meters import bar, sparkline
from swarm_console.words.pen import size
from swarm_node.model.placement import LEAST_DISK
from swarm_node.model.state import Build, Node

BAR = 8
LONGEST_NAME = 18


class NodesPane(Pane[Node]):
    """Every node that ever registered."""

    HELP = """\
Every node that ever registered: what it builds, how far that is, how busy the machine is, and
whether it is in step.
● ○ ✗ ‖  building, idle, lost, drained or set aside
62%  of the whole build is done, by its own counter ([n/m], %, cargo, ctest) and its pace so far
≈62%  the same, guessed from how long such builds took; this one counts nothing
compile 62%  of that phase is done, exactly as it counts; compile²: it counts again, for another ABI
≠  its trees, its etc/portage or both differ from the orchestrator's, else from most nodes'; ✓ neither
!  too little disk is free to be given work"""
    NAME = "Nodes"
    DIGIT = "1"
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("Node", 8),
        Column("Role", 5, spare=7),
        Column("Doing", 20, flex=3),
        Column("Progress", BAR + 6),
        Column("Phase", 12, spare=3),
        Column("Load", 8, spare=4),
        Column("Disk free", 9, right=True, spare=5),
        Column("In step", 7, spare=2),
    )

    def items(self, picture: Picture) -> Sequence[Node]:
        return sorted(picture.state.nodes.values(), key=lambda node: (not node.up, node.name))

    def columns(self, picture: Picture) -> Sequence[Column]:
        return name_column(self.COLUMNS, 0, picture)

    def key(self, item: Node) -> str:
        return item.name

    def empty(self, picture: Picture) -> str:
        return "no node has ever registered: start one with swarm-node drone"

    def summary(self, picture: Picture) -> str:
        nodes = picture.state.nodes.values()
        return f"{sum(node.up for node in nodes)} of {len(nodes)} up" if nodes else ""

    def cells(self, item: Node) -> tuple[Cell, ...]:
        picture = self.picture
        build = picture.building(item)
        progress = picture.progress_of(build) if build is not None else None
        return (
            Cell(item.name, "bold" if item.up else "dim"),
            Cell(item.facts.role, "dim"),
            doing(item, build),
            progressed(picture, build),
            Cell(phase_words(progress), "dim"),
            loads(picture, item),
            disk(item),
            step(picture, item),
        )

    def opened(self, key: str) -> None:
        self.post_message(NodeChosen(key))


def name_column(columns: Sequence[Column], place: int, picture: Picture) -> Sequence[Column]:
    """The columns with one made as wide as the longest node's name."""
    longest = max((len(name) for name in picture.state.nodes), default=0)
    width = min(max(columns[place].width, longest), LONGEST_NAME)
    return [*columns[:place], columns[place]._replace(width=width), *columns[place + 1 :]]


def doing(node: Node, build: Build | None) -> Cell:
    """How a node stands, with what it builds or why it takes nothing."""
    state = Cell(*standing(node, build))
    if build is None:
        return Cell(f"{state.text}: {node.hold_reason}", state.tone) if node.hold_reason else state
    return Cell(f"{state.text}: {build.id}", state.tone) if node.held else Cell(f"● {build.id}")


def progressed(picture: Picture, build: Build | None) -> Cell:
    """A bar and a percentage of the whole build; ≈ where only history says so."""
    if build is None:
        return Cell("")
    share = picture.share_of(build)
    sign = "≈" if share.guessed else " "
    return Cell(
        f"{bar(share.fraction, BAR)}{sign}{share.fraction:4.0%}", "dim" if share.guessed else "accent"
    )


def loads(picture: Picture, node: Node) -> Cell:
    """The last loads against the number of cores."""
    values = picture.mirror.loads.get(node.name)
    if not values or not node.up:
        return Cell("")
    high = values[-1] > 1.5 * node.facts.cores
    return Cell(sparkline(values, 8, top=float(node.facts.cores)), "wait" if high else "dim")


def disk(node: Node) -> Cell:
    """Free space where builds happen, with a warning where it is too little to be given work."""
    if not node.facts.disk_free:
        return Cell("?", "dim")
    if node.facts.disk_free < LEAST_DISK:
        return Cell(f"! {size(node.facts.disk_free)}", "attention")
    return Cell(size(node.facts.disk_free), "dim")


def step(picture: Picture, node: Node) -> Cell:
    """Whether the node has the trees and the configuration that it should have, and in what it differs."""
    norm = picture.norm
    if norm.trees and not node.facts.trees:
        return Cell("? trees", "wait")
    trees, configured = bool(norm.differing(node)), norm.is_configured(node)
    if not trees and configured is not False:
        return Cell("✓" if norm.trees or configured else "", "dim")
    return Cell("≠ both" if trees and configured is False else "≠ trees" if trees else "≠ conf", "wait")
