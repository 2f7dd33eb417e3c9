"""The focus: its keys are those that Textual would find, and moving it paints no more than it must."""

import pytest

from swarm_console.keyboard.focus import Focusing
from swarm_console.panes.frame import Frame
from swarm_console.screens.dashboard import Dashboard
from tests.tui.conftest import Open, Stage
from tests.tui.story import building
from tests.tui.test_repaint import same_as_painted_anew


def found(stage: Stage) -> list[tuple[object, dict[str, object]]]:
    """The keys from the focus to the App, as the screen has them."""
    return [(node, dict(bound.key_to_bindings)) for node, bound in stage.app.screen._binding_chain]


def found_anew(stage: Stage) -> list[tuple[object, dict[str, object]]]:
    """The same as Textual finds them."""
    screen = stage.app.screen
    assert isinstance(screen, Focusing)
    anew = super(Focusing, screen)._binding_chain
    return [(node, dict(bound.key_to_bindings)) for node, bound in anew]


async def test_the_keys_are_those_of_the_focus_wherever_it_goes(open_console: Open) -> None:
    async with open_console(building()) as stage:
        for key in ("1", "2", "slash", "x", "escape", "3", "4", "5", "z", "escape", "enter", "escape", "f1"):
            await stage.press(key)
            assert found(stage) == found_anew(stage), key
        await stage.press("escape", "2")
        before = found(stage)
        stage.app.set_keymap({"filter": "ctrl+f"})
        assert found(stage) == found_anew(stage) != before
        stage.app.screen.set_focus(None)
        assert found(stage) == found_anew(stage)


@pytest.mark.parametrize("size", [(120, 36), (60, 16)], ids=["wide", "small"])
async def test_a_move_of_the_focus_leaves_the_screen_whole(size: tuple[int, int], open_console: Open) -> None:
    async with open_console(building(), size=size) as stage:
        for pane in (*Dashboard.PANES, *reversed(Dashboard.PANES)):
            await stage.press(pane.DIGIT)
            await same_as_painted_anew(stage)
            bright = [type(each) for each in stage.app.query(Frame) if _is_bright(each)]
            assert bright == [pane]


def _is_bright(frame: Frame) -> bool:
    """Whether it looks like the one with the focus."""
    now = frame.styles.border_title_color
    frame.screen.app.stylesheet.update_nodes([frame])
    assert frame.styles.border_title_color == now
    return frame.has_pseudo_class("focus-within")


async def test_a_move_of_the_focus_does_not_paint_the_screen(open_console: Open) -> None:
    async with open_console(building()) as stage:
        await stage.press("1")
        stage.app.screen.set_focus(stage.app.screen.query_one("QueuePane Table"))
        assert not stage.app.screen._repaint_required
