"""Keys that come all at once: each goes where the one before it has led."""

from textual import events
from textual.keys import _character_to_key
from textual.widgets import Input

from swarm_console.panes.blocked import BlockedPane
from swarm_console.panes.queue import QueuePane
from swarm_console.screens.dashboard import Dashboard
from swarm_console.screens.help import HelpScreen
from swarm_console.screens.node import NodeScreen
from tests.tui import patience
from tests.tui.conftest import Open, Stage
from tests.tui.story import blocked, building

NAMED = {
    "\r": "enter",
    "\x1b": "escape",
    "\x7f": "backspace",
    "\x01": "ctrl+a",
    "\x05": "ctrl+e",
    "\x15": "ctrl+u",
    "\x17": "ctrl+w",
}


async def burst(stage: Stage, typed: str) -> None:
    """All of it at once, as a terminal hands on what is pasted or late."""
    for character in typed:
        name = NAMED.get(character) or _character_to_key(character)
        stage.app.post_message(events.Key(name, character))
    await stage.pilot.pause()
    await stage.settle()


async def test_a_filter_typed_in_one_go_does_nothing_else(open_console: Open) -> None:
    async with open_console(blocked()) as stage:
        table = stage.app.query_one(QueuePane).table
        await burst(stage, "2/fubRvFx")
        await patience.until(stage.pilot, lambda: table.sieve is not None and table.sieve.text == "fubRvFx")
        assert isinstance(stage.app.screen, Dashboard)
        assert stage.operator.acted == []
        assert "⌕ fubRvFx (" in stage.text()


async def test_enter_in_the_same_go_keeps_what_was_typed_before_it(open_console: Open) -> None:
    async with open_console(building()) as stage:
        pane = stage.app.query_one(QueuePane)
        await burst(stage, "2/git\r")
        await patience.until(stage.pilot, lambda: stage.app.focused is pane.table)
        assert pane.table.sieve is not None
        assert pane.table.sieve.text == "git"
        assert not pane.query_one(Input).display
        await burst(stage, "\x1b/mpv\x1b")
        await patience.until(stage.pilot, lambda: pane.table.sieve is None)


async def test_a_pane_and_its_key_in_one_go(open_console: Open) -> None:
    async with open_console(blocked()) as stage:
        await burst(stage, "3j1\r")
        await patience.until(stage.pilot, lambda: isinstance(stage.app.screen, NodeScreen))
        await burst(stage, "\x1b3")
        await patience.until(stage.pilot, lambda: isinstance(stage.app.screen, Dashboard))
        assert stage.app.focused is stage.app.query_one(BlockedPane).table


async def test_help_is_searched_in_one_go(open_console: Open) -> None:
    async with open_console(building()) as stage:
        await stage.press("question_mark")
        assert isinstance(stage.app.screen, HelpScreen)
        entry = stage.app.screen.query_one(Input)
        await burst(stage, "/quit")
        await patience.until(stage.pilot, lambda: entry.value == "quit")
        assert isinstance(stage.app.screen, HelpScreen)


async def test_what_is_taken_back_in_the_same_go_is_taken_back_in_its_place(open_console: Open) -> None:
    async with open_console(building()) as stage:
        pane = stage.app.query_one(QueuePane)
        await burst(stage, "2/gax\x7f\x7fit")
        entry = pane.query_one(Input)
        await patience.until(stage.pilot, lambda: entry.value == "git")
        await burst(stage, "\x15ut\x01g\x05!\x17mpv")
        await patience.until(stage.pilot, lambda: entry.value == "mpv")


async def test_what_follows_enter_in_the_same_go_is_not_typed(open_console: Open) -> None:
    async with open_console(building()) as stage:
        pane = stage.app.query_one(QueuePane)
        await burst(stage, "2/git\rjk")
        await patience.until(stage.pilot, lambda: stage.app.focused is pane.table)
        assert pane.query_one(Input).value == "git"
        assert pane.table.sieve is not None and pane.table.sieve.text == "git"
        await stage.press("slash", "x")
        assert pane.query_one(Input).value == "x", "and it can be typed into again"
