"""Parts that are a few lines: only what changed is painted, and the mouse selects what stands there."""

import pytest

from swarm_console.panes.footer import KeyFooter
from swarm_console.panes.top import Top
from tests.tui.conftest import Open, Stage
from tests.tui.story import building


def lines_of(stage: Stage) -> list[str]:
    """What stands in the top."""
    top = stage.app.screen.query_one(Top)
    return [top.render_line(y).text.rstrip() for y in range(top.size.height)]


async def test_a_figure_in_the_top_paints_its_own_line(
    open_console: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    painted: list[int] = []
    async with open_console(building()) as stage:
        before, render = lines_of(stage), Top.render_line
        monkeypatch.setattr(Top, "render_line", lambda self, y: (painted.append(y), render(self, y))[1])
        stage.story.stage("drone-Izar")
        await stage.settle()
        changed = painted.copy()
        after = lines_of(stage)
    different = [y for y, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]
    assert 0 < len(different) < len(after)
    assert sorted(set(changed)) == different


async def test_another_width_brings_other_lines(open_console: Open) -> None:
    async with open_console(building(), size=(120, 36)) as stage:
        wide = lines_of(stage)
        await stage.pilot.resize_terminal(80, 36)
        await stage.settle()
        narrow = lines_of(stage)
        assert len(narrow) == len(wide) + 1, "totals and progress have no room side by side"
        await stage.pilot.resize_terminal(120, 36)
        await stage.settle()
        assert lines_of(stage) == wide


async def test_the_mouse_selects_from_the_top(open_console: Open) -> None:
    async with open_console(building()) as stage:
        top = stage.app.screen.query_one(Top)
        word = "Building"
        left = lines_of(stage)[1].index(word) + top.gutter.left
        await stage.pilot.mouse_down(top, offset=(left, 1))
        await stage.pilot.hover(top, offset=(left + len(word) - 1, 1))
        await stage.pilot.mouse_up(top, offset=(left + len(word) - 1, 1))
        assert stage.app.screen.get_selected_text() == word
        set_off = stage.app.screen.get_component_rich_style("screen--selection").bgcolor
        shown = [text for text, style, _ in top.render_line(1) if style and style.bgcolor == set_off]
        assert "".join(shown) == word


async def test_the_footer_cannot_be_selected_from(open_console: Open) -> None:
    async with open_console(building()) as stage:
        footer = stage.app.screen.query_one(KeyFooter)
        await stage.pilot.mouse_down(footer, offset=(1, 0))
        await stage.pilot.hover(footer, offset=(9, 0))
        assert not stage.app.screen.get_selected_text()
