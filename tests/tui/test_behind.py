"""What lies behind a dialog: it goes on being drawn, and follows the size of the terminal."""

import pytest

from tests.tui.conftest import Open, Stage
from tests.tui.scenes.scene import SIZES
from tests.tui.story import building
from tests.tui.watching import until


def behind(stage: Stage) -> str:
    """What the lowest screen would show, were nothing in front of it."""
    strips = stage.app.screen_stack[0]._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips)


@pytest.mark.parametrize("size", SIZES.values())
async def test_it_looks_as_if_opened_in_this_size(open_console: Open, size: tuple[int, int]) -> None:
    async with open_console(building(), size=size) as stage:
        await stage.press("R")
        await stage.settle()
        wanted = behind(stage)
    async with open_console(building(), size=(120, 36)) as stage:
        await stage.press("R")
        await stage.settle()
        await stage.pilot.resize_terminal(*size)
        await until(stage, lambda: behind(stage) == wanted)
