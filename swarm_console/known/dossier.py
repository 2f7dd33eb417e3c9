"""What the screens in depth know of one package and of one node, beside the picture that they draw."""

from collections.abc import Callable, Sequence
from typing import Final

from swarm_console.known.attempts import Tale, category_package, of_node, of_package
from swarm_console.known.inquiry import Inquiry, read
from swarm_console.known.ledger import Ledger
from swarm_console.known.picture import Picture
from swarm_console.known.throttle import Throttled
from swarm_console.wire.ask import Swarm
from swarm_console.wire.path import quoted
from swarm_node.model.answers import NodeAnswer, head
from swarm_node.model.catalogue import Offer
from swarm_node.model.drift import Drift
from swarm_node.model.events import Record
from swarm_node.model.state import DONE, Build, Node, State
from swarm_node.model.why import Why, why

Connect = Callable[[], Swarm]
HEAD: Final = 100
"""Ready builds of which a node is asked."""


class Dossier:
    """What is read of the past in the swarm's log, and the attempts that this and the state tell of."""

    past: Inquiry[list[Record]]
    _tales: tuple[object, Sequence[Tale]] = (None, ())

    def tales(self, picture: Picture) -> Sequence[Tale]:
        """The attempts, newest first."""
        key = (picture.state.next_attempt, self._since(picture), id(self.past.answer))
        if key != self._tales[0]:
            self._tales = key, self._told(picture.state, self.past.answer or ())
        return self._tales[1]

    def past_depends_on(self, picture: Picture) -> object:
        """What makes the log be read anew."""
        raise NotImplementedError

    def _since(self, picture: Picture) -> object:
        """What is different whenever an attempt is."""
        raise NotImplementedError

    def _told(self, state: State, past: Sequence[Record]) -> Sequence[Tale]:
        raise NotImplementedError


class PackageDossier(Dossier):
    """One build of the queue, by its id: why it is where it is, its attempts, and what production has."""

    def __init__(self, build: str, connect: Connect) -> None:
        self.id, self.cp = build, category_package(build)
        self._connect = connect
        self._ledger = Ledger(connect, {"package": self.cp})
        self.past: Inquiry[list[Record]] = Inquiry(self._ledger.newest)
        self.offer: Inquiry[Offer] = Inquiry(self._offered)
        self._why = Throttled(self._explained)

    def build(self, picture: Picture) -> Build | None:
        """The build, as long as it is in the queue."""
        return picture.state.builds.get(self.id)

    def why(self, picture: Picture) -> Why | None:
        """Why it is not running, or where it is."""
        return self._why(picture.state, picture.now) if self.id in picture.state.builds else None

    def past_depends_on(self, picture: Picture) -> object:
        """Another attempt has ended."""
        build = self.build(picture)
        ended = (len(build.failures), build.status in DONE) if build is not None else None
        return picture.state.session.number, ended

    def _since(self, picture: Picture) -> object:
        build = self.build(picture)
        return (build.status, build.since, build.attempt) if build is not None else None

    def _told(self, state: State, past: Sequence[Record]) -> Sequence[Tale]:
        return of_package(state, self.id, past)

    def _explained(self, state: State, now: float) -> Why:
        return why(state, state.builds[self.id], now)

    def _offered(self) -> Offer:
        return read(self._connect().get(f"/api/v1/production/{quoted(self.cp, safe='/')}"), Offer)


class NodeDossier(Dossier):
    """One node, by its name: its attempts, what it says to the head of the queue, how far it has drifted."""

    def __init__(self, node: str, connect: Connect) -> None:
        self.name = node
        self._connect = connect
        self._ledger = Ledger(connect, {"node": node})
        self._wanted = self._had = 0
        """Pages of older records that are wanted, and that were read."""
        self.past: Inquiry[list[Record]] = Inquiry(self._read_past)
        self.drift: Inquiry[Drift] = Inquiry(self._drifted)
        self._answers = Throttled(self._said)

    def node(self, picture: Picture) -> Node | None:
        """The node, if one of that name has ever registered."""
        return picture.state.nodes.get(self.name)

    def building(self, picture: Picture) -> Build | None:
        """What it builds now."""
        node = self.node(picture)
        return picture.building(node) if node is not None else None

    def answers(self, picture: Picture) -> Sequence[NodeAnswer]:
        """What it says to the builds that could begin now."""
        return self._answers(picture.state, picture.now) if self.name in picture.state.nodes else ()

    def past_depends_on(self, picture: Picture) -> object:
        """An attempt has ended, or older ones are wanted."""
        return picture.state.session.number, self._since(picture), self._wanted

    def _since(self, picture: Picture) -> object:
        node = self.node(picture)
        return (node.attempt, node.built, node.failed) if node is not None else None

    def _told(self, state: State, past: Sequence[Record]) -> Sequence[Tale]:
        return of_node(state, self.name, past)

    def want_older(self) -> None:
        """Read one page more of the log."""
        if not self._ledger.complete and self._wanted == self._had:
            self._wanted += 1

    @property
    def complete(self) -> bool:
        """Whether the whole past is at hand."""
        return self._ledger.complete

    def drift_depends_on(self, picture: Picture) -> object:
        """What makes drift be asked for anew: what the node, or the measure, says of itself."""
        node = self.node(picture)
        own = (node.facts.configuration, node.facts.trees, node.facts.url, node.up) if node else None
        return own, picture.trees

    def _said(self, state: State, now: float) -> Sequence[NodeAnswer]:
        return head(state, state.nodes[self.name], now, HEAD)

    def _read_past(self) -> list[Record]:
        if self._ledger.records and self._had < self._wanted:
            self._ledger.older()
            self._had += 1
        return self._ledger.newest()

    def _drifted(self) -> Drift:
        return read(self._connect().get(f"/api/v1/nodes/{quoted(self.name)}/drift"), Drift)
