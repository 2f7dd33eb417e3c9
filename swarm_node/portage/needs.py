"""Which rows wait for which: no circles, and nobody named who is waited for anyway."""

from collections.abc import Mapping

from msgspec.structs import replace

from swarm_node.model.graph import graph_of
from swarm_node.model.work import PlanRow


def settled(rows: Mapping[str, PlanRow]) -> dict[str, PlanRow]:
    """The same rows with needs that can be met one after the other; each row's needs must be rows."""
    return _reduced(_uncircled(rows))


def _uncircled(rows: Mapping[str, PlanRow]) -> dict[str, PlanRow]:
    """Where builds need each other one goes first, with what the drone's base has in place of the other."""
    found = dict(rows)
    for name, need in graph_of({name: row.needs for name, row in rows.items()}).dropped:
        row, cpv = found[name], rows[need].cpv
        found[name] = replace(
            row,
            needs=tuple(one for one in row.needs if one != need),
            install=tuple(atom for atom in row.install if atom.partition("[")[0] != f"={cpv}"),
            reason=f"{row.reason}; before {cpv}, which needs it",
        )
    return found


def _reduced(rows: Mapping[str, PlanRow]) -> dict[str, PlanRow]:
    """Drop every need that another need has too: of a world from nothing that leaves one in thirty.

    Sets of rows are integers here, a bit a row, because a large world has hundreds of thousands of needs.
    """
    order = graph_of({name: row.needs for name, row in rows.items()}).order
    bit = {name: 1 << place for place, name in enumerate(order)}
    below: dict[str, int] = {}
    found = {}
    for name in order:
        row = rows[name]
        deeper = 0
        for need in row.needs:
            deeper |= below[need]
        below[name] = deeper | sum(bit[need] for need in row.needs if not deeper & bit[need])
        found[name] = replace(row, needs=tuple(need for need in row.needs if not deeper & bit[need]))
    return found
