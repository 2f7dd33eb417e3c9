"""`decide(state, command, now) -> [event]`: every rule of the swarm, and nothing else.

It reads the state and never changes it; it has no clock (`now` is Unix seconds), no randomness and no
I/O. An empty list means that the wish is already true. A wish that cannot be granted raises Refused.
"""

from swarm_node.model.commands import Command
from swarm_node.model.events import Event
from swarm_node.model.rules import Rules, attempts, changes, cures, nodes, queue, releases, session
from swarm_node.model.state import State

RULES: Rules = {
    **attempts.RULES,
    **changes.RULES,
    **nodes.RULES,
    **queue.RULES,
    **releases.RULES,
    **session.RULES,
}


def decide(state: State, command: Command, now: float) -> list[Event]:
    """The events that grant a command, in the order to be applied.

    Raises: Refused when the rules say no.
    """
    events = RULES[type(command)](state, command, now)
    return [*events, *changes.follow(state, events, now), *cures.follow(state, events, now)]
