"""What the drone is, and what it works on right now: read by its HTTP service, written by its loop."""

import time
from asyncio import Event
from dataclasses import dataclass, field

from swarm_node.drone.build import Workshop
from swarm_node.drone.log import BuildLog
from swarm_node.drone.orchestrator import Orchestrator
from swarm_node.model.work import BuildOrder
from swarm_node.settings.roles import DroneSettings


@dataclass
class Job:
    """The attempt that the drone works on, or worked on last."""

    order: BuildOrder
    log: BuildLog
    phase: str = "start"
    fraction: float | None = None
    round: int = 1
    entered: float = field(default_factory=time.monotonic)
    """When the phase, or this round of it, began."""
    begun: float = field(default_factory=time.monotonic)
    ended: float | None = None
    changed: Event = field(default_factory=Event)

    def enter(self, phase: str, fraction: float | None = None, round: int = 1) -> None:  # noqa: A002
        """Note progress; a new phase is told at once."""
        if (phase, round) != (self.phase, self.round):
            self.entered = time.monotonic()
        if phase != self.phase:
            self.changed.set()
        self.phase, self.fraction, self.round = phase, fraction, round

    @property
    def phase_seconds(self) -> float:
        """How long the phase, or this round of it, has lasted."""
        return (self.ended or time.monotonic()) - self.entered

    @property
    def seconds(self) -> float:
        """How long it has been worked on."""
        return (self.ended or time.monotonic()) - self.begun


@dataclass
class Drone:
    """What the loop works with; `finished` counts attempts by how they ended."""

    settings: DroneSettings
    workshop: Workshop
    orchestrator: Orchestrator
    room_reason: str = ""
    job: Job | None = None
    interrupted: Job | None = None
    """The build that stopping the drone has cut off."""
    looked: float = field(default_factory=time.monotonic)
    finished: dict[str, int] = field(default_factory=lambda: {"staged": 0, "failed": 0, "dropped": 0})

    @property
    def building(self) -> Job | None:
        """The job, while it lasts."""
        return self.job if self.job and self.job.ended is None else None
