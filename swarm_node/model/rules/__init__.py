"""The rules by subject; each file maps commands to the function that decides them."""

from collections.abc import Callable
from typing import Any

from swarm_node.model.commands import Command
from swarm_node.model.events import Event
from swarm_node.model.state import State

Rule = Callable[[State, Any, float], list[Event]]
Rules = dict[type[Command], Rule]
