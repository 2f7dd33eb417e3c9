"""Releases: the list, one in depth, differences, going back."""

from tests.tui.catalogue import answers, released
from tests.tui.scenes.scene import Scene, every_size, keys
from tests.tui.story import empty

SIZES = ("60x20", "80x24", "120x36")
TOLD = answers()


def looked(*pressed: str) -> Scene:
    """The releases, and then these keys."""
    return Scene(released, keys("r", *pressed), answers=TOLD)


PICTURES: dict[str, Scene] = {
    **every_size("releases", looked(), SIZES),
    **every_size("release-contents", looked("enter"), SIZES),
    **every_size("release-difference", looked("equals_sign"), SIZES),
    "release-risk": looked("down", "down", "enter", "3"),
    "release-marked": looked("end", "up", "up", "up", "space", "home"),
    "release-back": looked("down", "down", "B"),
    "releases-none": Scene(empty, keys("r")),
}
