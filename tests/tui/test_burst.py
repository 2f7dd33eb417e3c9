"""Keys that come all at once: each goes where the one before it has led."""

import pytest
from textual import events
from textual.keys import _character_to_key
from textual.widgets import Input

from swarm_console.keyboard import burst as keyboard_burst
from swarm_console.keyboard.burst import Tracer
from swarm_console.manners.memory import Memory, Notebook
from swarm_console.panes.blocked import BlockedPane
from swarm_console.panes.queue import QueuePane
from swarm_console.panes.table import Table
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


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine, too."""
    monkeypatch.setattr(keyboard_burst, "PATIENCE", patience.SECONDS)


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


async def test_what_follows_enter_in_the_same_go_goes_to_the_table(open_console: Open) -> None:
    async with open_console(building()) as stage:
        pane = stage.app.query_one(QueuePane)
        await burst(stage, "2/git\rjk")
        await patience.until(stage.pilot, lambda: stage.app.focused is pane.table)
        assert pane.query_one(Input).value == "git"
        assert pane.table.sieve is not None and pane.table.sieve.text == "git"
        await stage.press("slash", "x")
        assert pane.query_one(Input).value == "x", "and it can be typed into again"


@pytest.mark.parametrize(
    "typed",
    [
        "2\ru",
        "2jj\rc",
        "2j\r/cc\r",
        "3\r\x1b3\r\r",
        "1jz\r\x1b\x1b",
        "?/quit\x1b\x1b5j",
        "2/curl\r\r\x1b\x1b/mpv",
        "2\r\x1b1\r\x1b2\rj\x1bj",
        "l/rror\rn",
        "Tj\x1bf",
    ],
)
@pytest.mark.parametrize("size", [(120, 36), (60, 20)])
async def test_keys_lead_to_the_same_all_at_once_as_one_by_one(
    typed: str, size: tuple[int, int], notebook: Notebook, open_console: Open
) -> None:
    """In what is seen, and in what is asked of the swarm; of screens that were not opened before, too."""
    shown, acted = [], []
    for at_once in (False, True):
        notebook.change(lambda memory: Memory())
        async with open_console(blocked(), size=size) as stage:
            for part in [typed] if at_once else typed:
                await burst(stage, part)
            await stage.press()
            shown.append(stage.text())
            acted.append(stage.operator.acted)
    assert shown[0] == shown[1]
    assert acted[0] == acted[1]


async def test_a_key_of_which_nothing_is_heard_holds_the_next_one_up_only_so_long(
    open_console: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyboard_burst, "PATIENCE", 0.3)
    async with open_console(building()) as stage:
        monkeypatch.setattr(Table, "check_message_enabled", lambda self, message: type(message) is not Tracer)
        for name in ("2", "j", "question_mark"):
            stage.app.post_message(events.Key(name, None))
        await patience.until(stage.pilot, lambda: isinstance(stage.app.screen, HelpScreen))
