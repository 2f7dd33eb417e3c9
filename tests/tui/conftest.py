"""The console on a told swarm: steady clock, steady zone, no motion."""

import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import textual.app
import textual.pilot
from textual.notifications import Notification
from textual.pilot import Pilot

from swarm_console.app import SwarmConsole
from swarm_console.manners.configuration import Configuration
from swarm_console.manners.memory import Notebook
from swarm_console.replay.recorded import Replay
from swarm_console.screens.live import Dialog
from tests.tui import patience
from tests.tui.recorded import reel_of
from tests.tui.story import Story
from tests.tui.told import Operator

Open = Callable[..., AbstractAsyncContextManager["Stage"]]


@pytest.fixture(autouse=True)
def steady(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The same screen on every machine: a slow one, too, reads a message before it goes by itself."""
    monkeypatch.setattr(Notification, "time_left", 3600.0)
    for module in (textual.app, textual.pilot):
        monkeypatch.setattr(module, "wait_for_idle", patience.idle)
    for name in ("NO_COLOR", "TEXTUAL_THEME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


class Stage:
    """A console that runs on a story."""

    def __init__(self, pilot: Pilot[None], app: SwarmConsole, story: Story, operator: Operator) -> None:
        self.pilot, self.app, self.story, self.operator = pilot, app, story, operator

    async def settle(self) -> None:
        """Wait until everything that was told has arrived, then draw it."""
        await patience.until(self.pilot, self._arrived)
        self.app.feed.draw()
        await self.pilot.pause()

    def _arrived(self) -> bool:
        mirror = self.app.mirror
        if (replay := self.app.projector.replay) is not None:
            return mirror.known and replay.reel.index == replay.player.index
        acting = any(not each.is_finished for each in self.app.workers if each.group == "action")
        if acting and not isinstance(self.app.screen, Dialog):
            return False
        if self.story.gone:
            return not mirror.link.live and mirror.health == self.story.well
        waiting = any(not queue.empty() for queue in self.story._queues)
        return mirror.link.live and mirror.state.seq == self.story.state.seq and not waiting

    async def press(self, *keys: str) -> None:
        """Press keys, then draw."""
        await self.pilot.press(*keys)
        await self.pilot.pause()
        self.app.feed.draw()
        await self.pilot.pause()

    def text(self) -> str:
        """What stands on the screen, line by line."""
        screen = self.app.screen
        width, height = self.app.size
        strips = screen._compositor.render_strips()
        return "\n".join(strip.text.ljust(width) for strip in strips[:height])


@pytest.fixture
def notebook(tmp_path: Path) -> Notebook:
    """What the consoles of a test remember, from one to the next."""
    return Notebook(tmp_path / "state" / "console.json")


@pytest.fixture
def open_console(notebook: Notebook) -> Open:
    """`async with open_console(story, size=(80, 24)) as stage`."""

    @asynccontextmanager
    async def opened(
        story: Story,
        size: tuple[int, int] = (120, 36),
        readonly: bool = False,
        keymap: dict[str, str] | None = None,
        configuration: Configuration | None = None,
        replay: str = "",
        **answers: Any,
    ) -> AsyncIterator[Stage]:
        operator = Operator(story, answers)
        app = SwarmConsole(
            story,
            operator.connect,
            readonly=readonly,
            clock=story.clock,
            notebook=notebook,
            keymap=keymap,
            configuration=configuration,
            replay=Replay(reel_of(story.told, replay), lambda: story.now) if replay else None,
        )
        async with app.run_test(size=size, notifications=True) as pilot:
            stage = Stage(pilot, app, story, operator)
            await stage.settle()
            yield stage

    return opened
