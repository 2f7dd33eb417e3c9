"""How quickly one looks back: a replay of a session of 100,000 events, a timeline of 50,000 attempts."""

import time
from random import Random

import msgspec

from bench import Row
from bench.swarms import Told, node_names, with_nodes
from swarm_console.known.mirror import Mirror
from swarm_console.known.picture import Picture
from swarm_console.panes.bars import Scope
from swarm_console.panes.chart import chart
from swarm_console.panes.rows import Rows
from swarm_console.panes.view import View
from swarm_console.replay.reel import Reel
from swarm_console.wire.stream import Message
from swarm_node.model import commands as c
from swarm_node.model.copies import copy_of
from swarm_node.model.events import Record
from swarm_node.model.recorded import Recorded
from swarm_node.model.work import PlanRow

EVENTS = 100_000
PLACES = 40
DRONES, ATTEMPTS = 1_000, 50_000
LANES, COLUMNS = 50, 160
SCROLLS = 40


def rows() -> list[Row]:
    """Milliseconds of a processor from anywhere in a session to anywhere else, and of a scroll."""
    reel, records = _recorded()
    page = msgspec.json.encode(records)
    begin = time.process_time()
    reel.add(page)
    reel.prepare()
    ready = time.process_time() - begin
    chance = Random(1)
    jumps = sorted(_jumps(reel, [chance.randint(0, len(reel)) for _ in range(PLACES)]))
    steps = sorted(_jumps(reel, [len(reel) * (100 - step) // 100 for step in range(1, 100)]))
    scrolls = sorted(_scrolls())
    return [
        Row(f"replay of {EVENTS:,} events: ready", f"{ready:.1f} s", "< 5 s", ready / 5, ready < 5),
        _row("replay: a hundredth back, worst", steps[-1], 100.0),
        _row("replay: to anywhere, median", jumps[len(jumps) // 2], 100.0),
        _row("replay: to anywhere, worst", jumps[-1], 100.0),
        _row(f"timeline of {ATTEMPTS:,} attempts: a scroll, worst", scrolls[-1], 20.0),
    ]


def _row(what: str, seconds: float, aim: float) -> Row:
    took = seconds * 1000
    return Row(what, f"{took:.0f} ms", f"< {aim:.0f} ms", took / aim, took < aim)


def _recorded() -> tuple[Reel, list[Record]]:
    """A session right after it was opened, and everything that happened in it."""
    told, names = Told(), node_names(20)
    for _ in with_nodes(told, len(names)):
        pass
    told.tell(c.OpenSession(clear=True))
    first, state = told.state.seq, copy_of(told.state)
    records = told.tell(c.PlanQueue(rows=_plan(EVENTS // 4)), c.EnterPhase(phase="building"), after=60.0)
    while told.state.seq - first < EVENTS and told.state.queue.ready:
        for name in names:
            told.now += 1.0
            records += told.stage(name) + told.begin(name)
    last = told.state.seq
    recorded = Recorded(1, first, last, told.state.session.opened, None, len(told.state.builds), 0, 0, 0)
    return Reel(recorded, state), records


def _plan(count: int) -> tuple[PlanRow, ...]:
    names = [f"cat{number % 30}/p{number}-1" for number in range(count)]
    needs = [names[number - 7 : number - 6] if number % 3 == 0 else [] for number in range(count)]
    return tuple(
        PlanRow(name, name, "0", "gentoo", "new", needs=tuple(need))
        for name, need in zip(names, needs, strict=True)
    )


def _jumps(reel: Reel, goals: list[int]) -> list[float]:
    reel.go(len(reel))
    took = []
    for goal in goals:
        begin = time.process_time()
        reel.go(goal)
        took.append(time.process_time() - begin)
    return took


def _scrolls() -> list[float]:
    """What a chart of many drones takes to be made anew at another place, without the painting."""
    told, names = Told(), node_names(DRONES)
    for _ in with_nodes(told, DRONES):
        pass
    told.tell(c.OpenSession(clear=True), c.PlanQueue(rows=_plan(ATTEMPTS)), c.EnterPhase(phase="building"))
    while told.state.queue.ready:
        for name in names:
            told.now += 0.1
            told.stage(name)
            told.begin(name)
    mirror = Mirror(lambda: told.now)
    mirror.take(Message(generation=1, seq=told.state.seq, snapshot=told.state))
    shown, view, maker, took = chart(Picture(mirror, told.now)), View(), Rows(), []
    view.see(shown, COLUMNS)
    view.zoom(3)
    for number in range(SCROLLS):
        begin = time.process_time()
        view.scroll(-0.1)
        scope = Scope(view.window, COLUMNS, shown.begin, shown.end, shown.now)
        maker.make(shown, scope, number * 20, LANES)
        took.append(time.process_time() - begin)
    return took
