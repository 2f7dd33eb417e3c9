"""The footer: which keys stand in it, which give way, and what a click does."""

from swarm_console.panes.footer import KeyFooter, Label, fitting
from swarm_console.screens.help import HelpScreen
from swarm_console.words.spans import length
from swarm_node.model import commands as c
from tests.tui.conftest import Open, Stage
from tests.tui.story import blocked, building, empty

LABELS = [
    Label(key, key, text, True, "") for key, text in (("a", "balance"), ("b", "unblock"), ("?", "Help"))
]


def footer(stage: Stage) -> str:
    return stage.text().splitlines()[-1]


def test_help_stays_where_others_give_way() -> None:
    whole = sum(length(label.spans) for label in LABELS)
    assert [label.key for label in fitting(LABELS, whole)] == ["a", "b", "?"]
    assert [label.key for label in fitting(LABELS, whole - 1)] == ["a", "?"]
    assert [label.key for label in fitting(LABELS, 3)] == ["?"]
    assert not fitting([], 80)


async def test_keys_of_the_screen_that_is_open(open_console: Open) -> None:
    async with open_console(blocked(), size=(60, 20)) as stage:
        assert footer(stage).startswith(" / Filter  q Quit  v verify  F finalize!")
        assert footer(stage).rstrip().endswith("? Help")
        await stage.press("3", "enter")
        assert "esc Back" in footer(stage)
        assert "q Quit" not in footer(stage)


async def test_a_click_is_a_press(open_console: Open) -> None:
    async with open_console(building()) as stage:
        column = footer(stage).index("? Help")
        await stage.pilot.click(KeyFooter, offset=(column, 0))
        await stage.settle()
        assert isinstance(stage.app.screen, HelpScreen)
        await stage.press("escape")
        await stage.pilot.click(KeyFooter, offset=(column + 10, 0))
        await stage.settle()
        assert not isinstance(stage.app.screen, HelpScreen)


async def test_greyed_keys_stand_in_brackets_and_answer_a_click_too(open_console: Open) -> None:
    async with open_console(empty()) as stage:
        assert "(v verify)" in footer(stage)
        await stage.pilot.click(KeyFooter, offset=(footer(stage).index("balance"), 0))
        await stage.settle()
        assert [note.message for note in stage.app._notifications] == [
            "the queue is empty: build-swarm fresh fills it"
        ]


async def test_the_mouse_is_told_what_a_key_does(open_console: Open) -> None:
    async with open_console(building()) as stage:
        await stage.pilot.hover(KeyFooter, offset=(footer(stage).index("balance"), 0))
        assert "rank the queue anew" in str(stage.app.query_one(KeyFooter).tooltip).lower()
        await stage.pilot.hover(KeyFooter, offset=(118, 0))
        assert stage.app.query_one(KeyFooter).tooltip is None


async def test_it_changes_behind_a_dialog_too(open_console: Open) -> None:
    async with open_console(blocked()) as stage:
        assert "(f fix-blocked)" not in footer(stage)
        await stage.press("f")
        stage.story.tell(c.Unblock())
        await stage.settle()
        assert "(f fix-blocked)" in footer(stage)
