"""What an action answered, to read: lines go on below their own text where they are too long."""

import pytest

from swarm_console.screens.report import Report
from tests.tui.conftest import Open
from tests.tui.story import empty

WORDS = " ".join(["word"] * 20)


@pytest.mark.parametrize(
    ("line", "indent"), [(WORDS, 0), (f"  {WORDS}", 2), (f"✓ {WORDS}", 2), (f"    • {WORDS}", 6)]
)
async def test_a_long_line_goes_on_below_its_text(line: str, indent: int, open_console: Open) -> None:
    async with open_console(empty(), size=(60, 20)) as stage:
        stage.app.push_screen(Report("Status", [line, "the end"]))
        await stage.settle()
        shown = stage.text().splitlines()
        wrapped = [text for text in shown if "word" in text]
        assert len(wrapped) > 1
        assert {text.index("word") for text in wrapped} == {wrapped[0].index("word")}
        assert " ".join(text.strip(" │✓•") for text in wrapped) == WORDS
        (end,) = (text.index("the end") for text in shown if "the end" in text)
        assert wrapped[0].index("word") == end + indent


async def test_a_line_without_end_is_cut_with_a_sign(open_console: Open) -> None:
    async with open_console(empty(), size=(120, 36)) as stage:
        stage.app.push_screen(Report("Status", ["x" * 10_000, "the end"]))
        await stage.settle()
        assert "x…" in stage.text()
        assert "the end" in stage.text()
