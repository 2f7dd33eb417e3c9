"""The full-screen console on a pseudo-terminal: how soon it shows all, how soon it answers, what it costs.

The swarm of a demo is a real gateway and a real orchestrator, each a process of its own. The large one, 1,000
nodes and 50,000 packages, is `bench.flood`: the real rules and the real stream over loopback.
"""

from __future__ import annotations

import compileall
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from threading import Thread

from bench import Row
from bench.flood import Pump, flood
from bench.keys import SCREENS, Press, presses
from bench.site import site
from bench.swarms import demo, finished
from bench.terminal import Terminal
from swarm_node.model.events import Record

ROOT = Path(__file__).parents[1]
CONSOLE = str(Path(sys.executable).parent / "swarm-console")
LEAST = """
from textual.app import App
from textual.widgets import Label
class Least(App):
    def compose(self): yield Label("the least")
Least().run()
"""
"""What a Textual app cannot do without: that part of the way to the first frame is not ours."""
STARTS = 15
DEMO_MS, LARGE_MS, KEY_MS = 500.0, 900.0, 50.0
BUSY_SHARE, IDLE_SHARE = 0.30, 0.02
MEMORY_MIB, GROWTH = 160.0, 0.10
NODES, BUILDS = 1_000, 50_000
RATE, WATCHED, IDLED = 200, 10.0, 60.0
POURED, TIMES = 100_000, 10
SETTLED = 5.0
"""Seconds after which a console that is let alone has made the screens that one may open next."""
PATIENCE = 60.0
DASHBOARD = ("Needed", "NEXT", "● live", "1 Nodes", "2 Queue", "3 Blocked", "4 Staging risk", "5 Events")
"""What stands on a complete dashboard, beside what its panes show of the swarm."""
WHOLE = re.compile(r"2 Queue +\d+ ready")
"""What the queue says when all of a long one has come."""


def rows() -> list[Row]:
    """Times are medians, of keys the 99th percentile; shares are those of one core."""
    for package in ("swarm_console", "swarm_node"):
        compileall.compile_dir(ROOT / package, quiet=1)
    return [*_demo(), *_resting(), *_building(), *_large()]


# -- a swarm like the demo's


def _demo() -> Iterator[Row]:
    told, records = demo()
    first = next(iter(told.state.by_status("building"))).id
    words = [*told.state.nodes, "not verified yet", "✓ staged", first]
    with _on_site(records) as url:
        yield _starts("console, demo swarm", url, words, DEMO_MS)


def _resting() -> Iterator[Row]:
    with _on_site(finished()) as url, _console(url) as terminal:
        _shown(terminal, DASHBOARD)
        yield _share("console, idle", _used(terminal, IDLED), IDLE_SHARE)


def _building() -> Iterator[Row]:
    with flood(3, 35) as pump, _console(pump.url) as terminal:
        pump.flow(0.2)
        _shown(terminal, DASHBOARD)
        yield _share("console, 3 builds running", _used(terminal), 0.0)


def _used(terminal: Terminal, seconds: float = WATCHED) -> float:
    """The share of a core that it takes, once all is made ready that nobody has asked for yet."""
    terminal.watch(SETTLED)
    before = terminal.cpu()
    terminal.watch(seconds)
    return (terminal.cpu() - before) / seconds


# -- a very large swarm


def _large() -> Iterator[Row]:
    what = f"console, {NODES:,} nodes, {BUILDS:,} packages"
    with flood(NODES, BUILDS) as pump:
        yield _starts(what, pump.url, ["drone-0000", "● building", "missing-overlay"], LARGE_MS)
        with _console(pump.url) as terminal:
            _shown(terminal, DASHBOARD)
            whole = terminal.until(lambda: _is_whole(terminal), PATIENCE) - terminal.began
            yield Row(f"{what}: the whole queue is there", f"{whole * 1000:.0f} ms", "", "", True)
            yield from _pressed(what, pump, terminal)
        pump.flow(0)
        with _console(pump.url) as terminal:
            yield from _poured(pump, terminal)


def _is_whole(terminal: Terminal) -> bool:
    return WHOLE.search(terminal.text()) is not None


def _pressed(what: str, pump: Pump, terminal: Terminal) -> Iterator[Row]:
    """Keys while events arrive, each until its answer is painted; the cost of all that; memory."""
    pump.flow(RATE)
    yield _share(f"console, {RATE} events/s", _used(terminal), BUSY_SHARE)
    before, waited, begin = terminal.cpu(), terminal.waited(), time.perf_counter()
    pressed = list(presses(terminal))
    seconds = time.perf_counter() - begin
    waiting = f"; waiting for the processor {(terminal.waited() - waited) / seconds:.1%} of the time"
    taken = sorted(press.milliseconds for press in pressed)
    late = taken[int(len(taken) * 0.99)]
    yield Row(
        f"console, key to painted, {RATE} events/s",
        f"p99 {late:.0f} ms (median {median(taken):.0f}, most {taken[-1]:.0f}){waiting}",
        f"≤ {KEY_MS:.0f} ms",
        late / KEY_MS,
        late <= KEY_MS,
        _by_kind(pressed),
    )
    screens = sorted(press.milliseconds for press in pressed if press.kind in SCREENS)
    figure = f"median {median(screens):.0f} ms, most {screens[-1]:.0f}"
    yield Row(f"console, a package or node opened or left, {RATE} events/s", figure, "", "", True)
    share = (terminal.cpu() - before) / seconds
    yield _share(f"console, {RATE} events/s and {len(pressed) / seconds:.0f} keys/s", share, BUSY_SHARE)
    memory, most = terminal.memory(), terminal.memory("VmHWM")
    figure, aim = f"{memory:.0f} MiB (at most {most:.0f})", f"≤ {MEMORY_MIB:.0f} MiB"
    yield Row(f"{what}: memory", figure, aim, memory / MEMORY_MIB, memory <= MEMORY_MIB)


def _by_kind(pressed: Iterable[Press]) -> str:
    kinds: dict[str, list[float]] = {}
    for press in pressed:
        kinds.setdefault(press.kind, []).append(press.milliseconds)
    return "\n".join(
        f"  {kind:18} {len(taken):4} keys   median {median(taken):5.0f} ms   most {max(taken):5.0f} ms"
        for kind, taken in kinds.items()
    )


def _poured(pump: Pump, terminal: Terminal) -> Iterator[Row]:
    """A million events, session after session; flat is what is never much more than at the first's end.

    Every size is taken at the same point of a session. What history learns meanwhile, which ends with so many
    samples a package, counts as growth.
    """
    terminal.until(lambda: _is_whole(terminal), PATIENCE)
    begin, sizes = time.perf_counter(), []
    for _ in range(TIMES):
        _pour(pump, terminal)
        terminal.watch(2.0)
        sizes.append(terminal.memory())
    rate = POURED * TIMES / (time.perf_counter() - begin - 2.0 * TIMES)
    most, peak = max(sizes), terminal.memory("VmHWM")
    growth = most / sizes[0] - 1
    figure = (
        f"{growth:+.1%} ({sizes[0]:.0f} MiB at the end of the first session, {sizes[-1]:.0f} of the last, "
    )
    figure += f"{most:.0f} of the worst; {rate:,.0f} events/s)"
    what, aim = f"console, memory over {POURED * TIMES:,} events in {TIMES} sessions", f"≤ {GROWTH:.0%}"
    yield Row(what, figure, aim, growth / GROWTH, growth <= GROWTH)
    figure, aim = f"{most:.0f} MiB (at most {peak:.0f})", f"≤ {MEMORY_MIB:.0f} MiB"
    yield Row(f"{what}: at the end of one", figure, aim, most / MEMORY_MIB, most <= MEMORY_MIB)


def _pour(pump: Pump, terminal: Terminal) -> None:
    marks: list[str] = []
    pouring = Thread(target=lambda: marks.append(pump.pour(POURED)))
    pouring.start()
    while pouring.is_alive():
        terminal.watch(0.1)
    terminal.until(lambda: marks[0] in terminal.text(), PATIENCE)


# -- what they share


def _starts(what: str, url: str, words: Sequence[str], aim: float) -> Row:
    """From the start of the process to all of these words, starts of ours and of the least app in turn."""
    ours, least, cpu, waited = [], [], [], []
    for _ in range(STARTS):
        with Terminal([sys.executable, "-c", LEAST], _environment()) as terminal:
            least.append(_shown(terminal, ["the least"]) * 1000)
        with _console(url) as terminal:
            ours.append(_shown(terminal, [*DASHBOARD, *words]) * 1000)
            cpu.append(terminal.cpu() * 1000)
            waited.append(terminal.waited() * 1000)
    took, base = median(ours), median(least)
    processor = f"{median(cpu):.0f} of the processor, {median(waited):.0f} waiting for it"
    figure = f"{took:.0f} ms (best {min(ours):.0f}; {processor}), "
    figure += f"{took / base:.1f} times the least Textual app ({base:.0f} ms)"
    return Row(f"{what}: first complete frame", figure, f"≤ {aim:.0f} ms", took / aim, took <= aim)


def _shown(terminal: Terminal, words: Sequence[str]) -> float:
    """Seconds from the start of the program until all of these words stand on its screen."""
    return terminal.until(lambda: terminal.shows(words), PATIENCE) - terminal.began


def _share(what: str, share: float, aim: float) -> Row:
    if not aim:
        return Row(f"{what}: share of a core", f"{share:.1%}", "", "", True)
    return Row(f"{what}: share of a core", f"{share:.1%}", f"≤ {aim:.0%}", share / aim, share <= aim)


def _console(url: str) -> Terminal:
    return Terminal([CONSOLE, "--gateway", url], _environment())


def _environment() -> Mapping[str, str]:
    """A terminal of today; nothing of the person's own console."""
    given = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "XDG_STATE_HOME": tempfile.gettempdir()}
    return {**os.environ, **given}


@contextmanager
def _on_site(records: Iterable[Record]) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as home, site(Path(home), records) as url:
        yield url
