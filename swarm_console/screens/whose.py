"""Whose log: of whatever is marked, else of what is asked for; of what failed it begins at the proof."""

from functools import partial
from typing import TYPE_CHECKING

from swarm_console.actions.logs import meant
from swarm_console.actions.registry import ACTIONS
from swarm_console.background import in_thread
from swarm_console.keyboard.choices import choices
from swarm_console.known.attempts import latest, of_number
from swarm_console.screens import doors
from swarm_console.screens.parameter import ParameterDialog

if TYPE_CHECKING:
    from swarm_console.app import SwarmConsole

LOGS = ACTIONS["logs"]


def open_logs(app: "SwarmConsole") -> None:
    """Show the log of the marked package or node; where nothing is marked, ask whose."""
    app.run_worker(_open(app), group="open-log", exclusive=True)


async def _open(app: "SwarmConsole") -> None:
    word: str | None = app.about.marked
    if not word:
        whose = LOGS.parameters[0]
        asking = ParameterDialog(LOGS, whose, offered=choices(app.picture(), whose))
        word = await app.push_screen_wait(asking)
    if word:
        try:
            number = await _attempt(app, word)
            tale = of_number(app.mirror.state, number, app.mirror.recent)
            doors.log(app, number, tale.proof if tale is not None else None)
        except Exception as error:
            app.fail(LOGS.title, error)


async def _attempt(app: "SwarmConsole", word: str) -> int:
    """The attempt that a word stands for; where that is not known here, the swarm says. Raises: Refused."""
    known = latest(app.mirror.state, word)
    if known is not None:
        return known
    attempt, _ = await in_thread(partial(meant, app.connect(app.say), word))
    return attempt
