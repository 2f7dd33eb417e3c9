"""`python -m bench.flood`: 1,000 nodes and 50,000 queued packages, and a stream that can be made to flow.

The real rules decide every event, and the orchestrator's own stream serves them; only the log is left out.
The first line on stdout is the URL, which is gateway and orchestrator in one. POST /bench/pour?events=N sends
as many events as fast as they are taken, POST /bench/flow?events=N that many a second until told otherwise.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle
from random import Random

from aiohttp import web

from bench.swarms import Told, node_names, opened, plan, with_nodes
from swarm_node.http.json import reply
from swarm_node.http.service import make_app, serving
from swarm_node.model import commands as c
from swarm_node.model.events import Policy, Record
from swarm_node.model.messages import Progress
from swarm_node.orchestrator.stream import Stream

NODES, BUILDS = 1_000, 50_000
BUSY = 900
"""Nodes that build from the beginning."""
LIFETIME = 600.0
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

    def __init__(self) -> None:
        self.told = Told()
        self.names = node_names(NODES)
        self.recent: deque[Record] = deque(maxlen=200)
        self._hear: Callable[[Sequence[Record]], None] = lambda records: None
        self._draw = Random(1)
        self.told.tell(c.SetPolicy(policy=Policy()))
        for _ in with_nodes(self.told, NODES):
            pass
        opened(self.told, plan(BUILDS))
        for name in self.names[:BUSY]:
            self.recent += self.told.begin(name)
        self.stream = Stream(self)  # type: ignore[arg-type]

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
            await self._settle(opened(self.told, plan(BUILDS)))
            group: list[Record] = []
            for records in self.built():
                group += records
                if len(group) >= GROUP or self.told.state.seq >= until:
                    await self._settle(group)
                    group = []
                if self.told.state.seq >= until:
                    break
        self.send(self.told.tell(c.RecordAction(name="mark", params={"seq": str(end)})))

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
        while True:
            await asyncio.sleep(STEP)
            while sent < (time.monotonic() - began) * rate:
                records = next(built)
                sent += len(records)
                for record in records:
                    self.send([record])
            for name in self._draw.sample(self.names, round(NODES * STEP / PULSE)):
                self._say(name)

    def _say(self, name: str) -> None:
        number = self.told.state.nodes[name].attempt
        if number is not None:
            word = Progress(number, name, "compile", self._draw.random(), self._draw.uniform(1, 9))
            self.stream.tell(word)


def application(flood: Flood) -> web.Application:
    """What a console asks of a gateway, and how this one is told what to do."""
    flows: list[asyncio.Task[None]] = []

    async def leader(request: web.Request) -> web.Response:
        return reply({"orchestrator": {"name": "flood", "url": ""}, "backups": []})

    async def history(request: web.Request) -> web.Response:
        return reply(list(reversed(flood.recent)))

    async def pour(request: web.Request) -> web.Response:
        await flood.pour(int(request.query["events"]))
        return reply({"seq": flood.told.state.seq})

    async def flow(request: web.Request) -> web.Response:
        for task in flows:
            task.cancel()
        flows[:] = [asyncio.create_task(flood.flow(float(request.query["events"])))]
        return reply({})

    app = make_app()
    app.router.add_get("/api/v1/orchestrator", leader)
    app.router.add_get("/api/v1/history", history)
    app.router.add_get("/api/v1/stream", flood.stream.serve)
    app.router.add_post("/bench/pour", pour)
    app.router.add_post("/bench/flow", flow)
    return app


async def main() -> None:
    """Serve until stdin ends, or for so long."""
    flood = Flood()

    async def make() -> web.Application:
        return application(flood)

    async with serving(make) as url:
        print(url, flush=True)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.to_thread(input), LIFETIME)


if __name__ == "__main__":
    with contextlib.suppress(EOFError):
        asyncio.run(main())
