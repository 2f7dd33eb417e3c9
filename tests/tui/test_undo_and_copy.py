"""The way back from an action by one key, and the command line that does the same, copied by another."""

import pytest

from swarm_console.screens.confirm import Confirm
from swarm_console.screens.live import Foot
from tests.tui.conftest import Open, Stage
from tests.tui.story import blocked, building, empty, released


def toasts(stage: Stage) -> list[str]:
    return [note.message for note in stage.app._notifications]


async def act(stage: Stage, *keys: str) -> None:
    await stage.press(*keys)
    await stage.settle()


async def test_a_pause_is_taken_back_without_a_question(open_console: Open) -> None:
    async with open_console(building()) as stage:
        await act(stage, "p")
        assert "U takes it back" in toasts(stage)[-1]
        assert stage.app.mirror.state.held
        await act(stage, "U")
        assert "took back: pause" in toasts(stage)[-1]
        assert not stage.app.mirror.state.held
        await act(stage, "U")
        assert "nothing was done that could be taken back" in toasts(stage)[-1]


async def test_another_operators_release_is_taken_back_after_a_question(open_console: Open) -> None:
    async with open_console(released(2), rollback={"release": 1, "left": 2}) as stage:
        await act(stage, "U")
        assert isinstance(stage.app.screen, Confirm)
        assert "takes back: finalize, 2026-11-18" in stage.text()
        assert "by 10.0.0.7" in stage.text()
        assert "clients see release 1 instead of 2; release 2 is kept" in stage.text()
        assert "$ build-swarm undo --yes" in stage.text()
        assert stage.app.focused is not None
        assert stage.app.focused.id == "no"
        await act(stage, "enter")
        assert stage.operator.acted == []
        await act(stage, "U")
        await act(stage, "y")
        assert stage.operator.acted == [("rollback", {"release": 1})]


async def test_a_reset_says_that_there_is_no_way_back_and_there_is_none(open_console: Open) -> None:
    async with open_console(building()) as stage:
        await act(stage, "R")
        assert "this cannot be taken back" in stage.text()
        await act(stage, "y")
        assert "takes it back" not in toasts(stage)[-1]
        await act(stage, "U")
        assert "cannot be taken back: what it threw away is gone" in toasts(stage)[-1]


async def test_undo_is_no_key_of_a_console_that_looks_only(open_console: Open) -> None:
    async with open_console(building(), readonly=True) as stage:
        await act(stage, "U")
        assert "read only" in toasts(stage)[-1]


async def test_copy_takes_the_last_messages_line_while_it_stands_there(open_console: Open) -> None:
    async with open_console(building()) as stage:
        await act(stage, "p")
        await act(stage, "c")
        assert stage.app.clipboard == "build-swarm pause"
        assert toasts(stage)[-1] == "build-swarm pause"
        stage.story.now += 60
        await act(stage, "c")
        assert stage.app.clipboard == stage.app.picture().next.command == "build-swarm resume"


@pytest.mark.parametrize("by_mouse", [False, True])
async def test_dialogs_copy_their_command(by_mouse: bool, open_console: Open) -> None:
    async def copied(stage: Stage) -> str:
        stage.app.copy_to_clipboard("nothing")
        if by_mouse:
            await stage.pilot.click(Foot)
        else:
            await stage.pilot.press("c")
        await stage.pilot.pause()
        return stage.app.clipboard

    async with open_console(blocked()) as stage:
        await act(stage, "R")
        assert await copied(stage) == "build-swarm reset --yes"
        await act(stage, "escape", "f")
        assert await copied(stage) == "build-swarm sync-overlays guru"


async def test_where_no_command_line_stands_none_is_copied(open_console: Open) -> None:
    async with open_console(empty()) as stage:
        await act(stage, "question_mark", "c")
        assert toasts(stage) == ["no command line stands here"]
