"""A swarm at the point where its packages are staged: real log, real staging, real packages, no HTTP."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from unittest.mock import patch

from swarm_node.model.commands import (
    EnterPhase,
    OpenSession,
    PlanQueue,
    RequestWork,
    SeeNode,
    StageBuild,
    StartAttempt,
)
from swarm_node.model.events import BuildAssigned
from swarm_node.model.work import Artifact, Measures, NodeFacts, PlanRow
from swarm_node.orchestrator import verify
from swarm_node.orchestrator.app import assemble, recover
from swarm_node.orchestrator.parts import Parts
from swarm_node.portage.emerge import package_path
from swarm_node.settings import OrchestratorSettings
from tests.unit.gpkgs import container, metadata_tar
from tests.unit.gpkgs import parts as members

NODE = "izar"


def package(cpv: str, build_id: int, *, image: bytes | None = None, **metadata: str) -> bytes:
    """A GPKG of this name that declares nothing but `metadata`; `image` is its image archive."""
    category, _, pf = cpv.partition("/")
    plain = {"RDEPEND": "", "USE": "", "IUSE": "", "PROVIDES": "", "REQUIRES": "", "SLOT": "0"}
    named = {"CATEGORY": category, "PF": pf, "BUILD_ID": str(build_id)}
    values = {**plain, **named, **metadata}
    changed = {} if image is None else {"image_tar": image}
    return container(
        members(
            metadata_tar=metadata_tar({name: value or None for name, value in values.items()}), **changed
        ),
        prefix=f"{pf}-{build_id}",
    )


def settings(home: Path, *, port: int = 0, keep: int = 5) -> OrchestratorSettings:
    """Everything below `home`, no client profiles, no builder of its own."""
    return OrchestratorSettings(
        node_name="orchestrator",
        orchestrator_port=port,
        build_mode="delegate_only",
        state_dir=home / "state",
        staging_dir=home / "staging",
        production_dir=home / "production",
        profiles_dir=home / "profiles",
        keep_releases=keep,
        lease_seconds=3600,  # of nodes that nobody speaks for
    )


@asynccontextmanager
async def swarm(
    home: Path, *, keep: int = 5, told: OrchestratorSettings | None = None
) -> AsyncIterator[Parts]:
    """The orchestrator's parts, recovered as at its start and closed as at its end.

    Without settings of its own it has no clients, so that nothing is rehearsed; see tests/e2e for that.
    """
    parts = assemble(told or settings(home, keep=keep), "http://127.0.0.1:8080")
    clients = patch.object(verify, "read_profiles", return_value=()) if told is None else nullcontext()
    try:
        with clients:
            await recover(parts)
            await see_node(parts)
            yield parts
    finally:
        await parts.swarm.close()
        parts.production.swept()


async def see_node(parts: Parts) -> None:
    await parts.swarm.submit(SeeNode(name=NODE, facts=NodeFacts(cores=4, memory=8 << 30)))


async def plan(parts: Parts, *rows: PlanRow | str) -> None:
    """A session that goes on, with exactly these in its queue; what is staged stays."""
    staged = [build.row for build in parts.swarm.state.by_status("staged")]
    wanted = [row if isinstance(row, PlanRow) else plain_row(row) for row in rows]
    await parts.swarm.submit(
        OpenSession(clear=False), PlanQueue(rows=(*staged, *wanted)), EnterPhase(phase="building")
    )


def plain_row(cpv: str) -> PlanRow:
    return PlanRow(cpv, cpv, "0", "demo", "new")


def upload(parts: Parts, attempt: int, cpv: str, content: bytes, repository: str = "demo") -> Artifact:
    """What the upload handler does, in one piece."""
    receiving = parts.staging.upload(attempt)
    receiving.write(content)
    digest = hashlib.sha512(content).hexdigest()
    return receiving.finish(digest, cpv=cpv, build_id=attempt, repository=repository, slot="")


async def stage(parts: Parts, *rows: PlanRow | str, room: str = "root-overlay", **metadata: str) -> list[int]:
    """Plan these, build them one after the other, stage them; their attempts' numbers."""
    await plan(parts, *rows)
    attempts: list[int] = []
    while (given := await _next(parts)) is not None:
        row = parts.swarm.state.builds[given.build].row
        await parts.swarm.submit(StartAttempt(node=NODE, attempt=given.attempt))
        content = package(row.cpv, given.attempt, repository=row.repository, **metadata)
        artifact = upload(parts, given.attempt, row.cpv, content, row.repository)
        parts.staging.publish(artifact)
        measures = Measures(seconds=1.0, room=room)  # type: ignore[arg-type]
        await parts.swarm.submit(
            StageBuild(node=NODE, attempt=given.attempt, artifact=artifact, measures=measures)
        )
        attempts.append(given.attempt)
    return attempts


async def _next(parts: Parts) -> BuildAssigned | None:
    events = await parts.swarm.submit(RequestWork(node=NODE))
    return next((event for event in events if isinstance(event, BuildAssigned)), None)


def paths(*cpvs: tuple[str, int]) -> set[str]:
    """Where packages lie, by cpv and BUILD_ID."""
    return {package_path(cpv, build_id) for cpv, build_id in cpvs}
