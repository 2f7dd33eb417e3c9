"""What an action has cured goes back to the queue: every build of the causes that it is a remedy for."""

from collections.abc import Sequence

from swarm_node.model.commands import Unblock
from swarm_node.model.remedies import cured_by
from swarm_node.orchestrator.parts import Parts
from swarm_node.orchestrator.preparation import replan


async def requeue(parts: Parts, action: str, names: Sequence[str] = ()) -> list[str]:
    """Give the builds another try that an action cures which was done to these names (none: to everything).

    What failed in building is tried again as it is; what the resolver refused is resolved again.
    Raises: Refused.
    """
    cured = cured_by(parts.swarm.state, action, names)
    refused = [name for name in cured if parts.swarm.state.builds[name].row.problem is not None]
    failed = tuple(name for name in cured if name not in refused)
    if failed:
        await parts.swarm.submit(Unblock(builds=failed, cure=action))
    if refused:
        await replan(parts)
    return [*failed, *(name for name in refused if not _blocked(parts, name))]


def _blocked(parts: Parts, name: str) -> bool:
    build = parts.swarm.state.builds.get(name)
    return build is None or build.status == "blocked"
