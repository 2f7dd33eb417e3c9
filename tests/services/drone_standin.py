"""What a drone's tests run against: a scripted orchestrator over real HTTP, and an emerge without Portage.

The stand-in follows the protocol, and can be told to lose an answer, to refuse and to go away. The emerge is
a program that the drone starts in a real room and that does what the package's name says.
"""

import asyncio
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from swarm_node.http import service
from swarm_node.http.connection import parked
from swarm_node.http.json import reply
from swarm_node.http.limits import read_stream
from swarm_node.model.refusal import Refused
from swarm_node.model.work import BuildOrder, NodeFacts, NoWork, Work
from swarm_node.portage.install import Portage
from swarm_node.portage.prefix import Repository, make_prefix
from swarm_node.settings import DroneSettings
from swarm_node.settings.load import shown

ROOT = Path(__file__).parents[2]
OWN_KEYS = {name.upper() for name in DroneSettings.model_fields} | {"ROLE"}
EMERGE = f"""#!{sys.executable}
import os, subprocess, sys, time
from pathlib import Path

package = sys.argv[-1].removeprefix("=").partition("::")[0].partition("/")[2]
pkgdir, distdir = Path(os.environ["PKGDIR"]), Path(os.environ["DISTDIR"])
print(">>> Emerging (1 of 1)", sys.argv[-1], flush=True)
print(">>> Compiling source in /x", flush=True)
if package.startswith("chatty"):
    print(Path(os.environ["PORTAGE_OVERRIDE_EPREFIX"], "etc/portage/binrepos.conf").read_text())
if package.startswith("noisy"):
    for line in range(6000):
        print("line", line, "x" * 60)
if package.startswith("slow"):
    subprocess.Popen(["sleep", os.environ.get("NAP", "3600.25")], start_new_session=True)
    while not (distdir / "go").exists():
        print("still compiling", flush=True)
        time.sleep(0.05)
if package.startswith("broken"):
    print(" * ERROR: app-misc/broken-1.0::demo failed (compile phase):", flush=True)
    sys.exit(1)
index = pkgdir / "Packages"
lines = index.read_text().splitlines() if index.exists() else []
number = next((int(line.split()[1]) + 1 for line in lines if line.startswith("BUILD_ID: ")), 1)
name = package.rpartition("-")[0]
target = pkgdir / "app-misc" / name / f"{{package}}-{{number}}.gpkg.tar"
target.parent.mkdir(parents=True)
target.write_bytes(b"package " * (200_000 if package.startswith("large") else 100))
"""


def install_emerge(home: Path) -> Portage:
    """The stand-in's emerge below `home`."""
    emerge = home / "portage/bin/emerge"
    emerge.parent.mkdir(parents=True, exist_ok=True)
    emerge.write_text(EMERGE)
    emerge.chmod(0o755)
    return Portage(Path(sys.executable), emerge.parent, None)


def furnish(home: Path, gateway: str, **more: Any) -> DroneSettings:
    """A drone's settings and its base prefix below `home`, with one repository."""
    tree = home / "repos/demo"
    if not tree.exists():
        (tree / "profiles/default").mkdir(parents=True)
        (tree / "profiles/repo_name").write_text("demo\n")
    make_prefix(
        home / "base",
        repositories=[Repository("demo", tree)],
        profile=tree / "profiles/default",
        portage=install_emerge(home),
    )
    return DroneSettings(
        gateway_url=gateway,
        node_name="izar",
        drone_port=0,
        state_dir=home / "state",
        scratch_dir=home / "scratch",
        base_prefix=home / "base",
        room_at=home / "room",
        poll_interval=0.5,
        heartbeat_interval=0.5,
        cores=2,
        **more,
    )


def order(attempt: int, package: str = "quick", **more: Any) -> BuildOrder:
    """An order for `app-misc/PACKAGE-1.0`."""
    cpv = f"app-misc/{package}-1.0"
    return BuildOrder(attempt, cpv, cpv, "0", "demo", build_id=attempt, time_limit=60.0, **more)


class StandIn:
    """Gateway and orchestrator in one; `saw` is what happened, in order, as (what, attempt or name)."""

    def __init__(self) -> None:
        self.work: list[Work] = []
        self.saw: list[tuple[str, Any]] = []
        self.facts: list[NodeFacts] = []
        self.words: list[dict[str, Any]] = []
        self.logs: defaultdict[int, bytearray] = defaultdict(bytearray)
        self.packages: dict[int, bytes] = {}
        self.staged: dict[int, dict[str, Any]] = {}
        self.failed: dict[int, dict[str, Any]] = {}
        self.directed: dict[int, dict[str, Any]] = {}
        self.registered: list[dict[str, Any]] = []
        self.stale: set[int] = set()
        self.refusals: defaultdict[str, list[Refused]] = defaultdict(list)
        """What the next requests of a kind are refused with."""
        self.lost: Counter[str] = Counter()
        """How many answers of a kind are lost after the request was carried out."""
        self.offered: Work = NoWork()
        self.then: dict[str, Callable[[], object]] = {}
        """What is done once, after a request of a kind was carried out and before it is answered."""
        self.leader = ""
        """Who leads, when it is not this one."""
        self.token = "token-1"
        self.news = asyncio.Condition()

    async def make(self) -> web.Application:
        app = service.make_app()
        app.add_routes(
            [
                web.get("/api/v1/orchestrator", self._leader),
                web.post("/api/v1/register", self._registered),
                web.post("/api/v1/nodes/{name}", self._node),
                web.post("/api/v1/nodes/{name}/work", self._ask),
                web.post("/api/v1/attempts/{n}/progress", self._progress),
                web.post("/api/v1/attempts/{n}/log", self._log),
                web.put("/api/v1/attempts/{n}/package", self._package),
                web.post("/api/v1/attempts/{n}/complete", self._complete),
                web.post("/api/v1/attempts/{n}/fail", self._fail),
                web.post("/api/v1/directives/{n}/result", self._result),
            ]
        )
        self.app = app
        return app

    async def until(self, wanted: Callable[[], object], seconds: float = 180.0) -> None:
        """Wait until something is so; it is looked at after every request."""
        try:
            async with asyncio.timeout(seconds), self.news:
                await self.news.wait_for(wanted)
        except TimeoutError:
            raise AssertionError(f"not so within {seconds} s; seen: {self.saw[-40:]}") from None

    async def give(self, *orders: Work) -> None:
        """Have work for whoever asks next."""
        self.work += orders
        await self._tell()

    def count(self, what: str) -> int:
        """How often something was asked."""
        return sum(kind == what for kind, _ in self.saw)

    async def _leader(self, request: web.Request) -> web.Response:
        url = self.leader or self.app[service.ADDRESS]
        return reply({"orchestrator": {"name": "stand-in", "url": url}, "backups": []})

    async def _registered(self, request: web.Request) -> web.Response:
        self.registered.append(await request.json())
        return await self._done(request, "register", {"registered": True})

    async def _node(self, request: web.Request) -> web.Response:
        await self._refuse("node")
        self.facts.append(msgspec.json.decode(await request.read(), type=NodeFacts))
        self.saw.append(("node", request.match_info["name"]))
        return await self._done(request, "node", {"token": self.token})

    async def _ask(self, request: web.Request) -> web.Response:
        self._known(request)
        holding = (await request.json())["holding"]
        await self._refuse("work")
        self.saw.append(("work", holding))
        await self._tell()
        await parked(request, self._wait_for_work(), float(request.query["wait"]))
        return await self._done(request, "work", {"work": self._next()})

    async def _progress(self, request: web.Request) -> web.Response:
        self._known(request)
        number, word = self._number(request), await request.json()
        await self._refuse("progress")
        self.words.append(word)
        self.saw.append(("progress", number))
        go_on = number not in self.stale
        return await self._done(request, "progress", {"continue": go_on, "reason": "" if go_on else "reset"})

    async def _log(self, request: web.Request) -> web.Response:
        self._known(request)
        number, offset = self._number(request), int(request.query["offset"])
        chunk = await request.read()
        await self._refuse("log")
        kept = self.logs[number]
        if offset <= len(kept):
            kept += chunk[len(kept) - offset :]
        self.saw.append(("log", number))
        return await self._done(request, "log", {"size": len(kept)})

    async def _package(self, request: web.Request) -> web.Response:
        self._known(request)
        number = self._number(request)
        body = bytearray()
        await read_stream(request, body.extend, 64 << 20)
        await self._refuse("package")
        self._refuse_stale(number)
        assert len(body) == request.content_length
        self.packages[number] = bytes(body)
        self.saw.append(("package", number))
        return await self._done(request, "package", {"path": "x"})

    async def _complete(self, request: web.Request) -> web.Response:
        self._known(request)
        number, body = self._number(request), await request.json()
        await self._refuse("complete")
        self.saw.append(("complete", number))
        if number not in self.staged:
            self._refuse_stale(number)
            if body["sha512"] and number not in self.packages:
                raise Refused("no_package", "upload first")
            self.staged[number] = body
            self.saw.append(("staged", number))
        assert self.staged[number]["sha512"] == body["sha512"]
        return await self._done(request, "complete", {"accepted": True, "work": self._next()})

    async def _fail(self, request: web.Request) -> web.Response:
        self._known(request)
        number = self._number(request)
        await self._refuse("fail")
        self._refuse_stale(number)
        self.failed[number] = await request.json()
        self.saw.append(("failed", number))
        return await self._done(request, "fail", {"accepted": True, "work": self._next()})

    async def _result(self, request: web.Request) -> web.Response:
        self._known(request)
        number = self._number(request)
        self.directed[number] = await request.json()
        self.saw.append(("directed", number))
        return await self._done(request, "result", {"accepted": True})

    async def _done(self, request: web.Request, what: str, answer: object) -> web.Response:
        await self._tell()
        if act := self.then.pop(what, None):
            act()
        if self.lost[what]:
            self.lost[what] -= 1
            assert request.transport is not None
            request.transport.abort()
        return reply(answer)

    async def _tell(self) -> None:
        async with self.news:
            self.news.notify_all()

    def _unheard_of(self) -> bool:
        """Whether an order was given of which no word has come yet: it is offered again."""
        begun = {number for what, number in self.saw if what in ("progress", "complete", "failed")}
        return isinstance(self.offered, BuildOrder) and self.offered.attempt not in begun

    async def _wait_for_work(self) -> None:
        if self._unheard_of():
            return
        async with self.news:
            await self.news.wait_for(lambda: self.work)

    def _next(self) -> Work:
        if self._unheard_of():
            return self.offered
        self.offered = self.work.pop(0) if self.work else NoWork("the queue is empty")
        return self.offered

    def _known(self, request: web.Request) -> None:
        if request.headers.get("X-Node-Token") != self.token:
            raise Refused("forbidden", "that is not the node's token", "register first")

    async def _refuse(self, what: str) -> None:
        if self.refusals[what]:
            no = self.refusals[what].pop(0)
            self.saw.append((f"refused {what}", no.code))
            await self._tell()
            raise no

    def _refuse_stale(self, number: int) -> None:
        if number in self.stale:
            raise Refused("stale_attempt", f"attempt {number} is over", "drop it")

    @staticmethod
    def _number(request: web.Request) -> int:
        return int(request.match_info["n"])


def processes(*words: str) -> list[int]:
    """The processes of this machine whose command line is exactly these words."""
    line = "\0".join(words).encode() + b"\0"
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (entry / "cmdline").read_bytes() == line:
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


class Process:
    """A drone as a process of its own, with the stand-in's emerge; to be used in `async with`."""

    PROGRAM = """
import sys
from pathlib import Path
from swarm_node.cli import main
from swarm_node.drone import facts
from tests.services.drone_standin import install_emerge
facts.find_portage = lambda: install_emerge(Path(sys.argv[1]))
sys.exit(main(["drone", "--config", sys.argv[2]]))
"""

    def __init__(self, home: Path, settings: DroneSettings) -> None:
        self.home = home
        self.config = home / "drone.conf"
        self.config.write_text(shown(settings) + "\n")
        self.errors = (home / "stderr").open("w+b")

    async def __aenter__(self) -> "Process":
        own = {key: value for key, value in os.environ.items() if key not in OWN_KEYS}
        self.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", self.PROGRAM, str(self.home), str(self.config)),
            cwd=ROOT,
            env=own | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
            stdout=asyncio.subprocess.PIPE,
            stderr=self.errors,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.process.communicate()
        self.errors.close()

    def said(self) -> str:
        """What it has written to stderr."""
        return (self.home / "stderr").read_text()

    async def url(self) -> str:
        """Its address, as soon as it listens."""
        assert self.process.stdout is not None
        word, role, url = (await self.process.stdout.readline()).decode().split()
        assert (word, role) == ("ready", "drone")
        return url

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
