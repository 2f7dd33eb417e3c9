"""What is known of nodes only while the orchestrator runs: when each was heard, its token, its progress."""

import hashlib
import hmac
import logging
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from swarm_node.model.messages import Progress
from swarm_node.model.refusal import Refused

log = logging.getLogger(__name__)


class Contacts:
    """Volatile but for the tokens, which are kept hashed in one file of mode 0600."""

    def __init__(self, tokens: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._file = tokens
        self._clock = clock
        self._started = clock()
        self._heard: dict[str, float] = {}
        self._hashes = _read(tokens)
        self._node_of: dict[str, str] = {digest: name for name, digest in self._hashes.items()}
        self.progress: dict[str, Progress] = {}

    def forget(self, name: str) -> None:
        """The node has said goodbye: its name is free at once."""
        self._heard.pop(name, None)

    def excuse(self) -> None:
        """We ourselves were away: nobody's silence before now counts."""
        self._started = self._clock()
        self._heard = dict.fromkeys(self._heard, self._started)

    def hear(self, name: str) -> None:
        self._heard[name] = self._clock()

    def silence(self, name: str) -> float:
        """Seconds since a node was heard; counted from the start at most, so that a restart loses nobody."""
        return self._clock() - self._heard.get(name, self._started)

    def admit(self, name: str, token: str | None, lease: float) -> str:
        """The token of a node that registers; a living node's name is not given away.

        Raises: Refused (forbidden).
        """
        if token is not None and self._hashes.get(name) == _digest(token):
            return token
        if name in self._hashes and name in self._heard and self.silence(name) <= lease:
            raise Refused(
                "forbidden",
                f"the name {name} belongs to a node that is alive",
                f"choose another NODE_NAME, or wait {lease:.0f} s after stopping the other one",
            )
        return self._issue(name)

    def check(self, name: str, token: str | None) -> None:
        """Let only the node itself speak for it. Raises: Refused (forbidden)."""
        if token is None or not hmac.compare_digest(self._hashes.get(name, ""), _digest(token)):
            raise Refused(
                "forbidden", f"that is not {name}'s token", f"register first: POST /api/v1/nodes/{name}"
            )
        self.hear(name)

    def holder(self, token: str) -> str | None:
        """The node that a token was given to."""
        return self._node_of.get(_digest(token))

    def _issue(self, name: str) -> str:
        token = secrets.token_urlsafe(24)
        self._node_of.pop(self._hashes.get(name, ""), None)
        self._hashes[name] = _digest(token)
        self._node_of[self._hashes[name]] = name
        self._file.parent.mkdir(parents=True, exist_ok=True)
        draft = self._file.with_suffix(".new")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(msgspec.json.encode(self._hashes))
        draft.replace(self._file)
        return token


def _read(tokens: Path) -> dict[str, str]:
    """Name to digest; none when the file is missing or damaged, as every node then registers anew."""
    try:
        return msgspec.json.decode(tokens.read_bytes(), type=dict[str, str])
    except FileNotFoundError:
        return {}
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        log.warning("%s cannot be read (%s): the nodes register anew", tokens, error)
        return {}


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
