"""Who registered at the gateway, kept in one small file so that a restart forgets nobody."""

import ipaddress
import os
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
from yarl import URL

from swarm_node.http.registration import Registration
from swarm_node.model.refusal import Refused

MOST: Final = 2000
"""Nodes that one gateway knows."""
FORMAT: Final = 1


class Member(msgspec.Struct, frozen=True):
    """A registered service; times in seconds since 1970."""

    role: Literal["orchestrator", "drone"]
    name: str
    url: str
    priority: int
    first_seen: float
    last_seen: float
    facts: dict[str, Any] = msgspec.field(default_factory=dict)


class Registry(msgspec.Struct):
    """All members by `role/name`, and the name of the orchestrator that led last."""

    format: int = FORMAT
    members: dict[str, Member] = msgspec.field(default_factory=dict)
    leader: str = ""

    def orchestrators(self) -> list[Member]:
        """Every registered orchestrator, the preferred ones first."""
        found = [member for member in self.members.values() if member.role == "orchestrator"]
        return sorted(found, key=lambda member: (member.priority, member.first_seen, member.name))


def key(registration: Registration | Member) -> str:
    """Where a registration is kept: names are unique within a role."""
    return f"{registration.role}/{registration.name}"


def register(registry: Registry, registration: Registration, now: float) -> bool:
    """Take a registration in; whether anything changed that must survive a restart.

    Raises: Refused (too_many).
    """
    place = key(registration)
    before = registry.members.get(place)
    if before is None and len(registry.members) >= MOST:
        raise Refused("too_many", f"this gateway already knows {MOST} nodes", "run a second gateway")
    after = Member(
        role=registration.role,
        name=registration.name,
        url=registration.url.rstrip("/"),
        priority=registration.priority,
        first_seen=before.first_seen if before else now,
        last_seen=now,
        facts=registration.facts,
    )
    registry.members[place] = after
    return before is None or (before.url, before.priority) != (after.url, after.priority)


def check(registration: Registration, remote: str | None) -> None:
    """Refuse a registration that names no service which this gateway could and should reach.

    `remote` is the sender's address: only a service on this machine may give a loopback address.
    Raises: Refused (bad_name, bad_request).
    """
    if not is_name(registration.name):
        raise Refused(
            "bad_name",
            f"{registration.name[:80]!r} is no name for a node",
            "use 1 to 63 letters, digits, dots, dashes, underscores; a letter or digit first (NODE_NAME)",
        )
    host = _host(registration.url)
    if host is None or _is_foreign(host, remote):
        raise Refused(
            "bad_request",
            f"{registration.url[:120]!r} is no URL at which this gateway can reach {registration.name}",
            "set PUBLIC_URL or REPORT_IP to the node's own address, for instance http://10.42.0.50:8070",
        )
    if len(msgspec.json.encode(registration.facts)) > 1 << 16:
        raise Refused("too_large", "the facts are larger than 64 KiB", "send less")


def is_name(text: str) -> bool:
    """Whether a text can name a node: safe in a path, a URL, a shell and on a screen."""
    return (
        0 < len(text) < 64
        and text.isascii()
        and text[0].isalnum()
        and all(letter.isalnum() or letter in "._-" for letter in text)
    )


def _host(text: str) -> str | None:
    try:
        url = URL(text)
        plain = url.scheme in ("http", "https") and url.path in ("", "/") and not (url.query or url.fragment)
        return url.host if plain and url.user is None and url.port else None
    except ValueError:
        return None


def _is_foreign(host: str, remote: str | None) -> bool:
    """Whether an address is one that no node of this swarm can have."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" and not _is_loopback(remote)
    if address.is_loopback:
        return not _is_loopback(remote)
    return address.is_link_local or address.is_multicast or address.is_unspecified


def _is_loopback(remote: str | None) -> bool:
    return remote is not None and ipaddress.ip_address(remote).is_loopback


def load(path: Path) -> Registry:
    """The registry that `save` left, or an empty one.

    Raises: Refused (bad_state) when the file is damaged, or newer than this program; OSError.
    """
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return Registry()
    hint = f"move it away (nodes register again by themselves): mv {path} {path}.bad"
    try:
        registry = msgspec.json.decode(text, type=Registry)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused("bad_state", f"{path} is damaged: {error}", hint) from None
    if registry.format > FORMAT:
        raise Refused("bad_state", f"{path} has format {registry.format}, newer than {FORMAT}", hint)
    return registry


def save(registry: Registry, path: Path) -> None:
    """Write the registry durably: a reader sees the old file or the new one. Raises: OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as file:
        file.write(msgspec.json.encode(registry))
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
