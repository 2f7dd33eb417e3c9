"""The drone's loop: ask for work, do it, hand it in, and begin again with the work that the answer brings."""

import asyncio
import logging
import time
from asyncio import Task
from typing import Any, Final

import msgspec
from msgspec import Struct

from swarm_node.drone import directives
from swarm_node.drone.attempt import attempt
from swarm_node.drone.facts import gather
from swarm_node.drone.job import Drone
from swarm_node.drone.log import BuildLog, ship
from swarm_node.drone.result import forget, kept, log_path, tidy
from swarm_node.drone.room import sweep
from swarm_node.drone.upload import complete_dummy, deliver
from swarm_node.model.messages import DirectiveResult, FailureReport, WorkRequest
from swarm_node.model.refusal import Refused
from swarm_node.model.work import BuildOrder, DirectiveOrder, NoWork, Work

log = logging.getLogger(__name__)

LONGEST_WAIT: Final = 25.0
"""Seconds that one question for work waits for an answer."""
GRACE: Final = 10.0
"""Seconds that the answer may take on top of that."""
HASTE: Final = 1.0
"""Least seconds between two questions that were both answered with nothing."""
FACTS_SECONDS: Final = 300.0
"""How old the facts may become that the orchestrator knows."""
FAREWELL_SECONDS: Final = 2.0


async def work(drone: Drone) -> None:
    """Work until cancelled. A fault of our own costs the attempt that met it, never the drone."""
    begun, todo = False, None
    while True:
        try:
            if not begun:
                todo = await begin(drone)
                begun = True
            if time.monotonic() - drone.looked > FACTS_SECONDS:
                await look_again(drone)
            todo = await _do(drone, todo or await next_work(drone))
        except Exception:
            log.exception("the drone's own fault; it goes on with the next work")
            todo = None
            await asyncio.sleep(HASTE)


async def begin(drone: Drone) -> Work | None:
    """Clear away what a killed drone left, introduce ourselves, hand in what was finished before."""
    await asyncio.to_thread(sweep, drone.workshop.scratch)
    await asyncio.to_thread(tidy, drone.workshop.attempts)
    await drone.orchestrator.introduce_patiently()
    return await resume(drone)


async def stop(drone: Drone, working: Task[None]) -> None:
    """End the loop and the build in it, and say so, so that nobody waits for the lease to run out."""
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    if drone.interrupted is None:
        return
    job = drone.interrupted
    node = drone.settings.node_name
    body = FailureReport(node=node, phase=job.phase, seconds=job.seconds, reason="stopped")
    try:
        path = f"/api/v1/attempts/{job.order.attempt}/fail"
        await drone.orchestrator.post(path, body, dict[str, Any], seconds=FAREWELL_SECONDS)
    except Refused as no:
        log.info("left without a word: %s", no.message)


async def next_work(drone: Drone) -> Work:
    """Ask for something to do; the answer comes as soon as there is something."""
    asked = time.monotonic()
    wait = min(LONGEST_WAIT, drone.settings.poll_interval)
    path = f"/api/v1/nodes/{drone.settings.node_name}/work"
    answer = await drone.orchestrator.ask(
        path, WorkRequest(), _Given, query={"wait": wait}, seconds=wait + GRACE
    )
    if isinstance(answer.work, NoWork):
        await asyncio.sleep(max(0.0, min(HASTE, wait) - (time.monotonic() - asked)))
    return answer.work


async def resume(drone: Drone) -> Work | None:
    """Hand in what was finished before the drone was stopped or killed; answers the next work."""
    attempts, todo = drone.workshop.attempts, None
    for result in kept(attempts):
        log.info("attempt %d was finished before the restart: handing it in", result.attempt)
        history = BuildLog(log_path(attempts, result.attempt), drone.orchestrator.token)
        history.close()
        await ship(history, drone.orchestrator, result.attempt)
        todo = await deliver(drone.orchestrator, attempts, result, perhaps_there=True)
        forget(attempts, result.attempt)
    return todo


async def _do(drone: Drone, todo: Work) -> Work | None:
    match todo:
        case BuildOrder(simulated=True):
            return await complete_dummy(drone.orchestrator, todo.attempt)
        case BuildOrder():
            return await attempt(drone, todo)
        case DirectiveOrder():
            await direct(drone, todo)
    return None


async def direct(drone: Drone, order: DirectiveOrder) -> None:
    """Carry out a directive, make the facts true again, answer; meanwhile be heard."""
    log.info("directive %d: %s", order.id, order.name)
    beating = asyncio.create_task(_be_heard(drone))
    try:
        done = await directives.carry_out(order, drone.workshop)
        await look_again(drone)
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
    answer = DirectiveResult(node=drone.settings.node_name, ok=done.ok, output=done.output)
    try:
        await drone.orchestrator.ask(f"/api/v1/directives/{order.id}/result", answer, msgspec.Raw)
    except Refused as no:
        log.warning("directive %d: %s", order.id, no.message)


async def look_again(drone: Drone) -> None:
    """Gather the facts anew and tell them. Only what the orchestrator refuses for good is left untold."""
    drone.looked = time.monotonic()
    try:
        url = drone.orchestrator.facts.url
        facts = await gather(drone.settings, drone.workshop, drone.room_reason, url)
        if facts != drone.orchestrator.facts:
            drone.orchestrator.facts = facts
            await drone.orchestrator.introduce_patiently()
    except (Refused, OSError) as error:
        log.warning("the facts cannot be gathered: %s", error)


async def _be_heard(drone: Drone) -> None:
    """Keep the lease through a directive, which may take longer than the lease lasts."""
    while True:
        await asyncio.sleep(min(LONGEST_WAIT, drone.settings.heartbeat_interval))
        try:
            await drone.orchestrator.introduce()
        except Refused as no:
            log.warning("not heard: %s", no.message)


class _Given(Struct):
    work: Work
