"""The text of a room: what is mounted, in which order, and how names are quoted."""

import shlex
import subprocess
from pathlib import Path

import pytest
from msgspec.structs import replace

from swarm_node.drone.room_script import Layout, enter, script

LAYOUT = Layout(
    kind="root-overlay",
    base=Path("/srv/base"),
    at=Path("/srv/room"),
    scratch=Path("/srv/scratch/room-1"),
    outputs={"var/cache/binpkgs": Path("/srv/out")},
    tmpdir="var/tmp",
    tmpfs_bytes=1 << 20,
)


@pytest.mark.parametrize("kind", ["root-overlay", "user-overlay"])
@pytest.mark.parametrize("base", ["/srv/base", "/"])
def test_every_room_is_a_shell_program(kind: str, base: str) -> None:
    text = script(replace(LAYOUT, kind=kind, base=Path(base)))
    assert subprocess.run(["sh", "-n"], input=text, text=True, capture_output=True).stderr == ""


def test_a_user_namespace_uses_its_own_overlay_attributes() -> None:
    assert "index=on,redirect_dir=on" in script(LAYOUT)
    user = script(replace(LAYOUT, kind="user-overlay"))
    assert ",userxattr" in user
    assert "index=on" not in user
    assert "--user" in enter(replace(LAYOUT, kind="user-overlay"), ["true"])


def test_everything_dies_with_the_drone() -> None:
    for kind in ("root-overlay", "user-overlay", "none"):
        command = enter(replace(LAYOUT, kind=kind), ["true"])
        assert (Path(command[0]).name, command[1:3]) == ("setpriv", ["--pdeathsig", "KILL"])
    assert "--kill-child" in enter(LAYOUT, ["true"])


def test_scratch_on_disk_mounts_no_tmpfs_for_it() -> None:
    assert "size=1048576" in script(LAYOUT)
    assert "size=" not in script(replace(LAYOUT, tmpfs_bytes=None))


def test_names_with_spaces_and_quotes_stay_one_word() -> None:
    odd = Path("/srv/it's here")
    text = script(replace(LAYOUT, at=odd))
    assert shlex.quote(str(odd)) in text
    assert subprocess.run(["sh", "-n"], input=text, text=True, capture_output=True).returncode == 0


@pytest.mark.parametrize("name", ["/srv/a,b", "/srv/a:b", "/srv/a\\b", "/srv/a\nb"])
def test_names_that_mount_would_misread_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot have"):
        script(replace(LAYOUT, base=Path(name)))


def test_shared_directories_are_fresh_unless_the_room_needs_them() -> None:
    assert "mode=1777 tmp /tmp\n" in script(LAYOUT)
    assert "mode=1777 tmp /tmp\n" not in script(replace(LAYOUT, keep=(Path("/tmp/repository"),)))
    assert "mount --rbind /tmp /tmp" in script(replace(LAYOUT, keep=(Path("/tmp/repository"),)))
