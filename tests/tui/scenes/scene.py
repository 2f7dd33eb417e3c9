"""What a picture shows: a story, what is done before one looks, and the size of the terminal."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from tests.tui.conftest import Stage
from tests.tui.story import Story

SIZES = {"80x24": (80, 24), "120x36": (120, 36), "60x20": (60, 20), "60x16": (60, 16), "200x60": (200, 60)}
USUAL = "120x36"


class Scene(NamedTuple):
    """`answers` are what the told swarm answers to actions, by name, and to paths."""

    begin: Callable[[], Story]
    act: Callable[[Stage], Any]
    size: tuple[int, int] = SIZES[USUAL]
    answers: dict[str, Any] = {}  # noqa: RUF012


def every_size(name: str, scene: Scene, sizes: Iterable[str] = SIZES) -> dict[str, Scene]:
    """The same scene in several sizes, each with its size in the name."""
    return {f"{name}-{size}": scene._replace(size=SIZES[size]) for size in sizes}


async def nothing(stage: Stage) -> None:
    """Only look."""


def keys(*pressed: str) -> Callable[[Stage], Any]:
    """Press these."""

    async def press(stage: Stage) -> None:
        await stage.press(*pressed)
        await stage.settle()

    return press
