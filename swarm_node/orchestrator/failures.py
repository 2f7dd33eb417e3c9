"""The rules of diagnosis that this orchestrator goes by, and what they say of an attempt's log."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Final

from swarm_node.model.circumstances import Circumstances, Tree
from swarm_node.model.diagnosis import diagnose
from swarm_node.model.excerpt import WINDOW, Excerpt, excerpt
from swarm_node.model.failure import BadRules, Rule, rules_of
from swarm_node.model.refusal import Refused
from swarm_node.model.work import Diagnosis, NodeFacts

SHIPPED: Final = files("swarm_node.model") / "failures.toml"

OwnTrees = Callable[[], Awaitable[Mapping[str, str]]]
"""Gives repository name to hash of the trees that are the measure."""


def load(directory: Path) -> tuple[Rule, ...]:
    """The shipped rules and those of a directory's *.toml, which go first where they are as sure.

    Raises: Refused naming file and rule.
    """
    hint = f"mend it, or take it out of {directory}; the form is that of {SHIPPED}"
    try:
        own = [(str(path), path.read_text(encoding="utf-8")) for path in sorted(directory.glob("*.toml"))]
        return rules_of([*own, ("failures.toml", SHIPPED.read_text(encoding="utf-8"))])
    except BadRules as error:
        raise Refused("bad_request", str(error), hint) from None
    except (OSError, UnicodeDecodeError) as error:
        raise Refused("bad_request", f"rules of {directory}: {error}", hint) from None


async def judge(
    log: Path, rules: Sequence[Rule], known: Circumstances, own_trees: OwnTrees, repository: str = ""
) -> Diagnosis:
    """The diagnosis of an attempt at a package of a repository from its log, which may be missing.

    The trees are only compared where a rule that fits the log asks for it: hashing one takes a while.
    Raises: OSError.
    """
    read = await asyncio.to_thread(_read, log)
    if known.node is not None and any(rule.asks_for_tree and rule.found_in(read.text) for rule in rules):
        known = known._replace(tree=await _compared(known.node, own_trees, repository))
    return await asyncio.to_thread(diagnose, read, rules, known)


async def _compared(node: NodeFacts, own_trees: OwnTrees, repository: str) -> Tree:
    try:
        own = await own_trees()
    except Refused:
        return ""
    if not own or not node.trees:
        return ""
    missing = own.keys() - node.trees.keys()
    if repository in missing or (missing and not repository):
        return "lacks"
    shared = own.keys() & node.trees.keys()
    return "same" if all(node.trees[name] == own[name] for name in shared) else "differs"


def _read(log: Path) -> Excerpt:
    return excerpt(_pieces(log))


def _pieces(log: Path) -> Iterator[bytes]:
    try:
        with log.open("rb") as file:
            while piece := file.read(WINDOW):
                yield piece
    except FileNotFoundError:
        return
