"""`release`, the handbook's full pipeline: sync, build, verify, finalize, in one command."""

from __future__ import annotations

from swarm_console.actions.action import Action, Outcome
from swarm_console.actions.build import FORCE, PUBLISHED, loses_release
from swarm_console.words.pen import count, findings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from swarm_console.actions.action import Params
    from swarm_console.wire.ask import Swarm
    from swarm_console.words.pen import Pen


def release(swarm: Swarm, params: Params) -> Outcome:
    """Plan, follow, verify, finalize. Raises: Refused (too_risky, with the findings) and what those raise."""
    from swarm_console.actions.follow import follow, patiently

    swarm.say("syncing every tree, asking what is needed")
    _plan(swarm)
    seen = follow(swarm)
    totals = seen["totals"]
    staged = [
        row for row in patiently(swarm, lambda: swarm.get("/api/v1/queue")) if row["status"] == "staged"
    ]
    if not staged:
        return Outcome(_document(seen["release"], 0, totals, 0, [], new=False))
    swarm.say(f"verifying {count(len(staged), 'package')}, with a dress rehearsal of every client")
    verdict = patiently(swarm, lambda: swarm.act("verify"))
    if verdict["score"] >= verdict["limit"] and not params["force"]:
        return _too_risky(verdict, totals, len(staged))
    swarm.say(f"risk score {verdict['score']} of {verdict['limit']}: finalizing")
    done = _finalize(swarm, seen["release"], params["force"], verdict)
    return Outcome(
        _document(done["release"], done["added"], totals, done["risk"], done["findings"], new=True)
    )


def _plan(swarm: Swarm) -> None:
    """Plan the session; an orchestrator that restarts in the middle of it goes on by itself."""
    from swarm_console.actions.follow import patiently
    from swarm_node.model.refusal import UNANSWERED, Refused

    before = swarm.get("/api/v1/status")["session"]
    try:
        swarm.act("plan")
    except Refused as error:
        if error.kind.exit_code != UNANSWERED and error.code != "bad_answer":
            raise
        if patiently(swarm, lambda: swarm.get("/api/v1/status"))["session"] == before:
            patiently(swarm, lambda: swarm.act("plan"))


def _finalize(swarm: Swarm, before: int | None, force: str, verdict: Any) -> Any:
    """Finalize exactly what was verified; when the answer was lost on the way, see what came of it."""
    from swarm_console.actions.follow import patiently
    from swarm_node.model.refusal import UNANSWERED, Refused

    def ask() -> Any:
        return swarm.act("finalize", force=force, verify_id=verdict["verify_id"])

    try:
        return ask()
    except Refused as error:
        if error.kind.exit_code != UNANSWERED and error.code != "bad_answer":
            raise
    known = patiently(swarm, lambda: swarm.get("/api/v1/releases"))
    if known["current"] == before:
        return patiently(swarm, ask)
    made = next(each for each in known["releases"] if each["number"] == known["current"])
    return {
        "release": made["number"],
        "added": made.get("added", 0),
        "risk": made["score"],
        "findings": verdict["findings"],
    }


def _document(
    number: int | None, staged: int, totals: Any, risk: int, found: list[Any], new: bool
) -> dict[str, Any]:
    return {
        "release": number,
        "staged": staged,
        "blocked": totals["blocked"],
        "waiting": totals["needed"],
        "risk": risk,
        "findings": found,
        "released": new,
    }


def _too_risky(verdict: Any, totals: Any, staged: int) -> Outcome:
    from swarm_console.wire.ask import refused

    no = refused(
        "too_risky",
        f"risk score {verdict['score']} is not below {verdict['limit']}",
        "mend the findings, then build-swarm release; or: build-swarm finalize --force REASON",
    )
    document = _document(None, staged, totals, verdict["score"], verdict["findings"], new=False)
    return Outcome({**document, **no.document()}, no.kind.exit_code)


def show_release(seen: Any, pen: Pen) -> list[str]:
    blocked = [
        f"{pen('attention', '⚠')} {count(seen['blocked'], 'package')} blocked → Run: build-swarm fix-blocked"
    ]
    rest = blocked if seen["blocked"] else []
    if seen["released"]:
        head = f"{pen('good', '✓')} release {seen['release']} is live: {count(seen['staged'], 'new package')}"
        head += f", {seen['blocked']} blocked, risk {seen['risk']}"
        return [head, *findings(seen["findings"], pen), *rest, "→ Run: sudo apkg update (on the desktop)"]
    if "error" in seen:
        return [
            f"{pen('bad', '✗')} not released: {seen['error']['message']}",
            *findings(seen["findings"], pen),
            *rest,
        ]
    live = f"release {seen['release']} is what clients see" if seen["release"] else "nothing was released yet"
    return [f"{pen('good', '✓')} nothing new to release: {live}", *rest]


ACTIONS = (
    Action(
        "release",
        "Release everything",
        "the full pipeline: sync, build, verify, finalize",
        release,
        show_release,
        parameters=(FORCE,),
        changes=True,
        loses=loses_release,
        inverses=(PUBLISHED,),
    ),
)
