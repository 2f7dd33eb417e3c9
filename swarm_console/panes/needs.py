"""Needs: what a package needs and what needs it, near and far, each with its state."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import ClassVar, Final, NamedTuple, overload

from swarm_console.known.dossier import PackageDossier
from swarm_console.known.picture import Picture
from swarm_console.known.sliced import FIRST, Steps, gone_on
from swarm_console.messages import BuildChosen
from swarm_console.panes import queue
from swarm_console.panes.grid import Cell, Column
from swarm_console.panes.pane import Pane
from swarm_console.words.harmless import one_line
from swarm_console.words.pen import duration
from swarm_node.model.graph import reaching
from swarm_node.model.queue import Queue
from swarm_node.model.state import DONE, Build

SIGNS: Final = {
    "needs": "↑ needs",
    "far": "⇈ far",
    "had": "▲ had",
    "by": "↓ by",
    "far by": "⇊ far by",
}
"""How a package is related to this one: glyph and word."""
BEFORE: Final = ("needs", "far")
BEHIND: Final = ("by", "far by")
AT_ONCE: Final = 2_000
"""Names that are put in order in one step."""


class Need(NamedTuple):
    """A package at the other end of a dependency: a build's id, or the cpv of what production has."""

    relation: str
    name: str


class Needs(Sequence[Need]):
    """Names by their relation; a need is made when it is looked at, as tens of thousands may wait for one."""

    def __init__(self, parts: Iterable[tuple[str, Sequence[str]]] = ()) -> None:
        self._parts = tuple(parts)

    def __len__(self) -> int:
        return sum(len(names) for _, names in self._parts)

    @overload
    def __getitem__(self, place: int) -> Need: ...

    @overload
    def __getitem__(self, place: slice) -> list[Need]: ...

    def __getitem__(self, place: int | slice) -> Need | list[Need]:
        if isinstance(place, slice):
            return [self[number] for number in range(*place.indices(len(self)))]
        for relation, names in self._parts:
            if place < len(names):
                return Need(relation, names[place])
            place -= len(names)
        raise IndexError(place)

    def amount(self, relations: Collection[str]) -> int:
        """How many there are of some relations."""
        return sum(len(names) for relation, names in self._parts if relation in relations)


class NeedsPane(Pane[Need]):
    """Dependencies in both directions."""

    NAME = "Needs"
    DIGIT = "3"
    HELP = """\
`↑ needs` must be built before this package can begin, `⇈ far` before those can; `▲ had` is taken from
production. `↓ by` waits for this package, `⇊ far by` for those. Enter goes there, Esc comes back."""
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("", 8),
        Column("Package", 20, flex=3),
        Column("State", 11, spare=1),
        Column("Takes", 8, right=True, spare=2),
    )
    dossier: PackageDossier
    _edges: object = None
    """The dependencies of which it shows those of this package."""
    _found = Needs()
    _rest: Steps[Needs] | None = None
    """The search for what is far, which takes longer and is there some pictures later."""

    def begin_anew(self) -> None:
        super().begin_anew()
        self._edges, self._found, self._rest = None, Needs(), None

    def items(self, picture: Picture) -> Needs:
        edges = picture.state.queue
        build = self.dossier.build(picture)
        if self._edges is not edges.needs:
            self._edges = edges.needs
            self._found = Needs(_near(edges, build) if build is not None else ())
            self._rest = _all(edges, build) if build is not None else None
        elif self._rest is not None and (whole := gone_on(self._rest, min(picture.spare, FIRST))):
            (self._found,), self._rest = whole, None
        if self._rest is not None:
            picture.unfinished = True
        return self._found

    def key(self, item: Need) -> str:
        return f"{item.relation} {item.name}"

    def words(self, item: Need) -> str:
        build = self.picture.state.builds.get(item.name)
        return f"{SIGNS[item.relation]} {item.name} {build.status if build is not None else 'production'}"

    def empty(self, picture: Picture) -> str:
        return "nothing before it, nothing behind it"

    def summary(self, picture: Picture) -> str:
        found, so_far = self._found, " so far" if self._rest is not None else ""
        return f"{found.amount(BEFORE)} before it, {found.amount(BEHIND)} behind{so_far}" if found else ""

    def cells(self, item: Need) -> tuple[Cell, ...]:
        picture, near = self.picture, item.relation in ("needs", "by")
        build = picture.state.builds.get(item.name)
        sign = Cell(SIGNS[item.relation], "" if near else "dim")
        if build is None:
            return sign, Cell(item.name, "dim"), Cell("production", "dim"), Cell("")
        return (
            sign,
            Cell(item.name, "" if near else "dim"),
            queue.standing(picture, build),
            takes(picture, build),
        )

    def opened(self, key: str) -> None:
        if self.marked is None:
            return
        if self.marked.name in self.picture.state.builds:
            self.post_message(BuildChosen(self.marked.name))
        else:
            self.app.notify(one_line(f"{self.marked.name} is in production, not in the queue"), markup=False)


def takes(picture: Picture, build: Build) -> Cell:
    """How long it took, or should take."""
    if build.measures is not None:
        return Cell(duration(build.measures.seconds), "dim")
    return Cell("" if build.status in DONE else f"≈{duration(picture.predicted(build))}", "dim")


def _near(edges: Queue, build: Build) -> Iterator[tuple[str, Sequence[str]]]:
    """In the resolver's order."""
    yield "needs", edges.needs.get(build.id, ())
    yield "by", edges.dependents.get(build.id, ())


def _all(edges: Queue, build: Build) -> Steps[Needs]:
    """Near ones in the resolver's order, far ones by name."""
    near, by = edges.needs.get(build.id, ()), edges.dependents.get(build.id, ())
    far = yield from _far(edges.needs, build.id, near)
    beyond = yield from _far(edges.dependents, build.id, by)
    had = list(_had(build, {*near, *far}))
    return Needs([("needs", near), ("had", had), ("far", far), ("by", by), ("far by", beyond)])


def _far(edges: Mapping[str, Collection[str]], build: str, near: Iterable[str]) -> Steps[list[str]]:
    """What edges lead to in more than one step, by name."""
    known, found = {build, *near}, list[str]()
    for reached in reaching(edges, build):
        names = [name for name in reached if name not in known]
        for begin in range(0, len(names), AT_ONCE):
            yield
            found += sorted(names[begin : begin + AT_ONCE])
    yield
    return sorted(found)  # which is fast, of parts that are in order


def _had(build: Build, queued: Collection[str]) -> Iterator[str]:
    """The build dependencies that are not in the queue, by cpv."""
    known = {name.partition("@")[0] for name in queued}
    for atom in build.row.install:
        cpv = atom.lstrip("<>=~").partition("[")[0]
        if cpv not in known:
            yield cpv
