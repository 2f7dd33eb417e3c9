"""Which orchestrator leads: a watch on each, and one rule that chooses.

An orchestrator can lead when its /health says that it is an orchestrator and `ok`; a standby says `standby`.
Who leads stays until it cannot any more: a primary that comes and goes does not take the queue with it.
"""

import asyncio
import logging
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from aiohttp import ClientError, ClientSession, ClientTimeout
from msgspec import DecodeError, Struct, json

from swarm_node.gateway.registry import Member
from swarm_node.http.client import CONNECT_SECONDS, why
from swarm_node.model.refusal import Refused

log = logging.getLogger(__name__)

MISSES: Final = 3
"""Looks in a row that an orchestrator may fail to answer in time; a refused connection counts at once."""


class Health(NamedTuple):
    """What the last looks at one orchestrator gave."""

    able: bool = False
    state: str = "not looked at yet"
    misses: int = 0


class _Answer(Struct):
    role: str = ""
    status: str = ""


def judge(before: Health, answer: bytes | Exception) -> Health:
    """An orchestrator's health after one more look: its answer, or why there was none."""
    if isinstance(answer, bytes):
        try:
            said = json.decode(answer, type=_Answer)
        except (DecodeError, UnicodeDecodeError):
            return Health(False, "answers something else than health")
        if said.role != "orchestrator":
            return Health(False, f"is {said.role or 'something'} and not an orchestrator")
        return Health(said.status == "ok", said.status)
    misses = before.misses + 1
    if isinstance(answer, TimeoutError) and before.able and misses < MISSES:
        return before._replace(misses=misses)
    return Health(False, why(answer), misses)


def choose(candidates: Iterable[Member], health: dict[str, Health], leader: str) -> str:
    """The name of the orchestrator that leads now: the same as before, or the first one able; empty for none.

    `candidates` come in order of preference.
    """
    able = [member.name for member in candidates if health.get(member.name, Health()).able]
    if leader in able:
        return leader
    return able[0] if able else ""


def why_none(candidates: list[Member], health: dict[str, Health]) -> Refused:
    """The refusal that tells why nobody leads."""
    if not candidates:
        return Refused(
            "no_orchestrator",
            "no orchestrator has registered at this gateway",
            "start one: swarm-node orchestrator, with GATEWAY_URL set to this gateway",
        )
    told = "; ".join(
        f"{member.name} ({member.url}): {health.get(member.name, Health()).state}" for member in candidates
    )
    return Refused(
        "orchestrator_unreachable",
        f"no orchestrator can lead – {told}",
        f"look at it: curl {candidates[0].url}/health; start it again: rc-service swarm-orchestrator restart",
    )


async def look(session: ClientSession, url: str, seconds: float) -> bytes | Exception:
    """One look at a service's /health: its answer, or why there was none."""
    timeout = ClientTimeout(total=seconds, connect=min(seconds, CONNECT_SECONDS))
    try:
        async with session.get(f"{url}/health", timeout=timeout, allow_redirects=False) as response:
            body = await response.content.read(65_536)
            return body if response.status == 200 else ConnectionError(f"answers {response.status}")
    except (ClientError, OSError, TimeoutError) as error:
        return error


class InFlight:
    """The requests on their way to each orchestrator, so that they end when it is given up."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Future[Any]]] = {}

    def add(self, name: str, future: asyncio.Future[Any]) -> None:
        waiting = self._waiting.setdefault(name, set())
        waiting.add(future)
        future.add_done_callback(waiting.discard)

    def end(self, name: str) -> None:
        for future in tuple(self._waiting.get(name, ())):
            future.cancel()
