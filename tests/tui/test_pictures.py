"""How the console looks: every scene compared with its picture, and one without colour."""

import pytest

from tests.tui.conftest import Open
from tests.tui.pictures import SNAPSHOTS, compare
from tests.tui.scenes import pictures
from tests.tui.scenes.scene import keys
from tests.tui.story import blocked

PICTURES = pictures()


@pytest.mark.parametrize("name", PICTURES)
async def test_picture(name: str, open_console: Open) -> None:
    scene = PICTURES[name]
    async with open_console(scene.begin(), size=scene.size, **scene.answers) as stage:
        await scene.act(stage)
        await compare(stage.pilot, name)


async def test_without_colour(open_console: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with open_console(blocked()) as stage:
        await keys("3")(stage)
        await compare(stage.pilot, "no-colour")


def test_every_picture_has_its_test() -> None:
    drawn = {path.stem for path in SNAPSHOTS.glob("*.svg") if not path.name.endswith(".new.svg")}
    assert drawn == {*PICTURES, "no-colour"}
