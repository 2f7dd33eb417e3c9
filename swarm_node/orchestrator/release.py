"""`finalize` and `rollback`: from staging to what clients see, one at a time, safe against any crash.

    prepared (log) → releases/N made and durable → `current` moved → published (log) → staging emptied

Whatever ends it between the first and the last step, the symlink decides at the next look: a release that
clients see was published, one that they do not see never was.
"""

import asyncio
import errno
import logging
from collections.abc import Sequence

from msgspec import Struct

from swarm_node.model import commands as c
from swarm_node.model.events import Finding, ReleasePrepared, ReleaseRolledBack
from swarm_node.model.refusal import Refused
from swarm_node.model.state import Release, State
from swarm_node.model.work import Artifact
from swarm_node.orchestrator.adoption import adopt
from swarm_node.orchestrator.parts import Parts
from swarm_node.orchestrator.production import Built
from swarm_node.orchestrator.verify import Report, verify_id
from swarm_node.orchestrator.verify import verify as look_at_staging
from swarm_node.portage.entry import Entry

log = logging.getLogger(__name__)

FULL = (errno.ENOSPC, errno.EDQUOT)


class Released(Struct, frozen=True):
    """A release that clients see now."""

    release: int
    packages: int
    added: int
    size: int
    risk: int
    forced: str = ""
    findings: tuple[Finding, ...] = ()


class RolledBack(Struct, frozen=True):
    """Clients see `release` again instead of `left`."""

    release: int
    left: int


async def verify(parts: Parts) -> Report:
    """Look at everything staged and record the verdict. Raises: Refused (nothing_to_do, stale_verify)."""
    async with parts.releasing:
        return await look_at_staging(parts)


async def finalize(parts: Parts, *, force: str = "", verify_id: str = "") -> Released:
    """Release exactly what was verified; verified first if staging changed since.

    Who comes while another's release is being made gets that one, unless something is left to release.
    Goes on to its end even if the caller goes away.
    Raises: Refused (too_risky, stale_verify, nothing_to_do, already_running, disk_full).
    """
    return await asyncio.shield(asyncio.ensure_future(_finalize(parts, force, verify_id)))


async def _finalize(parts: Parts, force: str, wanted: str) -> Released:
    last = _latest(parts.swarm.state)
    async with parts.releasing:
        await _settle(parts)
        latest = _latest(parts.swarm.state)
        if latest is not None and latest != last and _shared(parts.swarm.state, latest, wanted):
            return _released(parts.swarm.state.releases[latest])
        await _verify(parts, wanted)
        release, added = await _prepare(parts, force)
        await _make(parts, release, added)
        return _released(parts.swarm.state.releases[release])


def _latest(state: State) -> int | None:
    return max((n for n, release in state.releases.items() if release.status == "published"), default=None)


def _shared(state: State, latest: int, wanted: str) -> bool:
    """Whether the release that was just made is the one that was asked for."""
    return state.releases[latest].verify_id == wanted or not (wanted or state.by_status("staged"))


def _released(release: Release) -> Released:
    return Released(
        release=release.number,
        packages=release.packages,
        added=release.added,
        size=release.size,
        risk=release.score,
        forced=release.forced,
        findings=release.findings,
    )


async def _verify(parts: Parts, wanted: str) -> None:
    """A caller who names a verdict gets exactly that one or a refusal."""
    state = parts.swarm.state
    now = verify_id(state.by_status("staged"))
    if wanted and wanted != now:
        raise Refused("stale_verify", "staging changed since it was verified", "build-swarm verify")
    if state.verified is None or state.verified.verify_id != now:
        await look_at_staging(parts)


Staged = list[tuple[Entry, Artifact]]


async def _prepare(parts: Parts, force: str) -> tuple[int, Staged]:
    """The number of the release, and the packages that go into it as they are at the moment of the event."""
    entries = {entry.path: entry for entry in await asyncio.to_thread(parts.staging.entries)}
    state = parts.swarm.state
    if state.verified is None:
        raise Refused("stale_verify", "staging changed while it was verified", "build-swarm finalize")
    artifacts = _artifacts(state)
    command = c.PrepareRelease(verify_id=state.verified.verify_id, force=force)
    events = await parts.swarm.submit(command)
    prepared = next(event for event in events if isinstance(event, ReleasePrepared))
    added = [(entries[artifact.path], artifact) for artifact in artifacts if artifact.path in entries]
    return prepared.release, added


async def _make(parts: Parts, number: int, added: Staged) -> None:
    """From prepared to published; or to abandoned, whatever goes wrong before clients see it."""
    try:
        built = await asyncio.to_thread(_build, parts, number, added)
        await asyncio.to_thread(parts.production.publish, number)
    except Exception as error:
        if await asyncio.to_thread(parts.production.current) != number:
            await _abandon(parts, number, error)
            raise _refusal(error) from error
        log.warning("release %d is visible, but perhaps not durable: %s", number, error)
        built = _figures(parts, number, len(added))
    await _publish(parts, number, built, [artifact for _, artifact in added])


def _build(parts: Parts, number: int, added: Staged) -> Built:
    with parts.staging.still():
        return parts.production.build(number, parts.production.current(), parts.staging.directory, added)


async def _abandon(parts: Parts, number: int, error: Exception) -> None:
    await asyncio.to_thread(parts.production.abandon, number)
    await parts.swarm.submit(c.AbandonRelease(release=number, reason=f"{error}"[:200]))


def _refusal(error: Exception) -> Exception:
    """What stopped a release, as an answer; a bug stays one."""
    if not isinstance(error, OSError):
        return error
    full = error.errno in FULL
    return Refused(
        "disk_full" if full else "bad_state",
        f"the release could not be made: {error.strerror}; clients see what they saw before",
        "free space where PRODUCTION_DIR is, then: build-swarm finalize"
        if full
        else "look at the disk of PRODUCTION_DIR, then: build-swarm finalize",
    )


def _figures(parts: Parts, number: int, added: int) -> Built:
    manifest = parts.production.manifest(number)
    return Built(len(manifest.packages), manifest.size, added)


async def _publish(parts: Parts, number: int, built: Built, artifacts: Sequence[Artifact]) -> None:
    """Tell the log what clients see already, and tidy up."""
    await parts.swarm.submit(
        c.PublishRelease(release=number, packages=built.packages, size=built.size, added=built.added)
    )
    state = parts.swarm.state
    if state.session.phase == "building" and not state.by_status("needed", "assigned", "building"):
        await parts.swarm.submit(c.EnterPhase(phase="idle"))
    try:
        await asyncio.to_thread(parts.staging.withdraw, *(artifact.path for artifact in artifacts))
    except OSError as error:
        log.warning("staging still holds what was released, until the next start: %s", error)
    await _retire(parts)


async def _retire(parts: Parts) -> None:
    """Keep the newest releases and the live one; forget the others."""
    state = parts.swarm.state
    kept = sorted(r.number for r in state.releases.values() if r.status == "published")
    for number in kept[: -parts.settings.keep_releases]:
        if number != state.current:
            await parts.swarm.submit(c.ForgetRelease(release=number))
            await asyncio.to_thread(parts.production.forget, number)


async def rollback(parts: Parts, release: int | None) -> RolledBack:
    """Show clients an older release. The log comes first: a crash in between is rolled forward at start.

    Raises: Refused (unknown_release, nothing_to_do, disk_full).
    """
    return await asyncio.shield(asyncio.ensure_future(_rollback(parts, release)))


async def _rollback(parts: Parts, release: int | None) -> RolledBack:
    async with parts.releasing:
        await _settle(parts)
        events = await parts.swarm.submit(c.RollBack(release=release))
        event = next(event for event in events if isinstance(event, ReleaseRolledBack))
        try:
            await asyncio.to_thread(parts.production.publish, event.release)
        except (OSError, Refused) as error:
            await parts.swarm.submit(c.RollBack(release=event.left))
            raise _refusal(error) from error
        return RolledBack(event.release, event.left)


async def recover(parts: Parts) -> None:
    """Bring staging and production to what the log says, whatever ended the last run."""
    async with parts.releasing:
        await _settle(parts)
        state = parts.swarm.state
        if not state.releases:
            await asyncio.to_thread(adopt, parts.production)
        elif state.current is not None:
            await _show(parts, state.current)
        await asyncio.to_thread(
            parts.production.sweep, [r.number for r in state.releases.values() if r.status == "published"]
        )
        missing = await asyncio.to_thread(parts.staging.reconcile, _artifacts(state))
        if missing:
            log.error("staging lacks %d recorded package(s), first %s", len(missing), missing[0])


async def _show(parts: Parts, current: int) -> None:
    """The live release is the log's. One that is gone costs its clients, not the start of the swarm."""
    try:
        await asyncio.to_thread(parts.production.publish, current)
    except (OSError, Refused) as error:
        log.error("clients do not see release %d: %s", current, error)


async def _settle(parts: Parts) -> None:
    """Releases that were begun and not ended: visible means published, not visible means never."""
    for release in [r for r in parts.swarm.state.releases.values() if r.status == "prepared"]:
        number = release.number
        if await asyncio.to_thread(parts.production.current) == number:
            built = await asyncio.to_thread(_figures, parts, number, len(release.builds))
            await parts.swarm.submit(
                c.PublishRelease(release=number, packages=built.packages, size=built.size, added=built.added)
            )
        else:
            await asyncio.to_thread(parts.production.abandon, number)
            await parts.swarm.submit(c.AbandonRelease(release=number, reason="interrupted"))


def _artifacts(state: State) -> list[Artifact]:
    return [build.artifact for build in state.by_status("staged") if build.artifact is not None]
