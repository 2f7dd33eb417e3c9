"""Repairing: another try for blocked builds, on a node of one's choice, and the queue ranked anew."""

from __future__ import annotations

from swarm_console.actions.action import Action, Inverse, Outcome, Parameter
from swarm_console.words.pen import count, diff_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from swarm_console.actions.action import Params
    from swarm_console.wire.ask import Swarm
    from swarm_console.words.pen import Pen


def unblock(swarm: Swarm, params: Params) -> Outcome:
    return Outcome(
        swarm.act("unblock", packages=params["packages"], jobs=params["jobs"], node=params["node"])
    )


def show_unblocked(seen: Any, pen: Pen) -> list[str]:
    names = seen["unblocked"]
    where = f", on {seen['node']}" if seen.get("node") else ""
    return [
        f"{pen('good', '✓')} {count(len(names), 'build')} back in the queue{where}",
        *(f"  • {name}" for name in names),
        "→ Run: build-swarm monitor",
    ]


def build_local(swarm: Swarm, params: Params) -> Outcome:
    return Outcome(swarm.act("build-local", package=params["package"]))


def configure(swarm: Swarm, params: Params) -> Outcome:
    if params["take_back"]:
        return Outcome(swarm.act("configure", package=params["package"], take_back=True))
    swarm.say("asking Portage's resolver, with a copy of the client profile")
    asked = {"package": params["package"], "lines": params["lines"], "node": params["node"]}
    return Outcome(swarm.act("configure", **asked))


def show_configured(seen: Any, pen: Pen) -> list[str]:
    sign = pen("good", "✓")
    lines = [f"{line[0]}: {line[1]}" for line in seen["lines"]]
    if seen.get("taken_back"):
        return [f"{sign} taken back for {seen['build']}: {'; '.join(lines)}"]
    if not seen["node"]:
        return [
            f"{sign} kept: production has {seen['build']} as it is wanted then",
            *diff_lines(seen["diff"], pen),
        ]
    others = len(seen["builds"]) - 1
    beside = f", with {count(others, 'package')} that it needs so" if others else ""
    return [
        f"{sign} {seen['build']} is tried on {seen['node']}{beside}; if it builds, this is kept for all:",
        *diff_lines(seen["diff"], pen),
        f"→ Run: build-swarm why {seen['build']}",
    ]


def balance(swarm: Swarm, params: Params) -> Outcome:
    return Outcome(swarm.act("balance"))


def show_balanced(seen: Any, pen: Pen) -> list[str]:
    ranked, recalled = count(seen["ranked"], "build"), count(seen["recalled"], "build")
    return [f"{pen('good', '✓')} {ranked} ranked by what history knows now, {recalled} handed out anew"]


PACKAGE = Parameter(
    "package",
    "any spelling of a package of the queue, or a cluster",
    positional=True,
    required=True,
    completes="package",
)

ACTIONS = (
    Action(
        "unblock",
        "Unblock packages",
        "try blocked packages again, all of them or those named",
        unblock,
        show_unblocked,
        key="u",
        parameters=(
            Parameter(
                "packages",
                "which, or a cluster of fix-blocked (default: every blocked one)",
                word="PACKAGE",
                positional=True,
                many=True,
                completes="package",
            ),
            Parameter("jobs", "with so many make jobs at most", kind="integer", word="N"),
            Parameter("node", "on this node only", completes="node", word="NODE"),
        ),
        changes=True,
        inverses=(Inverse("unblock", "BuildUnblocked", same={"node": "node"}, takes={"packages": "build"}),),
    ),
    Action(
        "build-local",
        "Build locally",
        "build a package on the orchestrator's own machine, for what needs its kernel",
        build_local,
        show_unblocked,
        parameters=(PACKAGE,),
        changes=True,
        inverses=(Inverse("unblock", "BuildUnblocked", takes={"packages": "build"}),),
    ),
    Action(
        "configure",
        "Try a configuration",
        "try lines of etc/portage for a blocked package on one drone, then keep or take them back",
        configure,
        show_configured,
        parameters=(
            PACKAGE,
            Parameter(
                "lines",
                "package.use, package.accept_keywords, package.license or package.unmask, and a line",
                word="FILE LINE",
                positional=True,
                many=True,
            ),
            Parameter("node", "on this node (default: the best that is idle)", completes="node", word="NODE"),
            Parameter("take_back", "end its trial now", kind="flag", default=False),
        ),
        changes=True,
        inverses=(Inverse("configure", "ChangeTried", takes={"package": "build"}, sets={"take_back": True}),),
    ),
    Action(
        "balance",
        "Balance the queue",
        "rank the queue anew and take back what was handed out but not begun",
        balance,
        show_balanced,
        key="b",
        changes=True,
    ),
)
