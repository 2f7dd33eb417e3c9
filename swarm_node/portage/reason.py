"""Why a package is in the list, in one line for a person."""

from collections.abc import Mapping

from swarm_node.model.estimate import cp_of
from swarm_node.model.use import changed
from swarm_node.portage.resolution import Entry, Node


def reason(node: Node, chosen: Mapping[str, Node]) -> str:
    """Why this package must be built, given what the binhosts have; `chosen` is its resolution by cpv."""
    same = [entry for entry in node.built if entry.cpv == node.cpv]
    if same:
        newest = max(same, key=lambda entry: entry.build_id)
        return _changed(node, newest, chosen)
    slot = node.slot.partition("/")[0]
    older = [entry for entry in node.built if entry.slot.partition("/")[0] == slot]
    if older:
        return f"version {version(older[-1].cpv)} → {version(node.cpv)}"
    origin = node.wanted or f"needed by {node.parents[0] if node.parents else 'the world'}"
    return f"new slot {slot}: {origin}" if node.built else f"new: {origin}"


def version(cpv: str) -> str:
    """The version with its revision (PMS 3.2): `1.0-r2` of `a/b-1.0-r2`."""
    return cpv[len(cp_of(cpv)) + 1 :]


def _changed(node: Node, entry: Entry, chosen: Mapping[str, Node]) -> str:
    """What makes a binary package of the very version unfit."""
    if flags := " ".join(changed(entry.use, node.use)):
        return f"USE {flags} changed against production"
    if entry.slot != node.slot:
        return f"slot {entry.slot} → {node.slot}"
    if entry.repository != node.repository:
        return f"repository {entry.repository} → {node.repository}"
    return _rebuild(node, entry, chosen) or "dependencies changed against production"


def _rebuild(node: Node, entry: Entry, chosen: Mapping[str, Node]) -> str:
    """Which dependency's slot or subslot moved under a package that is bound to it."""
    for cp, slot, subslot in entry.bound:
        now = [chosen[cpv].slot for cpv in (*node.runs_with, *node.builds_with) if cp_of(cpv) == cp]
        parts = [tuple((text if "/" in text else f"{text}/{text}").split("/", 1)) for text in now]
        if parts and (slot, subslot) not in parts:
            moved = next((found for found in parts if found[0] == slot), parts[0])
            if moved[0] == slot:
                return f"subslot of {cp} changed {subslot} → {moved[1]} (rebuild)"
            return f"slot of {cp} changed {slot} → {moved[0]} (rebuild)"
    return ""
