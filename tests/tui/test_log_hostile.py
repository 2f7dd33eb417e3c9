"""Logs that want to harm: what a build prints is only shown, and never costs more than a screenful."""

import pytest

from swarm_console.logs.pages import PAGE
from swarm_console.screens import doors
from swarm_console.screens.log import LogScreen
from tests.tui.conftest import Open, Stage
from tests.tui.scenes.log import HOSTILE, attempt_of
from tests.tui.story import building
from tests.tui.test_hostile import NAMES, infested
from tests.tui.watching import press, ready, view_of

MEGABYTE = 1_000_000
TEXTS = {
    "everything": HOSTILE,
    "markup": b"[/x] [bold]x[/bold] [@click=app.quit]y[/] dev-libs/foo[bar,-baz]\n" * 50,
    "escape sequences": b"\x1b[2J\x1b[1;1H\x1b]0;title\x07\x1b[?1049h\x1bP1$r0m\x1b\\\x1b[31mred\n" * 50,
    "clipboard": b"\x1b]52;c;aGVsbG8=\x07\x1b]52;c;aGVsbG8=\x1b\\" * 200,
    "sequences without an end": b"\x1b]52;c;" * 2000 + b"\x1b[" * 2000,
    "8-bit sequences": "\x9b31m\x9d0;title\x9c\x90q\x9c".encode() * 200,
    "right to left": "\u202egnp.exe \u2066\u2067\u2069\u200f\u061c\u200b\ufeff\n".encode() * 50,
    "nothing but NUL": b"\x00" * 100_000,
    "no UTF-8": bytes(range(128, 256)) * 1000,
    "half characters": "é日😀".encode()[:-1] * 3000,
    "combining": ("e" + "\u0301" * 5000 + "\n").encode() * 4,
    "carriage returns": b"".join(b"%3d%%\r" % (n % 100) for n in range(50_000)),
    "DOS": b"line\r\n" * 5000,
    "line breaks of others": "a\u2028b\u2029c\x85d\x0be\x0cf\n".encode() * 50,
    "tabs": b"\t" * 20_000 + b"x\n",
    "backspaces": b"a\b" * 20_000,
    "empty lines": b"\n" * 100_000,
    "no end": b"x" * 20_000,
}
KEYS = (
    *("g", "pagedown", "right", "right", "left", "w", "pagedown", "down", "G", "pageup", "w", "t", "up"),
    *("slash", "x", "enter", "n", "N", "escape", "e", "f", "z", "z"),
)


def check(stage: Stage) -> None:
    """Nothing that a terminal would act on, and the frame round the log stands."""
    text = stage.text()
    assert not {"\x1b", "\x07", "\x9b", "\x9d", "\u202e", "\u2066", "\u200b", "\x00", "\b"} & set(text)
    assert isinstance(stage.app.screen, LogScreen)
    assert len(stage.app.screen._compositor.render_strips()) == stage.app.size.height


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
async def test_every_way_to_look_at_it(text: bytes, open_console: Open) -> None:
    story = building()
    async with open_console(story, size=(80, 24)) as stage:
        story.write(attempt_of(story), text)
        doors.log(stage.app, attempt_of(story))
        await stage.settle()
        await ready(stage)
        check(stage)
        for key in KEYS:
            await press(stage, key)
            check(stage)
        story.write(attempt_of(story), text)
        await stage.settle()
        await ready(stage)
        check(stage)
        assert "\x1b" not in stage.app.export_screenshot()


@pytest.mark.parametrize("filler", [b"x", b"\x00", "日".encode(), b"\x1b[31m", b"\xff"], ids=repr)
async def test_a_line_of_a_hundred_megabytes_costs_nothing(filler: bytes, open_console: Open) -> None:
    story = building()
    number = attempt_of(story)
    async with open_console(story, size=(100, 30)) as stage:
        story.write(number, b"begin\n" + filler * (100 * MEGABYTE // len(filler)) + b"\nthe end\n")
        doors.log(stage.app, number)
        await stage.settle()
        await ready(stage)
        assert "the end" in stage.text()
        check(stage)
        for key in ("pageup", "w", "pageup", "w", "g", "down", "G"):
            await press(stage, key)
            check(stage)
        view_of(stage).seek(50 * MEGABYTE)
        await ready(stage)
        check(stage)
        asked = sum(int(path.rpartition("=")[2]) for path in stage.operator.fetched)
        assert asked < 40 * PAGE


async def test_a_line_of_a_hundred_megabytes_is_searched(open_console: Open) -> None:
    story = building()
    number = attempt_of(story)
    async with open_console(story, size=(100, 30)) as stage:
        story.write(number, b"x" * (60 * MEGABYTE) + b"needle" + b"x" * (40 * MEGABYTE) + b"\n")
        doors.log(stage.app, number)
        await stage.settle()
        await ready(stage)
        await press(stage, "g", "slash", *"needle", "enter")
        assert "⌕ 1 of 1" in stage.text()
        found = view_of(stage).found
        assert found is not None
        assert found <= 60 * MEGABYTE < found + 8192


async def test_names_are_hostile_too(open_console: Open) -> None:
    for name in NAMES.values():
        story = infested(name)
        story.write(1, HOSTILE)
        async with open_console(story, size=(80, 24)) as stage:
            doors.log(stage.app, 1)
            await stage.settle()
            await ready(stage)
            check(stage)
