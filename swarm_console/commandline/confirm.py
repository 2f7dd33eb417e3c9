"""Asking before something dangerous is done, naming what would be lost."""

from __future__ import annotations

import sys

from swarm_console.errors import Usage
from swarm_node.model.refusal import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from swarm_console.actions.action import Action, Params
    from swarm_console.wire.ask import Swarm


def confirm(action: Action, swarm: Swarm, params: Params) -> None:
    """Return when a person says yes, or nothing would be lost.

    Raises: Usage without a terminal, Refused when the answer is no or there is nothing to be done.
    """
    assert action.loses is not None
    asking = all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))
    try:
        lost = action.loses(swarm, params)
    except Refused as error:
        if asking or error.code == "nothing_to_do":
            raise
        lost = [error.message]
    if not lost:
        return
    if not asking:
        raise Usage(
            f"{action.name} is dangerous and asks first, which needs a terminal ({'; '.join(lost)})",
            "if you mean it, say it again with --yes",
        )
    swarm.say(f"{action.title}: {action.help}.")
    for line in lost:
        swarm.say(f"  • {line}")
    sys.stderr.write("Go on? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Refused("nothing_to_do", f"{action.name} was not done", "say y to go on")
