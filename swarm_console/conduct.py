"""Doing an action from the screen: what it lacks is asked for, what it would lose is said, then told."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from swarm_console.actions.action import Action, Outcome, Parameter
from swarm_console.background import in_thread
from swarm_console.commandline.arguments import given_by
from swarm_console.errors import Usage
from swarm_console.keyboard.choices import choices
from swarm_console.keyboard.offer import bar
from swarm_console.screens.confirm import Confirm
from swarm_console.screens.parameter import ParameterDialog
from swarm_console.screens.report import Report
from swarm_console.words.harmless import harmless
from swarm_console.words.pen import Pen

if TYPE_CHECKING:
    from swarm_console.app import SwarmConsole

TOAST_LINES = 6


async def conduct(app: "SwarmConsole", action: Action, words: Sequence[str]) -> None:
    """Do the action with the words that follow it, asking for what lacks; every outcome is told."""
    try:
        given = given_by(action, words)
    except Usage as error:
        app.fail(action.title, error)
        return
    if reason := bar(action, app.picture(), given):
        app.deny(action.title, reason)
        return
    app.orders.busy[action.name] = action.title
    app.feed.changed()
    try:
        await _conduct(app, action, given)
    except Exception as error:
        app.fail(action.title, error)
    finally:
        del app.orders.busy[action.name]
        app.feed.changed()


async def _conduct(app: "SwarmConsole", action: Action, given: dict[str, Any]) -> None:
    for parameter in action.parameters:
        if parameter.required and not given.get(parameter.name):
            value = await _ask(app, action, parameter)
            if not value:
                return
            given = {**given, parameter.name: [value] if parameter.many else value}
    params, line = action.defaults(**given), action.line(given)
    if action.loses is not None:
        lost = await in_thread(partial(action.loses, app.connect(app.say), params))
        asking = Confirm(action.title, [*lost, *_way_back(app, action)], line)
        if lost and not await app.push_screen_wait(asking):
            return
    _tell(app, action, line, await in_thread(partial(action.run, app.connect(app.say), params)))


async def _ask(app: "SwarmConsole", action: Action, parameter: Parameter) -> str | None:
    """The parameter's value: what is marked, confirmed by the person when the action changes something."""
    likely = _likely(app, action, parameter)
    if likely and not action.changes:
        return likely
    offered = choices(app.picture(), parameter)
    return await app.push_screen_wait(ParameterDialog(action, parameter, likely, offered))


def _likely(app: "SwarmConsole", action: Action, parameter: Parameter) -> str:
    """What is marked on the screen, if the parameter names such a thing."""
    return {"package": app.about.marked_build, "node": app.about.marked_node}.get(parameter.completes, "")


def _tell(app: "SwarmConsole", action: Action, line: str, outcome: Outcome) -> None:
    lines = [harmless(each) for each in action.render(outcome.document, Pen())]
    if not action.changes or len(lines) > TOAST_LINES:
        app.push_screen(Report(action.title, lines, line))
        return
    text = "\n".join(
        [*lines, *_way_back(app, action)[: action.undoable], f"$ {line}   {app.key_names['copy']} copies it"]
    )
    app.tell(text, action.title, "information" if outcome.exit_code == 0 else "warning")
    app.orders.told(line)


def _way_back(app: "SwarmConsole", action: Action) -> list[str]:
    """Whether there is a way back from the action, and the key to it; nothing where that is no question."""
    if not action.inverses:
        return []
    return [f"{app.key_names['undo']} takes it back" if action.undoable else "this cannot be taken back"]
