"""Releases: the list, what each holds, what differs between two, whether one still is what was released."""

from __future__ import annotations

from swarm_console.actions.action import Action, Outcome, Parameter
from swarm_console.words.pen import count, findings, growth, moment, size, table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from swarm_console.actions.action import Params
    from swarm_console.wire.ask import Swarm
    from swarm_console.words.pen import Pen

HEADINGS = {
    "upgraded": "Upgraded",
    "downgraded": "Downgraded",
    "added": "Added",
    "removed": "Removed",
    "use": "USE changed",
    "rebuilt": "Rebuilt",
}
"""Kinds of changes in words, in the order in which they are shown."""


def releases(swarm: Swarm, params: Params) -> Outcome:
    return Outcome(swarm.get("/api/v1/releases"))


def show_releases(seen: Any, pen: Pen) -> list[str]:
    heads = ("Release", "Made", "State", "Packages", "New", "Size", "Risk", "Forced because")
    rows = (_release(each, each["number"] == seen["current"]) for each in seen["releases"])
    return table(heads, rows, pen) or ["nothing has been released yet: build-swarm release"]


def _release(release: Any, current: bool) -> tuple[object, ...]:
    state = "✓ clients see it" if current else release.get("status", "prepared")
    packages, added = release.get("packages", 0), release.get("added", 0)
    return (
        release["number"],
        moment(release["at"]),
        state,
        packages,
        added,
        size(release.get("size", 0)),
        release["score"],
        release.get("forced", ""),
    )


def contents(swarm: Swarm, params: Params) -> Outcome:
    """Everything in a release, in that which clients see if none is named."""
    number = params["release"] if params["release"] is not None else _live(swarm)
    return Outcome(swarm.get(f"/api/v1/releases/{number}"))


def _live(swarm: Swarm) -> int:
    from swarm_console.wire.ask import refused

    current = swarm.get("/api/v1/releases")["current"]
    if current is None:
        raise refused("nothing_to_do", "nothing has been released yet", "build-swarm release")
    return int(current)


def show_contents(seen: Any, pen: Pen) -> list[str]:
    sign = f" {pen('good', '✓')} clients see it" if seen["current"] else ""
    packages = seen["packages"]
    lines = [f"release {seen['release']}: {count(len(packages), 'package')}, {size(seen['size'])}{sign}"]
    lines += against(seen["about"], pen) if seen["about"] is not None else []
    heads = ("Package", "Slot", "Size", "USE", "Repository")
    rows = ((p["cpv"], p["slot"], size(p["size"]), _on(p.get("use", ())), p["repository"]) for p in packages)
    return [*lines, "", *table(heads, rows, pen)]


def _on(use: Any) -> str:
    return " ".join(flag for flag in use if not flag.startswith("-"))


def against(release: Any, pen: Pen) -> list[str]:
    """What spoke against a release when it was made, its points in front."""
    lines = [f"risk {release['score']} when it was released, {moment(release['at'])}"]
    if release.get("forced"):
        lines.append(f"  forced: {release['forced']}")
    return [*lines, *findings(release.get("findings", []), pen)]


def difference(swarm: Swarm, params: Params) -> Outcome:
    """What changes between two; without both, up to what clients see, and from the one before that."""
    newer = params["newer"] if params["newer"] is not None else _live(swarm)
    older = params["older"]
    if older is None:
        older = before(swarm.get("/api/v1/releases"), newer)
    return Outcome(swarm.get(f"/api/v1/releases/{older}/difference/{newer}"))


def before(seen: Any, number: int) -> int:
    """The kept release that a release came after; 0 for what clients had before the first."""
    kept = (int(each["number"]) for each in seen["releases"] if each.get("status") == "published")
    return max((each for each in kept if each < number), default=0)


def show_difference(seen: Any, pen: Pen) -> list[str]:
    lines = [f"from release {seen['older']} to release {seen['newer']}: {growth(seen['size'])}"]
    for kind, heading in HEADINGS.items():
        rows = [_change(each) for each in seen["changes"] if each["kind"] == kind]
        if rows:
            told = table(("Package", "Slot", "Version", "USE", "Size", "Growth"), rows, pen)
            lines += ["", pen("strong", f"{heading}: {len(rows)}"), *told]
    return lines if len(lines) > 1 else [*lines, f"{pen('good', '✓')} they hold the same packages"]


def _change(change: Any) -> tuple[object, ...]:
    before, after = (version(change["cp"], change.get(side, "")) for side in ("before", "after"))
    moved = f"{before} → {after}" if before and after and before != after else after or before
    use = " ".join(change.get("use", ()))
    was, now = change.get("size_before", 0), change.get("size_after", 0)
    return change["cp"], change["slot"], moved, use, size(now or was), growth(now - was)


def version(cp: str, cpv: str) -> str:
    """The version of a cpv, empty for none."""
    return cpv[len(cp) + 1 :]


def audit(swarm: Swarm, params: Params) -> Outcome:
    """Exit code 1 when something is not as it was released."""
    from swarm_console.wire.ask import WORK_SECONDS, document

    number = params["release"] if params["release"] is not None else _live(swarm)
    swarm.say(f"reading every byte of release {number}")
    seen = document(swarm.url, swarm.fetch("GET", f"/api/v1/releases/{number}/audit", None, WORK_SECONDS))
    return Outcome(seen, 1 if seen["wrong"] else 0)


def show_audit(seen: Any, pen: Pen) -> list[str]:
    number, wrong = seen["release"], seen["wrong"]
    if not wrong:
        return [f"{pen('good', '✓')} release {number} is what was released"]
    lines = [f"{pen('bad', '✗')} {count(len(wrong), 'file')} of release {number} changed since, or gone:"]
    return [*lines, *(f"  • {path}" for path in wrong), "→ Run: build-swarm rollback"]


def _number(name: str, text: str) -> Parameter:
    return Parameter(name, text, kind="integer", positional=True, completes="release")


ACTIONS = (
    Action(
        "releases", "Releases", "what was released, and what clients see", releases, show_releases, key="r"
    ),
    Action(
        "contents",
        "Contents of a release",
        "every package of a release, and what spoke against it",
        contents,
        show_contents,
        parameters=(_number("release", "its number (default: what clients see)"),),
    ),
    Action(
        "difference",
        "Difference between releases",
        "what is added, removed, upgraded or built otherwise from one release to another",
        difference,
        show_difference,
        parameters=(
            _number("older", "from this one (default: the one before the other)"),
            _number("newer", "to this one (default: what clients see)"),
        ),
    ),
    Action(
        "audit",
        "Audit a release",
        "whether a release still is what was released; reads every byte",
        audit,
        show_audit,
        parameters=(_number("release", "its number (default: what clients see)"),),
    ),
)
