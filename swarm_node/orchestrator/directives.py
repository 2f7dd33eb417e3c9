"""Asking nodes to do something beside building, and waiting for their answers."""

from msgspec import Struct

from swarm_node.model.commands import IssueDirective
from swarm_node.model.events import DirectiveIssued
from swarm_node.model.state import State
from swarm_node.orchestrator.swarm import Swarm

PATIENCE = 600.0
"""Seconds that a node has for its answer; a sync of a whole tree fits."""


class Answer(Struct, frozen=True):
    """What one node made of it; `ok` is None when no answer came."""

    node: str
    ok: bool | None
    output: str


async def ask_nodes(
    swarm: Swarm,
    name: str,
    params: dict[str, str] | None = None,
    nodes: tuple[str, ...] = (),
    patience: float = PATIENCE,
) -> list[Answer]:
    """One directive for each node (all that are up, if none is named), and the answers.

    A node in the middle of a build answers after it: it is not waited for. Raises: Refused.
    """
    asked = IssueDirective(name=name, params=params or {}, nodes=nodes)
    issued = [e for e in await swarm.submit(asked) if isinstance(e, DirectiveIssued)]
    await swarm.until(lambda state: all(_settled(state, one.id) for one in issued), patience)
    return [_answer(swarm.state, one) for one in issued]


def _settled(state: State, number: int) -> bool:
    directive = state.directives.get(number)
    if directive is None or directive.finished is not None:
        return True
    node = state.nodes[directive.node]
    return not node.up or node.attempt is not None


def _answer(state: State, issued: DirectiveIssued) -> Answer:
    directive = state.directives.get(issued.id)
    if directive is None:
        return Answer(issued.node, None, "the swarm was reset meanwhile")
    if directive.finished is not None:
        return Answer(directive.node, directive.ok, directive.output)
    node = state.nodes[directive.node]
    if not node.up:
        return Answer(node.name, None, "the node is lost; it will be asked when it returns")
    return Answer(node.name, None, "busy building; it will do this next" if node.attempt else "no answer yet")
