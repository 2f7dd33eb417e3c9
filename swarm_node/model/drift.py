"""How far a node has drifted from the swarm: its etc/portage line by line, its trees by their hashes."""

from collections.abc import Iterator, Mapping
from difflib import unified_diff
from typing import Final

from msgspec import Struct

from swarm_node.model.messages import Configuration

CONTEXT: Final = 2
LINES_MOST: Final = 400
"""Lines of one file's difference; what is beyond is counted."""
NOWHERE: Final = "/dev/null"


class FileDrift(Struct, frozen=True):
    """One file that differs, as lines of a unified diff from the reference to the node."""

    path: str
    lines: tuple[str, ...]


class TreeDrift(Struct, frozen=True):
    """A repository whose content differs; an empty hash: it is not there."""

    tree: str
    hash: str
    expected: str


class Drift(Struct, frozen=True):
    """A node held against a reference."""

    node: str
    against: str
    """Whose configuration is the measure."""
    in_step: bool
    hash: str
    expected: str
    files: tuple[FileDrift, ...] = ()
    trees: tuple[TreeDrift, ...] = ()


def drift(node: Configuration, reference: Configuration) -> Drift:
    """What differs on the node, file by file and tree by tree."""
    files = tuple(_files(node, reference))
    trees = tuple(_trees(node.trees, reference.trees))
    return Drift(
        node=node.node,
        against=reference.node,
        in_step=not files and not trees,
        hash=node.hash,
        expected=reference.hash,
        files=files,
        trees=trees,
    )


def _files(node: Configuration, reference: Configuration) -> Iterator[FileDrift]:
    for path in sorted(node.files.keys() | reference.files.keys()):
        own, wanted = node.files.get(path), reference.files.get(path)
        if own != wanted:
            yield FileDrift(path, _bounded(_difference(path, own, wanted, node.node, reference.node)))


def _difference(path: str, own: str | None, wanted: str | None, node: str, reference: str) -> tuple[str, ...]:
    there = f"{reference}: {path}" if wanted is not None else NOWHERE
    here = f"{node}: {path}" if own is not None else NOWHERE
    before, after = (wanted or "").splitlines(), (own or "").splitlines()
    found = tuple(unified_diff(before, after, there, here, n=CONTEXT, lineterm=""))
    return found or (f"--- {there}", f"+++ {here}")  # an empty file against none, or ends of lines


def _bounded(lines: tuple[str, ...]) -> tuple[str, ...]:
    rest = len(lines) - LINES_MOST
    return lines if rest <= 0 else (*lines[:LINES_MOST], f"… and {rest} more lines")


def _trees(own: Mapping[str, str], wanted: Mapping[str, str]) -> Iterator[TreeDrift]:
    for tree in sorted(wanted):
        if own.get(tree, "") != wanted[tree]:
            yield TreeDrift(tree, own.get(tree, ""), wanted[tree])
