"""Whose fault a failure is, with odds: the package's, the drone's or the tree's, from who failed where.

Bayes' rule over three hypotheses. The prior goes by the kind of the failure; what the nodes' records tell of
the same version elsewhere, and of other packages on the same node, moves it.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from msgspec import Struct

from swarm_node.model.state import Build, Node, State, Tried

TELLING: Final[dict[str, tuple[float, float, float]]] = {
    "compile-error": (0.85, 0.08, 0.07),
    "test-failure": (0.85, 0.10, 0.05),
    "missing-dependency": (0.75, 0.10, 0.15),
    "patch-failed": (0.80, 0.02, 0.18),
    "toolchain": (0.50, 0.45, 0.05),
    "other": (0.70, 0.20, 0.10),
    "sandbox-violation": (0.90, 0.08, 0.02),
    "out-of-memory": (0.50, 0.50, 0.0),
    "disk-full": (0.30, 0.70, 0.0),
    "stuck": (0.50, 0.50, 0.0),
    "bad-package": (0.30, 0.70, 0.0),
    "drone-trouble": (0.10, 0.90, 0.0),
}
"""Prior odds of package, drone and tree by kind. Other kinds name their cause themselves and tell nothing."""
SETTLED: Final = 0.9
"""Odds from which no experiment is worth its time."""
WORTH_A_CHECK: Final = 0.85
"""Odds from which a drone is set aside and checked, which costs it seconds."""
FAILS_WHERE_AT_FAULT, FAILS_ELSEWHERE = 0.9, 0.1
SICK_DRONE_FAILS: Final = 0.8
RECENT: Final = 6
"""Packages of a drone's record that count: a drone that was sound for long may have become sick."""
USUAL_FAILURES: Final = (0.1, 0.7)
"""Least and most that the share of failures on the other nodes can be taken for."""


class Odds(Struct, frozen=True):
    """How likely each is at fault; the three add up to 1."""

    package: float
    drone: float
    tree: float

    @property
    def suspect(self) -> str:
        """The likeliest: package, drone or tree."""
        return max(("package", "drone", "tree"), key=lambda name: getattr(self, name))

    @property
    def settled(self) -> bool:
        """Whether one of them is all but certain."""
        return max(self.package, self.drone, self.tree) >= SETTLED


class Case(NamedTuple):
    """One failure: what failed where, on which tree, and how."""

    cpv: str
    node: str
    tree: str
    kind: str


def case_of(state: State, build: Build) -> Case | None:
    """The last failure of a build; None when it never failed on a node."""
    if not build.failures:
        return None
    last = build.failures[-1]
    return Case(build.row.cpv, last.node, last.tree, last.diagnosis.kind)


def blame(state: State, case: Case | None, *, well: Tried | None = None) -> Odds | None:
    """The odds of a failure; None where its kind names the cause by itself.

    `well`: the same version has just been built on another drone, which is not on record yet.
    """
    prior = TELLING.get(case.kind) if case is not None else None
    if case is None or prior is None:
        return None
    package, drone, tree = prior
    news = [_elsewhere(case, well)] if well is not None else []
    for if_package, if_drone, if_tree in (*news, *_evidence(state, case)):
        package, drone, tree = package * if_package, drone * if_drone, tree * if_tree
    total = package + drone + tree
    return Odds(package / total, drone / total, tree / total)


def _evidence(state: State, case: Case) -> Iterator[tuple[float, float, float]]:
    """How likely each thing on record would be, were the package, the drone or the tree at fault."""
    for node in state.nodes.values():
        if node.name != case.node:
            for tried in node.record:
                if tried.cpv == case.cpv:
                    yield _elsewhere(case, tried)
    if case.node in state.nodes:
        usual, record = _usual_failures(state, case.node), state.nodes[case.node].record
        others = {tried.cpv: tried for tried in record if tried.cpv != case.cpv}
        for tried in list(others.values())[-RECENT:]:
            yield _same_drone(tried, usual)


def _elsewhere(case: Case, tried: Tried) -> tuple[float, float, float]:
    """The same version on another drone."""
    same_tree = tried.tree == case.tree
    if tried.kind:
        return (
            FAILS_WHERE_AT_FAULT,
            FAILS_ELSEWHERE,
            FAILS_WHERE_AT_FAULT if same_tree else FAILS_ELSEWHERE,
        )
    well, badly = 1 - FAILS_ELSEWHERE, 1 - FAILS_WHERE_AT_FAULT
    return badly, well, badly if same_tree else well


def _same_drone(tried: Tried, usual: float) -> tuple[float, float, float]:
    """Another package on the same drone; only a sick one fails more than is usual."""
    if tried.kind:
        return usual, SICK_DRONE_FAILS, usual
    return 1 - usual, 1 - SICK_DRONE_FAILS, 1 - usual


def _usual_failures(state: State, but: str) -> float:
    """The share of failures on all other nodes' records."""
    records = [tried for node in state.nodes.values() if node.name != but for tried in node.record]
    least, most = USUAL_FAILURES
    share = (1 + sum(bool(tried.kind) for tried in records)) / (10 + len(records))
    return min(max(share, least), most)


def spoilt_by(state: State, name: str) -> list[Build]:
    """The blocked builds that a node at fault may have spoilt: they failed nowhere else."""
    return [
        build
        for build in state.by_status("blocked")
        if {failure.node for failure in build.failures} == {name}
        and build.failures[-1].diagnosis.kind in TELLING
    ]


def stand_in(state: State, build: Build) -> Node | None:
    """The node on which one more try would settle whose fault it is: idle before busy, fast before slow."""
    odds, case = blame(state, case_of(state, build)), case_of(state, build)
    if odds is None or odds.settled or case is None:
        return None
    tried = {failure.node for failure in build.failures}
    able = [n for n in state.nodes.values() if n.up and not n.held and n.name not in tried]
    able = [node for node in able if node.facts.role == "drone"]
    return min(able, key=lambda n: (n.attempt is not None, -state.fleet[n.name].speed, n.name), default=None)
