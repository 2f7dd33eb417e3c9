"""A change of a client's configuration: tried on one drone first, then written for all or taken back."""

import asyncio
import logging
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from swarm_node.http.json import Body
from swarm_node.model.commands import SettleChange, TakeBackChange, TryChange
from swarm_node.model.configuration import lines_of, proposed
from swarm_node.model.events import ChangeTakenBack, ChangeTried
from swarm_node.model.names import find_builds
from swarm_node.model.refusal import Refused
from swarm_node.model.rules.changes import to_be_cured
from swarm_node.model.rules.session import PREPARING
from swarm_node.model.state import Build, Change, State
from swarm_node.model.work import Line, PlanRow
from swarm_node.orchestrator.durable import sync_directory, write_file
from swarm_node.orchestrator.parts import Parts
from swarm_node.orchestrator.preparation import own_prefix, replan, resolve, withdraw_dropped
from swarm_node.portage.profile import ClientProfile, read_profile, read_profiles
from swarm_node.portage.variant import check_atoms, difference, varied, with_lines

log = logging.getLogger(__name__)

PATIENCE: Final = 30.0
"""Seconds after which a profile that could not be written is tried again."""


class Configure(Body, frozen=True):
    package: str
    lines: tuple[str, ...] = ()
    """FILE and LINE, one pair after the other."""
    node: str | None = None
    take_back: bool = False


async def configure(parts: Parts, asked: Configure) -> object:
    """Try lines of etc/portage for a blocked build on one node; if Portage refuses, nothing is changed."""
    build = _one(parts.swarm.state, asked.package)
    if asked.take_back:
        return await _take_back(parts, build)
    to_be_cured(parts.swarm.state, build.id)
    lines = lines_of(asked.lines)
    profile = await asyncio.to_thread(_profile, parts, build.row.profile)
    await check_atoms(own_prefix(parts).portage, lines)
    async with parts.planning:
        rows = await _resolved_with(parts, profile, lines, build.row.cpv)
        events = await parts.swarm.submit(TryChange(build=build.id, lines=lines, rows=rows, node=asked.node))
        await withdraw_dropped(parts)
    tried = next(event for event in events if isinstance(event, ChangeTried))
    return {
        "change": tried.change,
        "build": tried.build,
        "profile": tried.profile,
        "lines": tried.lines,
        "node": tried.node,
        "builds": tried.builds,
        "diff": await asyncio.to_thread(difference, profile, lines, build.row.cpv),
    }


async def _take_back(parts: Parts, build: Build) -> object:
    events = await parts.swarm.submit(TakeBackChange(build=build.id))
    ended = next(event for event in events if isinstance(event, ChangeTakenBack))
    change = parts.swarm.state.changes[ended.change]
    return {"change": change.number, "build": change.build, "taken_back": True, "lines": change.lines}


def _one(state: State, name: str) -> Build:
    """The build of that name; of several that are blocked for one cause, the first. Raises: Refused."""
    found = find_builds(state, name)
    likely = [build for build in found if build.status == "blocked"] or found
    if len({build.row.profile for build in likely}) > 1:
        ids = ", ".join(build.id for build in likely)
        raise Refused("bad_request", f"{name!r:.80} is needed by several clients", f"name one of {ids}")
    return likely[0]


def _profile(parts: Parts, name: str) -> ClientProfile:
    path = parts.settings.profiles_dir / name
    if not path.is_dir():
        raise Refused("bad_request", f"there is no client profile {name!r}", f"look into {path.parent}")
    return read_profile(path)


async def _resolved_with(
    parts: Parts, profile: ClientProfile, lines: Sequence[Line], purpose: str
) -> tuple[PlanRow, ...]:
    """The resolver's answer for a profile that has the lines, beside all others as they are."""
    home = parts.settings.state_dir / "trials"
    try:
        changed = await asyncio.to_thread(with_lines, profile, lines, purpose)
        trial = await asyncio.to_thread(varied, profile, changed, home)
        profiles = read_profiles(parts.settings.profiles_dir)
        return await resolve(parts, [trial if one.name == profile.name else one for one in profiles])
    except (OSError, UnicodeDecodeError) as error:
        raise Refused("bad_request", f"{profile.portage}: {error}", "make it readable, as text") from None
    finally:
        await asyncio.to_thread(shutil.rmtree, home, ignore_errors=True)


def proposal(parts: Parts, build: Build) -> str:
    """What the lines that a build's diagnosis proposes would change, as a unified diff; "" where none are."""
    lines = proposed(build.diagnosis.params) if build.diagnosis is not None else ()
    try:
        return difference(_profile(parts, build.row.profile), lines, build.row.cpv) if lines else ""
    except (Refused, OSError, UnicodeDecodeError):
        return ""


async def follow(parts: Parts) -> None:
    """Do what follows from the end of every trial, also of those that ended before a restart."""
    while True:
        await parts.swarm.until(lambda state: bool(_unsettled(state)), PATIENCE)
        for change in _unsettled(parts.swarm.state):
            try:
                await _settle(parts, change)
            except (Refused, OSError, UnicodeDecodeError) as error:
                log.warning("change %d of %s: %s", change.number, change.profile, error)
                await asyncio.sleep(PATIENCE)


def _unsettled(state: State) -> list[Change]:
    return [change for change in state.changes.values() if change.status != "tried" and not change.settled]


async def _settle(parts: Parts, change: Change) -> None:
    """Write what was kept, and plan the queue by what the client profiles say then."""
    if change.status == "kept":
        await asyncio.to_thread(_write, parts, change)
    await withdraw_dropped(parts)
    state = parts.swarm.state
    if state.builds and state.session.phase not in PREPARING:
        try:
            await replan(parts)
        except Refused as refused:
            log.warning("not planned anew: %s → %s", refused.message, refused.hint)
    await parts.swarm.submit(SettleChange(change=change.number))


def _write(parts: Parts, change: Change) -> None:
    """Twice is the same as once. Raises: Refused, OSError."""
    profile = _profile(parts, change.profile)
    for path, text in with_lines(profile, change.lines, change.build.partition("@")[0]).items():
        _replace(path.resolve(), text)
        log.info("%s: %s", path, "; ".join(line.text for line in change.lines))


def _replace(path: Path, text: str) -> None:
    """One rename; what was there keeps its mode."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    write_file(fresh, text.encode())
    if path.exists():
        shutil.copymode(path, fresh)
    fresh.replace(path)
    for directory in (path.parent, path.parent.parent):
        sync_directory(directory)
