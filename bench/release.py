"""Releases: ten thousand small packages finalized, and one more; durable, indexed, with the real log."""

import asyncio
import hashlib
import os
import tempfile
import time
from collections.abc import Awaitable, Iterable, Mapping
from pathlib import Path
from typing import Final

from bench import Row
from bench.index import package
from swarm_node.model.commands import (
    EnterPhase,
    OpenSession,
    PlanQueue,
    RecordVerify,
    RequestWork,
    SeeNode,
    StageBuild,
)
from swarm_node.model.events import BuildAssigned
from swarm_node.model.work import Artifact, Measures, NodeFacts, PlanRow
from swarm_node.orchestrator.app import assemble, recover
from swarm_node.orchestrator.parts import Parts
from swarm_node.orchestrator.release import finalize, rollback
from swarm_node.orchestrator.verify import verify_id
from swarm_node.portage.emerge import package_path
from swarm_node.portage.entry import entry
from swarm_node.portage.index import Index
from swarm_node.settings import OrchestratorSettings

MANY: Final = 10_000
NODES: Final = 500
CONTENT: Final = b"x" * 2048
DIGEST: Final = hashlib.sha512(CONTENT).hexdigest()


def rows() -> list[Row]:
    """Seconds from the order to the answer; verified before, as an operator does."""
    with tempfile.TemporaryDirectory() as name:
        many, one, back = asyncio.run(_measure(Path(name)))
    return [
        _row(f"finalize: {MANY:,} small packages, first release", many, 2.0),
        _row(f"finalize: one package into {MANY:,}", one, 2.0),
        _row(f"rollback: {MANY:,} packages", back, 2.0),
    ]


async def _measure(home: Path) -> tuple[float, float, float]:
    settings = OrchestratorSettings(
        state_dir=home / "state", staging_dir=home / "staging", production_dir=home / "production"
    )
    parts = assemble(settings, "http://127.0.0.1:8080")
    try:
        await recover(parts)
        await _stage(parts, range(MANY))
        many = await _timed(finalize(parts))
        await _stage(parts, [MANY])
        one = await _timed(finalize(parts))
        return many, one, await _timed(rollback(parts, 1))
    finally:
        await parts.swarm.close()


async def _timed(action: Awaitable[object]) -> float:
    os.sync()  # what was written before is not what is measured
    started = time.perf_counter()
    await action
    return time.perf_counter() - started


async def _stage(parts: Parts, numbers: Iterable[int]) -> None:
    """A session whose builds are all done and verified, by as many nodes at once."""
    names = {package(number).cpv: number for number in numbers}
    rows = tuple(PlanRow(cpv, cpv, "0/1", "gentoo", "new") for cpv in names)
    await parts.swarm.submit(OpenSession(clear=False), PlanQueue(rows=rows), EnterPhase(phase="building"))
    nodes = [f"node{number}" for number in range(min(NODES, len(names)))]
    await parts.swarm.submit(*(SeeNode(name=node, facts=NodeFacts(cores=4)) for node in nodes))
    index, artifacts = Index(), []
    while given := await _assigned(parts, nodes):
        placed = [_place(parts.staging.directory, names, one, index) for one in given]
        artifacts += placed
        await parts.swarm.submit(
            *(
                StageBuild(node=one.node, attempt=one.attempt, artifact=artifact, measures=Measures(1.0))
                for one, artifact in zip(given, placed, strict=True)
            )
        )
    index.write(parts.staging.directory, {})
    missing = parts.staging.reconcile(artifacts)
    staged = parts.swarm.state.by_status("staged")
    if missing or len(staged) != len(names):
        raise RuntimeError(f"{len(staged)} of {len(names)} packages staged, {len(missing)} missing")
    await parts.swarm.submit(
        RecordVerify(verify_id=verify_id(staged), score=0, findings=(), packages=len(staged))
    )


async def _assigned(parts: Parts, nodes: list[str]) -> list[BuildAssigned]:
    events = await parts.swarm.submit(*(RequestWork(node=node) for node in nodes))
    return [event for event in events if isinstance(event, BuildAssigned)]


def _place(staging: Path, names: Mapping[str, int], given: BuildAssigned, index: Index) -> Artifact:
    """A package as an upload leaves it, but for the sync of each."""
    built = package(names[given.build])
    path = package_path(built.cpv, given.attempt)
    place = staging / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(CONTENT)
    index.add(entry(built, path=path, size=len(CONTENT), mtime=1, md5="0" * 32, sha1="0" * 40))
    return Artifact(path, DIGEST, len(CONTENT), given.attempt)


def _row(what: str, figure: float, target: float) -> Row:
    return Row(what, f"{figure:.2f} s", f"{target:g} s", figure / target, figure <= target)
