"""The settings of each role: key, type, default, range and meaning of each, once.

A key is the field's name in capitals. `swarm-node ROLE --sample` writes them as a commented file.
"""

import os
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from yarl import URL

from swarm_node.settings.address import base_url, reachable
from swarm_node.settings.values import (
    Cores,
    Directory,
    Host,
    HttpUrl,
    Name,
    OptionalDirectory,
    OptionalHost,
    OptionalSecret,
    OptionalUrl,
    Port,
    Seconds,
    own_name,
)


class Settings(BaseSettings):
    """What every role can be told. The environment wins over the file."""

    model_config = SettingsConfigDict(
        alias_generator=str.upper,
        case_sensitive=True,
        extra="forbid",
        frozen=True,
        populate_by_name=True,
        use_attribute_docstrings=True,
        validate_default=False,
        hide_input_in_errors=True,
    )
    role: ClassVar[str]

    bind: Host = "127.0.0.1"
    """Address to listen on; 0.0.0.0 or :: for every one of this machine."""
    node_name: Name = Field(default_factory=own_name)
    """Name that the console shows (empty: the host name)."""
    public_url: OptionalUrl = None
    """URL that others reach this service at (empty: made of REPORT_IP or BIND, and the port)."""
    report_ip: OptionalHost = None
    """Address to report instead of the own one, for instance a VPN's."""
    state_dir: Directory = Path("/var/lib/build-swarm")
    """Where the service keeps what must survive a restart."""
    log_file: OptionalDirectory = None
    """File to log to beside stderr, for instance /var/log/build-swarm/drone.log."""
    heartbeat_interval: Seconds = 30.0
    """Seconds between heartbeats to the gateway."""
    swarm_token: OptionalSecret = None
    """Secret that every request must carry, the same everywhere; only the owner may read this file then."""

    @property
    def token(self) -> str | None:
        """The shared secret in clear."""
        return self.swarm_token.get_secret_value() if self.swarm_token else None

    @property
    def port(self) -> int:
        """The port to listen on; 0 lets the system choose."""
        raise NotImplementedError

    def url(self, port: int | None = None) -> str:
        """Where others reach this service; `port` is the real one when the system chose it."""
        if self.public_url:
            return self.public_url
        return base_url(self.report_ip or reachable(self.bind), port or self.port)

    def names(self) -> frozenset[str]:
        """The DNS names that the service answers to."""
        return frozenset({self.node_name, URL(self.url(1)).host or self.node_name})

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment first, then the file, which `load` passes as arguments."""
        return env_settings, init_settings


class GatewaySettings(Settings):
    """The gateway: the address that everyone knows."""

    role: ClassVar[str] = "gateway"

    gateway_port: Port = 8090
    """Port to listen on."""
    health_interval: Seconds = 1.0
    """Seconds between looks at each orchestrator."""
    health_timeout: Seconds = 2.0
    """Seconds that an orchestrator has for its answer."""

    @property
    def port(self) -> int:
        return self.gateway_port


class OrchestratorSettings(Settings):
    """The orchestrator: the log, the queue, staging and releases."""

    role: ClassVar[str] = "orchestrator"

    orchestrator_port: Port = 8080
    """Port to listen on."""
    gateway_url: OptionalUrl = None
    """The gateway to register at; without one the orchestrator stands alone."""
    priority: Annotated[int, Field(ge=0, le=1000)] = 100
    """Which orchestrator the gateway prefers: the lowest number that answers."""
    build_mode: Literal["delegate_only", "delegate_first", "hybrid"] = "delegate_first"
    """What it builds itself: nothing, only what no drone can take, or its share."""
    staging_dir: Directory = Path("/var/cache/binpkgs-staging")
    """Where drones upload to; never served to clients."""
    production_dir: Directory = Path("/var/cache/binpkgs")
    """What clients see: `releases/` and the current one."""
    packages_url: OptionalUrl = None
    """Where clients fetch releases, if nginx serves them (default: this service's own /packages)."""
    profiles_dir: Directory = Path("/etc/build-swarm/profiles")
    """One directory a client profile, each with etc/portage and a world file."""
    failures_dir: Directory = Path("/etc/build-swarm/failures.d")
    """Rules of your own (*.toml) by which failed builds are told apart, beside the shipped ones."""
    keep_releases: Annotated[int, Field(ge=2, le=1000)] = 5
    """Releases that stay; two at least, so that a client in the middle of an update finds its files."""
    max_attempts: Annotated[int, Field(ge=1, le=100)] = 3
    """Tries of one build before it is blocked."""
    retry_seconds: Seconds = 30.0
    """Pause before the first retry of a transient failure; doubles with each."""
    recheck_seconds: Seconds = 600.0
    """Pause before a drone that was set aside and did not pass its check is checked again."""
    lease_seconds: Seconds = 90.0
    """Silence of a drone after which its build is given to another."""
    time_limit: Seconds = 86_400.0
    """Seconds that one build may take."""
    silence_limit: Seconds = 3_600.0
    """Seconds without output after which a build counts as stuck."""
    portage_prefix: OptionalDirectory = None
    """Prefix whose Portage resolves what is needed; empty for the system's own."""
    base_prefix: OptionalDirectory = None
    """Frozen prefix that its own builder starts from; empty for the system."""
    room_at: OptionalDirectory = None
    """Where that prefix appears inside a clean room."""
    scratch_dir: Directory = Path("/var/tmp/build-swarm")
    """Where builds happen."""
    cores: Cores = os.cpu_count() or 1
    """Make jobs of its own builder."""
    simulated: bool = False
    """Take dummies of load tests, which are never compiled; such a swarm cannot release anything."""

    @property
    def port(self) -> int:
        return self.orchestrator_port


class DroneSettings(Settings):
    """A drone: builds what the orchestrator gives it."""

    role: ClassVar[str] = "drone"

    gateway_url: HttpUrl
    """The gateway, for instance http://10.42.0.199:8090."""
    drone_port: Port = 8070
    """Port of its own small service: health, current build, log."""
    node_role: Literal["drone", "local"] = Field(
        default="drone", validation_alias=AliasChoices("NODE_ROLE", "ROLE")
    )
    """What the swarm counts it as: `local` is an orchestrator's own builder."""
    upload_host: OptionalHost = None
    """Address to upload to instead of the orchestrator's own."""
    poll_interval: Seconds = 30.0
    """Seconds that one question for work waits for an answer; work that comes up is handed out at once."""
    auto_reboot: bool = True
    """Kill a build that says nothing for SILENCE_LIMIT, and offer the drone for the next."""
    silence_limit: Seconds = 3_600.0
    """Seconds without output after which a build counts as stuck."""
    time_limit: Seconds = 86_400.0
    """Seconds that one build may take on this drone, whatever the order says."""
    cores: Cores = os.cpu_count() or 1
    """Make jobs, and the size that the scheduler counts with."""
    portage_prefix: OptionalDirectory = None
    """Prefix whose Portage builds; empty for the system's own."""
    base_prefix: OptionalDirectory = None
    """Frozen prefix that every attempt starts from; empty for the system."""
    room_at: OptionalDirectory = None
    """Where that prefix appears inside a clean room; the same on all drones."""
    scratch_dir: Directory = Path("/var/tmp/build-swarm")
    """Where builds happen."""
    profiles_dir: Directory = Path("/etc/build-swarm/profiles")
    """One directory a client profile, each with etc/portage."""

    @property
    def port(self) -> int:
        return self.drone_port


ROLES: dict[str, type[Settings]] = {
    kind.role: kind for kind in (GatewaySettings, OrchestratorSettings, DroneSettings)
}
