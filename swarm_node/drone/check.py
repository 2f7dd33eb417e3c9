"""Whether this node can build at all: room on its disk, a clean room, a compiler, files read as written."""

from typing import Final

from msgspec.structs import replace

from swarm_node.drone.build import Workshop
from swarm_node.drone.facts import disk_free
from swarm_node.drone.room import Limits, RoomError, open_room
from swarm_node.model.placement import LEAST_DISK
from swarm_node.portage.prefix import portage_environment
from swarm_node.portage.repositories import repositories

SECONDS: Final = 120.0
MEMORY: Final = 64 << 20
SCRIPT: Final = r"""
set -eu
CC=$(portageq envvar CC) || CC=gcc
cd "$(mktemp -d)"
printf '#include <stdio.h>\nint main(void) { return puts("sound") < 0; }\n' >main.c
${CC:-gcc} -O2 main.c -o main
test "$(./main)" = sound || { echo "the compiled program does not do what it should"; exit 1; }
head -c 16777216 /dev/urandom >block
cp block copy && sync copy
cmp block copy || { echo "a file does not read as it was written"; exit 1; }
"""
"""What every build needs: compile, run, write, read."""


async def check(workshop: Workshop) -> tuple[bool, list[str]]:
    """Whether all is well, and a line for each thing looked at."""
    free = disk_free(workshop.scratch)
    lines = [f"disk: {free >> 20} MiB free"]
    if free < LEAST_DISK:
        return False, [*lines, f"that is less than {LEAST_DISK >> 20} MiB"]
    try:
        rc, said = await _compiled(workshop)
    except (RoomError, OSError) as error:
        return False, [*lines, f"no room could be furnished: {error}"]
    lines.append("a program was compiled and run" if rc == 0 else f"compiling and running failed ({rc})")
    return rc == 0, [*lines, *said.decode(errors="replace").splitlines()[-8:]]


async def _compiled(workshop: Workshop) -> tuple[int, bytes]:
    """Exit status and output of the script in a room of its own. Raises: RoomError, OSError."""
    prefix, said = workshop.prefix, bytearray()
    room = open_room(
        prefix.root,
        workshop.scratch,
        workshop.at,
        outputs={},
        limits=Limits(SECONDS, SECONDS, scratch=MEMORY),
        kind=workshop.kind,
        keep=[*(repository.location for repository in repositories(prefix)), prefix.portage.bin.parent],
    )
    try:
        inside = replace(prefix, root=room.root)
        env = portage_environment(inside) | room.settings | {"TMPDIR": str(room.root / "var/tmp")}
        done = await room.run(["bash", "-c", SCRIPT], env, on_output=said.extend)
        return done.rc, bytes(said)
    finally:
        await room.close()
