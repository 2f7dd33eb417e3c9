"""Asking for what an action is about: known names are offered, chosen by keys or mouse, or typed."""

import pytest

from swarm_console.actions.action import Parameter
from swarm_console.keyboard.choices import SHOWN, Choice, choices, matching
from swarm_console.known.mirror import Mirror
from swarm_console.known.picture import Picture
from swarm_console.screens.parameter import ParameterDialog
from tests.tui.conftest import Open, Stage
from tests.tui.story import Story, building, empty, released


def picture(story: Story) -> Picture:
    mirror = Mirror(story.clock)
    mirror.state, mirror.known = story.state, True
    return Picture(mirror, story.now)


def offered(completes: str, story: Story) -> list[Choice]:
    return list(choices(picture(story), Parameter("x", "help", completes=completes)))


def test_nodes_are_offered_with_what_they_do() -> None:
    assert offered("node", building())[0] == Choice("drone-Izar", "● building dev-lang/rust-1.88.0")
    assert [choice.words for choice in offered("node", empty())] == ["○ idle"] * 3


def test_packages_are_offered_in_the_order_of_the_queue() -> None:
    packages = offered("package", building())
    assert packages[0].words == "building"
    assert len(packages) == 10
    assert packages[-1].words == "staged"


def test_releases_are_offered_newest_first() -> None:
    assert [choice.name for choice in offered("release", released(2))] == ["2", "1"]
    assert offered("release", released(2))[0].words == "2 packages, 2026-11-18 11:08, clients see it"


def test_what_only_a_person_knows_is_not_offered() -> None:
    assert offered("file", building()) == []
    kinds = Parameter("x", "help", choices=("a", "b"))
    assert list(choices(picture(empty()), kinds)) == [Choice("a"), Choice("b")]


def test_names_are_narrowed_by_words_in_any_order() -> None:
    known = [Choice(f"dev-libs/part-{number}") for number in range(200)]
    assert len(matching(known, "")) == SHOWN
    assert [choice.name for choice in matching(known, "17 LIBS")] == [
        "dev-libs/part-17",
        *(f"dev-libs/part-{number}" for number in (117, 170, 171, 172, 173, 174, 175, 176, 177, 178, 179)),
    ]
    assert matching(known, "nothing") == []


async def asked(stage: Stage, *keys: str) -> list[tuple[str, dict[str, object]]]:
    """What is done after `drain` was asked for and keys were pressed."""
    stage.app.action_do("drain")
    await stage.settle()
    assert isinstance(stage.app.screen, ParameterDialog)
    await stage.press(*keys)
    await stage.settle()
    return stage.operator.acted


TYPED = {
    "what is marked": (("enter",), "drone-Izar"),
    "the next one": (("down", "enter"), "drone-Meridian"),
    "to the end and back": (("down", "down", "down", "down", "up", "enter"), "drone-Meridian"),
    "a part of it": (("ctrl+u", *"tar", "enter"), "drone-Tarn"),
    "completed": (("ctrl+u", *"mer", "tab", "enter"), "drone-Meridian"),
    "nothing that is known": (("ctrl+u", *"else", "enter"), "else"),
}


@pytest.mark.parametrize(("keys", "node"), TYPED.values(), ids=TYPED)
@pytest.mark.parametrize("size", [(60, 16), (120, 36)], ids=["small", "wide"])
async def test_a_name_is_chosen(
    keys: tuple[str, ...], node: str, size: tuple[int, int], open_console: Open
) -> None:
    from swarm_node.model.refusal import Refused

    no = Refused("unknown_node", "there is no node 'else'", "did you mean …?")
    async with open_console(building(), size=size, **({"drain": no} if node == "else" else {})) as stage:
        assert await asked(stage, *keys) == [("drain", {"node": node, "reason": ""})]


async def test_a_name_is_clicked(open_console: Open) -> None:
    async with open_console(building()) as stage:
        await asked(stage)
        await stage.pilot.click("#names", offset=(4, 2))
        await stage.settle()
        assert stage.operator.acted == [("drain", {"node": "drone-Tarn", "reason": ""})]


async def test_it_can_be_given_up(open_console: Open) -> None:
    async with open_console(building()) as stage:
        assert await asked(stage, "down", "escape") == []
        assert not stage.app.orders.busy
