"""A long state as it comes in: put together instalment by instalment, and whole after the last."""

from msgspec.structs import replace

from swarm_console.known.thrift import share, share_attempt, share_samples
from swarm_node.model.instalments import Instalment, join
from swarm_node.model.state import State


class Arrival:
    """`state` may be used as soon as `take` has said that it is whole; `generation` is the stream's then."""

    def __init__(self, state: State, generation: int | None, parts: int) -> None:
        self.state, self.generation, self._missing = state, generation, parts

    def take(self, part: Instalment) -> bool:
        """Add one instalment; whether it was the last."""
        builds = self.state.builds
        for build in part.builds.values():
            share(build, builds)
            builds[build.id] = build
        for attempt in part.attempts.values():
            share_attempt(attempt, builds)
        for samples in part.samples.values():
            share_samples(samples)
        join(self.state, replace(part, builds={}))
        self._missing -= 1
        if not self._missing:
            self.state.reindex()
        return not self._missing
