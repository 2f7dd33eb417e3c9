"""The headless console as a process, against the real gateway and orchestrator on loopback."""

import asyncio
import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from aiohttp import web

from swarm_node.gateway.app import make_app as make_gateway
from swarm_node.http.service import serving
from swarm_node.model.commands import FailBuild, RequestWork, SeeNode, StartAttempt
from swarm_node.model.work import Diagnosis, NodeFacts
from swarm_node.orchestrator import verify
from swarm_node.orchestrator.app import make_app as make_orchestrator
from swarm_node.orchestrator.parts import PARTS, Parts
from swarm_node.orchestrator.release import finalize
from swarm_node.settings import GatewaySettings
from tests.services.releases import NODE, plan, settings, stage

CONSOLE = [sys.executable, "-m", "swarm_console"]
SECRET = "0123456789abcdef0123456789abcdef"
BROKEN = Diagnosis("compile-error", "human", "it does not compile", evidence=("x.c:1: \x1b[31merror",))


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)


class Farm(NamedTuple):
    url: str
    parts: Parts

    async def run(self, *words: str) -> Ran:
        """Run the console on this farm, without a terminal."""
        return await asyncio.to_thread(run, "--gateway", self.url, *words)


def run(*words: str, env: dict[str, str] | None = None) -> Ran:
    clean = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LANG": "C.UTF-8", **(env or {})}
    done = subprocess.run(
        [*CONSOLE, *words], capture_output=True, text=True, timeout=60, env=clean, stdin=subprocess.DEVNULL
    )
    assert "Traceback" not in done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture
async def farm(short_dir: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Farm]:
    """A gateway and an orchestrator with one node, a staged package and a blocked one."""
    monkeypatch.setattr(verify, "read_profiles", lambda _: ())  # real rehearsals: tests/e2e
    gate = GatewaySettings(
        node_name="gate", gateway_port=0, state_dir=short_dir / "gate", health_interval=0.1
    )
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(serving(partial(make_gateway, gate)))
        own = settings(short_dir).model_copy(update={"gateway_url": url, "heartbeat_interval": 1.0})
        app = await make_orchestrator(own)

        async def made() -> web.Application:
            return app

        await stack.enter_async_context(serving(made))
        farm = Farm(url, app[PARTS])
        await farm.parts.swarm.submit(SeeNode(name=NODE, facts=NodeFacts(cores=4, memory=8 << 30)))
        await stage(farm.parts, "dev-libs/liba-1")
        await blocked(farm.parts, "app-misc/b-1")
        while (await farm.run("--run", "info")).code != 0:
            pass  # the gateway has not looked at the orchestrator yet
        yield farm


async def blocked(parts: Parts, cpv: str, diagnosis: Diagnosis = BROKEN, *beside: str) -> None:
    """Plan this, beside others, and let it fail for good."""
    await plan(parts, cpv, *beside)
    given = (await parts.swarm.submit(RequestWork(node=NODE)))[0]
    attempt: int = given.attempt  # type: ignore[union-attr]
    await parts.swarm.submit(StartAttempt(node=NODE, attempt=attempt))
    await parts.swarm.submit(FailBuild(node=NODE, attempt=attempt, phase="compile", diagnosis=diagnosis))


async def test_status_is_the_handbooks_picture_and_one_document(farm: Farm) -> None:
    shown = await farm.run("--run", "status")
    assert shown.code == 0 and shown.err == ""
    lines = shown.out.splitlines()
    assert lines[0] == "═══ BUILD SWARM STATUS ═══"
    assert lines[1] == f"Gateway: ✓ {farm.url.removeprefix('http://')}"
    assert "Complete: 1" in shown.out and "Blocked:  1" in shown.out
    assert lines[-1] == "→ Run: build-swarm fix-blocked"
    told = (await farm.run("--run", "status", "--json")).document()
    assert told["totals"] == {"needed": 0, "building": 0, "complete": 1, "blocked": 1}
    assert told["orchestrator"]["ok"] and told["next"]["action"] == "fix-blocked"


async def test_in_ascii_and_without_colour_where_there_is_no_more(farm: Farm) -> None:
    env = {"GATEWAY_URL": farm.url, "PYTHONIOENCODING": "ascii"}
    shown = await asyncio.to_thread(partial(run, "--run", "status", env=env))
    assert shown.out.isascii() and "=== BUILD SWARM STATUS ===" in shown.out and "\x1b" not in shown.out


LOOKS = [
    "status",
    "info",
    "nodes",
    "queue",
    "releases",
    "history",
    "history --node izar --limit 5",
    "history --package dev-libs/liba",
    "timeline",
    "sessions",
    "fix-blocked",
    "node izar",
    "package app-misc/b",
    "why app-misc/b",
    "monitor",
]


@pytest.mark.parametrize("line", LOOKS)
async def test_every_look_is_lines_for_people_and_one_document(farm: Farm, line: str) -> None:
    shown, told = await farm.run("--run", *line.split()), await farm.run("--json", "--run", *line.split())
    assert (shown.code, told.code) == (0, 0)
    assert all(each.isprintable() for each in shown.out.splitlines())
    assert isinstance(told.document(), dict)


async def test_blocked_packages_are_cured_headless(farm: Farm) -> None:
    down = Diagnosis("transient-network", "unblock", "a download failed", params={"host": "x.invalid"})
    await blocked(farm.parts, "app-misc/c-1", down, "app-misc/b-1")
    listed = (await farm.run("--run", "fix-blocked", "--json")).document()["clusters"]
    assert {cluster["kind"] for cluster in listed} == {BROKEN.kind, "transient-network"}
    looked = await farm.run("--run", "fix-blocked", "--apply", "--readonly")
    assert (looked.code, looked.out) == (4, "")
    unknown = await farm.run("--run", "fix-blocked", "--apply", "transient-networc", "--json")
    assert unknown.code == 1 and "transient-network" in unknown.document()["error"]["hint"]
    done = await farm.run("--run", "fix-blocked", "--apply", "--json")
    results = {cure["kind"]: cure["result"] for cure in done.document()["cures"]}
    assert (done.code, results) == (0, {BROKEN.kind: "person", "transient-network": "applied"})
    assert "build-swarm unblock =app-misc/c-1" in done.err
    again = await farm.run("--run", "fix-blocked", "--apply")
    assert again.code == 1, "what is left is a person's"
    assert "a person must mend" in again.out
    assert (await farm.run("--run", "configure", "b", "package.use", "nonsense")).code == 1


async def test_the_dashboard_is_text_where_there_is_no_terminal(farm: Farm) -> None:
    assert (await farm.run("--run", "verify")).code == 0
    shown = await farm.run()
    assert (shown.code, shown.err) == (0, "")
    headings = [line.strip("═ ") for line in shown.out.splitlines() if line.startswith("═══ ")]
    assert headings == [
        "BUILD SWARM STATUS",
        "NEXT ACTION",
        "PROGRESS",
        "NODES (1 of 1 up)",
        "QUEUE (2 of 2)",
        "BLOCKED",
        "STAGING RISK",
        "EVENTS",
    ]
    assert "━━━━━━━━━━━━━━━╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ 50%" in shown.out
    assert "✗ blocked  app-misc/b-1" in shown.out and "it does not compile" in shown.out
    assert "✓ 1 of 10: safe to release" in shown.out
    assert all(each.isprintable() for each in shown.out.splitlines())
    told = (await farm.run("--json", "--gateway", farm.url)).document()
    assert told["share"] == 0.5 and told["orchestrator"]["ok"]
    assert [len(told[part]) for part in ("nodes", "queue", "blocked", "events")] == [1, 2, 1, 10]
    few = (await farm.run("--run", "dashboard", "--queue", "1", "--events", "2", "--json")).document()
    assert (len(few["queue"]), len(few["events"]), few["queued"]) == (1, 2, 2)
    assert few["events"][0]["seq"] == farm.parts.swarm.state.seq


async def test_a_release_by_hand_and_back(farm: Farm) -> None:
    verdict = (await farm.run("--run", "verify", "--json")).document()
    assert verdict["packages"] == 1 and verdict["score"] == 1
    refused = await farm.run("--run", "finalize", "--json")
    assert refused.code == 2 and "clients see 1 package" in refused.document()["error"]["message"]
    first = await farm.run("--run", "finalize", "--yes", "--json")
    assert (first.code, first.document()["release"], first.document()["risk"]) == (0, 1, 1)
    nothing = await farm.run("--run", "finalize", "--yes", "--json")
    assert nothing.code == 1 and nothing.document()["error"]["code"] == "nothing_to_do"
    await stage(farm.parts, "dev-libs/liba-2")
    assert (await farm.run("--run", "finalize", "--yes", "--verify-id", "other")).code == 1
    assert (await farm.run("--run", "finalize", "--yes")).code == 0
    back = await farm.run("--run", "rollback", "--yes", "--json")
    assert back.document() == {"release": 1, "left": 2}
    assert farm.parts.swarm.state.current == 1


async def test_too_risky_is_refused_unless_a_reason_is_given(farm: Farm) -> None:
    await stage(farm.parts, "app-misc/c-1", RDEPEND="dev-libs/gone")
    refused = await farm.run("--run", "finalize", "--yes", "--json")
    assert refused.code == 1 and refused.document()["error"]["code"] == "too_risky"
    forced = await farm.run("--run", "finalize", "--yes", "--force", "we know", "--json")
    assert forced.code == 0 and forced.document()["forced"] == "we know"


async def test_operating(farm: Farm) -> None:
    assert (await farm.run("--run", "pause", "--reason", "new disk")).code == 0
    assert farm.parts.swarm.state.held and farm.parts.swarm.state.hold_reason == "new disk"
    assert (await farm.run("--run", "resume")).code == 0 and not farm.parts.swarm.state.held
    assert (await farm.run("--run", "drain", NODE)).code == 0 and farm.parts.swarm.state.nodes[NODE].held
    assert (await farm.run("--run", "resume", NODE)).code == 0
    done = await farm.run("--run", "unblock", "=app-misc/b-1", "--jobs", "1", "--json")
    assert done.document()["unblocked"] == ["app-misc/b-1"]
    assert farm.parts.swarm.state.builds["app-misc/b-1"].jobs == 1
    assert (await farm.run("--run", "balance", "--json")).document()["ranked"] == 1
    guess = await farm.run("--run", "simulate", "--json")
    assert guess.document()["builds"] == 1 and guess.document()["fleet"] == [4]


async def test_what_was_done_is_taken_back(farm: Farm) -> None:
    nothing = await farm.run("--run", "undo", "--json")
    assert (nothing.code, nothing.document()["error"]["code"]) == (1, "nothing_to_do")
    for number in (1, 2):
        await stage(farm.parts, f"dev-libs/liba-{number}")
        assert (await farm.run("--run", "finalize", "--yes")).code == 0
    assert (await farm.run("--run", "drain", NODE)).code == 0
    back = await farm.run("--run", "undo")
    assert (
        back.code == 0
        and f"took back: drain {NODE}" in back.out
        and not farm.parts.swarm.state.nodes[NODE].held
    )
    asked = await farm.run("--run", "undo")
    assert asked.code == 2 and "release 1 instead of 2" in asked.err and farm.parts.swarm.state.current == 2
    done = await farm.run("--run", "undo", "--yes", "--json")
    assert done.document()["by"] == "rollback" and farm.parts.swarm.state.current == 1
    assert (await farm.run("--run", "reset", "--yes")).code == 0
    gone = await farm.run("--run", "undo", "--yes")
    assert gone.code == 1 and "reset" in gone.err and "cannot be taken back" in gone.err


async def test_reset_says_what_is_lost_and_asks(farm: Farm) -> None:
    refused = await farm.run("--run", "reset")
    assert refused.code == 2 and "1 staged package" in refused.err and "--yes" in refused.err
    assert farm.parts.swarm.state.builds
    done = await farm.run("--run", "reset", "--yes", "--json")
    assert done.document()["lost"]["staged"] == 1 and not farm.parts.swarm.state.builds


async def asked(farm: Farm, answer: str) -> tuple[int, str]:
    """Run `reset` on a terminal of its own and answer its question: exit code, and what was shown."""
    ours, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *CONSOLE, "--gateway", farm.url, "--run", "reset", stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    shown = b""
    while b"[y/N]" not in shown:
        shown += await asyncio.to_thread(os.read, ours, 4096)
    os.write(ours, answer.encode())
    code = await asyncio.wait_for(process.wait(), 60)
    os.close(ours)
    return code, shown.decode()


async def test_a_terminal_is_asked_and_no_is_the_default(farm: Farm) -> None:
    code, shown = await asked(farm, "\n")
    assert code == 1 and "1 staged package" in shown and farm.parts.swarm.state.builds
    code, _ = await asked(farm, "y\n")
    assert code == 0 and not farm.parts.swarm.state.builds


WRONG = {
    "why libz": ("unknown_package", 1),
    "drain iza": ("unknown_node", 1),
    "logs nobody": ("unknown_package", 1),
    "logs 12345": ("unknown_attempt", 1),
    "rollback 7 --yes": ("nothing_to_do", 1),
    "unblock nothing-like-it": ("unknown_package", 1),
    "unblock --jobs 0": ("bad_request", 1),
    "history --limit 0": ("bad_request", 1),
    "drift nobody": ("unknown_node", 1),
    "build-local app-misc/b": ("unknown_node", 1),
}


@pytest.mark.parametrize(("line", "answer"), WRONG.items(), ids=WRONG)
async def test_what_is_refused_names_the_next_step(farm: Farm, line: str, answer: tuple[str, int]) -> None:
    told = await farm.run("--json", "--run", *line.split())
    error = told.document()["error"]
    assert (error["code"], told.code) == answer and error["message"] and error["hint"]
    people = await farm.run("--run", *line.split())
    assert people.out == "" and people.err.count("\n") >= 2 and "→" in people.err


async def test_a_near_name_is_offered(farm: Farm) -> None:
    assert NODE in (await farm.run("--run", "drain", "iza")).err
    assert NODE in (await farm.run("--run", "logs", "iza")).err
    assert "app-misc/b" in (await farm.run("--run", "why", "app-misc/bb")).err


async def test_releases_headless(farm: Farm) -> None:
    none = await farm.run("--run", "contents", "--json")
    assert (none.code, none.document()["error"]["code"]) == (1, "nothing_to_do")
    await finalize(farm.parts, force="the blocked one can wait")
    await stage(farm.parts, "dev-libs/liba-2", "app-misc/c-1")
    await finalize(farm.parts)
    held = (await farm.run("--run", "contents", "--json")).document()
    assert (held["release"], len(held["packages"]), held["current"]) == (2, 3, True)
    shown = await farm.run("--run", "contents", "1")
    assert "risk 1 when it was released" in shown.out and "app-misc/b-1 is blocked" in shown.out
    differs = (await farm.run("--run", "difference", "--json")).document()
    assert (differs["older"], differs["newer"], differs["counts"]["upgraded"]) == (1, 2, 1)
    assert "Downgraded: 1" in (await farm.run("--run", "difference", "2", "1")).out
    assert "Added: 1" in (await farm.run("--run", "difference", "0", "1")).out
    assert (await farm.run("--run", "audit", "--json")).document() == {"release": 2, "wrong": []}
    for words in (("contents", "9"), ("difference", "1", "9"), ("audit", "7")):
        told = await farm.run("--run", *words, "--json")
        assert (told.code, told.document()["error"]["code"]) == (1, "unknown_release")
    assert (await farm.run("--names", "release")).out.split() == ["2", "1"]


async def test_what_happened_headless(farm: Farm) -> None:
    seen = (await farm.run("--run", "away", "--json")).document()
    assert (seen["staged"], seen["blocked"], seen["next"]["action"]) == (1, 1, "fix-blocked")
    lines = (await farm.run("--run", "away", "--hours", "1")).out.splitlines()
    assert "  ✓ 1 package built, 1 s of compiling" in lines
    assert "  ✗ app-misc/b-1  compile-error: it does not compile" in lines
    assert lines[-1].strip() == "→ build-swarm fix-blocked"
    assert "Nothing happened" in (await farm.run("--run", "away", "--hours", "0.0000001")).out
    for hours in ("-1", "0", "nan"):
        assert (await farm.run("--run", "away", f"--hours={hours}")).code == 1


async def test_without_the_secret_nothing_is_told(short_dir: Path) -> None:
    gate = GatewaySettings(node_name="gate", gateway_port=0, state_dir=short_dir / "gate", swarm_token=SECRET)
    async with serving(partial(make_gateway, gate)) as url:
        env = {"GATEWAY_URL": url}
        refused = await asyncio.to_thread(partial(run, "--run", "queue", "--json", env=env))
        assert refused.code == 4 and refused.document()["error"]["code"] == "unauthorized"
        env["SWARM_TOKEN"] = SECRET
        known = await asyncio.to_thread(partial(run, "--run", "queue", "--json", env=env))
        assert known.code == 3 and known.document()["error"]["code"] == "no_orchestrator"


@pytest.mark.parametrize("action", ["status", "queue", "unblock", "release --yes", "monitor", "info"])
def test_nobody_there_is_exit_code_3(action: str, free_port: Callable[[], int]) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    told = run("--gateway", url, "--json", "--run", *action.split())
    assert told.code == 3 and told.document()["error"]["code"] == "gateway_unreachable"


async def test_ctrl_c_is_one_clear_line(farm: Farm) -> None:
    await farm.run("--run", "unblock")
    await farm.run("--run", "pause")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *CONSOLE, "--gateway", farm.url, "--run", "monitor", stdout=pipe, stderr=pipe
    )
    assert process.stderr is not None
    await asyncio.wait_for(process.stderr.readline(), 60)
    process.send_signal(signal.SIGINT)
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert (process.returncode, out) == (130, b"") and b"interrupted" in err and b"Traceback" not in err


async def test_a_reader_that_goes_away_is_no_error(farm: Farm) -> None:
    script = f"{sys.executable} -m swarm_console --gateway {farm.url} --run queue | true"
    done = await asyncio.to_thread(
        partial(subprocess.run, ["sh", "-c", script], capture_output=True, text=True)
    )
    assert (done.returncode, done.stderr) == (0, "")


async def test_a_log_follows_to_its_end_and_does_no_harm(farm: Farm) -> None:
    attempt = next(number for number in farm.parts.swarm.state.attempts)
    await asyncio.to_thread(farm.parts.logs.append, attempt, 0, b"one\n\x1b]0;title\x07two\n\xffthree")
    shown = await farm.run("--run", "logs", str(attempt), "--follow")
    assert shown.code == 0 and shown.out.splitlines()[:2] == ["one", "two"] and "\x1b" not in shown.out
    whole = await farm.run("--run", "logs", "dev-libs/liba", "--json")
    assert whole.document()["log"].startswith("one\n")
    last = await farm.run("--run", "logs", NODE, "--lines", "1")
    assert last.code in (0, 1)


async def test_the_last_lines_of_a_long_log_are_read_from_its_end(
    farm: Farm, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = next(number for number in farm.parts.swarm.state.attempts)
    text = b"".join(b"line %d\n" % number for number in range(1_000_000))
    await asyncio.to_thread(farm.parts.logs.append, attempt, 0, text)
    read, served = farm.parts.logs.read, list[int]()

    def counted(attempt: int, offset: int = 0, most: int = 1 << 20) -> bytes:
        piece = read(attempt, offset, most)
        served.append(len(piece))
        return piece

    monkeypatch.setattr(farm.parts.logs, "read", counted)
    shown = await farm.run("--run", "logs", str(attempt), "--lines", "3")
    assert shown.out.splitlines() == ["line 999997", "line 999998", "line 999999"]
    assert sum(served) <= 2 << 20
    most = await farm.run("--run", "logs", str(attempt), "--lines", "300000")
    assert most.out.splitlines() == [f"line {number}" for number in range(700_000, 1_000_000)]
    assert (await farm.run("--run", "logs", str(attempt), "--lines", "-1")).code == 2


async def test_nothing_heavy_is_imported(farm: Farm) -> None:
    code = (
        "import sys\nfrom swarm_console.cli import main\n"
        f"main(['--gateway', {farm.url!r}, '--run', sys.argv[1], '--json'])\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules}))"
    )

    def modules(action: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", code, action], capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()[-1]

    for action in ("status", "queue", "fix-blocked", "verify"):
        loaded = await asyncio.to_thread(modules, action)
        for heavy in ("textual", "rich", "aiohttp", "asyncio", "pydantic", "msgspec"):
            assert f"'{heavy}'" not in loaded, action


def test_a_status_imports_next_to_nothing() -> None:
    code = (
        "import sys\nsys.argv = ['swarm-console', '--run', 'status']\n"
        "from swarm_console import cli\nfrom swarm_console.commandline.request import understood\n"
        "understood(sys.argv[1:])\nprint(sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, timeout=60,
                          cwd=Path(__file__).parents[2])  # fmt: skip
    for heavy in ("argparse", "typing", "socket", "http", "subprocess", "msgspec", "dataclasses", "pathlib"):
        assert f"'{heavy}'" not in done.stdout, heavy
