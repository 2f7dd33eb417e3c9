"""What has to be in the room when a package is built: its build dependencies and what those run with."""

from collections.abc import Iterable, Iterator, Mapping

from swarm_node.portage.resolution import Node


def room_of(node: Node, chosen: Mapping[str, Node], *, beside: bool) -> tuple[str, ...]:
    """The cpvs to install before building, each after what it runs with as far as there is such an order.

    `beside` includes what installed packages want at their side (PDEPEND), which may be built from them.
    The package itself is never of its own room.
    """
    seen = {node.cpv}
    return tuple(member for cpv in node.builds_with for member in _in_order(cpv, chosen, beside, seen))


def _in_order(cpv: str, chosen: Mapping[str, Node], beside: bool, seen: set[str]) -> Iterator[str]:
    """Depth first, without recursion: worlds have chains longer than Python's stack."""
    if cpv in seen:
        return
    seen.add(cpv)
    stack = [(cpv, iter(_runs_with(chosen[cpv], beside)))]
    while stack:
        current, rest = stack[-1]
        below = next((one for one in rest if one not in seen), None)
        if below is None:
            stack.pop()
            yield current
        else:
            seen.add(below)
            stack.append((below, iter(_runs_with(chosen[below], beside))))


def _runs_with(node: Node, beside: bool) -> Iterable[str]:
    return (*node.runs_with, *node.runs_beside) if beside else node.runs_with
