"""Portage's own programs, run to their end in the environment of a prefix."""

from collections.abc import Mapping, Sequence
from typing import Final

from swarm_node.model.refusal import Refused
from swarm_node.portage.command import CommandError, Ended, execute

SECONDS: Final = 1800.0
"""The time limit of one resolution."""


async def run(argv: Sequence[str], environment: Mapping[str, str], request: bytes = b"") -> Ended:
    """Run a program with exactly this environment, `request` on its standard input.

    Raises: Refused (unresolvable) when it cannot be started or takes longer than SECONDS.
    """
    try:
        return await execute(argv, environment, seconds=SECONDS, request=request)
    except CommandError as error:
        raise Refused(
            "unresolvable", str(error), "see that `emerge --pretend @world` works on the orchestrator"
        ) from None
