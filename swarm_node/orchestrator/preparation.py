"""How a session starts: sync the trees everywhere, ask the resolver what is needed, plan the queue."""

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from swarm_node.model.commands import EnterPhase, OpenSession, PlanQueue
from swarm_node.model.refusal import Refused
from swarm_node.model.rules.session import PREPARING
from swarm_node.model.state import State
from swarm_node.model.status import Totals, totals
from swarm_node.model.work import PlanRow
from swarm_node.orchestrator.directives import Answer, ask_nodes
from swarm_node.orchestrator.parts import Parts
from swarm_node.portage import trees
from swarm_node.portage.install import PortageMissing, find_portage
from swarm_node.portage.plan import discover
from swarm_node.portage.prefix import Prefix, current_account
from swarm_node.portage.profile import ClientProfile, read_profiles
from swarm_node.portage.repositories import repositories

log = logging.getLogger(__name__)


class Lost(Struct, frozen=True):
    """What clearing throws away."""

    staged: int
    building: int
    seconds: float
    """Of compiling, finished or begun."""


class Prepared(Struct, frozen=True):
    """What a preparation came to."""

    session: int
    totals: Totals
    lost: Lost
    synced: tuple[Answer, ...]


def own_prefix(parts: Parts) -> Prefix:
    """The orchestrator's own Portage. Raises: Refused (unresolvable) when there is none."""
    try:
        return Prefix(parts.settings.portage_prefix or Path("/"), find_portage(), current_account())
    except PortageMissing as error:
        raise Refused(
            "unresolvable", str(error), "install sys-apps/portage, or: pip install portage"
        ) from None


def would_lose(state: State, now: float) -> Lost:
    """What `fresh` and `reset` would throw away."""
    staged = state.by_status("staged")
    building = state.by_status("building")
    seconds = sum(build.measures.seconds for build in staged if build.measures)
    seconds += sum(max(now - build.since, 0.0) for build in building)
    return Lost(len(staged), len(building), seconds)


async def prepare(parts: Parts, clear: bool) -> Prepared:
    """Open a session, cleared or continued, and plan its queue. Raises: Refused."""
    lost = would_lose(parts.swarm.state, parts.swarm.now()) if clear else Lost(0, 0, 0.0)
    await parts.swarm.submit(OpenSession(clear=clear))
    synced = await _plan(parts, clear)
    return Prepared(parts.swarm.state.session.number, totals(parts.swarm.state), lost, tuple(synced))


async def resume(parts: Parts) -> None:
    """Finish a preparation that a crash interrupted."""
    if parts.swarm.state.session.phase in PREPARING:
        log.info("session %d was being prepared: going on", parts.swarm.state.session.number)
        try:
            await _plan(parts)
        except Refused as refused:
            log.warning("session not prepared: %s → %s", refused.message, refused.hint)
        except Exception:
            log.exception("session not prepared")


async def _plan(parts: Parts, clear: bool = False) -> list[Answer]:
    """Whatever goes wrong, the session does not stay in preparation."""
    try:
        await asyncio.to_thread(_tidy, parts, clear)
        await parts.swarm.submit(EnterPhase(phase="syncing"))
        synced = await sync_everywhere(parts)
        await parts.swarm.submit(EnterPhase(phase="discovering"))
        async with parts.planning:
            rows = await resolve(parts, read_profiles(parts.settings.profiles_dir))
            await _plan_queue(parts, rows)
        return synced
    except Refused as refused:
        await parts.swarm.submit(EnterPhase(phase="idle", detail=f"not prepared: {refused.message}"))
        raise
    except Exception:
        await parts.swarm.submit(EnterPhase(phase="idle", detail="not prepared: see the orchestrator's log"))
        raise


async def replan(parts: Parts) -> None:
    """Ask the resolver again, trees as they are, and bring the queue to its answer. Raises: Refused."""
    async with parts.planning:
        rows = await resolve(parts, read_profiles(parts.settings.profiles_dir))
        if parts.swarm.state.session.phase not in PREPARING:
            await _plan_queue(parts, rows)


async def resolve(parts: Parts, profiles: Sequence[ClientProfile]) -> tuple[PlanRow, ...]:
    """What these client profiles need and production lacks; hold `planning`. Raises: Refused."""
    return await discover(
        find_portage(),
        profiles,
        repositories(own_prefix(parts)),
        parts.settings.production_dir / "current",
        parts.settings.state_dir / "resolve",
    )


def _tidy(parts: Parts, clear: bool) -> None:
    parts.logs.prune()
    if clear:
        parts.staging.clear()


async def _plan_queue(parts: Parts, rows: tuple[PlanRow, ...]) -> None:
    phase = "building" if rows else "idle"
    await parts.swarm.submit(PlanQueue(rows=rows), EnterPhase(phase=phase))
    await withdraw_dropped(parts)


async def withdraw_dropped(parts: Parts) -> None:
    """What was staged and is no longer wanted leaves staging, so that nothing is built with it."""
    shown = {entry.path for entry in parts.staging.entries()}
    staged = parts.swarm.state.by_status("staged")
    unwanted = shown - {build.artifact.path for build in staged if build.artifact is not None}
    if unwanted:
        await asyncio.to_thread(parts.staging.withdraw, *sorted(unwanted))


async def sync_everywhere(parts: Parts) -> list[Answer]:
    """Bring the orchestrator's own trees and every node's up to date. Raises: Refused."""
    own = trees.trees(own_prefix(parts))
    asked = asyncio.create_task(_sync_nodes(parts))
    try:
        for tree in own:
            await trees.sync(tree)
    finally:
        answers = await asked
    return answers


async def _sync_nodes(parts: Parts) -> list[Answer]:
    if not any(node.up for node in parts.swarm.state.nodes.values()):
        return []
    return await ask_nodes(parts.swarm, "sync_trees")
