"""USE flags, sign by sign."""

import pytest

from swarm_node.model.use import changed, enabled, switched

CASES = {
    "on and off": (("-lua", "ssl"), ("lua", "-ssl"), ("+lua", "-ssl")),
    "nothing": (("-lua", "ssl"), ("ssl", "-lua"), ()),
    "gone while on": (("ssl",), (), ("-ssl",)),
    "new and on": ((), ("ssl",), ("+ssl",)),
}


@pytest.mark.parametrize(("before", "after", "found"), CASES.values(), ids=CASES)
def test_what_is_switched(before: tuple[str, ...], after: tuple[str, ...], found: tuple[str, ...]) -> None:
    assert switched(before, after) == found
    assert changed(before, after) == found


def test_what_came_or_went_without_being_on() -> None:
    assert changed(("ssl", "-old"), ("ssl", "-new")) == ("-new", "-old")
    assert switched(("ssl", "-old"), ("ssl", "-new")) == ()


def test_what_is_on() -> None:
    assert enabled(("a", "-b", "c")) == {"a", "c"}
