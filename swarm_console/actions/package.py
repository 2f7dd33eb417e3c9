"""One package in depth, as its screen shows it: why, remedies, neighbours, attempts, change and cost."""

from __future__ import annotations

from swarm_console.actions.action import Action, Outcome, Parameter
from swarm_console.actions.explain import PACKAGE, show_why
from swarm_console.actions.look import show_history
from swarm_console.wire.path import quoted
from swarm_console.words.pen import duration, size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from swarm_console.actions.action import Params
    from swarm_console.wire.ask import Swarm
    from swarm_console.words.pen import Pen

NAMED = 8
"""Far neighbours that are named for people; the document has all."""


def package(swarm: Swarm, params: Params) -> Outcome:
    found = swarm.get(f"/api/v1/packages/{quoted(params['package'], safe='/')}")
    for build in found:
        cpv = quoted(build["row"]["cpv"], safe="/")
        build["history"] = swarm.get(f"/api/v1/history?limit={params['limit']}&package={cpv}")
    return Outcome({"builds": found})


def show(seen: Any, pen: Pen) -> list[str]:
    lines: list[str] = []
    for build in seen["builds"]:
        lines += ["", *_build(build, pen)] if lines else _build(build, pen)
    return lines


def _build(build: Any, pen: Pen) -> list[str]:
    return [
        *show_why({"builds": [build["why"]]}, pen),
        *_diagnosis(build, pen),
        *_neighbours(build["neighbours"], pen),
        *_change(build, pen),
        *_cost(build, pen),
        *_attempts(build, pen),
    ]


def _attempts(build: Any, pen: Pen) -> list[str]:
    if not build["history"]:
        return []
    return ["", pen("strong", "Attempts"), *show_history({"attempts": build["history"]}, pen)]


def _diagnosis(build: Any, pen: Pen) -> list[str]:
    found = build.get("diagnosis")
    if not found:
        return []
    lines = [pen("dim", f"  │ {line}") for line in found.get("evidence", ())]
    for number, remedy in enumerate(build["remedies"], 1):
        lines.append(f"  {number}. {pen('strong', remedy['line'] or remedy['words'])}")
        if remedy["line"]:
            lines.append(pen("dim", f"     {remedy['words']}"))
    return lines


def _neighbours(found: Any, pen: Pen) -> list[str]:
    words = (
        ("needs", "needs"),
        ("needs_far", "needs, far"),
        ("needed_by", "needed by"),
        ("needed_by_far", "needed by, far"),
    )
    return [f"  {pen('dim', name)} {_some(found[key])}" for key, name in words if found[key]]


def _some(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _change(build: Any, pen: Pen) -> list[str]:
    before, after = build["change"]["before"], build["change"]["after"]
    changed, added, removed, _ = build["change"]["use"]
    if before is None:
        return [f"  {pen('dim', 'change')} new: production has none of {after['version']}:{after['slot']}"]
    moves = [f"{before['version']} → {after['version']}"]
    moves += [f"slot {before['slot']} → {after['slot']}"] if before["slot"] != after["slot"] else []
    moves += [f"USE {' '.join(changed)}"] if changed else []
    moves += [f"new flags {' '.join(added)}"] if added else []
    moves += [f"gone flags {' '.join(removed)}"] if removed else []
    moves += [f"{size(before['size'])} → {size(after['size'])}"] if after["size"] is not None else []
    return [f"  {pen('dim', 'change')} {', '.join(moves)}"]


def _cost(build: Any, pen: Pen) -> list[str]:
    told = ", ".join(f"{node} {duration(seconds)}" for node, seconds in build["expected"].items())
    return [f"  {pen('dim', 'should take')} {told}"] if told else []


ACTIONS = (
    Action(
        "package",
        "A package in depth",
        "one package: why it is where it is, remedies, neighbours, attempts, change, cost",
        package,
        show,
        parameters=(
            PACKAGE,
            Parameter("limit", "how many of its attempts", kind="integer", default=20, word="N"),
        ),
    ),
)
