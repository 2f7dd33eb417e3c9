"""How a node stands: a glyph and a word, with their tone."""

from swarm_console.words.spans import Span
from swarm_node.model.state import Build, Node


def standing(node: Node, build: Build | None) -> Span:
    """The state of a node that builds this, or nothing."""
    if not node.up:
        return "✗ lost", "attention"
    if node.held:
        return "‖ drained", "wait"
    return ("● building", "accent") if build is not None else ("○ idle", "dim")
