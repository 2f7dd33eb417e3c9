"""Help: of where one is first, then every key there is; it can be searched, and fits a small screen."""

import pytest

from swarm_console.actions.registry import ACTIONS
from swarm_console.keyboard.keybook import OURS, book
from swarm_console.panes.frame import Frame
from swarm_console.panes.pane import Pane
from swarm_console.panes.prose import Page
from swarm_console.screens.confirm import Confirm
from swarm_console.screens.dashboard import Dashboard
from swarm_console.screens.depth import DepthScreen
from swarm_console.screens.help import HelpScreen, Part, Row, help_of, lines, rows
from swarm_console.screens.hunting import HuntingScreen
from swarm_console.screens.live import Dialog, LiveScreen
from swarm_console.screens.paned import PanedScreen
from swarm_console.screens.parameter import ParameterDialog
from tests.tui.conftest import Open, Stage
from tests.tui.story import blocked, building, empty

BASES = {DepthScreen, Frame, Pane, Page, LiveScreen, PanedScreen, HuntingScreen, Dialog}


def told(stage: Stage) -> dict[str, list[str]]:
    """The help of the screen as it stands: heading to lines."""
    return {part.heading: [row.words for row in part.rows] for part in help_of(stage.app, stage.app.screen)}


def below(kind: type) -> set[type]:
    return {kind}.union(*(below(each) for each in kind.__subclasses__()))


def test_every_pane_screen_and_dialog_says_what_it_is() -> None:
    assert book(), "which imports them all"
    ours = {each for base in (Frame, LiveScreen, Dialog) for each in below(base)} - BASES
    ours = {each for each in ours if each.__module__.startswith(OURS)}
    speechless = {each.__name__ for each in ours if not each.HELP}  # type: ignore[attr-defined]
    assert not speechless, "give the class a HELP: what it shows, then its signs, two spaces behind each"


@pytest.mark.parametrize("key", [*"12345"])
async def test_the_pane_with_the_focus_comes_first(key: str, open_console: Open) -> None:
    async with open_console(blocked()) as stage:
        await stage.press(key)
        pane = next(pane for pane in Dashboard.PANES if key == pane.DIGIT)
        first, second, third, *_ = told(stage)
        assert (first, second, third) == (pane.NAME, "Dashboard", "Keys here")


async def test_every_key_is_there_wherever_one_is(open_console: Open) -> None:
    async with open_console(blocked()) as stage:
        for keys in ((), ("R",), ("escape", "3", "enter"), ("escape", "1", "enter")):
            await stage.press(*keys)
            await stage.settle()
            names = {line.rpartition(" ")[2] for part in told(stage).values() for line in part}
            assert {entry.id for entry in book()} <= names
            assert {action.name for action in ACTIONS.values() if action.key} <= names


async def test_what_can_do_nothing_now_says_why(open_console: Open) -> None:
    async with open_console(empty()) as stage:
        (balance,) = (line for line in told(stage)["Keys here"] if line.endswith(" balance"))
        assert "(not now: the queue is empty: build-swarm fresh fills it)" in balance


async def test_other_keys_are_told(open_console: Open) -> None:
    async with open_console(building(), keymap={"balance": "B", "yes": "j"}) as stage:
        everything = told(stage)
        assert any(line.startswith("B ") and line.endswith(" balance") for line in everything["Keys here"])
        assert any(line.startswith("j ") and line.endswith(" yes") for line in everything["Keys: questions"])


@pytest.mark.parametrize("key", ["question_mark", "f1"])
@pytest.mark.parametrize("size", [(60, 16), (120, 36)], ids=["small", "wide"])
async def test_help_comes_and_goes(key: str, size: tuple[int, int], open_console: Open) -> None:
    async with open_console(blocked(), size=size) as stage:
        await stage.press(key)
        assert isinstance(stage.app.screen, HelpScreen)
        assert "/ finds" in stage.text()
        assert "Queue" in stage.text()
        await stage.press("pagedown", "pagedown", "j", "k", "end")
        assert "scrolls what lies under it" in stage.text()
        await stage.press(key)
        assert isinstance(stage.app.screen, Dashboard)


async def test_help_can_be_searched(open_console: Open) -> None:
    async with open_console(blocked(), size=(80, 24)) as stage:
        await stage.press("question_mark", "slash", *"finalize")
        assert "staging becomes production" in stage.text()
        assert "one row up" not in stage.text()
        await stage.press(*"xyz")
        assert "nothing here says so" in stage.text()
        await stage.press("escape")
        assert "Every package of the session" in stage.text()
        await stage.press("slash", *"(((", "enter", "escape", "escape")
        assert isinstance(stage.app.screen, Dashboard)


async def test_dialogs_have_help_too_and_it_leads_back_to_them(open_console: Open) -> None:
    async with open_console(building()) as stage:
        await stage.press("R")
        await stage.settle()
        await stage.press("question_mark")
        assert "No has the focus" in stage.text()
        await stage.press("escape")
        assert isinstance(stage.app.screen, Confirm)
        await stage.press("escape")
        stage.app.action_do("drain")
        await stage.pilot.pause()
        await stage.press("f1")
        assert isinstance(stage.app.screen, HelpScreen)
        await stage.press("question_mark")
        assert isinstance(stage.app.screen, ParameterDialog)
        await stage.press("escape")


def test_help_texts_are_paragraphs_and_signs() -> None:
    text = "One\nline `x` goes on.\n✗ ✓  blocked, staged\nThe\nend."
    assert list(rows(text)) == [
        Row("", "One line `x` goes on."),
        Row("✗ ✓", "blocked, staged"),
        Row("", "The end."),
    ]
    drawn = list(lines([Part("A", tuple(rows(text))), Part("B", ())]))
    assert ["".join(words for words, _ in line) for line in drawn] == [
        "A",
        "  One line x goes on.",
        "  ✗ ✓          blocked, staged",
        "  The end.",
    ]
    assert ("x", "bold") in drawn[1]
