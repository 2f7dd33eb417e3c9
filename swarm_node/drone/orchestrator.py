"""The drone's line to the orchestrator that leads: where it is, who we are, and patience."""

import asyncio
import io
import logging
import os
import random
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final, TypeVar

import msgspec
from msgspec import Struct
from yarl import URL

from swarm_node.http.client import ONCE, RETRIED, Client
from swarm_node.model.refusal import Refused
from swarm_node.model.work import NodeFacts
from swarm_node.settings.roles import DroneSettings

T = TypeVar("T")
log = logging.getLogger(__name__)

TOKEN: Final = "X-Node-Token"
DIGEST: Final = "X-SHA512"
FIRST_PAUSE: Final = 0.2
LONGEST_PAUSE: Final = 3.0
ASK_SECONDS: Final = 15.0

PASSING: Final = RETRIED | {
    *("bad_answer", "disk_full", "internal", "log_unavailable"),
    *("too_many", "too_slow", "unauthorized"),
}
"""Refusals that say nothing about the question: ask again later."""
STRANGER: Final = frozenset({"forbidden", "unknown_node"})
"""Refusals to somebody whom the orchestrator does not know, or no longer knows."""


class Known(Struct):
    """What survives a restart of the drone: the last leader's address and the token that it gave us."""

    url: str = ""
    token: str = ""


class Orchestrator(Client):
    """A connection to whichever orchestrator leads, to be used in `async with`.

    `facts` are what the drone last said of itself; `trouble` is why the last question had no answer, and
    `troubles` counts how often that began.
    """

    def __init__(self, settings: DroneSettings, gateway: Client, facts: NodeFacts) -> None:
        self.settings = settings
        self.name = settings.node_name
        self.facts = facts
        self.trouble = ""
        self.troubles = 0
        self._gateway = gateway
        self._file = settings.state_dir / "drone.json"
        self._known = _read(self._file)
        super().__init__(self._known.url, token=settings.token)

    async def find(self) -> None:
        """Ask the gateway who leads; without an answer the last one known stays.

        Raises: Refused (no_orchestrator, gateway_unreachable) when none was ever known.
        """
        try:
            leader = (await self._gateway.get("/api/v1/orchestrator", _Leads, seconds=5)).orchestrator
            if leader is None:
                raise Refused("no_orchestrator", f"{self._gateway.url} knows none that leads", "start one")
        except Refused:
            if not self.url:
                raise
            return
        if leader.url.rstrip("/") != self.url:
            self.url = leader.url.rstrip("/")
            self._remember(self.url, self._known.token)

    async def introduce(self) -> None:
        """Tell the orchestrator our facts and keep the token that it gives. Raises: Refused."""
        if not self.url:
            await self.find()
        self._carry(self._known.token)
        path = f"/api/v1/nodes/{self.name}"
        token = (await self.post(path, self.facts, _Welcome, seconds=ASK_SECONDS)).token
        self._carry(token)
        self._remember(self.url, token)

    async def until_answered(self, ask: Callable[[], Awaitable[T]], passing: frozenset[str] = PASSING) -> T:
        """Ask again, ever more slowly and without end, until there is an answer or a refusal that stays.

        A drone that is no longer known introduces itself first; a new leader is looked for each time.
        Raises: Refused.
        """
        pause, stranger, introduced = FIRST_PAUSE, not self._known.token, False
        while True:
            if stranger:
                await self.introduce_patiently()
                stranger, introduced = False, True
            try:
                answer = await ask()
                self._say("")
                return answer
            except Refused as no:
                if no.code in STRANGER and not introduced:
                    stranger = True
                    continue
                if no.code not in passing:
                    raise
                self._say(f"{no.message} → {no.hint}")
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(pause * 2, LONGEST_PAUSE, self.settings.poll_interval)
            await self._look_again()

    async def ask(
        self,
        path: str,
        body: object,
        kind: type[T],
        *,
        query: Mapping[str, str | int | float] | None = None,
        seconds: float = ASK_SECONDS,
    ) -> T:
        """POST until there is an answer. Raises: Refused."""
        return await self.until_answered(lambda: self.post(path, body, kind, query=query, seconds=seconds))

    async def append(self, path: str, chunk: bytes, offset: int, kind: type[T]) -> T:
        """POST raw bytes that start at `offset`. Raises: Refused."""
        body = lambda: io.BytesIO(chunk)  # noqa: E731
        return await self._tried("POST", path, kind, body, {"offset": offset}, ASK_SECONDS, ONCE)

    async def upload(self, path: str, file: Path, sha512: str) -> None:
        """PUT a file, to UPLOAD_HOST where that is set. Raises: Refused, OSError."""
        async with Client(self._upload_url(), token=self.settings.token) as line:
            line.session.headers.update({TOKEN: self._known.token, DIGEST: sha512})
            await line.put_file(path, file, msgspec.Raw)

    @property
    def token(self) -> str:
        """What proves that we are who we say; it stays out of every log."""
        return self._known.token

    @property
    def staging(self) -> str:
        """The binhost of what this session has built, for this drone only; its URL holds the token."""
        return f"{self.url}/staging/{self._known.token}"

    @property
    def production(self) -> str:
        """The binhost of the current release."""
        return f"{self.url}/packages"

    async def introduce_patiently(self) -> None:
        """Introduce ourselves; as long as that is refused there is no other question to ask."""
        pause = FIRST_PAUSE
        while True:
            try:
                return await self.introduce()
            except Refused as no:
                self._say(f"{no.message} → {no.hint}")
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(pause * 2, LONGEST_PAUSE, self.settings.poll_interval)
            await self._look_again()

    async def _look_again(self) -> None:
        try:
            await self.find()
        except Refused as no:
            self._say(f"{no.message} → {no.hint}")

    def _say(self, trouble: str) -> None:
        """Log trouble when it begins, changes and ends; not each time it is met."""
        if trouble and trouble != self.trouble:
            log.warning("%s", trouble)
        elif self.trouble and not trouble:
            log.info("in contact with %s", self.url)
        self.troubles += bool(trouble and not self.trouble)
        self.trouble = trouble

    async def answers(self) -> None:
        """Wait until the orchestrator answers. Raises: Refused when it will never answer us."""
        await self.until_answered(lambda: self.get("/health", msgspec.Raw, seconds=ASK_SECONDS))

    def _upload_url(self) -> str:
        host = self.settings.upload_host
        return str(URL(self.url).with_host(host)).rstrip("/") if host else self.url

    def _carry(self, token: str) -> None:
        self._known.token = token
        if token:
            self.session.headers[TOKEN] = token

    def _remember(self, url: str, token: str) -> None:
        known = Known(url, token)
        if known != _read(self._file):
            _write(self._file, msgspec.json.encode(known))
        self._known = known


class _Leader(Struct):
    url: str


class _Leads(Struct):
    orchestrator: _Leader | None = None


class _Welcome(Struct):
    token: str


def _read(path: Path) -> Known:
    """What was remembered; nothing when the file is missing or damaged, since all of it can be had anew."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Known)
    except (FileNotFoundError, msgspec.DecodeError, UnicodeDecodeError):
        return Known()


def _write(path: Path, text: bytes) -> None:
    """Replace a file that only we may read. Raises: OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
