"""`python -m bench.flood NODES BUILDS`: a swarm in memory only, whose stream can be made to flow.

The real rules decide every event, and the orchestrator's own stream serves them; only the log is left out.
The first line on stdout is the URL, which is gateway and orchestrator in one. POST /bench/pour?events=N sends
as many events as fast as they are taken, POST /bench/flow?events=N that many a second until told otherwise.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle
from pathlib import Path
from random import Random
from urllib.request import Request, urlopen

from aiohttp import web

from bench.swarms import Told, node_names, opened, plan, with_nodes
from swarm_node.http.json import reply
from swarm_node.http.service import make_app, serving
from swarm_node.model import commands as c
from swarm_node.model.estimate import SAMPLES_A_PACKAGE, cp_of, observe
from swarm_node.model.events import Policy, Record
from swarm_node.model.messages import Progress
from swarm_node.orchestrator.stream import Stream

BUSY, BLOCKED = 0.9, 2_500
"""From the beginning, the share of the nodes that build, and one of how many packages is blocked."""
LIFETIME = 3_600.0
"""Seconds after which the process ends by itself, whatever became of who started it."""
SESSION = 100_000
"""Events of a session while it pours: all of the queue is planned, and a third of it built."""
GROUP, WAITING = 50, 500
"""Events a message while it pours, and messages that may wait for the console."""
STEP = 0.05
"""Seconds between two groups while it flows."""
PULSE = 2.0
"""Seconds between two words of a node on its build, as drones have it."""


class Flood:
    """The swarm as its stream sees it: `state`, `generation` and `listen` are those of the real Swarm."""

    generation = 1

    def __init__(self, nodes: int, builds: int) -> None:
        self.told = Told()
        self.names, self.builds = node_names(nodes), builds
        self.recent: deque[Record] = deque(maxlen=200)
        self._hear: Callable[[Sequence[Record]], None] = lambda records: None
        self._draw = Random(1)
        self.told.tell(c.SetPolicy(policy=Policy()))
        for _ in with_nodes(self.told, nodes):
            pass
        self._remember()
        opened(self.told, plan(builds))
        for name in self.names[: builds // BLOCKED]:
            self.recent += self.told.begin(name) + self.told.fail(name)
        for name in self.names[: max(3, round(nodes * BUSY))]:
            self.recent += self.told.begin(name)
        self.stream = Stream(self)  # type: ignore[arg-type]

    def _remember(self) -> None:
        """A third of the packages was built before, as often as history keeps: the swarm is not new."""
        history = self.told.state.history
        for row in plan(self.builds)[: self.builds // 3]:
            for _ in range(SAMPLES_A_PACKAGE):
                observe(history, cp_of(row.cpv), self._draw.choice(self.names), self._draw.uniform(30, 90))

    @property
    def state(self) -> object:
        return self.told.state

    def listen(self, hear: Callable[[Sequence[Record]], None]) -> None:
        self._hear = hear

    def send(self, records: Sequence[Record]) -> None:
        """Ship records as the orchestrator does."""
        self.recent += records
        self._hear(records)

    def built(self) -> Iterator[list[Record]]:
        """Node after node hands in what it builds and begins the next, for as long as there is work."""
        for name in cycle(self.names):
            if not self.told.state.queue.ready and not any(n.attempt for n in self.told.state.nodes.values()):
                return
            yield self.told.stage(name) + self.told.begin(name)

    async def pour(self, count: int) -> None:
        """Send at least that many events, session after session, and then a mark."""
        end = self.told.state.seq + count
        while self.told.state.seq < end:
            until = min(self.told.state.seq + SESSION, end)
            await self._settle(await asyncio.to_thread(opened, self.told, plan(self.builds)))
            group: list[Record] = []
            for records in self.built():
                group += records
                if len(group) >= GROUP or self.told.state.seq >= until:
                    await self._settle(group)
                    group = []
                if self.told.state.seq >= until:
                    break
        self.send(self.told.tell(c.RecordAction(name=f"mark-{self.told.state.seq}")))

    async def _settle(self, records: Sequence[Record]) -> None:
        """Send in groups, each when the console has taken most of what was sent before."""
        for place in range(0, len(records), GROUP):
            while any(queue.qsize() > WAITING for queue in self.stream._queues):  # noqa: ASYNC110
                await asyncio.sleep(0.002)
            self.send(records[place : place + GROUP])
        await asyncio.sleep(0)

    async def flow(self, rate: float) -> None:
        """That many events a second, and beside them every node's word on its build every other second."""
        built, sent, began = self.built(), 0, time.monotonic()
        said = 0.0
        while True:
            await asyncio.sleep(STEP)
            while sent < (time.monotonic() - began) * rate:
                records = next(built)
                sent += len(records)
                for record in records:
                    self.send([record])
            said += len(self.names) * STEP / PULSE
            for name in self._draw.choices(self.names, k=int(said)):
                self._say(name)
            said %= 1

    def _say(self, name: str) -> None:
        number = self.told.state.nodes[name].attempt
        if number is not None:
            share, load = self._draw.random(), self._draw.uniform(1, 9)
            self.stream.tell(Progress(number, name, "compile", share, load, seconds=30.0))


def application(swarm: Flood) -> web.Application:
    """What a console asks of a gateway, and how this one is told what to do."""
    flows: list[asyncio.Task[None]] = []

    async def leader(request: web.Request) -> web.Response:
        return reply({"orchestrator": {"name": "flood", "url": ""}, "backups": []})

    async def history(request: web.Request) -> web.Response:
        return reply(list(reversed(swarm.recent)))

    async def pour(request: web.Request) -> web.Response:
        await swarm.pour(int(request.query["events"]))
        return reply({"mark": f"mark-{swarm.told.state.seq - 1}"})

    async def flow(request: web.Request) -> web.Response:
        for task in flows:
            task.cancel()
        flows[:] = [asyncio.create_task(swarm.flow(float(request.query["events"])))]
        return reply({"mark": ""})

    app = make_app()
    app.router.add_get("/api/v1/orchestrator", leader)
    app.router.add_get("/api/v1/history", history)
    app.router.add_get("/api/v1/opening", swarm.stream.show)
    app.router.add_get("/api/v1/stream", swarm.stream.serve)
    app.router.add_post("/bench/pour", pour)
    app.router.add_post("/bench/flow", flow)
    return app


async def main(nodes: int, builds: int) -> None:
    """Serve until stdin ends, or for so long."""
    swarm = Flood(nodes, builds)

    async def make() -> web.Application:
        return application(swarm)

    async with serving(make) as url:
        print(url, flush=True)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.to_thread(sys.stdin.read), LIFETIME)


class Pump:
    """What the other process is told."""

    def __init__(self, url: str) -> None:
        self.url = url

    def flow(self, events: float) -> None:
        """From now on so many events a second."""
        self._tell("flow", events)

    def pour(self, events: int) -> str:
        """So many events as fast as they are taken; the word that the newest of them says."""
        return self._tell("pour", events)

    def _tell(self, what: str, events: float) -> str:
        with urlopen(Request(f"{self.url}/bench/{what}?events={events}", method="POST")) as answer:
            found: str = answer.read().decode().split('"')[3]
        return found


@contextlib.contextmanager
def flood(nodes: int, builds: int) -> Iterator[Pump]:
    """Such a swarm in a process of its own."""
    argv = [sys.executable, "-m", "bench.flood", str(nodes), str(builds)]
    root = Path(__file__).parents[1]
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root)
    assert process.stdin is not None and process.stdout is not None
    try:
        yield Pump(process.stdout.readline().strip())
    finally:
        process.stdin.close()
        process.wait(30)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
