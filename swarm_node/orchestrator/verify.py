"""`verify`: look at staging as if it were released, and itemise what speaks against it."""

import asyncio
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from swarm_node.model.commands import RecordVerify
from swarm_node.model.events import Finding
from swarm_node.model.graph import reach
from swarm_node.model.refusal import Refused
from swarm_node.model.risk import Facts, Package, assess, score
from swarm_node.model.state import Build, State
from swarm_node.orchestrator.parts import Parts
from swarm_node.orchestrator.preparation import own_prefix
from swarm_node.orchestrator.production import digest_of
from swarm_node.portage import trees
from swarm_node.portage.entry import Entry
from swarm_node.portage.install import find_portage
from swarm_node.portage.profile import read_profiles
from swarm_node.portage.rehearsal import rehearse
from swarm_node.portage.relations import Offer, cp_of, unsatisfied, version_key
from swarm_node.portage.sonames import parse


class Report(Struct, frozen=True):
    """The verdict; `verify_id` names exactly the set that was looked at."""

    verify_id: str
    score: int
    limit: int
    findings: tuple[Finding, ...]
    packages: int
    size: int


async def verify(parts: Parts) -> Report:
    """Look at everything staged and record the verdict. Raises: Refused (nothing_to_do)."""
    state = parts.swarm.state
    staged = state.by_status("staged")
    if not staged:
        raise Refused("nothing_to_do", "staging holds nothing to verify", "build-swarm status")
    name = verify_id(staged)
    facts = await _facts(parts, staged)
    findings = assess(facts)
    size = sum(build.artifact.size for build in staged if build.artifact is not None)
    if verify_id(parts.swarm.state.by_status("staged")) != name:
        raise Refused("stale_verify", "staging changed while it was verified", "build-swarm verify")
    await parts.swarm.submit(
        RecordVerify(
            verify_id=name, score=score(findings), findings=findings, packages=len(staged), size=size
        )
    )
    return Report(name, score(findings), state.policy.risk_limit, findings, len(staged), size)


def verify_id(staged: Iterable[Build]) -> str:
    """A digest of the staged set: ids and contents."""
    lines = sorted(f"{b.id} {b.artifact.sha512 if b.artifact else ''}" for b in staged)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


async def _facts(parts: Parts, staged: list[Build]) -> Facts:
    state = parts.swarm.state
    entries = {entry.path: entry for entry in parts.staging.entries()}
    released = list(parts.production.index(parts.production.current()))
    mine = [entries[b.artifact.path] for b in staged if b.artifact and b.artifact.path in entries]
    rooms = {b.artifact.path: b.measures.room for b in staged if b.artifact and b.measures}
    damaged, rehearsals = await asyncio.gather(
        asyncio.to_thread(_damaged, parts.staging.directory, staged, entries), _rehearse(parts)
    )
    return Facts(
        staged=tuple(_package(entry, rooms.get(entry.path, "")) for entry in mine),
        production=tuple(_package(entry) for entry in released),
        damaged=damaged,
        unsatisfied=tuple(unsatisfied(mine, Offer([*mine, *released]))),
        blocked=tuple((b.row.cpv, _needed_by(state, b)) for b in state.by_status("blocked")),
        rehearsals=rehearsals,
        simulated=tuple(b.row.cpv for b in staged if b.row.simulated),
    )


def _damaged(staging: Path, staged: list[Build], entries: Mapping[str, Entry]) -> tuple[str, ...]:
    """Recorded packages whose file is gone, not indexed or not what was uploaded."""
    found = []
    for build in staged:
        artifact = build.artifact
        if artifact is None:
            continue
        try:
            intact = artifact.path in entries and digest_of(staging / artifact.path) == artifact.sha512
        except OSError:
            intact = False
        if not intact:
            found.append(artifact.path)
    return tuple(found)


def _needed_by(state: State, blocked: Build) -> tuple[str, ...]:
    """Staged builds that the resolver wanted together with the blocked one."""
    above = reach(state.queue.dependents, blocked.id)
    return tuple(sorted(name for name in above if state.builds[name].status == "staged"))


async def _rehearse(parts: Parts) -> tuple[tuple[str, str], ...]:
    """Real emerge --pretend of each client's world against staging over production."""
    current = parts.production.current()
    binhosts = [parts.staging.directory]
    if current is not None:
        binhosts.append(parts.production.path(current))
    left_out = tuple(f"={build.row.cpv}" for build in parts.swarm.state.by_status("blocked"))
    found = []
    for profile in read_profiles(parts.settings.profiles_dir):
        rehearsal = await rehearse(
            find_portage(),
            profile,
            trees.trees(own_prefix(parts)),
            binhosts,
            parts.settings.state_dir / "rehearse",
            left_out=left_out,
        )
        found += [(profile.name, line) for line in rehearsal.problems]
    return tuple(found)


def _package(entry: Entry, room: str = "") -> Package:
    fields = entry.fields()
    return Package(
        cpv=entry.key.cpv,
        cp=cp_of(entry.key.cpv),
        slot=fields.get("SLOT", "0"),
        version_key=version_key(entry.key.cpv),
        size=entry.size,
        provides=frozenset(map(str, parse(fields.get("PROVIDES", "")))),
        requires=frozenset(map(str, parse(fields.get("REQUIRES", "")))),
        room=room,
    )
