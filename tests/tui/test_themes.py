"""Every theme can be chosen, and everything can be read in it."""

from collections import Counter
from typing import Any

import pytest
from textual.color import Color
from textual.css import stylesheet
from textual.theme import BUILTIN_THEMES, Theme

from swarm_console.manners.themes import CLEAR, GROUNDS, LEGIBLE, THEMES, contrast, tones
from tests.tui.conftest import Open
from tests.tui.story import blocked

ALL = {theme.name: theme for theme in (*BUILTIN_THEMES.values(), *THEMES)}
TRUE = [theme for theme in ALL.values() if not theme.ansi]


def test_contrast_is_that_of_wcag() -> None:
    assert contrast(Color.parse("#000"), Color.parse("#fff")) == pytest.approx(21.0)
    assert contrast(Color.parse("#777"), Color.parse("#fff")) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", TRUE, ids=lambda theme: theme.name)
def test_tones_are_legible_on_every_ground(theme: Theme) -> None:
    colours = theme.to_color_system().generate()
    drawn = {name: Color.parse(colours.get(name, value)) for name, value in tones(theme).items()}
    grounds = [Color.parse(colours[name]) for name in GROUNDS]
    for name, colour in drawn.items():
        if name == "rule":
            continue
        assert contrast(colour, grounds[0]) >= (LEGIBLE if name == "faint" else CLEAR), name
        assert min(contrast(colour, ground) for ground in grounds) >= LEGIBLE, name


async def test_style_sheets_are_parsed_once_a_theme(
    open_console: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: Counter[str] = Counter()
    parse = stylesheet.parse

    def noted(scope: str, css: str, read_from: tuple[str, str], **how: Any) -> Any:
        if read_from[0].endswith(".tcss"):
            parsed[read_from[0]] += 1
        return parse(scope, css, read_from, **how)

    monkeypatch.setattr(stylesheet, "parse", noted)
    async with open_console(blocked()) as stage:
        assert parsed == Counter(map(str, stage.app.css_path))
        stage.app.theme = "nord"
        await stage.press("question_mark")
        assert set(parsed.values()) == {2}


async def test_every_theme_can_be_chosen(open_console: Open) -> None:
    async with open_console(blocked(), size=(80, 24)) as stage:
        for name in ALL:
            stage.app.theme = name
            await stage.press("R")
            await stage.settle()
            assert "Reset the swarm?" in stage.text(), name
            assert "copies it" in stage.text(), name
            await stage.press("escape")
