"""`finalize` and `rollback`: from staging to what clients see, one at a time, safe against any crash."""

import asyncio
import logging

from msgspec import Struct

from swarm_node.model import commands as c
from swarm_node.model.events import Finding, ReleasePrepared, ReleaseRolledBack
from swarm_node.model.refusal import Refused
from swarm_node.model.state import Release, State
from swarm_node.model.work import Artifact
from swarm_node.orchestrator.parts import Parts
from swarm_node.orchestrator.production import Built
from swarm_node.orchestrator.verify import Report, verify, verify_id
from swarm_node.portage.entry import Entry

log = logging.getLogger(__name__)

__all__ = ["finalize", "recover", "rollback", "verify"]


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


async def finalize(parts: Parts, *, force: str = "", verify_id: str = "") -> Released:
    """Release exactly what was verified; verified first if staging changed since.

    Raises: Refused (too_risky, stale_verify, nothing_to_do, already_running, disk_full).
    """
    async with parts.releasing:
        await _verified(parts, verify_id)
        verified = parts.swarm.state.verified
        assert verified is not None
        prepared = await parts.swarm.submit(c.PrepareRelease(verify_id=verified.verify_id, force=force))
        release = next(event for event in prepared if isinstance(event, ReleasePrepared))
        built = await _build(parts, release)
        await _publish(parts, release.release, built)
        return Released(
            release=release.release,
            packages=built.packages,
            added=built.added,
            size=built.size,
            risk=release.score,
            forced=release.forced,
            findings=verified.findings,
        )


async def _verified(parts: Parts, wanted: str) -> Report | None:
    """A caller who names a verdict gets exactly that one or a refusal."""
    state = parts.swarm.state
    now = verify_id(state.by_status("staged"))
    if wanted and wanted != now:
        raise Refused("stale_verify", "staging changed since it was verified", "build-swarm verify")
    if state.verified is None or state.verified.verify_id != now:
        return await verify(parts)
    return None


async def _build(parts: Parts, release: ReleasePrepared) -> Built:
    """Make the release's directory; whatever goes wrong, it is abandoned."""
    try:
        added = _staged(parts, release.builds)
        base = parts.production.current()
        return await asyncio.to_thread(
            parts.production.build, release.release, base, parts.staging.directory, added
        )
    except BaseException as error:
        await asyncio.to_thread(parts.production.abandon, release.release)
        await parts.swarm.submit(c.AbandonRelease(release=release.release, reason=f"{error}"[:200]))
        raise


def _staged(parts: Parts, builds: tuple[str, ...]) -> list[tuple[Entry, Artifact]]:
    entries = {entry.path: entry for entry in parts.staging.entries()}
    artifacts = [parts.swarm.state.builds[name].artifact for name in builds]
    return [(entries[a.path], a) for a in artifacts if a is not None]


async def _publish(parts: Parts, number: int, built: Built) -> None:
    await asyncio.to_thread(parts.production.publish, number)
    await parts.swarm.submit(
        c.PublishRelease(release=number, packages=built.packages, size=built.size, added=built.added)
    )
    await _retire(parts)
    await _recover_staging(parts)
    if not parts.swarm.state.by_status("needed", "assigned", "building"):
        await parts.swarm.submit(c.EnterPhase(phase="idle"))


async def _retire(parts: Parts) -> None:
    """Keep the newest releases and the live one; forget the others."""
    state = parts.swarm.state
    kept = sorted(r.number for r in state.releases.values() if r.status == "published")
    for number in kept[: -parts.settings.keep_releases]:
        if number != state.current:
            await parts.swarm.submit(c.ForgetRelease(release=number))
            await asyncio.to_thread(parts.production.forget, number)


async def rollback(parts: Parts, release: int | None) -> RolledBack:
    """Show clients an older release. The log comes first: a crash in between is rolled forward at start."""
    async with parts.releasing:
        events = await parts.swarm.submit(c.RollBack(release=release))
        event = next(event for event in events if isinstance(event, ReleaseRolledBack))
        await asyncio.to_thread(parts.production.publish, event.release)
        return RolledBack(event.release, event.left)


async def recover(parts: Parts) -> None:
    """Bring staging and production to what the log says, whatever ended the last run."""
    state = parts.swarm.state
    for release in [r for r in state.releases.values() if r.status == "prepared"]:
        await _settle(parts, release)
    if state.current is not None and parts.production.current() != state.current:
        await asyncio.to_thread(parts.production.publish, state.current)
    await asyncio.to_thread(parts.production.sweep)
    await _recover_staging(parts)


async def _settle(parts: Parts, release: Release) -> None:
    """Visible already: it was published. Not visible: it never was."""
    if parts.production.current() == release.number:
        manifest = parts.production.manifest(release.number)
        built = Built(len(manifest.packages), sum(p.size for p in manifest.packages), len(release.builds))
        await parts.swarm.submit(
            c.PublishRelease(
                release=release.number, packages=built.packages, size=built.size, added=built.added
            )
        )
        return
    await asyncio.to_thread(parts.production.abandon, release.number)
    await parts.swarm.submit(c.AbandonRelease(release=release.number, reason="interrupted"))


async def _recover_staging(parts: Parts) -> None:
    artifacts = _artifacts(parts.swarm.state)
    missing = await asyncio.to_thread(parts.staging.reconcile, artifacts)
    if missing:
        log.error("staging lacks %d recorded package(s), first %s", len(missing), missing[0])


def _artifacts(state: State) -> list[Artifact]:
    return [build.artifact for build in state.by_status("staged") if build.artifact is not None]
