"""Fix blocked: the causes of what is blocked, each with proof and remedies, and doing these in turn."""

from __future__ import annotations

from swarm_console.actions.action import Action, Outcome, Parameter
from swarm_console.actions.explain import proved
from swarm_console.words.pen import count, diff_lines, duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from swarm_console.actions.action import Params
    from swarm_console.wire.ask import Swarm
    from swarm_console.words.pen import Pen

NAMED = 6
"""Packages of a cluster that are named before the rest is only counted."""
APPLIED, CURED, PERSON, FAILED = "applied", "cured", "person", "failed"
"""What came of a cluster: the remedy was done, it was cured already, only a person can, or it failed."""
LOOK_SECONDS = 0.5


def fix_blocked(swarm: Swarm, params: Params) -> Outcome:
    """List the causes, or with --apply do a remedy of each. Raises: Refused for a name that nothing has."""
    found, blocked = swarm.get_all("/api/v1/clusters", "/api/v1/blocked")
    chosen = _chosen(found, params["names"])
    if params["apply"]:
        return _applied(swarm, chosen, params["remedy"], params["wait"])
    names = {name for cluster in chosen for name in cluster["builds"]}
    return Outcome({"clusters": chosen, "blocked": [each for each in blocked if each["build"] in names]})


def _chosen(found: list[Any], names: Sequence[str]) -> list[Any]:
    """The clusters that the names stand for: their own, their kinds', and those of packages."""
    if not names:
        return found
    chosen: dict[str, Any] = {}
    for name in names:
        fitting = [cluster for cluster in found if name in _spellings(cluster)]
        if not fitting:
            raise _unknown(name, found)
        chosen |= {cluster["name"]: cluster for cluster in fitting}
    return [cluster for cluster in found if cluster["name"] in chosen]


def _spellings(cluster: Any) -> set[str]:
    from swarm_node.model.names import spelt

    own = {cluster["name"], cluster["kind"]}
    return own.union(*(spelt(name, name.partition("@")[0] or name) for name in cluster["builds"]))


def _unknown(name: str, found: list[Any]) -> Exception:
    from swarm_node.model.names import closest
    from swarm_node.model.refusal import Refused

    near = [spelling for cluster in found for spelling in _spellings(cluster)]
    return Refused(
        "unknown_package",
        f"{name!r:.120} is neither a blocked package nor a cluster of them",
        closest(name[:80], near, "build-swarm fix-blocked"),
    )


def _applied(swarm: Swarm, chosen: list[Any], number: int, wait: bool) -> Outcome:
    """One remedy after the other. What only a person can do is no failure, unless nothing else was there."""
    known = {change["number"] for change in swarm.get("/api/v1/changes")} if wait else set()
    cures = [_cured(swarm, cluster, number) for cluster in chosen]
    document: dict[str, Any] = {"cures": cures}
    results = {cure["result"] for cure in cures}
    well = not cures or (FAILED not in results and bool(results & {APPLIED, CURED}))
    names = [name for cure in cures if cure["result"] == APPLIED for name in cure["packages"]]
    if wait and names:
        document["built"], document["taken_back"] = _built(swarm, names, known)
        well = well and "blocked" not in document["built"].values()
    return Outcome(document, 0 if well else 1)


def _cured(swarm: Swarm, cluster: Any, number: int) -> dict[str, Any]:
    """Do one remedy of a cluster: by itself only what needs no person, by its number whatever it is."""
    about = {key: cluster[key] for key in ("cause", "kind", "summary")}
    cure = {"cluster": cluster["name"], **about, "packages": cluster["builds"]}
    if not any(each["cause"] == cluster["cause"] for each in swarm.get("/api/v1/clusters")):
        return {**cure, "result": CURED, "line": "", "words": "cured by what was done before"}
    if not 1 <= number <= len(cluster["remedies"]):
        words = f"it has {count(len(cluster['remedies']), 'remedy', 'remedies')}, not {number}"
        return {**cure, "result": FAILED, "line": "", "words": words}
    remedy = cluster["remedies"][number - 1]
    cure |= {"line": remedy["line"], "words": remedy["words"]}
    if not remedy["command"] or (remedy["person"] and number == 1):
        return {**cure, "result": PERSON}
    swarm.say(f"{cluster['name']}: {remedy['line']}")
    return {**cure, **_done(swarm, remedy["command"])}


def _done(swarm: Swarm, command: list[str]) -> dict[str, Any]:
    """What a remedy's command came to. Raises: Refused when nothing answers any more."""
    from swarm_console.actions.registry import find
    from swarm_console.commandline.arguments import given_by
    from swarm_console.commandline.confirm import confirm
    from swarm_node.model.refusal import UNANSWERED, Refused

    name, *words = command
    action = find(name)
    params = action.defaults(**given_by(action, words))
    try:
        if action.dangerous and not swarm.agreed:
            confirm(action, swarm, params)
        outcome = action.run(swarm, params)
    except Refused as error:
        if error.kind.exit_code == UNANSWERED:
            raise
        return {"result": FAILED, "action": name, **error.document()}
    well = outcome.exit_code == 0 or bool(outcome.document.get("requeued"))
    return {"result": APPLIED if well else FAILED, "action": name, "outcome": outcome.document}


def _built(swarm: Swarm, names: list[str], known: set[int]) -> tuple[dict[str, str], dict[str, str]]:
    """Wait until these builds, and the trials beyond the known ones, have ended.

    The status of each build, and why trials of them were taken back, where any were.
    """
    import time

    from swarm_console.actions.follow import can_move, patiently

    told = ""
    while True:
        changes = patiently(swarm, lambda: swarm.get("/api/v1/changes"))
        own = [change for change in changes if change["number"] not in known]
        settled = all(change["settled"] for change in own)
        queue = patiently(swarm, lambda: swarm.get("/api/v1/queue"))
        statuses = {row["build"]: row["status"] for row in queue}
        seen = {name: statuses.get(name, "gone") for name in names}
        left = [name for name, status in seen.items() if status in ("needed", "assigned", "building")]
        if settled and (not left or can_move(queue) is None):
            return seen, {one["build"]: one["reason"] for one in own if one["status"] == "taken back"}
        line = f"{count(len(left), 'package')} still to build: {', '.join(left[:NAMED])}"
        if left and line != told:
            told = line
            swarm.say(line)
        time.sleep(LOOK_SECONDS)


def show_fixed(seen: Any, pen: Pen) -> list[str]:
    return show_cures(seen, pen) if "cures" in seen else show_clusters(seen, pen)


def show_clusters(seen: Any, pen: Pen) -> list[str]:
    """Every cause with its proof and its remedies, the likeliest to help first."""
    found = seen["clusters"]
    if not found:
        return [f"{pen('good', '✓')} nothing is blocked"]
    packages = sum(len(cluster["builds"]) for cluster in found)
    blocked = f"{count(packages, 'package')} blocked by {count(len(found), 'cause')}"
    lines = [f"{pen('attention', '⚠')} {blocked}:"]
    for cluster in found:
        lines += ["", *_cluster(cluster, pen)]
    if any(not cluster["remedies"][0]["person"] for cluster in found):
        lines += [
            "",
            f"→ Run: {pen('strong', 'build-swarm fix-blocked --apply')}, to do all that come first",
        ]
    return lines


def _cluster(cluster: Any, pen: Pen) -> list[str]:
    least = "at least " if cluster.get("beyond") else ""
    held = f", {least}{count(cluster['holds'], 'other')} wait" if cluster["holds"] else ""
    extent = f"{count(len(cluster['builds']), 'package')}{held}, unlocks {duration(cluster['seconds'])}"
    sure = f" ({cluster['confidence']:.0%} sure)" if cluster["confidence"] else ""
    names = cluster["builds"][:NAMED]
    more = [f"  … and {len(cluster['builds']) - NAMED} more"] if len(cluster["builds"]) > NAMED else []
    return [
        f"{pen('attention', cluster['name'])}  {extent} of compiling",
        f"  {pen('strong', cluster['summary'])}{sure}",
        *(f"  • {name}" for name in names),
        *more,
        *proved(cluster.get("odds"), cluster["evidence"], pen),
        *(line for number, cure in enumerate(cluster["remedies"], 1) for line in _remedy(number, cure, pen)),
    ]


def _remedy(number: int, cure: Any, pen: Pen) -> list[str]:
    """The first remedy as what to run, the others below it with their numbers."""
    known = f" (cured this {cure['proven']}×)" if cure["proven"] else ""
    command = pen("strong", cure["line"])
    if cure["person"]:
        told = f"{cure['words']}{f': {command}' if cure['line'] else ''}"
    else:
        told = f"{'Run: ' if number == 1 else ''}{command}{known}, to {cure['words']}"
    sign = "→" if number == 1 else f"{number}."
    return [f"  {sign} {told}", *(f"  {line}" for line in diff_lines(cure["diff"], pen) if number == 1)]


SIGNS = {APPLIED: ("good", "✓"), CURED: ("good", "✓"), PERSON: ("wait", "…"), FAILED: ("bad", "✗")}


def show_cures(seen: Any, pen: Pen) -> list[str]:
    """What was done and what came of it."""
    cures = seen["cures"]
    if not cures:
        return [f"{pen('good', '✓')} nothing is blocked"]
    lines = [line for cure in cures for line in _cure(cure, pen)]
    for name, status in seen.get("built", {}).items():
        sign = pen("bad", "✗") if status == "blocked" else pen("good", "✓")
        reverted = seen["taken_back"].get(name)
        lines.append(
            f"{sign} {name}: {status}{f', what was tried is taken back: {reverted}' if reverted else ''}"
        )
    step = "status" if "built" in seen else "monitor"
    return [*lines, f"→ Run: {pen('strong', f'build-swarm {step}')}"]


def _cure(cure: Any, pen: Pen) -> list[str]:
    from swarm_console.actions.registry import find

    packages = count(len(cure["packages"]), "package")
    head = f"{pen(*SIGNS[cure['result']])} {pen('strong', cure['cluster'])}: {packages}"
    if cure["result"] == PERSON:
        then = f"; then run: {cure['line']}" if cure["line"] else ""
        return [f"{head}, {cure['words']}{then}"]
    if "action" not in cure:
        return [f"{head}, {cure['words']}"]
    lines = [f"{head}, {cure['line']}"]
    if "error" in cure:
        return [*lines, f"  {cure['error']['message']}", f"  → {cure['error']['hint']}"]
    told = find(cure["action"]).render(cure["outcome"], pen)
    return [*lines, *(f"  {line}" for line in told if not line.startswith("→"))]


ACTIONS = (
    Action(
        "fix-blocked",
        "Fix blocked packages",
        "what blocks, by cause, with the proof and what cures it; --apply does the first remedy of each",
        fix_blocked,
        show_fixed,
        key="f",
        parameters=(
            Parameter(
                "names",
                "only these (default: everything that is blocked)",
                word="PACKAGE|CLUSTER",
                positional=True,
                many=True,
                completes="package",
            ),
            Parameter("apply", "do a remedy of each, one after the other", kind="flag", default=False),
            Parameter("remedy", "which one (default: the first)", kind="integer", default=1, word="N"),
            Parameter("wait", "until what was cured is built", kind="flag", default=False),
        ),
        changing="apply",
    ),
)
