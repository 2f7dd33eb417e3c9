"""A proposed line that does not suffice: tried on one drone, it fails, and is taken back everywhere.

One embedded swarm whose desktop wants a package that needs a flag; with the flag that Portage's answer
suggests first, it does not compile. The tests are one story, in this order.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, Final

import pytest

from swarm_node.demo.remotes import commit
from swarm_node.demo.site import DRONES
from swarm_node.model.state import State
from tests.e2e.swarm import Swarm, furnish, goes_on, named, of_a_story, settled

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(3000)]

ARMILLARY: Final = "app-misc/armillary"
HEALTHY: Final = "app-text/almanac"
EBUILD: Final = b"""EAPI=8

C_PROGRAM="armillary"

inherit small-c

DESCRIPTION="Rings of the sky, of one metal or the other"
HOMEPAGE="https://demo.invalid/armillary"
LICENSE="Swarm-Demo"
SLOT="0"
KEYWORDS="amd64 arm arm64 loong ppc64 riscv x86"
IUSE="brass silver"
REQUIRED_USE="|| ( brass silver )"

src_configure() {
	use brass && append_cppflags -DRINGS_OF_BRASS
	small-c_src_configure
}
"""
SOURCE: Final = b"""#ifdef RINGS_OF_BRASS
#include <brass.h>
#endif
#include <stdio.h>
int main(void) { return puts("rings of silver") < 0; }
"""
BRASS: Final = f"build-swarm configure ={ARMILLARY}-1.0 package.use '{ARMILLARY} brass'"
PROOF: Final = "fatal error: brass.h: No such file or directory"
DIFF: Final = [
    "--- /dev/null",
    "+++ desktop/etc/portage/package.use/zz-swarm",
    "@@ -0,0 +1,2 @@",
    f"+# build-swarm: for {ARMILLARY}-1.0",
    f"+{ARMILLARY} brass",
]


@pytest.fixture(scope="module")
def swarm(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Swarm]:
    """A swarm whose upstream has one package more than the demo's."""
    world = {"desktop": (ARMILLARY, HEALTHY)}
    started = furnish(tmp_path_factory.mktemp("swarm"), world).start()
    files = {f"{ARMILLARY}/armillary-1.0.ebuild": EBUILD, f"{ARMILLARY}/files/armillary.c": SOURCE}
    commit(started.directory / "upstream/demo", files, "An armillary sphere")
    yield from of_a_story(started, request)


@pytest.fixture(autouse=True)
def story(swarm: Swarm, request: pytest.FixtureRequest) -> None:
    goes_on(swarm, request)


def fix_blocked(swarm: Swarm, *words: str) -> tuple[int, Any]:
    """What the installed program says of it: exit code and document."""
    program = [sys.executable, "-m", "swarm_console", "--gateway", swarm.gateway]
    done = subprocess.run(
        [*program, "--run", "fix-blocked", *words, "--yes", "--json"],
        capture_output=True,
        text=True,
        timeout=900,
        env={**os.environ, "NO_COLOR": "1"},
    )
    return done.returncode, json.loads(done.stdout)


def configuration(swarm: Swarm) -> dict[str, bytes]:
    """Every file of etc/portage in the swarm: of the client profiles, the client, and all nodes."""
    return {
        str(path): path.read_bytes()
        for path in sorted(swarm.directory.glob("**/etc/portage/**/*"))
        if path.is_file() and "scratch" not in path.parts
    }


def at_rest(state: State) -> bool:
    """Whether nothing is left to be built, and nothing to be done for any trial."""
    return settled(state) and all(change.settled for change in state.changes.values())


async def test_the_line_is_proposed_as_a_diff(swarm: Swarm) -> None:
    await swarm.act("fresh")
    await swarm.until(settled)
    code, document = fix_blocked(swarm)
    (cluster,) = document["clusters"]
    first = cluster["remedies"][0]
    assert (code, cluster["kind"], first["line"]) == (0, "use-mismatch", BRASS)
    assert first["diff"].splitlines() == DIFF


async def test_tried_on_one_drone_it_fails_there_and_is_taken_back_everywhere(swarm: Swarm) -> None:
    before = await swarm.get("state", State)
    files = configuration(swarm)
    assert len([path for path in files if any(f"/{drone.name}/" in path for drone in DRONES)]) > len(DRONES)
    code, document = fix_blocked(swarm, "--apply", "--wait")
    (cure,) = document["cures"]
    assert (cure["result"], cure["line"], cure["outcome"]["diff"].splitlines()) == ("applied", BRASS, DIFF)
    assert (code, document["built"]) == (1, {f"{ARMILLARY}-1.0": "blocked"})
    assert PROOF in document["taken_back"][f"{ARMILLARY}-1.0"]
    state = await swarm.until(at_rest)
    (change,) = state.changes.values()
    assert (change.status, change.node) == ("taken back", cure["outcome"]["node"])
    tried = [one for one in state.attempts.values() if one.build == f"{ARMILLARY}-1.0"]
    assert [(one.node, one.outcome) for one in tried] == [(change.node, "failed")]
    assert configuration(swarm) == files
    assert named(state, ARMILLARY).row == named(before, ARMILLARY).row
    assert named(state, ARMILLARY).pinned is None
    assert named(state, HEALTHY).attempt == named(before, HEALTHY).attempt
    assert named(state, HEALTHY).status == "staged"


async def test_it_is_blocked_again_and_what_the_trial_proved_is_told(swarm: Swarm) -> None:
    state = await swarm.get("state", State)
    (tried,) = [one.number for one in state.attempts.values() if one.outcome == "failed"]
    log = (await swarm.log(tried)).splitlines()
    number = next(number for number, line in enumerate(log, 1) if PROOF in line)
    code, document = fix_blocked(swarm)
    (cluster,) = document["clusters"]
    by_hand, again = cluster["remedies"]
    assert (code, cluster["kind"], by_hand["person"], again["line"]) == (0, "use-mismatch", True, BRASS)
    assert "taken back before: missing-dependency" in again["words"]
    assert f"{PROOF} (log {tried}:{number})" in again["words"]
    assert again["diff"].splitlines() == DIFF
    code, document = fix_blocked(swarm, "--apply")
    assert (code, [cure["result"] for cure in document["cures"]]) == (1, ["person"]), (
        "not tried over and over"
    )
    assert len((await swarm.get("state", State)).changes) == 1


async def test_a_line_that_suffices_is_kept_for_all(swarm: Swarm) -> None:
    files = configuration(swarm)
    line = ["package.use", f"{ARMILLARY} silver"]
    await swarm.act("configure", package=ARMILLARY, lines=line)
    state = await swarm.until(at_rest)
    assert [change.status for change in state.changes.values()] == ["taken back", "kept"]
    assert {build.status for build in state.builds.values()} == {"staged"}
    profile = str(swarm.directory / "profiles/desktop/etc/portage/package.use/zz-swarm")
    kept = f"# build-swarm: for {ARMILLARY}-1.0\n{ARMILLARY} silver\n".encode()
    assert configuration(swarm).items() - files.items() >= {(profile, kept)}
    assert not [path for path, text in configuration(swarm).items() if b"armillary brass" in text]


async def test_what_was_built_with_it_is_released_and_runs(swarm: Swarm) -> None:
    report = await swarm.act("verify")
    assert (report["score"], report["findings"]) == (0, [])
    await swarm.act("finalize", verify_id=report["verify_id"])
    said = await swarm.emerge("--getbinpkgonly", "--usepkgonly", "-1", "--verbose", ARMILLARY)
    assert 'USE="silver -brass"' in said
    assert await swarm.run("usr/bin/armillary") == "rings of silver\n"
