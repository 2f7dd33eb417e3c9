"""What a node is held against: the trees and the configuration that the swarm has."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from swarm_node.model.state import Node


class Norm(NamedTuple):
    """Hash of each tree, and of etc/portage ("" where nobody tells one)."""

    trees: dict[str, str] = {}  # noqa: RUF012
    configuration: str = ""

    def differing(self, node: Node) -> list[str]:
        """The trees in which a node differs, or which it lacks."""
        return [tree for tree, digest in self.trees.items() if node.facts.trees.get(tree) != digest]

    def is_configured(self, node: Node) -> bool | None:
        """Whether a node is configured as it should be; None where that cannot be told."""
        if not node.facts.configuration or not self.configuration:
            return None
        return node.facts.configuration == self.configuration


def norm(nodes: Iterable[Node]) -> Norm:
    """The orchestrator's own builder's where there is one, else what most nodes that are up have."""
    up = [node for node in nodes if node.up]
    local = next((node.facts for node in up if node.facts.role == "local"), None)
    if local is not None:
        return Norm(local.trees, local.configuration)
    votes: dict[str, Counter[str]] = {}
    for (tree, digest), count in Counter(item for node in up for item in node.facts.trees.items()).items():
        votes.setdefault(tree, Counter())[digest] = count
    configured = Counter(node.facts.configuration for node in up if node.facts.configuration)
    return Norm({tree: _most(counted) for tree, counted in votes.items()}, _most(configured))


def _most(counted: Counter[str]) -> str:
    """The commonest; of equals the first in order, so that everybody says the same."""
    return max(sorted(counted), key=counted.__getitem__, default="")
