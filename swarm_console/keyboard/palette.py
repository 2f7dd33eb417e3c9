"""The palette: every action of the registry by name, and what the screen itself can do."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from textual.app import SystemCommand

from swarm_console.actions.registry import ACTIONS
from swarm_console.keyboard.offer import obstacle

if TYPE_CHECKING:
    from swarm_console.app import SwarmConsole

POINTLESS_HERE = ("monitor",)
"""Actions that would only show the console again."""


def commands(app: "SwarmConsole") -> Iterator[SystemCommand]:
    """What ctrl+p offers; what cannot be done now says why."""
    picture = app.picture()
    for action in ACTIONS.values():
        if action.name not in POINTLESS_HERE:
            title = f"{action.title} ({action.name})"
            reason = obstacle(action, picture)
            said = f"not now: {reason}" if reason else action.help
            yield SystemCommand(title, said, partial(app.action_do, action.name))
    yield SystemCommand("Help", "every key and sign", app.action_help)
    yield SystemCommand("Theme", "choose among all themes", app.action_change_theme)
    yield SystemCommand("Quit", "the swarm goes on", app.action_quit)
