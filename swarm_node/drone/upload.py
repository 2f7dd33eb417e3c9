"""Handing in: a package and its completion, or a failure; each answered with the next work."""

import logging
from pathlib import Path
from typing import Final

from swarm_node.drone.orchestrator import PASSING, Orchestrator
from swarm_node.drone.result import Result, package_path
from swarm_node.model.messages import Completion, FailureReport, Settled
from swarm_node.model.refusal import Refused
from swarm_node.model.work import Measures, Work

log = logging.getLogger(__name__)

OVER: Final = frozenset(
    {"conflicting_result", "forbidden", "stale_attempt", "unknown_attempt", "unknown_node"}
)
"""Refusals of a result that nobody waits for any more: it is dropped."""


async def deliver(
    orchestrator: Orchestrator, attempts: Path, result: Result, *, perhaps_there: bool = False
) -> Work | None:
    """Upload a package and complete its attempt; answers the next work, None when nobody waits for it.

    With `perhaps_there` the completion is tried first: an answer may have been lost, or the drone restarted
    between the upload and it. What the orchestrator will never take becomes a failure in the phase `upload`.
    """
    path = f"/api/v1/attempts/{result.attempt}"
    completion = Completion(
        node=orchestrator.name,
        measures=result.measures,
        sha512=result.sha512,
        size=result.size,
    )
    package = package_path(attempts, result)
    uploading = not perhaps_there

    async def hand_in() -> Settled:
        nonlocal uploading
        if uploading:
            uploading = False
            await orchestrator.upload(f"{path}/package", package, result.sha512)
        try:
            return await orchestrator.post(f"{path}/complete", completion, Settled)
        except Refused as no:
            uploading = no.code == "no_package"
            raise

    try:
        answer = await orchestrator.until_answered(hand_in, PASSING | {"no_package"})
    except Refused as no:
        if no.code in OVER:
            log.warning("attempt %d dropped: %s", result.attempt, no.message)
            return None
        log.error("attempt %d is not taken: %s", result.attempt, no.message)
        failure = FailureReport(
            node=orchestrator.name,
            phase="upload",
            seconds=result.measures.seconds,
            measures=result.measures,
        )
        return await report(orchestrator, result.attempt, failure)
    return answer.work


async def report(orchestrator: Orchestrator, attempt: int, failure: FailureReport) -> Work | None:
    """Tell that an attempt failed; answers the next work, None when nobody waits for it."""
    return await _settle(orchestrator, f"/api/v1/attempts/{attempt}/fail", attempt, failure)


async def complete_dummy(orchestrator: Orchestrator, attempt: int) -> Work | None:
    """Complete an attempt of `stress`, for which nothing is built; answers the next work."""
    completion = Completion(node=orchestrator.name, measures=Measures(0.0))
    return await _settle(orchestrator, f"/api/v1/attempts/{attempt}/complete", attempt, completion)


async def _settle(orchestrator: Orchestrator, path: str, attempt: int, body: object) -> Work | None:
    try:
        return (await orchestrator.ask(path, body, Settled)).work
    except Refused as no:
        log.warning("attempt %d dropped: %s", attempt, no.message)
        return None
