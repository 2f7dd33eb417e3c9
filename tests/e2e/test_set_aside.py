"""A drone whose compiler breaks everything: the swarm sets it aside, goes on without it, and takes it back.

One embedded swarm; the tests are one story, in this order.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from swarm_node.model.state import State
from tests.e2e.swarm import Swarm, furnish, goes_on, of_a_story, settled

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(3000)]

WORLD: Final = ("app-misc/orrery", "app-misc/skyclock", "app-misc/sundial", "app-text/almanac")
SICK: Final = "vega"
"""The fastest drone, so that the most is handed to it."""


@pytest.fixture(scope="module")
def swarm(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Swarm]:
    """A furnished swarm that is not running yet."""
    furnished = furnish(tmp_path_factory.mktemp("swarm"), {"desktop": WORLD}).start()
    furnished.end()
    yield from of_a_story(furnished, request)


@pytest.fixture(autouse=True)
def story(swarm: Swarm, request: pytest.FixtureRequest) -> None:
    goes_on(swarm, request)


async def test_it_is_set_aside_and_everything_is_built_without_it(swarm: Swarm) -> None:
    break_compiler(swarm)
    swarm.start()
    await swarm.act("fresh")
    state = await swarm.until(lambda state: state.nodes[SICK].aside)
    assert "set aside" in state.nodes[SICK].hold_reason
    state = await swarm.until(settled)
    assert {build.status for build in state.builds.values()} == {"staged"}
    assert not [name for name, node in state.nodes.items() if node.aside and name != SICK]


async def test_it_stays_aside_while_its_check_fails(swarm: Swarm) -> None:
    state = await swarm.until(lambda state: len(checks(state)) > 1)
    assert checks(state)[0] is False
    assert state.nodes[SICK].aside
    failed = next(one for one in state.directives.values() if one.ok is False)
    assert "Illegal instruction" in failed.output


async def test_it_comes_back_by_itself_once_it_is_sound(swarm: Swarm) -> None:
    compiler(swarm).unlink()
    state = await swarm.until(lambda state: not state.nodes[SICK].held)
    assert checks(state)[-1] is True
    assert state.nodes[SICK].record == []


def compiler(swarm: Swarm) -> Path:
    return swarm.directory / SICK / "prefix/usr/bin/gcc"


def break_compiler(swarm: Swarm) -> None:
    """Have a compiler in the drone's own prefix that only crashes."""
    compiler(swarm).parent.mkdir(parents=True, exist_ok=True)
    compiler(swarm).write_text(
        "#!/bin/sh\necho 'gcc: internal compiler error: Illegal instruction' >&2\nexit 4\n"
    )
    compiler(swarm).chmod(0o755)


def checks(state: State) -> list[bool | None]:
    """The answers to the checks so far, oldest first."""
    return [one.ok for one in state.directives.values() if one.name == "check_node"]
