"""`undo`: the newest action of any operator taken back, as the swarm's own log knows it."""

from __future__ import annotations

import json

from swarm_console.actions.action import Action, Outcome, Parameter
from swarm_console.words.pen import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from swarm_console.actions.action import Inverse, Params
    from swarm_console.wire.ask import Swarm
    from swarm_console.words.pen import Pen

TRAIL = 50
"""How many actions are looked at."""


class WayBack:
    """What takes an action back: another one with its parameters. `number` is the action's in the log."""

    __slots__ = ("action", "number", "params", "taken")

    def __init__(self, number: int, taken: Any, action: Action, params: Params) -> None:
        self.number, self.taken, self.action, self.params = number, taken, action, params

    @property
    def words(self) -> str:
        """What is taken back: the action, when and by whom."""
        by = f" by {self.taken['by']}" if self.taken.get("by") else ""
        return f"{_line(self.taken)}, {moment(self.taken['at'])}{by}"


def way_back(trail: list[Any], number: int | None = None) -> WayBack:
    """From the newest action of a trail (records of the log, newest first) that can be taken back.

    Passed over is what did nothing, needs no way back, or was taken back already. Raises: Refused
    (nothing_to_do) when there is none, at one that is for good, and when it is not the one of that number.
    """
    from swarm_console.wire.ask import refused

    records = list(reversed(trail))
    undone = {int(event["params"]["undoes"]) for event in map(_event, records) if _is_undo(event)}
    for place in reversed(range(len(records))):
        taken = _event(records[place])
        if taken["event"] != "ActionTaken" or _is_undo(taken) or records[place]["seq"] in undone:
            continue
        found = _found(taken, [_event(record) for record in records[place + 1 :]])
        if found is None:
            continue
        if number not in (None, records[place]["seq"]):
            raise refused(
                "nothing_to_do", "something else was done meanwhile", "look again: build-swarm undo"
            )
        return _way(records[place]["seq"], taken, *found)
    raise refused("nothing_to_do", "nothing was done that could be taken back", "build-swarm status")


def _way(number: int, taken: Any, inverse: Inverse, effects: list[Any]) -> WayBack:
    from swarm_console.actions.registry import ACTIONS
    from swarm_console.wire.ask import refused

    if not inverse.action:
        message = f"{taken['name']} of {moment(taken['at'])} cannot be taken back: {inverse.why}"
        hint = "releases are safe: build-swarm releases; an older one is shown again by build-swarm rollback"
        raise refused("nothing_to_do", message, hint)
    action = ACTIONS[inverse.action]
    many = {parameter.name for parameter in action.parameters if parameter.many}
    given = {
        name: [each[field] for each in effects] if name in many else effects[0].get(field)
        for name, field in inverse.takes.items()
    }
    return WayBack(number, taken, action, action.defaults(**given, **inverse.sets))


def _found(taken: Any, later: list[Any]) -> tuple[Inverse, list[Any]] | None:
    """The inverse that fits what an action did, with the events that say so."""
    from swarm_console.actions.registry import ACTIONS

    action = ACTIONS.get(taken["name"])
    for inverse in action.inverses if action is not None else ():
        if effects := _effects(inverse, taken, later):
            return inverse, effects
    return None


def _effects(inverse: Inverse, taken: Any, later: list[Any]) -> list[Any]:
    """The first run of fitting events, before the same action was taken again."""
    params = _params(taken)
    run: list[Any] = []
    for event in later:
        again = event["event"] == "ActionTaken" and event["name"] == taken["name"]
        fits = (
            event["event"] == inverse.effect
            and all(event.get(field) == value for field, value in inverse.like.items())
            and all(
                params.get(name) is not None and event.get(field) == params[name]
                for name, field in inverse.same.items()
            )
        )
        if again or (run and not fits):
            break
        if fits:
            run.append(event)
    return run


def _event(record: Any) -> Any:
    return record["event"]


def _is_undo(event: Any) -> bool:
    return event["event"] == "ActionTaken" and "undoes" in event.get("params", ())


def _params(taken: Any) -> dict[str, Any]:
    return {name: json.loads(value) for name, value in taken.get("params", {}).items()}


def _line(taken: Any) -> str:
    """An action of the log as one would have written it."""
    from swarm_console.actions.registry import ACTIONS

    return ACTIONS[taken["name"]].line(_params(taken)).removeprefix("build-swarm ").removesuffix(" --yes")


def undo(swarm: Swarm, params: Params) -> Outcome:
    """Raises: Refused when there is nothing to take back, or the swarm refuses the way back."""
    way = _look(swarm, params)
    swarm.undoes = way.number
    outcome = way.action.run(swarm, way.params)
    took = {"action": way.taken["name"], "number": way.number, "words": way.words}
    return Outcome({"took_back": took, "by": way.action.name, "outcome": outcome.document}, outcome.exit_code)


def loses_undo(swarm: Swarm, params: Params) -> list[str]:
    """What would be lost on the way back, if anything; it is then this way or none."""
    way = _look(swarm, params)
    params["number"] = way.number
    lost = way.action.loses(swarm, way.params) if way.action.loses is not None else []
    return [f"takes back: {way.words}", *lost] if lost else []


def _look(swarm: Swarm, params: Params) -> WayBack:
    return way_back(swarm.get(f"/api/v1/trail?limit={TRAIL}"), params["number"])


def show_undone(seen: Any, pen: Pen) -> list[str]:
    from swarm_console.actions.registry import ACTIONS

    head = f"{pen('good', '↶')} took back: {seen['took_back']['words']}"
    return [head, *ACTIONS[seen["by"]].render(seen["outcome"], pen)]


ACTIONS = (
    Action(
        "undo",
        "Undo",
        "take back the newest action, whoever did it; asks first where something would be lost",
        undo,
        show_undone,
        key="U",
        parameters=(
            Parameter(
                "number", "exactly the action of this number in the log, or nothing", "integer", word="N"
            ),
        ),
        changes=True,
        loses=loses_undo,
    ),
)
