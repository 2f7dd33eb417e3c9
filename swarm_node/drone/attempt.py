"""One attempt from order to answer: build, tell how it goes, send the log, hand in package or failure."""

import asyncio
import logging
import math
import os
import time
from asyncio import Task
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from swarm_node.drone.build import BuildOutcome, Workshop, build
from swarm_node.drone.job import Drone, Job
from swarm_node.drone.log import BuildLog, ship
from swarm_node.drone.result import Result, forget, keep, kept, log_path, tidy
from swarm_node.drone.room import RoomError
from swarm_node.drone.upload import OVER, deliver, report
from swarm_node.model.messages import FailureReport, ProgressReport, Reason
from swarm_node.model.refusal import Refused
from swarm_node.model.work import BuildOrder, Work
from swarm_node.portage.prefix import Binrepo
from swarm_node.settings.roles import DroneSettings

log = logging.getLogger(__name__)

PULSE: Final = 2.0
"""Seconds between two words on a build whose phase does not change."""
SHORTEST_PULSE: Final = 0.25


async def attempt(drone: Drone, order: BuildOrder) -> Work | None:
    """Build and hand in; answers the next work, None when the orchestrator took the attempt back."""
    await asyncio.to_thread(tidy, drone.workshop.attempts)
    history = BuildLog(log_path(drone.workshop.attempts, order.attempt), drone.orchestrator.token)
    job = drone.job = Job(order, history)
    log.info("attempt %d: %s", order.attempt, order.cpv)
    doing = asyncio.create_task(_build_and_hand_in(drone, job))
    telling = asyncio.create_task(_tell(drone, job, doing))
    try:
        return await doing
    except asyncio.CancelledError:
        if (task := asyncio.current_task()) and task.cancelling():
            drone.interrupted = None if kept_already(drone, order.attempt) else job
            raise
        drone.finished["dropped"] += 1
        forget(drone.workshop.attempts, order.attempt)
        return None
    finally:
        for task in (telling, doing):
            task.cancel()
        await asyncio.gather(telling, doing, return_exceptions=True)
        job.log.close()
        job.ended = time.monotonic()


def kept_already(drone: Drone, number: int) -> bool:
    """Whether an attempt's result is on disk, so that a restart will hand it in."""
    return any(result.attempt == number for result in kept(drone.workshop.attempts))


async def _build_and_hand_in(drone: Drone, job: Job) -> Work | None:
    order, attempts = job.order, drone.workshop.attempts
    async with asyncio.TaskGroup() as group:
        group.create_task(ship(job.log, drone.orchestrator, order.attempt))
        try:
            made = await _made(drone, job)
        finally:
            job.log.close()
    job.enter("upload")
    if isinstance(made, FailureReport):
        drone.finished["failed"] += 1
        return await report(drone.orchestrator, order.attempt, made)
    todo = await deliver(drone.orchestrator, attempts, made)
    drone.finished["staged" if todo is not None else "dropped"] += 1
    forget(attempts, order.attempt)
    return todo


async def _made(drone: Drone, job: Job) -> Result | FailureReport:
    """The package of a build, durable; or why there is none, with the drone's own words in the log."""
    order, node = job.order, drone.settings.node_name
    try:
        outcome = await build(
            _bounded(order, drone.settings),
            _supplied(drone),
            lambda chunk: job.log.heard(),
            lambda progress: job.enter(progress.phase, progress.fraction, progress.round),
            try_again=_binhost_was_away(drone),
        )
        if outcome.ok:
            return await asyncio.to_thread(keep, drone.workshop.attempts, order.attempt, outcome)
        return _failure(node, job, outcome)
    except (RoomError, OSError) as error:
        log.error("attempt %d: %s", order.attempt, error)
        job.log.say(f"the drone could not run this build: {error}")
        return FailureReport(node=node, phase=job.phase, seconds=job.seconds, reason="drone")


def _binhost_was_away(drone: Drone) -> Callable[[], Awaitable[bool]]:
    """Whether the orchestrator, who serves the binhosts, was away since the last look; it is waited for."""
    line = drone.orchestrator
    seen = line.troubles - bool(line.trouble)

    async def away() -> bool:
        nonlocal seen
        try:
            await line.answers()
        except Refused:
            return False
        before, seen = seen, line.troubles
        return seen != before

    return away


def _failure(node: str, job: Job, outcome: BuildOutcome) -> FailureReport:
    if outcome.reason == "memory_limit":
        job.log.say(f"out of memory: killed at the limit of {job.order.memory_limit} bytes")
    reason: Reason = "failed"
    if outcome.reason != "ok" and outcome.reason != "cancelled":
        reason = outcome.reason
    seconds = outcome.measures.seconds
    return FailureReport(
        node=node,
        phase=outcome.phase,
        seconds=seconds,
        rc=outcome.rc,
        reason=reason,
        measures=outcome.measures,
    )


def _bounded(order: BuildOrder, settings: DroneSettings) -> BuildOrder:
    """The order within the drone's own limits; without AUTO_REBOOT a silent build is left alone."""
    silence = min(order.silence_limit, settings.silence_limit) if settings.auto_reboot else math.inf
    return replace(order, time_limit=min(order.time_limit, settings.time_limit), silence_limit=silence)


def _supplied(drone: Drone) -> Workshop:
    """The workshop with the binhosts of the orchestrator that leads now; staging wins over production."""
    line = drone.orchestrator
    staging = Binrepo("swarm-staging", line.staging, 20)
    return replace(drone.workshop, binrepos=(staging, Binrepo("swarm-production", line.production, 10)))


async def _tell(drone: Drone, job: Job, doing: Task[Any]) -> None:
    """Say how far the build is until it ends; end it when the orchestrator no longer wants it."""
    line, path = drone.orchestrator, f"/api/v1/attempts/{job.order.attempt}/progress"
    while True:
        job.changed.clear()
        word = ProgressReport(
            node=drone.settings.node_name,
            phase=job.phase,
            fraction=job.fraction,
            round=job.round,
            seconds=job.phase_seconds,
            load=os.getloadavg()[0],
        )
        try:
            answer = await line.until_answered(partial(line.post, path, word, _GoOn))
        except Refused as no:
            answer = _GoOn(no.code not in OVER, no.message)
        if not answer.go_on:
            # A result that is already on its way hears it from its own answer.
            if job.phase != "upload":
                log.warning("attempt %d taken back: %s", job.order.attempt, answer.reason)
                doing.cancel()
            return
        await asyncio.sleep(SHORTEST_PULSE)
        try:
            async with asyncio.timeout(PULSE - SHORTEST_PULSE):
                await job.changed.wait()
        except TimeoutError:
            pass


class _GoOn(Struct):
    go_on: bool = msgspec.field(name="continue")
    reason: str = ""
