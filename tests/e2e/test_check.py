"""The check of a node that was set aside: it passes on a sound one and names what is broken on another."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from swarm_node.drone.check import check
from tests.e2e.workshop import furnish

pytestmark = pytest.mark.e2e


async def test_a_sound_node_passes(tmp_path: Path) -> None:
    ok, lines = await check(furnish(tmp_path))
    assert ok, lines
    assert "a program was compiled and run" in lines


async def test_the_compiler_that_portage_is_told_to_use_is_tried(tmp_path: Path) -> None:
    ok, lines = await check(furnish(tmp_path, CC="gcc -march=no-such-machine"))
    assert not ok
    assert any("no-such-machine" in line for line in lines), lines


async def test_a_room_that_cannot_be_furnished_is_told(tmp_path: Path) -> None:
    workshop = furnish(tmp_path)
    ok, lines = await check(replace(workshop, prefix=replace(workshop.prefix, root=tmp_path / "nowhere")))
    assert not ok
    assert lines[-1]
