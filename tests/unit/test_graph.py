"""The needs-graph: cycles, order, ranks and bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_node.model.graph import (
    Graph,
    critical_path,
    downstream,
    graph_of,
    lower_bound,
    upstream,
    upward_ranks,
)

NAMES = tuple("abcdefghij")
any_needs = st.dictionaries(
    st.sampled_from(NAMES), st.sets(st.sampled_from(NAMES), max_size=5), max_size=10
).map(lambda needs: {build: {need for need in wanted if need in needs} for build, wanted in needs.items()})
durations = st.fixed_dictionaries({name: st.floats(0, 1000) for name in NAMES})

DIAMOND = {"app": ["left", "right"], "left": ["base"], "right": ["base"], "base": []}
SECONDS = {"app": 5.0, "left": 100.0, "right": 30.0, "base": 10.0}


def test_ranks_are_the_longest_chain_above() -> None:
    ranks = upward_ranks(graph_of(DIAMOND), SECONDS)
    assert ranks == {"app": 5.0, "left": 105.0, "right": 35.0, "base": 115.0}


def test_critical_path_runs_from_the_first_build_to_the_last() -> None:
    assert critical_path(graph_of(DIAMOND), SECONDS) == ("base", "left", "app")
    assert critical_path(graph_of({}), {}) == ()


def test_lower_bound_is_the_path_on_the_fastest_or_all_work_on_all() -> None:
    graph = graph_of(DIAMOND)
    assert lower_bound(graph, SECONDS, [1.0, 2.0]) == pytest.approx(115 / 2)
    assert lower_bound(graph, SECONDS, [1.0]) == pytest.approx(145)


@pytest.mark.parametrize("speeds", [[], [0.0], [-1.0]])
def test_lower_bound_of_no_fleet_is_refused(speeds: list[float]) -> None:
    with pytest.raises(ValueError, match="at least one drone"):
        lower_bound(graph_of(DIAMOND), SECONDS, speeds)


def test_far_dependents_and_needs() -> None:
    graph = graph_of(DIAMOND)
    assert downstream(graph, "base") == {"left", "right", "app"}
    assert upstream(graph, "app") == {"left", "right", "base"}
    assert downstream(graph, "app") == frozenset()


def test_unknown_need_is_named() -> None:
    with pytest.raises(ValueError, match="app needs ghost, which is not a package of this graph"):
        graph_of({"app": ["ghost"]})


def test_a_cycle_loses_one_edge_and_says_which() -> None:
    graph = graph_of({"python": ["db"], "db": ["tcl", "python"], "tcl": ["python"], "app": ["python"]})
    assert graph.dropped == (("python", "db"),), "most builds of the cycle wait for python, so it comes first"
    assert graph.order == ("python", "app", "tcl", "db")


def test_a_package_that_needs_itself_does_not() -> None:
    graph = graph_of({"gcc": ["gcc", "libc"], "libc": []})
    assert graph.dropped == (("gcc", "gcc"),)
    assert graph.needs["gcc"] == ("libc",)


def test_a_chain_as_long_as_a_queue_needs_no_recursion() -> None:
    chain = {f"p{n:05}": [f"p{n - 1:05}"] if n else [] for n in range(20_000)}
    chain["p00000"] = ["p19999"]
    graph = graph_of(chain)
    assert len(graph.dropped) == 1
    assert len(graph.order) == 20_000


@given(any_needs)
def test_every_build_comes_after_all_it_needs(needs: dict[str, set[str]]) -> None:
    graph = graph_of(needs)
    place = {build: n for n, build in enumerate(graph.order)}
    assert set(place) == set(needs)
    assert all(place[need] < place[build] for build, wanted in graph.needs.items() for need in wanted)


@given(any_needs)
def test_kept_and_dropped_edges_are_all_edges(needs: dict[str, set[str]]) -> None:
    graph = graph_of(needs)
    kept = {(build, need) for build, wanted in graph.needs.items() for need in wanted}
    assert kept | set(graph.dropped) == {(build, need) for build, wanted in needs.items() for need in wanted}
    assert not kept & set(graph.dropped)


@given(any_needs)
def test_no_dropped_edge_could_have_stayed(needs: dict[str, set[str]]) -> None:
    graph = graph_of(needs)
    assert all(build == need or build in upstream(graph, need) for build, need in graph.dropped)


@given(any_needs, st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(needs: dict[str, set[str]], random: object) -> None:
    shuffled = sorted(needs, key=lambda build: random.random())  # type: ignore[attr-defined]
    assert graph_of({build: sorted(needs[build], reverse=True) for build in shuffled}) == graph_of(needs)


@given(any_needs, durations)
def test_ranks_follow_their_definition(needs: dict[str, set[str]], seconds: dict[str, float]) -> None:
    graph: Graph = graph_of(needs)
    ranks = upward_ranks(graph, seconds)
    for build, above in graph.dependents.items():
        assert ranks[build] == seconds[build] + max((ranks[other] for other in above), default=0.0)
    path = critical_path(graph, seconds)
    assert sum(seconds[build] for build in path) == pytest.approx(max(ranks.values(), default=0.0))
