"""What a drone does beside building: one table, from a directive's name to a coroutine.

Each answers the lines that the operator reads, and raises Refused when it could not do it.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final

import msgspec
from msgspec import Struct

from swarm_node.drone.build import Workshop
from swarm_node.drone.check import check
from swarm_node.model.names import closest
from swarm_node.model.refusal import Refused
from swarm_node.model.work import DirectiveOrder
from swarm_node.portage.prefix import Repository
from swarm_node.portage.repositories import repositories
from swarm_node.portage.trees import add_overlay, fix, sync, tree_hash, trees


class Report(Struct, frozen=True):
    """How a directive went; `output` is for the operator, line by line."""

    ok: bool
    output: str


Params = Mapping[str, str]
Act = Callable[[Repository], Awaitable[str]]


async def carry_out(order: DirectiveOrder, workshop: Workshop) -> Report:
    """Do what a directive says; whatever goes wrong is in the report."""
    try:
        act = DIRECTIVES.get(order.name)
        if act is None:
            hint = closest(order.name, DIRECTIVES, "swarm-console --list")
            raise Refused("bad_request", f"this drone knows no directive {order.name!r:.60}", hint)
        return await act(workshop, order.params)
    except Refused as no:
        return Report(False, f"{no.message} → {no.hint}" if no.hint else no.message)
    except OSError as error:
        return Report(False, f"{error.filename or order.name}: {error.strerror or error}")


async def sync_trees(workshop: Workshop, params: Params) -> Report:
    """Bring every tree to its upstream's state; local changes stay."""
    return await _each(trees(workshop.prefix), sync)


async def verify_trees(workshop: Workshop, params: Params) -> Report:
    """Look at every repository; with `expected` say which differ from it."""
    expected = _expected(params)
    wanted = repositories(workshop.prefix)

    async def look(tree: Repository) -> str:
        return _compared(tree.name, await tree_hash(tree.location), expected)

    missing = sorted(set(expected) - {tree.name for tree in wanted})
    report = await _each(wanted, look)
    lines = [report.output, *(f"{name}: not here → build-swarm sync-overlays" for name in missing)]
    return Report(report.ok and not missing, "\n".join(filter(None, lines)))


async def fix_trees(workshop: Workshop, params: Params) -> Report:
    """Make every tree that differs from `expected` (without it: every tree) what upstream is."""
    expected = _expected(params)

    async def heal(tree: Repository) -> str:
        if expected and await _hash_or_nothing(tree) == expected.get(tree.name):
            return _compared(tree.name, expected[tree.name], expected)
        return _compared(tree.name, await fix(tree), expected)

    return await _each(trees(workshop.prefix), heal)


async def sync_overlay(workshop: Workshop, params: Params) -> Report:
    """Add the overlay `name` from `sync_uri` by `sync_type`, if it is missing, and bring it up to date."""
    lacking = {"name", "sync_type", "sync_uri"} - set(params)
    if lacking:
        raise Refused("bad_request", f"sync_overlay lacks {', '.join(sorted(lacking))}", "name all three")
    priority = params.get("priority", "")
    if priority and not priority.removeprefix("-").isdecimal():
        raise Refused("bad_request", f"priority {priority!r:.20} is no whole number", "for instance 50")
    overlay = await add_overlay(
        workshop.prefix,
        params["name"],
        params["sync_type"],
        params["sync_uri"],
        int(priority) if priority else None,
    )
    return Report(True, f"{overlay.name}: {await tree_hash(overlay.location)}")


async def check_node(workshop: Workshop, params: Params) -> Report:
    """Show that this node can build, after failures that point at it."""
    ok, lines = await check(workshop)
    return Report(ok, "\n".join(lines))


DIRECTIVES: Final[dict[str, Callable[[Workshop, Params], Awaitable[Report]]]] = {
    "sync_trees": sync_trees,
    "verify_trees": verify_trees,
    "fix_trees": fix_trees,
    "sync_overlay": sync_overlay,
    "check_node": check_node,
}


async def _each(wanted: Iterable[Repository], act: Act) -> Report:
    """Do the same to several trees, one after the other; one that fails does not keep the others from it."""
    ok, lines = True, []
    for tree in wanted:
        try:
            lines.append(f"{tree.name}: {(await act(tree)) or 'not there'}")
        except Refused as no:
            ok = False
            lines.append(f"{no.message} → {no.hint}")
    return Report(ok, "\n".join(lines) or "there is no tree to sync in repos.conf")


def _expected(params: Params) -> dict[str, str]:
    try:
        return msgspec.json.decode(params.get("expected") or "{}", type=dict[str, str])
    except msgspec.DecodeError as error:
        raise Refused("bad_request", f"expected: {error}", "a JSON object of names and hashes") from None


def _compared(name: str, found: str, expected: Mapping[str, str]) -> str:
    """The hash, if it is the expected one or none is expected. Raises: Refused (bad_answer)."""
    if name in expected and found != expected[name]:
        raise Refused(
            "bad_answer",
            f"{name}: {found or 'not there'}, expected {expected[name]}",
            "build-swarm sync-fix; when upstream has moved on: build-swarm sync-all",
        )
    return found


async def _hash_or_nothing(tree: Repository) -> str:
    try:
        return await tree_hash(tree.location)
    except Refused:
        return ""
