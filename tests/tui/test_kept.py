"""What a console keeps after many sessions: no more than after a few, counted in objects and not in bytes."""

import gc
from collections import Counter, deque
from collections.abc import Iterator, Sized
from itertools import count
from typing import Any

import msgspec
import pytest
from textual.strip import Strip

from swarm_console import foresight
from swarm_console.known.mirror import REMEMBERED, Mirror
from swarm_console.panes.table import Table
from swarm_console.screens import doors
from swarm_console.screens.depth import DepthScreen
from swarm_node.model import commands as c
from swarm_node.model.estimate import RATIOS_A_NODE, SAMPLES_A_PACKAGE
from tests.tui import patience
from tests.tui.conftest import Open
from tests.tui.story import KERNEL, ROWS, Story, blocked, empty
from tests.tui.test_again import ready

FEW, TIMES = 40, 10
"""Sessions after which history has learnt all that it keeps, and how many times as many are looked at."""
DRAWS = ("swarm_console", "textual", "rich")


def session(story: Story) -> Iterator[int]:
    """A whole session, with a pause after each step, which it numbers: all is built, but one is blocked."""
    steps = count()
    story.tell(c.OpenSession(clear=True), c.PlanQueue(rows=ROWS), c.EnterPhase(phase="building"))
    while story.state.queue.ready:
        for node in story.state.nodes:
            story.tell(c.RequestWork(node=node))
            attempt = story.state.nodes[node].attempt
            if attempt is None:
                continue  # it is left for a faster one
            story.tell(c.StartAttempt(node=node, attempt=attempt))
            story.progress(node, "compile", 0.5, 3.0)
            story.write(attempt, b"a line\n")
            yield next(steps)
            if story.state.attempts[attempt].build == ROWS[6].id:
                story.fail(node, KERNEL)
            else:
                story.stage(node)
            yield next(steps)


def kept(root: object) -> Counter[str]:
    """How many of each kind of thing are held by one, however deep, and how many entries they have in all."""
    seen: dict[int, object] = {}
    open_ = [root]
    while open_:
        each = open_.pop()
        if id(each) not in seen and not isinstance(each, type | str | bytes | int | float | None):
            seen[id(each)] = each
            open_ += parts(each)
    entries = sum(len(each) for each in seen.values() if isinstance(each, Sized))
    return Counter(type(each).__name__ for each in seen.values()) + Counter(entries=entries)


def parts(whole: Any) -> list[object]:
    found: list[object] = list(getattr(whole, "__dict__", {}).values())
    if isinstance(whole, msgspec.Struct):
        found += [getattr(whole, name) for name in whole.__struct_fields__]
    elif isinstance(whole, dict):
        found += [*whole, *whole.values()]
    elif isinstance(whole, list | tuple | set | frozenset | deque):
        found += whole
    return found


def look(mirror: Mirror, now: float) -> None:
    """Ask for all that panes draw."""
    state = mirror.state
    for figure in (mirror.done, mirror.remaining, mirror.ends, mirror.clusters):
        figure(state, now)
    mirror.next_action(state, now)
    mirror.path(state, now)
    assert len(mirror.lineup.line("building", "assigned")) <= len(state.nodes)


def test_a_mirror_keeps_no_more_after_many_sessions() -> None:
    story = empty()
    mirror = Mirror(story.clock)
    mirror.take(story._opening(None, None))
    story.ship = lambda message: mirror.take(msgspec.json.encode(message))  # type: ignore[method-assign]
    counts, begun = [], mirror.state.seq
    for number in range(1, FEW * TIMES + 1):
        for _ in session(story):
            pass
        if number % FEW == 0:
            look(mirror, story.now)
            counts.append(kept(mirror))
    assert mirror.state.seq - begun > TIMES * REMEMBERED
    assert counts[-1] == counts[0]
    history = mirror.state.history
    assert {len(samples) for samples in history.samples.values()} == {SAMPLES_A_PACKAGE}
    assert all(len(pace.ratios) <= RATIOS_A_NODE for pace in history.paces.values())


@pytest.fixture
def no_foresight(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is there for whom to make anything ready: it would be counted now and then."""
    monkeypatch.setattr(foresight, "GONE", 0.0)


@pytest.mark.usefixtures("no_foresight")
async def test_a_screen_keeps_no_more_after_many_sessions(open_console: Open) -> None:
    story = empty()
    counts = []
    async with open_console(story) as stage:
        doors.make_ready(stage.app)  # as it does by itself, sooner or later
        await stage.settle()
        for _ in range(TIMES):
            for step in session(story):
                if step % 4 == 0:
                    await stage.settle()
            for table in stage.app.query(Table):
                table._strips.clear()  # of these a few are kept, more or less
            gc.collect()
            counts.append(sum(str(type(each).__module__).startswith(DRAWS) for each in gc.get_objects()))
    assert max(counts) < 1.05 * counts[1], counts


@pytest.mark.usefixtures("no_foresight")
async def test_screens_that_were_left_keep_nothing_of_what_was_painted(open_console: Open) -> None:
    counts = []
    async with open_console(blocked()) as stage:
        doors.make_ready(stage.app)  # as it does by itself, sooner or later
        for _ in range(TIMES):
            for deeper in (("1", "enter"), ("2", "enter"), ("3", "enter"), ("question_mark",)):
                await stage.press(*deeper)
                assert len(stage.app.screen_stack) > 1
                await stage.press("escape")
            gc.collect()
            counts.append(sum(isinstance(each, Strip) for each in gc.get_objects()))
    assert max(counts) < 1.05 * counts[1], counts


async def test_nothing_holds_on_to_a_queue_that_was(
    open_console: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foresight, "GONE", 1.0)
    async with open_console(blocked()) as stage:
        await ready(stage)
        package = stage.app.get_screen("PackageScreen", DepthScreen)
        await stage.press("2", "end")
        await patience.until(stage.pilot, lambda: not package._away)
        queue = stage.app.mirror.state.queue
        was = [queue.needs, queue.dependents, queue.waiting]
        await patience.until(stage.pilot, lambda: package._away)
        await stage.press("enter")
        assert "3 Needs" in stage.text() and package.marked in stage.text()
        await stage.press("escape")
        stage.story.tell(c.OpenSession(clear=True))
        await stage.settle()
        assert queue.needs is not was[0]
        await patience.until(stage.pilot, lambda: not held_by_others(was))


def held_by_others(things: list[object]) -> set[str]:
    """The types of what holds any of these, but for the list itself."""
    gc.collect()
    holders = (holder for each in things for holder in gc.get_referrers(each) if holder is not things)
    return {type(holder).__name__ for holder in holders}
