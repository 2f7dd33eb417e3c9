"""Releases and the digest in words, and which of the swarm's documents they are made from."""

import time
from pathlib import Path
from typing import Any

import pytest

from swarm_console.actions.away import since
from swarm_console.actions.registry import ACTIONS
from swarm_console.manners.memory import Look, Notebook
from swarm_console.words.pen import Pen, growth
from swarm_console.words.recap import recap
from swarm_node.model.refusal import Refused
from tests.unit.scripted import Scripted
from tests.unit.test_actions import do

FINDING = {"code": "shrunk", "message": "git shrank", "points": 2, "package": "dev-vcs/git-2"}
KEPT = [
    {"number": 4, "at": 0, "status": "abandoned", "score": 0},
    {"number": 3, "at": 0, "status": "published", "packages": 3, "added": 1, "size": 2048, "score": 2},
    {"number": 2, "at": 0, "status": "forgotten", "score": 12, "forced": "because"},
    {"number": 1, "at": 0, "status": "published", "score": 0},
]
LIST = {"/api/v1/releases": [{"current": 3, "releases": KEPT}]}
NONE = {"/api/v1/releases": [{"current": None, "releases": []}]}


def test_releases_show_what_clients_see() -> None:
    _, lines, _ = do("releases", LIST)
    assert "abandoned" in lines[1]
    assert "✓ clients see it" in lines[2] and "2.0 KiB" in lines[2]
    assert "forgotten" in lines[3] and "because" in lines[3]
    assert do("releases", NONE)[1] == ["nothing has been released yet: build-swarm release"]


def test_the_contents_of_what_clients_see() -> None:
    held = {"cpv": "a/b-1", "slot": "0/2", "size": 2048, "use": ["ssl", "-lua"], "repository": "demo"}
    about = {"number": 3, "at": 0.0, "score": 2, "findings": [FINDING], "forced": "a CVE"}
    seen = {"release": 3, "packages": [held], "size": 2048, "about": about, "current": True}
    _, lines, swarm = do("contents", {**LIST, "/api/v1/releases/3": [seen]})
    assert lines[0] == "release 3: 1 package, 2.0 KiB ✓ clients see it"
    assert lines[1].startswith("risk 2 when it was released")
    assert lines[2:4] == ["  forced: a CVE", "   2  git shrank"]
    assert lines[-1].split() == ["a/b-1", "0/2", "2.0", "KiB", "ssl", "demo"]
    older = {**seen, "release": 1, "about": None, "current": False}
    _, lines, swarm = do("contents", {"/api/v1/releases/1": [older]}, release=1)
    assert swarm.asked == ["/api/v1/releases/1"]
    assert lines[:2] == ["release 1: 1 package, 2.0 KiB", ""]


@pytest.mark.parametrize("name", ["contents", "difference", "audit"])
def test_without_a_release_there_is_nothing_to_show(name: str) -> None:
    with pytest.raises(Refused) as no:
        do(name, NONE)
    assert (no.value.code, no.value.hint) == ("nothing_to_do", "build-swarm release")


DIFFERS = {
    "older": 1,
    "newer": 3,
    "size": 1 << 20,
    "counts": {},
    "changes": [
        {"kind": "upgraded", "cp": "a/b", "slot": "0", "before": "a/b-1", "after": "a/b-2-r1",
         "size_before": 1024, "size_after": 2048, "use": ["+ssl"]},
        {"kind": "removed", "cp": "a/c", "slot": "2", "before": "a/c-7", "size_before": 1024},
        {"kind": "use", "cp": "a/d", "slot": "0", "before": "a/d-1", "after": "a/d-1", "use": ["-lua"]},
    ],
}  # fmt: skip


def test_what_differs_is_told_kind_by_kind() -> None:
    _, lines, _ = do("difference", {**LIST, "/api/v1/releases/1/difference/3": [DIFFERS]})
    assert lines[0] == "from release 1 to release 3: +1.0 MiB"
    assert [line for line in lines if line.endswith(": 1")] == [
        "Upgraded: 1",
        "Removed: 1",
        "USE changed: 1",
    ]
    text = [line.split() for line in lines]
    assert ["a/b", "0", "1", "→", "2-r1", "+ssl", "2.0", "KiB", "+1.0", "KiB"] in text
    assert ["a/c", "2", "7", "1.0", "KiB", "-1.0", "KiB"] in text
    assert ["a/d", "0", "1", "-lua", "0", "B", "±0", "B"] in text


def test_the_first_release_differs_from_what_was_before() -> None:
    alone = {"/api/v1/releases": [{"current": 1, "releases": KEPT[3:]}]}
    same = {"older": 0, "newer": 1, "size": 0, "changes": []}
    _, lines, _ = do("difference", {**alone, "/api/v1/releases/0/difference/1": [same]})
    assert lines[-1] == "✓ they hold the same packages"
    _, _, swarm = do("difference", {**LIST, "/api/v1/releases/1/difference/3": [DIFFERS]}, older=1)
    assert swarm.asked == ["/api/v1/releases", "/api/v1/releases/1/difference/3"]


def test_an_audit_that_finds_something_fails_and_names_the_next_step() -> None:
    show = ACTIONS["audit"].render
    assert show({"release": 3, "wrong": []}, Pen()) == ["✓ release 3 is what was released"]
    lines = show({"release": 3, "wrong": ["a/b/b-1.gpkg.tar"]}, Pen())
    assert lines[1:] == ["  • a/b/b-1.gpkg.tar", "→ Run: build-swarm rollback"]


def test_growth_has_a_sign() -> None:
    assert [growth(n) for n in (0, 1, -1, 3 << 20, -1536)] == ["±0 B", "+1 B", "-1 B", "+3.0 MiB", "-1.5 KiB"]


# -- while you were away

NEXT = {"tone": "attention", "text": "1 package(s) blocked:", "command": "build-swarm fix-blocked",
        "action": "fix-blocked", "items": ["=a/b-1"]}  # fmt: skip
QUIET: dict[str, Any] = {
    "after": 7, "upto": 7, "events": 0, "staged": 0, "seconds": 0.0, "releases": [], "blocked": 0,
    "troubles": [], "decided": [], "asked": {}, "quiet": True, "next": {**NEXT, "items": []},
}  # fmt: skip
BUSY = {
    **QUIET,
    "events": 900,
    "quiet": False,
    "staged": 23,
    "seconds": 18_720.0,
    "releases": [6, 7],
    "blocked": 12,
    "troubles": [{"build": f"a/b{n}-1", "kind": "masked", "summary": "it is masked"} for n in range(10)],
    "decided": [
        {"what": "retried", "count": 9, "about": 3, "names": ["a/x-1", "a/y-1"], "reason": "503 on izar"},
        {"what": "held", "count": 1, "about": 1, "names": ["tarn"], "reason": "failures point at it"},
        {"what": "lost", "count": 2, "about": 1, "names": ["a/z-1"], "reason": ""},
        {"what": "something new", "count": 1, "about": 1, "names": ["q"], "reason": ""},
    ],
    "asked": {"fresh": 1, "unblock": 3},
    "next": NEXT,
}


def plainly(parts: Any) -> list[str]:
    return [
        line for heading, told in parts for line in (heading, *("".join(t for t, _ in one) for one in told))
    ]


def test_a_busy_night_in_words() -> None:
    assert plainly(recap(BUSY)) == [
        "Done",
        "✓ 23 packages built, 5 h 12 min of compiling",
        "▲ clients saw releases 6, then 7",
        "Newly blocked: 12",
        *(f"✗ a/b{n}-1  masked: it is masked" for n in range(8)),
        "  … and 4 more",
        "Decided for you",
        "↻ 3 builds tried again: a/x-1, a/y-1, … (9 times)  503 on izar",
        "‖ 1 node set aside: tarn  failures point at it",
        "! 1 build needed again, the node was gone: a/z-1 (2 times)",
        "· 1 time something new: q",
        "Asked for by people",
        "fresh, unblock (3 times)",
        "What needs you",
        "▲ 1 package(s) blocked:",
        "  • =a/b-1",
        "  → build-swarm fix-blocked",
    ]


def test_a_quiet_night_in_words() -> None:
    assert plainly(recap(QUIET))[:2] == ["Nothing happened", "✓ no build ended, no node was lost"]


def test_headless_it_is_since_the_consoles_last_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    look = Look(7, 1_795_000_000.25, 1_795_000_100.0)
    Notebook(tmp_path / "build-swarm" / "console.json").change(
        lambda memory: memory.having_seen("http://scripted:1", look)
    )
    path = "/api/v1/digest?after=7&at=1795000000.25"
    outcome, lines, _ = do("away", {path: [BUSY]})
    assert outcome.document["since"] == look.looked
    assert lines[0].endswith(": 900 events")
    assert lines[2:4] == ["Done", "  ✓ 23 packages built, 5 h 12 min of compiling"]


def test_headless_without_a_look_it_is_the_last_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(time, "time", lambda: 1_795_000_000.0)
    outcome, _, _ = do("away", {"/api/v1/digest?since=1794913600.0": [QUIET]})
    assert outcome.document["since"] == 1_795_000_000.0 - 86_400
    do("away", {"/api/v1/digest?since=1794992800.0": [QUIET]}, hours=2.0)
    with pytest.raises(Refused):
        do("away", {}, hours=-2.0)


def test_of_another_log_nothing_is_told() -> None:
    path = "/api/v1/digest?after=7&at=1.5"
    with pytest.raises(Refused) as no:
        since(Scripted({path: [Refused("unknown_event", "none", "x")]}), Look(7, 1.5, 2.0))
    assert "another one" in no.value.message
    with pytest.raises(Refused, match="gone"):
        since(Scripted({path: [Refused("gateway_unreachable", "gone", "x")]}), Look(7, 1.5, 2.0))
