"""Actions against a scripted swarm: what they ask for, and what they make of the answer."""

import time
from typing import Any

import pytest

from swarm_console.actions.action import Outcome
from swarm_console.actions.registry import ACTIONS
from swarm_console.errors import Usage
from swarm_console.words.pen import Pen
from swarm_node.model.refusal import Refused
from tests.unit.scripted import GONE, Scripted, build, status

LEADER = {"orchestrator": {"name": "orchestrator", "url": "http://10.42.0.201:8080"}, "backups": []}


def do(name: str, answers: dict[str, list[Any]], **given: Any) -> tuple[Outcome, list[str], Scripted]:
    """Run an action: its outcome, its lines, and the swarm it was done on."""
    swarm, action = Scripted(answers), ACTIONS[name]
    outcome = action.run(swarm, action.defaults(**given))
    return outcome, action.render(outcome.document, Pen()), swarm


def test_status_is_the_handbooks_picture() -> None:
    step = {
        "tone": "attention",
        "text": "1 package(s) blocked:",
        "command": "build-swarm fix-blocked",
        "items": ["=www-client/brave-browser-1.86.139"],
    }
    seen = status(building=2, complete=75, blocked=1, next=step)
    outcome, lines, _ = do("status", {"/api/v1/orchestrator": [LEADER], "/api/v1/status": [seen]})
    assert outcome.exit_code == 0
    assert lines == [
        "═══ BUILD SWARM STATUS ═══",
        "Gateway: ✓ scripted:1",
        "Orchestrator: ✓ 10.42.0.201:8080 (API Online)",
        "",
        "Build Progress:",
        "  Needed:   0",
        "  Building: 2",
        "  Complete: 75",
        "  Blocked:  1",
        "",
        "═══ NEXT ACTION ═══",
        "⚠ 1 package(s) blocked:",
        "  • =www-client/brave-browser-1.86.139",
        "→ Run: build-swarm fix-blocked",
    ]


@pytest.mark.parametrize(
    ("error", "gateway", "orchestrator"),
    [
        (GONE, "Gateway: ✗ scripted:1", "Orchestrator: ✗ unknown"),
        (
            Refused("no_orchestrator", "none", "start one"),
            "Gateway: ✓ scripted:1",
            "Orchestrator: ✗ unreachable",
        ),
    ],
)
def test_status_shows_which_half_is_missing(error: Refused, gateway: str, orchestrator: str) -> None:
    outcome, lines, _ = do("status", {"/api/v1/orchestrator": [error], "/api/v1/status": [error]})
    assert outcome.exit_code == 3 and outcome.document["error"]["code"] == error.code
    assert lines[1:3] == [gateway, orchestrator]
    assert lines[-2:] == [f"⚠ {error.message}", f"→ {error.hint}"]


def test_info_names_the_binhost_and_refuses_without_an_orchestrator() -> None:
    health = {"name": "gate", "nodes": 3}
    outcome, lines, _ = do("info", {"/health": [health], "/api/v1/orchestrator": [LEADER]})
    assert outcome.document["binhost"] == "http://10.42.0.201:8080/packages"
    assert any("Binhost" in line and "/packages" in line for line in lines)
    nobody = {"orchestrator": None, "backups": []}
    no = Refused("no_orchestrator", "none has registered", "start one")
    with pytest.raises(Refused, match="registered"):
        do("info", {"/health": [health], "/api/v1/orchestrator": [nobody], "/api/v1/status": [no]})


def test_nodes_say_what_they_do() -> None:
    rows = [
        {"name": "vega", "facts": {"cores": 8, "room": "root-overlay"}, "building": "a-1", "attempt": 4},
        {"name": "altair", "facts": {"cores": 4}, "building": None, "up": False, "failed": 2},
        {"name": "deneb", "facts": {}, "building": None, "held": True, "hold_reason": "new disk"},
    ]
    _, lines, _ = do("nodes", {"/api/v1/nodes": [rows]})
    assert "✓ building" in lines[1] and "a-1" in lines[1]
    assert "✗ lost" in lines[2] and "– drained" in lines[3] and "new disk" in lines[3]
    assert do("nodes", {"/api/v1/nodes": [[]]})[1] == ["no node has ever registered"]


def test_the_queue_is_filtered_by_status() -> None:
    rows = [build("a", "staged"), build("b", "needed", "a", "c", "d")]
    outcome, lines, _ = do("queue", {"/api/v1/queue": [rows]}, status="needed")
    assert [row["build"] for row in outcome.document["builds"]] == ["b"]
    assert "a and 2 more" in lines[1]


def test_history_tells_outcomes_apart() -> None:
    records = [
        {"seq": 9, "event": {"event": "BuildStaged", "at": 0, "attempt": 3, "build": "a", "node": "v",
                             "measures": {"seconds": 61.0}}},
        {"seq": 8, "event": {"event": "BuildFailed", "at": 0, "attempt": 2, "build": "a", "node": "v",
                             "diagnosis": {"summary": "a download failed"}, "seconds": 2.0}},
        {"seq": 7, "event": {"event": "AttemptLost", "at": 0, "attempt": 1, "build": "a", "reason": "gone"}},
    ]  # fmt: skip
    _, lines, _ = do("history", {"/api/v1/history?limit=3": [records]}, limit=3)
    assert "✓ staged" in lines[1] and "1 min" in lines[1]
    assert "✗ failed" in lines[2] and "a download failed" in lines[2]
    assert "– lost" in lines[3] and "gone" in lines[3]


IN_STEP = {"node": "vega", "against": "main", "in_step": True, "files": [], "trees": []}
ADRIFT = {
    "node": "deneb",
    "against": "main",
    "in_step": False,
    "files": [
        {
            "path": "make.conf",
            "lines": ["--- main: make.conf", "+++ deneb: make.conf", "@@ -1 +1 @@", "-a", "+b"],
        }
    ],
    "trees": [
        {"tree": "demo", "hash": "", "expected": "aa"},
        {"tree": "extra", "hash": "b", "expected": "c"},
    ],
}


def test_drift_shows_every_line_that_differs() -> None:
    paths = {"/api/v1/nodes/vega/drift": [IN_STEP], "/api/v1/nodes/deneb/drift": [ADRIFT]}
    outcome, lines, _ = do("drift", paths, nodes=["vega", "deneb"])
    assert outcome.exit_code == 1
    assert lines[0] == "✓ vega is in step with main"
    assert lines[1] == "≠ deneb is out of step with main"
    assert "  demo: lacks it, not aa" in lines and "  extra: has b, not c" in lines
    assert "  -a" in lines and "  +b" in lines
    assert lines[-2:] == [
        "  → Run: build-swarm sync-overlays",
        "  → Run: build-swarm sync-fix deneb",
    ]
    assert do("drift", paths, nodes=["vega"])[0].exit_code == 0


NODE = {
    "name": "vega",
    "facts": {"cores": 8, "memory": 8 << 30, "room": "none", "room_reason": "no overlay", "url": "http://v"},
    "held": True,
    "hold_reason": "new disk",
    "attempt": 7,
    "building": "cat/a-1",
    "since_begun": 75.0,
    "progress": {"phase": "compile", "fraction": 0.5, "load": 3.0},
    "speed": 1.25,
    "built": 2,
    "failed": 1,
    "answers": [{"node": "vega", "build": "cat/b-1", "refusal": "busy", "lift": "", "until": None}],
}


def test_a_node_in_depth_and_what_cannot_be_had_of_it() -> None:
    past = [{"seq": 4, "event": {"event": "BuildStaged", "at": 0, "attempt": 3, "build": "cat/c-1"}}]
    gone = Refused("node_unreachable", "vega does not answer", "curl it")
    paths = {
        "/api/v1/nodes/vega": [NODE],
        "/api/v1/history?limit=20&node=vega": [past],
        "/api/v1/nodes/vega/drift": [gone],
    }
    outcome, lines, _ = do("node", paths, node="vega", limit=20)
    assert outcome.exit_code == 0
    assert outcome.document["log"]["error"]["code"] == "gateway_unreachable"
    assert lines[:5] == [
        "vega  – drained: new disk",
        "  builds cat/a-1  since 1 min, compile, 50%",
        "  drone, 8 cores, 8.0 GiB of memory, load 3.00",
        "  speed 1.25 (1.00 is eight cores), 2 built, 1 failed",
        "  clean room none: no overlay, address http://v",
    ]
    assert "  busy: cat/b-1" in lines and any("cat/c-1" in line for line in lines)
    assert lines[-2:] == ["? vega: vega does not answer", "  → curl it"]


PACKAGE = {
    "row": {"cpv": "cat/a-2"},
    "status": "blocked",
    "diagnosis": {"kind": "other", "evidence": ["it broke"]},
    "why": {"build": "cat/a-2", "summary": "it is blocked", "chain": [], "nodes": [], "needed_by": [],
            "cure": ""},
    "remedies": [{"line": "build-swarm unblock =cat/a-2", "words": "try it again"},
                 {"line": "", "words": "mend it"}],
    "neighbours": {"needs": ["cat/b-1"], "needs_far": [], "needed_by": [],
                   "needed_by_far": list("abcdefghij")},
    "change": {
        "before": {"version": "1", "slot": "0", "size": 1024},
        "after": {"version": "2", "slot": "1", "size": 2048},
        "use": [["+x"], ["-y"], ["+z"], []],
    },
    "expected": {"vega": 61.0},
}  # fmt: skip


def test_a_package_in_depth() -> None:
    paths = {
        "/api/v1/packages/cat/a": [[PACKAGE]],
        "/api/v1/history?limit=20&package=cat/a-2": [[]],
    }
    _, lines, _ = do("package", paths, package="cat/a", limit=20)
    assert lines == [
        "cat/a-2",
        "  it is blocked",
        "  │ it broke",
        "  1. build-swarm unblock =cat/a-2",
        "     try it again",
        "  2. mend it",
        "  needs cat/b-1",
        "  needed by, far a, b, c, d, e, f, g, h and 2 more",
        "  change 1 → 2, slot 0 → 1, USE +x, new flags -y, gone flags +z, 1.0 KiB → 2.0 KiB",
        "  should take vega 1 min",
    ]


def test_drift_of_all_does_not_end_at_one_that_cannot_be_asked() -> None:
    gone = Refused("node_unreachable", "deneb does not answer", "curl it")
    rows = [{"name": "deneb"}, {"name": "vega"}, {"name": "lost", "up": False}]
    paths = {
        "/api/v1/nodes": [rows],
        "/api/v1/nodes/deneb/drift": [gone],
        "/api/v1/nodes/vega/drift": [IN_STEP],
    }
    outcome, lines, _ = do("drift", paths, nodes=[])
    assert outcome.exit_code == 1
    assert lines == ["? deneb: deneb does not answer", "  → curl it", "✓ vega is in step with main"]
    with pytest.raises(Refused):
        do("drift", {"/api/v1/nodes/deneb/drift": [gone]}, nodes=["deneb"])


def test_why_tells_the_chain_and_the_cure() -> None:
    answer = {
        "build": "a-1",
        "status": "needed",
        "summary": "it waits for 1 other build, 1 of them blocked",
        "chain": [{"build": "b-1", "status": "blocked", "reason": "other: who knows"}],
        "nodes": [{"node": "vega", "refusal": None}, {"node": "deneb", "refusal": "drained"}],
        "cure": "build-swarm unblock =b-1",
        "needed_by": ["c", "d", "e", "f", "g"],
    }
    _, lines, swarm = do("why", {"/api/v1/why/cat/a%2B%2B": [[answer]]}, package="cat/a++")
    assert swarm.asked == ["/api/v1/why/cat/a%2B%2B"]
    assert "  • b-1: blocked, other: who knows" in lines
    assert "  vega: would take it as soon as it can begin" in lines and "  deneb: drained" in lines
    assert "  needed by c, d, e, f and 1 more" in lines and lines[-1] == "  → Run: build-swarm unblock =b-1"


def test_why_of_a_blocked_one_tells_whose_fault_it_is_and_proves_it() -> None:
    answer = {
        "build": "a-1",
        "status": "blocked",
        "summary": "it is blocked: compile-error, it does not compile",
        "chain": [],
        "nodes": [],
        "cure": "",
        "needed_by": [],
        "confidence": 0.8,
        "odds": {"package": 0.2, "drone": 0.796, "tree": 0.004},
        "proof": [{"text": "x.c:1: error: boom", "attempt": 7, "line": 31, "offset": 900}],
    }
    _, lines, _ = do("why", {"/api/v1/why/a": [[answer]]}, package="a")
    assert lines == [
        "a-1",
        "  it is blocked: compile-error, it does not compile (80% sure)",
        "  likeliest at fault: drone (drone 80%, package 20%)",
        "  │ 31: x.c:1: error: boom",
        "  whole log: build-swarm logs 7",
    ]


def test_why_of_a_running_one_tells_how_far_it_is() -> None:
    answer = {
        "build": "a-1",
        "status": "building",
        "summary": "it is being built on vega",
        "chain": [],
        "nodes": [],
        "cure": "",
        "needed_by": [],
        "running": {"node": "vega", "attempt": 7, "since": time.time() - 600, "expected": 7800.0},
        "progress": {"phase": "compile", "fraction": 0.62, "detail": "[62/100]"},
    }
    _, lines, _ = do("why", {"/api/v1/why/a": [[answer]]}, package="a")
    assert lines[2:] == [
        "  compile 62% [62/100]",
        "  for 10 min now, should be done in 2 h, as history says (2 h 10 min)",
        "  its log as it grows: build-swarm logs 7 --follow",
    ]
    answer["running"] = {**answer["running"], "expected": 60.0}  # type: ignore[dict-item]
    answer["progress"] = None
    _, lines, _ = do("why", {"/api/v1/why/a": [[answer]]}, package="a")
    assert lines[2] == "  for 10 min now, 9 min past what history says (1 min)"


def test_what_nothing_foreseeable_sets_going_says_so() -> None:
    answer = {
        "build": "a-1",
        "status": "needed",
        "summary": "no node takes it",
        "chain": [],
        "nodes": [{"node": "vega", "refusal": "drained", "lift": "build-swarm resume vega"}],
        "cure": "build-swarm resume vega",
        "needed_by": [],
        "start": None,
    }
    _, lines, _ = do("why", {"/api/v1/why/a": [[answer]]}, package="a")
    assert lines[2:] == [
        "  vega: drained → build-swarm resume vega",
        "  nothing foreseeable sets it going by itself",
        "  → Run: build-swarm resume vega",
    ]


def test_why_tells_when_it_begins_and_what_would_lift_each_refusal() -> None:
    soon = time.time() + 600
    answer = {
        "build": "a-1",
        "status": "needed",
        "summary": "every node refuses it or is busy",
        "chain": [],
        "nodes": [
            {"node": "vega", "refusal": "busy with b", "lift": "", "until": soon},
            {"node": "deneb", "refusal": "drained", "lift": "build-swarm resume deneb"},
            {"node": "altair", "refusal": None, "lift": "", "until": None},
        ],
        "cure": "",
        "needed_by": [],
        "start": {"at": soon, "low": soon - 120, "high": soon + 180, "node": "vega", "seconds": 90.0,
                  "ahead": 2, "after": "b"},
    }  # fmt: skip
    _, lines, _ = do("why", {"/api/v1/why/a": [[answer]]}, package="a")
    at = time.strftime("%H:%M", time.localtime(soon))
    assert lines[2:5] == [
        f"  vega: busy with b, ends by itself about {at}",
        "  deneb: drained → build-swarm resume deneb",
        "  altair: would take it now",
    ]
    assert lines[5].startswith(f"  should begin about {at}, in 10 min (8 min – 13 min) on vega, after b")
    assert lines[5].endswith(" and 2 others, and take 2 min")
    answer["start"]["at"] = answer["start"]["low"] = answer["start"]["high"] = 0.0
    _, lines, _ = do("why", {"/api/v1/why/a": [[answer]]}, package="a")
    assert lines[5] == "  should begin now on vega, and take 2 min"


def test_what_a_reset_would_lose_is_counted() -> None:
    state = {
        "at": 1000.0,
        "builds": {
            "a": {"status": "staged", "measures": {"seconds": 18_000.0}},
            "b": {"status": "building", "since": 280.0},
            "c": {},
            "d": {"status": "blocked"},
        },
    }
    for name in ("reset", "fresh"):
        loses = ACTIONS[name].loses
        assert loses is not None
        assert loses(Scripted({"/api/v1/state": [state]}), {}) == [
            "1 staged package and 1 build under way, 5 h 12 min of compiling",
            "the queue of 2 packages that wait or are blocked",
        ]
        assert loses(Scripted({"/api/v1/state": [{}]}), {}) == [], "nothing is lost: nobody is asked"


def test_what_clients_will_see_is_said_before_a_release_and_a_rollback() -> None:
    kept = [{"number": number, "status": "published"} for number in (3, 1)]
    seen = {
        "/api/v1/status": [status(needed=2, complete=5, release=3)],
        "/api/v1/releases": [{"current": 3, "releases": kept}],
        "/api/v1/releases/3/difference/1": [{"counts": {"downgraded": 2, "removed": 0, "use": 1}}],
    }
    said = {}
    for name, given in (("finalize", {}), ("rollback", {"release": 1}), ("release", {})):
        action = ACTIONS[name]
        assert action.loses is not None
        said[name] = " ".join(action.loses(Scripted(seen), action.defaults(**given)))
    assert "5 packages" in said["finalize"] and "2 builds that are not ready" in said["finalize"]
    assert "release 1 instead of 3" in said["rollback"] and "release 3" in said["release"]
    assert "back to an older version: 2 packages" in said["rollback"] and "gone" not in said["rollback"]
    loses = ACTIONS["rollback"].loses
    assert loses is not None and "release 1 instead of 3" in loses(Scripted(seen), {"release": None})[0]
    damaged = {**seen, "/api/v1/releases/3/difference/1": [Refused("bad_state", "the index is damaged", "x")]}
    assert "the index is damaged" in loses(Scripted(damaged), {"release": 1})[1]
    with pytest.raises(Refused, match="no older release"):
        loses(Scripted({"/api/v1/releases": [{"current": 1, "releases": kept[1:]}]}), {"release": None})


@pytest.mark.parametrize(
    ("name", "given", "sent"),
    [
        ("unblock", {"packages": ["a"], "jobs": 1}, {"packages": ["a"], "jobs": 1, "node": None}),
        ("build-local", {"package": "nvidia-drivers"}, {"package": "nvidia-drivers"}),
    ],
)
def test_repairs_send_what_was_said(name: str, given: dict[str, Any], sent: dict[str, Any]) -> None:
    _, lines, swarm = do(name, {f"POST {name}": [{"unblocked": ["a-1"]}]}, **given)
    assert swarm.params[name] == sent
    assert lines[:2] == ["✓ 1 build back in the queue", "  • a-1"]


def test_a_sync_that_leaves_a_node_behind_fails_and_names_the_next_step() -> None:
    step = {"node": "vega", "tree": "demo", "hash": "a" * 40, "expected": "a" * 40 + "+b", "in_step": False}
    answer = {"node": "vega", "ok": False, "output": "no route"}
    seen = {"in_step": False, "answers": [answer], "trees": [step]}
    outcome, lines, _ = do("sync-verify", {"POST sync-verify": [seen]})
    assert outcome.exit_code == 1
    assert "with changes of its own" in lines[0] and "no route" in lines[1]
    assert lines[-1] == "→ Run: build-swarm sync-fix"
    step["hash"] = ""
    assert do("sync-verify", {"POST sync-verify": [seen]})[1][-1] == "→ Run: build-swarm sync-overlays"
    good = {"in_step": True, "answers": [], "trees": [], "requeued": ["a-1"]}
    outcome, lines, _ = do("sync-fix", {"POST sync-fix": [good]}, nodes=["vega"])
    assert outcome.exit_code == 0 and "a-1" in lines[0] and lines[-1].startswith("✓")


def test_held_and_resumed() -> None:
    held = {"POST drain": [{"node": "vega", "held": True, "finishing": 4}]}
    assert do("drain", held, node="vega")[1] == [
        "✓ vega finishes attempt 4 and gets nothing more",
        "→ Run: build-swarm resume vega",
    ]
    assert "2 builds under way" in do("pause", {"POST pause": [{"paused": True, "building": 2}]})[1][0]
    assert do("resume", {"POST resume": [{"paused": False}]})[1] == ["✓ the swarm goes on"]


def test_a_verdict_says_whether_to_go_on() -> None:
    finding = {"code": "rehearsal", "message": "desktop could not install it", "points": 10, "package": "x"}
    seen = {"verify_id": "a", "score": 10, "limit": 10, "findings": [finding], "packages": 1, "size": 5}
    lines = do("verify", {"POST verify": [seen]})[1]
    assert lines[1] == "✗ Risk Score 10 of 10: not safe to release" and lines[2].startswith("  10  desktop")
    assert do("verify", {"POST verify": [{**seen, "score": 9}]})[1][-1] == "→ Run: build-swarm finalize"


GRAPH = '{"packages": [{"cpv": "a/a-1", "seconds": 60, "measured": true, "stage3_needs": []}, '
GRAPH += '{"cpv": "a/b-1", "seconds": 60, "measured": true, "stage3_needs": ["a/a-1"]}]}'


def test_what_if_over_a_graph_file_needs_no_swarm(tmp_path: Any) -> None:
    path = tmp_path / "graph.json"
    path.write_text(GRAPH)
    outcome, lines, swarm = do("simulate", {}, graph=str(path), fleet="8,8")
    found = outcome.document
    assert swarm.asked == [] and found["ratio"] == pytest.approx(1.0) and found["builds"] == 2
    assert found["makespan"] == pytest.approx(found["lower_bound"]) and found["fleet"] == [8, 8]
    assert any(line.startswith("Makespan") for line in lines)


@pytest.mark.parametrize(
    "given",
    [{"fleet": "8,x"}, {"fleet": "0"}, {"noise": -1.0}, {"fleet": "²"}, {"graph": "BAD"}, {"edges": "none"}],
)
def test_what_if_of_nonsense_is_usage(given: dict[str, Any], tmp_path: Any) -> None:
    good, bad = tmp_path / "graph.json", tmp_path / "bad.json"
    good.write_text(GRAPH)
    bad.write_text("[" * 100_000)
    given = {"graph": str(good), **given}
    given["graph"] = str(bad) if given["graph"] == "BAD" else given["graph"]
    with pytest.raises(Usage):
        do("simulate", {}, **given)
