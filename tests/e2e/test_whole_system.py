"""A room over the host's own `/`, as on a Gentoo drone: Portage at EPREFIX "" inside a chroot."""

from pathlib import Path

import pytest

from swarm_node.drone.room import Limits, open_room, room_kind
from swarm_node.portage.emerge import build_command
from swarm_node.portage.install import find_portage
from swarm_node.portage.prefix import UNPRIVILEGED_FEATURES, Repository, repos_conf
from tests.e2e.workshop import EBUILDS

pytestmark = pytest.mark.e2e

MAKE_CONF = f"""
PORTAGE_TMPDIR="/var/tmp"
PKGDIR="/var/cache/binpkgs"
PORTAGE_USERNAME="root"
PORTAGE_GRPNAME="root"
BINPKG_COMPRESS="gzip"
FEATURES="{UNPRIVILEGED_FEATURES}"
"""


@pytest.fixture
def rooms(tmp_path: Path, needs_root: None) -> None:
    """Skip where the kernel grants no room over `/`, saying why."""
    kind, reason = room_kind(Path("/"), tmp_path / "scratch", tmp_path / "at")
    if kind == "none":
        pytest.skip(f"this kernel grants no room over /: {reason}")


async def test_emerge_builds_over_the_hosts_own_system(tmp_path: Path, rooms: None) -> None:
    portage = find_portage()
    assert portage.configuration is not None
    files = {
        "etc/portage/make.conf": MAKE_CONF,
        "etc/portage/repos.conf": repos_conf([Repository("trial", EBUILDS)]),
        "etc/portage/make.profile/eapi": "8\n",
        "etc/portage/make.profile/parent": f"{EBUILDS}/profiles/default\n",
        "share/portage/config/make.globals": (portage.configuration / "make.globals").read_text(),
    }
    outputs = {"var/cache/binpkgs": tmp_path / "packages"}
    limits = Limits(time=900)
    keep = [EBUILDS, portage.bin.parent]
    at, scratch = tmp_path / "at", tmp_path / "scratch"
    room = open_room(Path("/"), scratch, at, outputs=outputs, limits=limits, files=files, keep=keep)
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "PORTAGE_OVERRIDE_EPREFIX": "", "LANG": "C.UTF-8"}
    output = bytearray()
    end = await room.run(
        build_command(portage, "dev-libs/libaa-1.0", "trial"), environment, on_output=output.extend
    )
    assert end.reason == "ok", output.decode(errors="replace")
    assert (tmp_path / "packages/dev-libs/libaa/libaa-1.0-1.gpkg.tar").stat().st_size > 0
    assert end.disk_peak is not None
    await room.close()
    assert not Path("/share/portage").exists()
    assert list(at.iterdir()) == []


async def test_the_system_may_be_changed_in_the_room_only(tmp_path: Path, rooms: None) -> None:
    room = open_room(Path("/"), tmp_path / "scratch", tmp_path / "at", outputs={}, limits=Limits(time=900))
    script = "echo x > /var/lib/from-a-room && ls -d /proc/[0-9]* | wc -l"
    output = bytearray()
    end = await room.run(["sh", "-c", script], {"PATH": "/usr/bin:/bin"}, on_output=output.extend)
    assert end.rc == 0, output.decode()
    assert int(output) < 6
    assert not Path("/var/lib/from-a-room").exists()
    await room.close()
