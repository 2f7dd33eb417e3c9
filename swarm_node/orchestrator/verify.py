"""`verify`: look at staging as if it were released, and itemise what speaks against it."""

import asyncio
import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

from swarm_node.model.commands import RecordVerify
from swarm_node.model.events import Finding
from swarm_node.model.graph import reach
from swarm_node.model.refusal import Refused
from swarm_node.model.risk import Blocked, Facts, Missing, Package, assess, score
from swarm_node.model.state import Build, State
from swarm_node.model.why import on_trial
from swarm_node.model.work import Artifact
from swarm_node.orchestrator.content import compose, field
from swarm_node.orchestrator.parts import Parts
from swarm_node.orchestrator.preparation import own_prefix
from swarm_node.orchestrator.production import digest_of
from swarm_node.portage.entry import Entry
from swarm_node.portage.index import BadIndex, Index
from swarm_node.portage.profile import read_profiles
from swarm_node.portage.rehearsal import Rehearsal, rehearse
from swarm_node.portage.relations import Offer, cp_of, unsatisfied, version_key
from swarm_node.portage.repositories import repositories
from swarm_node.portage.sonames import parse

WAITING: Final = "needed"
SAID: Final = 3
"""Lines of emerge's that stand for a rehearsal whose reason is not known."""


class Report(Struct, frozen=True):
    """The verdict; `verify_id` names exactly the set that was looked at."""

    verify_id: str
    score: int
    limit: int
    findings: tuple[Finding, ...]
    packages: int
    size: int


class Candidate(Struct, frozen=True):
    """The release that staging would make: what it adds, what clients have, what they would have."""

    staged: tuple[Entry, ...]
    production: tuple[Entry, ...]
    release: tuple[Entry, ...]


async def verify(parts: Parts) -> Report:
    """Look at everything staged and record the verdict; the caller sees to it that nobody else does.

    Raises: Refused (nothing_to_do, stale_verify, unresolvable).
    """
    state = parts.swarm.state
    staged = state.by_status("staged")
    if not staged:
        raise Refused("nothing_to_do", "staging holds nothing to verify", "build-swarm status")
    name = verify_id(staged)
    findings = await asyncio.to_thread(assess, await _facts(parts, staged))
    if verify_id(parts.swarm.state.by_status("staged")) != name:
        raise Refused("stale_verify", "staging changed while it was verified", "build-swarm verify")
    size = sum(artifact.size for artifact in _artifacts(staged))
    await parts.swarm.submit(
        RecordVerify(
            verify_id=name, score=score(findings), findings=findings, packages=len(staged), size=size
        )
    )
    return Report(name, score(findings), state.policy.risk_limit, findings, len(staged), size)


def verify_id(staged: Iterable[Build]) -> str:
    """A digest of the staged set: ids, paths and contents."""
    lines = sorted(f"{b.id} {b.artifact.path} {b.artifact.sha512}" if b.artifact else b.id for b in staged)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _artifacts(staged: Iterable[Build]) -> Iterator[Artifact]:
    return (build.artifact for build in staged if build.artifact is not None)


async def _facts(parts: Parts, staged: list[Build]) -> Facts:
    state = parts.swarm.state
    blocked = state.by_status("blocked")
    excused = {cp_of(build.row.cpv) for build in (*blocked, *_waiting_for(state, blocked))}
    rooms = {b.artifact.path: b.measures.room for b in staged if b.artifact and b.measures}
    candidate = await asyncio.to_thread(_candidate, parts, list(_artifacts(staged)))
    damaged, missing, rehearsals, packages = await asyncio.gather(
        asyncio.to_thread(_damaged, parts.staging.directory, list(_artifacts(staged)), candidate.staged),
        asyncio.to_thread(_missing, candidate),
        _rehearse(parts, candidate.release, excused),
        asyncio.to_thread(_packages, candidate, rooms),
    )
    lacking = {one.package for one in missing}
    return Facts(
        staged=tuple(packages[entry] for entry in candidate.staged),
        production=tuple(packages[entry] for entry in candidate.production),
        release=tuple(packages[entry] for entry in candidate.release),
        damaged=damaged,
        unsatisfied=missing,
        blocked=tuple(Blocked(build.row.cpv, cp_of(build.row.cpv)) for build in blocked),
        rehearsals=tuple((profile, said) for profile, because, said in rehearsals if because not in lacking),
        simulated=tuple(build.row.cpv for build in staged if build.row.simulated),
        on_trial=tuple(build.row.cpv for build in staged if on_trial(parts.swarm.state, build)),
    )


def _waiting_for(state: State, blocked: Iterable[Build]) -> list[Build]:
    """What could not be built because of these."""
    dependents = {name: state.queue.dependents.get(name, ()) for name in state.builds}
    names = {name for build in blocked for name in reach(dependents, build.id)}
    return [state.builds[name] for name in names if state.builds[name].status == WAITING]


def _candidate(parts: Parts, artifacts: Iterable[Artifact]) -> Candidate:
    paths = {artifact.path for artifact in artifacts}
    staged = tuple(entry for entry in parts.staging.entries() if entry.path in paths)
    try:
        production = tuple(parts.production.index(parts.production.current()))
    except BadIndex as error:
        raise Refused("unresolvable", str(error), "build-swarm rollback") from None
    return Candidate(staged, production, compose(production, staged))


def _damaged(staging: Path, artifacts: Iterable[Artifact], staged: Iterable[Entry]) -> tuple[str, ...]:
    """Recorded packages whose file is gone, not indexed or not what was uploaded."""
    shown = {entry.path for entry in staged}
    return tuple(
        artifact.path
        for artifact in artifacts
        if artifact.path not in shown or not _intact(staging / artifact.path, artifact.sha512)
    )


def _intact(path: Path, sha512: str) -> bool:
    try:
        return digest_of(path) == sha512
    except OSError:
        return False


def _missing(candidate: Candidate) -> tuple[Missing, ...]:
    """What packages would run without: the new ones, and the old ones where a package changed its slot."""
    offer = Offer(candidate.release)
    found = set(unsatisfied(candidate.staged, offer))
    if _moved(candidate):
        kept = set(candidate.release) - set(candidate.staged)
        found |= set(unsatisfied(kept, offer)) - set(unsatisfied(kept, Offer(candidate.production)))
    return tuple(Missing(one.cpv, one.atom, one.cp) for one in sorted(found))


def _moved(candidate: Candidate) -> bool:
    slots = {entry.key.cpv: field(entry, "SLOT") for entry in candidate.staged}
    return any(slots.get(e.key.cpv, slot) != slot for e in candidate.production if (slot := field(e, "SLOT")))


async def _rehearse(
    parts: Parts, release: Iterable[Entry], excused: Collection[str]
) -> list[tuple[str, str, str]]:
    """Real emerge --pretend of each client's world against the release: (profile, because of, problem)."""
    profiles = read_profiles(parts.settings.profiles_dir)
    if not profiles:
        return []
    directory = parts.settings.state_dir / "candidate"
    await asyncio.to_thread(_write, directory, release)
    prefix = own_prefix(parts)
    found = repositories(prefix)
    rehearsals = [
        await rehearse(prefix.portage, profile, found, [directory], parts.settings.state_dir / "rehearse")
        for profile in profiles
    ]
    return [problem for rehearsal in rehearsals for problem in _problems(rehearsal, excused)]


def _write(directory: Path, release: Iterable[Entry]) -> None:
    """An index of what is not there yet; a rehearsal fetches nothing."""
    directory.mkdir(parents=True, exist_ok=True)
    index = Index()
    for entry in release:
        index.add(entry)
    index.write(directory, {})


def _problems(rehearsal: Rehearsal, excused: Collection[str]) -> Iterator[tuple[str, str, str]]:
    """Each reason once; a package that is blocked, or waits for one that is, counts as that alone."""
    if rehearsal.ok:
        return
    reasons = {one.because or one.cpv: one.summary for one in reversed(rehearsal.missing)}
    for because, summary in reasons.items():
        if cp_of(because) not in excused:
            yield rehearsal.profile, because, f"{because}: {summary}"
    if not reasons:
        yield rehearsal.profile, "", _last(rehearsal.lines)


def _last(lines: Sequence[str]) -> str:
    return " / ".join(line.strip() for line in lines[-SAID:]) or "emerge failed and said nothing"


def _packages(candidate: Candidate, rooms: Mapping[str, str]) -> dict[Entry, Package]:
    entries = {*candidate.production, *candidate.release}
    return {entry: _package(entry, rooms.get(entry.path, "")) for entry in entries}


def _package(entry: Entry, room: str) -> Package:
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
