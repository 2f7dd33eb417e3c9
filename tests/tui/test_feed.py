"""The feed by itself: what it asks and draws while nobody presses a key, and where it rests."""

import asyncio
from collections.abc import Iterator
from math import inf
from typing import Any

import pytest
from textual.app import App

from swarm_console import feed
from swarm_console.app import SwarmConsole
from swarm_console.known import follower
from swarm_console.known.mirror import Mirror
from swarm_console.turns import ENOUGH
from swarm_console.wire.stream import Health
from swarm_node.model import instalments
from tests.tui.conftest import Open
from tests.tui.patience import until
from tests.tui.story import Story, blocked, building, long_opening, planned

HOURS = 7200.0


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Health]:
    """What was answered to questions after health, which are not repeated for hours by time alone."""
    answers: list[Health] = []

    async def health(story: Story) -> Health:
        answers.append(story.well)
        return story.well

    monkeypatch.setattr(Story, "health", health)
    monkeypatch.setattr(follower, "HEALTH_SECONDS", HOURS)
    monkeypatch.setattr(follower, "SELDOM_SECONDS", HOURS)
    return answers


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When pictures were drawn, in the story's time; where time counts, one every 20 ms."""
    times: list[float] = []
    draw = feed.Feed._draw

    async def noted(self: feed.Feed) -> float:
        times.append(self._app.clock())
        return await draw(self)

    monkeypatch.setattr(feed.Feed, "_draw", noted)
    monkeypatch.setattr(feed, "TICK_SECONDS", 0.02)
    monkeypatch.setattr(feed, "FRAME_SECONDS", 0.0)
    monkeypatch.setattr(feed, "REST", 0)
    return times


async def test_health_is_asked_for_at_once_when_the_stream_breaks_and_returns(
    open_console: Open, asked: list[Health]
) -> None:
    async with open_console(building()) as stage:
        await until(stage.pilot, lambda: stage.app.mirror.health.orchestrator == "main")
        stage.story.vanish("the cable is out")
        await until(stage.pilot, lambda: stage.app.mirror.health.gateway == "the cable is out")
        stage.story.return_()
        await until(stage.pilot, lambda: stage.app.mirror.health.orchestrator == "main")
        assert stage.app.mirror.link.live


async def test_while_the_stream_is_live_and_all_is_well_health_is_asked_for_seldom(
    open_console: Open, asked: list[Health], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "HEALTH_SECONDS", 0.01)
    story = building()
    story.well = Health(orchestrator="main", orchestrator_trouble="no heartbeat for 60 s", asked=True)
    async with open_console(story) as stage:
        await until(stage.pilot, lambda: len(asked) > 5)
        story.return_()
        await until(stage.pilot, lambda: not stage.app.mirror.health.orchestrator_trouble)
        often = len(asked)
        await asyncio.sleep(0.2)
        assert len(asked) == often


async def test_the_first_picture_of_a_swarm_comes_at_once(
    open_console: Open, drawn: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "FRAME_SECONDS", HOURS)
    story = planned()
    story.listened_to.clear()
    draw = feed.Feed._draw

    async def before_the_stream(self: feed.Feed) -> float:
        spent = await draw(self)
        story.listened_to.set()
        return spent

    monkeypatch.setattr(feed.Feed, "_draw", before_the_stream)
    async with open_console(story) as stage:
        await until(stage.pilot, lambda: len(drawn) == 2)


async def test_the_first_picture_of_another_swarm_is_drawn_in_one_go(
    open_console: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[tuple[bool, float]] = []
    async with open_console(building()) as stage:
        take = stage.app.turns.take

        async def noted(parts: Iterator[None], enough: float = ENOUGH) -> float:
            taken.append((stage.app.mirror.known, enough))
            return await take(parts, enough)

        monkeypatch.setattr(stage.app.turns, "take", noted)
        stage.app.feed.changed()
        await until(stage.pilot, lambda: (True, ENOUGH) in taken)
        stage.app.feed.restart()
        await until(stage.pilot, lambda: (True, inf) in taken)


async def test_the_rest_of_a_long_state_comes_after_the_first_frame(
    open_console: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instalments, "SEEN", 3)
    story, order = blocked(), list[str]()
    story.early = long_opening(story)
    take, display = Mirror.take, App._display

    def taken(self: Mirror, raw: Any) -> None:
        order.append("taken")
        take(self, raw)

    def painted(self: SwarmConsole, screen: Any, renderable: Any) -> None:
        if self.mirror.known:
            order.append("painted")
        display(self, screen, renderable)

    monkeypatch.setattr(Mirror, "take", taken)
    monkeypatch.setattr(SwarmConsole, "_display", painted)
    async with open_console(story):
        assert order.index("painted") == 1
        assert order.count("taken") > len(story.early)


async def test_time_passes_on_the_screen_while_something_is_built(
    open_console: Open, drawn: list[float]
) -> None:
    async with open_console(building()) as stage:
        assert "1:07:21" not in stage.text()
        stage.story.now += 4000.0
        await until(stage.pilot, lambda: "1:07:21" in stage.text())
        assert drawn[-1] == stage.story.now


async def test_time_passes_on_the_screen_while_the_swarm_is_gone(
    open_console: Open, drawn: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "FIRST_PAUSE", HOURS)
    async with open_console(planned()) as stage:
        stage.story.vanish()
        await stage.settle()
        before = len(drawn)
        await until(stage.pilot, lambda: len(drawn) > before + 3)


async def test_where_nothing_counts_nothing_is_drawn(open_console: Open, drawn: list[float]) -> None:
    story = planned()
    async with open_console(story) as stage:
        assert not any(node.attempt for node in story.state.nodes.values())
        await asyncio.sleep(0.1)
        before = len(drawn)
        await asyncio.sleep(0.3)
        assert len(drawn) == before
        stage.app.feed.changed()
        await until(stage.pilot, lambda: len(drawn) == before + 1)
