"""Where everything of an embedded swarm lies: one directory, its ports, its nodes."""

import errno
import random
import socket
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from swarm_node.model.refusal import Refused


class DroneSize(NamedTuple):
    """One of the embedded drones: its name and the cores it says it has."""

    name: str
    cores: int


DRONES: Final = (DroneSize("vega", 8), DroneSize("altair", 4), DroneSize("deneb", 2))
"""Three sizes, so that placing shows; the machine's real cores are shared by all of them."""

SERVICES: Final = ("gateway", "orchestrator", "mirror", "rsync", *(drone.name for drone in DRONES))


LASTING: Final = range(20_000, 32_768)
"""Ports below those that the kernel hands out to connections (ip(7)): free today, they are tomorrow too."""
TRIES: Final = 100


class Site(msgspec.Struct, frozen=True):
    """An embedded swarm's directory and the loopback ports that it keeps for good."""

    root: Path
    ports: dict[str, int]

    def url(self, service: str) -> str:
        return f"http://127.0.0.1:{self.ports[service]}"

    def home(self, name: str) -> Path:
        """The directory of one service or node: prefix, trees, state, scratch, settings, log."""
        return self.root / name

    @property
    def upstream(self) -> Path:
        return self.root / "upstream"

    @property
    def profiles(self) -> Path:
        return self.root / "profiles"

    @property
    def production(self) -> Path:
        return self.root / "production"

    @property
    def staging(self) -> Path:
        return self.root / "staging"

    @property
    def room(self) -> Path:
        """Where every clean room shows its base: one path for all nodes."""
        return self.root / "room"


def open_site(root: Path) -> Site:
    """The site in a directory, made if need be; its ports are chosen once and kept.

    Raises: Refused when the directory cannot be used.
    """
    root = root.expanduser().absolute()
    record = root / "site.json"
    try:
        root.mkdir(parents=True, exist_ok=True)
        if record.exists():
            ports = msgspec.json.decode(record.read_bytes(), type=dict[str, int])
        else:
            ports = _free_ports(SERVICES)
            record.write_bytes(msgspec.json.encode(ports))
    except OSError as error:
        raise Refused(
            "bad_request", f"cannot use {root}: {error.strerror}", "name another directory: --demo-dir DIR"
        ) from None
    except msgspec.MsgspecError as error:
        raise _damaged(record, str(error)) from None
    if lacking := sorted(set(SERVICES) - ports.keys()):
        raise _damaged(record, f"it names no port of {', '.join(lacking)}")
    return Site(root, ports)


def _damaged(record: Path, why: str) -> Refused:
    return Refused("bad_request", f"{record} is damaged: {why}", "remove it, or name another directory")


def _free_ports(names: tuple[str, ...]) -> dict[str, int]:
    """Ports that nobody has now; all are held until each is known, so that none comes twice.

    Raises: OSError when too few are free.
    """
    with ExitStack() as held:
        servers = [held.enter_context(_listen_anywhere()) for _ in names]
        return {name: server.getsockname()[1] for name, server in zip(names, servers, strict=True)}


def _listen_anywhere() -> socket.socket:
    for port in random.sample(LASTING, TRIES):
        with suppress(OSError):
            return socket.create_server(("127.0.0.1", port))
    raise OSError(errno.EADDRINUSE, "no port is free on loopback")
