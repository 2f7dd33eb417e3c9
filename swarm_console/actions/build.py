"""Building and releasing, step by step: fresh, verify, finalize, rollback; reset, pause, resume."""

from __future__ import annotations

from swarm_console.actions.action import Action, Inverse, Outcome, Parameter
from swarm_console.words.pen import count, duration, findings, size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from swarm_console.actions.action import Params
    from swarm_console.wire.ask import Swarm
    from swarm_console.words.pen import Pen


def fresh(swarm: Swarm, params: Params) -> Outcome:
    swarm.say("clearing staging, syncing every tree, asking what is needed")
    prepared = swarm.act("fresh")
    if params["wait"]:
        from swarm_console.actions.follow import follow

        return Outcome({**prepared, "totals": follow(swarm)["totals"]})
    return Outcome(prepared)


def show_prepared(seen: Any, pen: Pen) -> list[str]:
    totals = seen["totals"]
    lines = [f"{pen('good', '✓')} session {seen['session']}: {_totals(totals)}"]
    if lost := _lost(seen["lost"]):
        lines.append(f"  thrown away: {lost}")
    lines += [
        f"  {pen('attention', '⚠')} {answer['node']}: {answer['output'] or 'did not answer'}"
        for answer in seen["synced"]
        if not answer["ok"]
    ]
    going = totals["needed"] or totals["building"]
    return [*lines, f"→ Run: {pen('strong', 'build-swarm monitor' if going else 'build-swarm status')}"]


def _totals(totals: Any) -> str:
    return ", ".join(f"{totals[key]} {key}" for key in ("needed", "building", "complete", "blocked"))


def _lost(lost: Any) -> str:
    if not lost["staged"] and not lost["building"]:
        return ""
    parts = [
        count(lost["staged"], "staged package") if lost["staged"] else "",
        f"{count(lost['building'], 'build')} under way" if lost["building"] else "",
    ]
    return f"{' and '.join(filter(None, parts))}, {duration(lost['seconds'])} of compiling"


def loses_session(swarm: Swarm, params: Params) -> list[str]:
    """What clearing the session throws away, in figures; no lines where it is empty."""
    state = swarm.get("/api/v1/state")
    builds = list(state.get("builds", {}).values())
    staged = [build for build in builds if build.get("status") == "staged"]
    building = [build for build in builds if build.get("status") == "building"]
    seconds = sum((build.get("measures") or {}).get("seconds", 0.0) for build in staged)
    seconds += sum(max(state.get("at", 0.0) - build.get("since", 0.0), 0.0) for build in building)
    lost = _lost({"staged": len(staged), "building": len(building), "seconds": seconds})
    waiting = sum(build.get("status", "needed") in ("needed", "assigned", "blocked") for build in builds)
    lines = [lost] if lost else []
    if waiting:
        lines.append(f"the queue of {count(waiting, 'package')} that wait or are blocked")
    return lines


def reset(swarm: Swarm, params: Params) -> Outcome:
    return Outcome(swarm.act("reset"))


def show_reset(seen: Any, pen: Pen) -> list[str]:
    lost = _lost(seen["lost"]) or "nothing was staged or building"
    return [f"{pen('good', '✓')} the queue is empty; thrown away: {lost}", "→ Run: build-swarm fresh"]


def verify(swarm: Swarm, params: Params) -> Outcome:
    swarm.say("verifying staging, with a dress rehearsal of every client")
    return Outcome(swarm.act("verify"))


def show_verdict(seen: Any, pen: Pen) -> list[str]:
    safe = seen["score"] < seen["limit"]
    sign = pen("good", "✓") if safe else pen("bad", "✗")
    verdict = "safe to release" if safe else "not safe to release"
    lines = [
        f"{count(seen['packages'], 'package')} in staging, {size(seen['size'])}",
        f"{sign} Risk Score {seen['score']} of {seen['limit']}: {verdict}",
        *findings(seen["findings"], pen),
    ]
    step = "build-swarm finalize" if safe else "build-swarm fix-blocked"
    return [*lines, f"→ Run: {pen('strong', step)}"]


def finalize(swarm: Swarm, params: Params) -> Outcome:
    return Outcome(swarm.act("finalize", force=params["force"], verify_id=params["verify_id"]))


def show_released(seen: Any, pen: Pen) -> list[str]:
    lines = [
        f"{pen('good', '✓')} release {seen['release']} is live: {count(seen['packages'], 'package')}, "
        f"{seen['added']} of them new, {size(seen['size'])}, risk {seen['risk']}",
        *([f"  forced: {seen['forced']}"] if seen.get("forced") else []),
        *findings(seen.get("findings", []), pen),
    ]
    return [*lines, "→ Run: sudo apkg update (on the desktop)"]


def loses_finalize(swarm: Swarm, params: Params) -> list[str]:
    """What clients will see after it."""
    totals, current = _standing(swarm)
    lines = [f"clients see {count(totals['complete'], 'package')} of this session at once"]
    if current is not None:
        lines.append(f"release {current} is replaced, and kept for build-swarm rollback")
    if totals["needed"] or totals["building"]:
        lines.append(f"{totals['needed'] + totals['building']} builds that are not ready are left out")
    return lines


def _standing(swarm: Swarm) -> tuple[Any, int | None]:
    seen = swarm.get("/api/v1/status")
    return seen["totals"], seen["release"]


def rollback(swarm: Swarm, params: Params) -> Outcome:
    return Outcome(swarm.act("rollback", release=params["release"]))


def show_rolled_back(seen: Any, pen: Pen) -> list[str]:
    return [f"{pen('good', '✓')} clients see release {seen['release']} again instead of {seen['left']}"]


def loses_rollback(swarm: Swarm, params: Params) -> list[str]:
    """What clients will see instead. Raises: Refused (nothing_to_do) when there is nothing to go back to."""
    from swarm_console.actions.releases import before
    from swarm_console.wire.ask import refused

    seen = swarm.get("/api/v1/releases")
    current, target = seen["current"], params["release"]
    if target is None:
        target = before(seen, current or 0)
    if not target or current is None:
        raise refused("nothing_to_do", "no older release is kept", "build-swarm releases")
    said = f"clients see release {target} instead of {current}; release {current} is kept"
    return [said, *_going_back(swarm, current, target)]


def _going_back(swarm: Swarm, current: int, target: int) -> list[str]:
    """What changes for clients; that a release cannot be read is a reason to go back, not to stay."""
    from swarm_node.model.refusal import Refused

    try:
        counts = swarm.get(f"/api/v1/releases/{current}/difference/{target}")["counts"]
    except Refused as error:
        return [f"what changes for them cannot be told: {error.message}"]
    told = {"downgraded": "back to an older version", "removed": "gone", "use": "with other USE flags"}
    return [f"{what}: {count(counts[kind], 'package')}" for kind, what in told.items() if counts[kind]]


def loses_release(swarm: Swarm, params: Params) -> list[str]:
    current = _standing(swarm)[1]
    before = f"instead of release {current}, which is kept" if current is not None else "for the first time"
    return [f"once everything is built and verified, clients see it {before}"]


def pause(swarm: Swarm, params: Params) -> Outcome:
    return Outcome(swarm.act("pause", node=params["node"], reason=params["reason"]))


def resume(swarm: Swarm, params: Params) -> Outcome:
    return Outcome(swarm.act("resume", node=params["node"]))


def show_held(seen: Any, pen: Pen) -> list[str]:
    sign = pen("good", "✓")
    if "node" not in seen:
        if not seen["paused"]:
            return [f"{sign} the swarm goes on"]
        return [
            f"{sign} nothing more is handed out; {count(seen['building'], 'build')} under way will finish",
            "→ Run: build-swarm resume",
        ]
    if not seen["held"]:
        return [f"{sign} {seen['node']} takes builds again"]
    finishing = seen.get("finishing")
    rest = f"finishes attempt {finishing} and " if finishing is not None else ""
    return [f"{sign} {seen['node']} {rest}gets nothing more", f"→ Run: build-swarm resume {seen['node']}"]


FORCE = Parameter("force", "release at any risk, for this reason", default="", word="REASON")
NODE = Parameter("node", "only this node", positional=True, completes="node")
RESUMED = Inverse("resume", "NodeHeld", like={"held": True}, same={"node": "name"}, takes={"node": "name"})
PUBLISHED = Inverse("rollback", "ReleasePublished", takes={"release": "left"})
CLEARED = Inverse("", "SessionOpened", like={"cleared": True}, why="what it threw away is gone")

ACTIONS = (
    Action(
        "fresh",
        "Fresh session",
        "clear staging and queue, sync every tree, find out what is needed and build it",
        fresh,
        show_prepared,
        parameters=(Parameter("wait", "until everything is built", kind="flag", default=False),),
        changes=True,
        loses=loses_session,
        inverses=(CLEARED,),
    ),
    Action(
        "verify",
        "Verify staging",
        "the risk of releasing what is staged, itemised",
        verify,
        show_verdict,
        key="v",
        changes=True,
    ),
    Action(
        "finalize",
        "Finalize the release",
        "staging becomes production: clients see it, all or nothing",
        finalize,
        show_released,
        key="F",
        parameters=(
            FORCE,
            Parameter("verify_id", "exactly the set of this verdict, or nothing", default="", word="ID"),
        ),
        changes=True,
        loses=loses_finalize,
        inverses=(PUBLISHED,),
    ),
    Action(
        "rollback",
        "Roll back",
        "show clients an older release again",
        rollback,
        show_rolled_back,
        parameters=(
            Parameter(
                "release",
                "its number (default: the one before)",
                kind="integer",
                positional=True,
                completes="release",
            ),
        ),
        changes=True,
        loses=loses_rollback,
        inverses=(Inverse("rollback", "ReleaseRolledBack", takes={"release": "left"}),),
    ),
    Action(
        "reset",
        "Reset the swarm",
        "empty queue and staging, drop what is being built",
        reset,
        show_reset,
        key="R",
        changes=True,
        loses=loses_session,
        inverses=(CLEARED,),
    ),
    Action(
        "pause",
        "Pause",
        "hand out nothing more; what is being built is finished",
        pause,
        show_held,
        key="p",
        parameters=(NODE, Parameter("reason", "shown to whoever asks why", default="", word="WORDS")),
        changes=True,
        inverses=(Inverse("resume", "SwarmHeld", like={"held": True}), RESUMED),
    ),
    Action(
        "resume",
        "Resume",
        "hand out builds again, after pause or drain",
        resume,
        show_held,
        key="P",
        parameters=(NODE,),
        changes=True,
        inverses=(
            Inverse("pause", "SwarmHeld", like={"held": False}),
            Inverse("drain", "NodeHeld", {"held": False}, same={"node": "name"}, takes={"node": "name"}),
        ),
    ),
)
