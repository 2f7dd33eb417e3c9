"""What nodes are held against: the orchestrator's own, else what most have."""

from typing import Any

from swarm_console.known.norm import Norm, norm
from swarm_node.model.state import Node
from swarm_node.model.work import NodeFacts


def node(name: str, tree: str = "", configuration: str = "", up: bool = True, **other: Any) -> Node:
    trees = {"gentoo": tree} if tree else {}
    return Node(name, NodeFacts(trees=trees, configuration=configuration, **other), up=up)


def test_what_most_nodes_that_are_up_have() -> None:
    nodes = [
        node("a", "1", "x"),
        node("b", "2", "y"),
        node("c", "2", "x"),
        node("d", "1", "x", up=False),
        node("e", "1", "y", up=False),
    ]
    found = norm(nodes)
    assert found == Norm({"gentoo": "2"}, "x")
    assert [found.differing(each) for each in nodes[:3]] == [["gentoo"], [], []]
    assert [found.is_configured(each) for each in nodes[:3]] == [True, False, True]


def test_the_orchestrators_own_builder_is_the_measure() -> None:
    nodes = [node("a", "1", "x"), node("b", "1", "x"), node("main", "2", "y", role="local")]
    assert norm(nodes) == Norm({"gentoo": "2"}, "y")
    nodes[-1].up = False
    assert norm(nodes) == Norm({"gentoo": "1"}, "x")


def test_of_equals_everybody_names_the_same() -> None:
    nodes = [node("a", "2", "y"), node("b", "1", "x")]
    assert norm(nodes) == norm(reversed(nodes)) == Norm({"gentoo": "1"}, "x")


def test_what_nobody_tells_is_not_judged() -> None:
    found = norm([node("a"), node("b", configuration="x")])
    assert found.is_configured(node("a")) is None
    assert norm([]) == Norm()
    assert norm([]).is_configured(node("b", configuration="x")) is None


def test_a_tree_that_is_lacking_differs() -> None:
    found = norm([node("a", "1"), node("b", "1"), node("c")])
    assert found.differing(node("c")) == ["gentoo"]
