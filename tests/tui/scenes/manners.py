"""Pictures of manners: help where one is, greyed keys, undo, choices, themes, and a very large screen."""

from collections.abc import Callable
from typing import Any

from tests.tui.conftest import Stage
from tests.tui.scenes.dashboard import judged, listen, troubled
from tests.tui.scenes.scene import SIZES, Scene, keys, nothing
from tests.tui.story import blocked, building, empty, released


def in_theme(name: str, act: Callable[[Stage], Any] = nothing) -> Callable[[Stage], Any]:
    """The same in another theme."""

    async def themed(stage: Stage) -> None:
        stage.app.theme = name
        await act(stage)
        await stage.settle()

    return themed


async def drain(stage: Stage) -> None:
    """Ask which node."""
    await listen(stage)
    stage.app.action_do("drain")
    await stage.settle()


PICTURES: dict[str, Scene] = {
    "help-small": Scene(blocked, keys("3", "question_mark"), SIZES["60x16"]),
    "help-question": Scene(building, keys("R", "question_mark"), SIZES["80x24"]),
    "help-found": Scene(empty, keys("question_mark", "slash", *"blocked"), SIZES["120x36"]),
    "greyed": Scene(empty, keys("b")),
    "undo": Scene(building, keys("p", "U")),
    "undo-question": Scene(lambda: released(2), keys("U"), SIZES["80x24"]),
    "copied": Scene(blocked, keys("c"), SIZES["80x24"]),
    "choice": Scene(building, drain),
    "ansi-dark": Scene(troubled, in_theme("ansi-dark", listen)),
    "ansi-light": Scene(blocked, in_theme("ansi-light", keys("3"))),
    "ansi-question": Scene(building, in_theme("ansi-dark", keys("R")), SIZES["80x24"]),
    "solarized": Scene(judged, in_theme("solarized-light", keys("4"))),
    "light-blocked": Scene(blocked, in_theme("swarm-light", keys("3"))),
    "4k": Scene(building, listen, (640, 180)),
}
