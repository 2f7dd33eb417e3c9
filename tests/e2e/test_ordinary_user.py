"""The whole two-step build for an ordinary user: the user namespace makes the room, nothing needs root."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

CHECKOUT = Path(__file__).parents[2]
SYSTEM_PYTHON = Path("/usr/bin/python3")
AS_NOBODY = ("setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", "--", "env", "-i")
NEEDED = ("portage", "_emerge", "msgspec")

BUILDS = """
import asyncio, json, sys
from pathlib import Path
from swarm_node.drone.base import base_id
from swarm_node.drone.build import build
from swarm_node.drone.room import room_kind
from tests.e2e.workshop import build_now, furnish, order, publish, served
home = Path(sys.argv[1])
packages = home / "served/packages"
packages.mkdir(parents=True)
with served(home / "served") as address:
    workshop = furnish(home, address)
    kind, reason = room_kind(workshop.prefix.root, workshop.scratch, workshop.at)
    if kind == "none":
        print(json.dumps({"none": reason}))
        raise SystemExit
    before = base_id(workshop.prefix.root)
    publish(workshop, build_now(workshop, order("dev-libs/libaa")), packages)
    bb = build_now(workshop, order("bb", "libaa", attempt=2))
    sneaky = build_now(workshop, order("sneaky", "libaa", attempt=3))
    print(json.dumps({
        "bb": bb.ok, "room": bb.measures.room,
        "disk": bb.measures.peak_disk, "memory": bb.measures.peak_memory,
        "sneaky": [sneaky.ok, sneaky.phase], "same": base_id(workshop.prefix.root) == before,
        "left": [path.name for path in workshop.scratch.iterdir()],
    }))
"""


@pytest.fixture
def python(short_dir: Path, needs_root: None) -> Iterator[Path]:
    """A Python with Portage that `nobody` may run: ours, or a copy of its packages under the system's own."""
    short_dir.chmod(0o755)
    if nobody(Path(sys.executable), "-c", "import portage, swarm_node").returncode == 0:
        yield Path(sys.executable)
        return
    version = subprocess.run([SYSTEM_PYTHON, "-V"], capture_output=True, text=True).stdout.split(".")[:2]
    if version != [f"Python {sys.version_info.major}", str(sys.version_info.minor)]:
        pytest.skip(f"nobody may not run {sys.executable}, and {SYSTEM_PYTHON} is of another version")
    home = short_dir / "venv"
    subprocess.run([SYSTEM_PYTHON, "-m", "venv", "--without-pip", home], check=True)
    ours = Path(sys.prefix)
    packages = next(Path(path) for path in sys.path if path.endswith("site-packages"))
    for name in NEEDED:
        shutil.copytree(packages / name, home / packages.relative_to(ours) / name)
    for part in ("lib/portage", "share/portage"):
        shutil.copytree(ours / part, home / part)
    for name in ("emerge", "emaint"):
        body = (ours / "bin" / name).read_text().split("\n", 1)[1]
        (home / "bin" / name).write_text(f"#!{home}/bin/python3\n{body}")
        (home / "bin" / name).chmod(0o755)
    yield home / "bin/python3"


def nobody(python: Path, *arguments: str, seconds: float = 800) -> subprocess.CompletedProcess[str]:
    """Run our Python as `nobody`, on this checkout."""
    environment = (
        f"PYTHONPATH={CHECKOUT}",
        "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
        "PYTHONDONTWRITEBYTECODE=1",
    )
    command = [*AS_NOBODY, *environment, str(python), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=seconds, cwd="/")


def test_an_ordinary_user_builds_in_rooms_too(python: Path, short_dir: Path) -> None:
    if not os.access(CHECKOUT, os.X_OK) or nobody(python, "-c", "import swarm_node.model").returncode:
        pytest.skip(f"nobody may not read {CHECKOUT}")
    home = short_dir / "home"
    home.mkdir()
    shutil.chown(home, "nobody", "nogroup")
    done = nobody(python, "-c", BUILDS, str(home))
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    if "none" in report:
        pytest.skip(f"this kernel grants ordinary users no clean room: {report['none']}")
    assert report["bb"] and report["same"]
    assert report["room"] == "user-overlay"
    assert report["sneaky"] == [False, "compile"]
    assert report["left"] == []
    assert report["disk"] > 0
    assert report["memory"] > 0
