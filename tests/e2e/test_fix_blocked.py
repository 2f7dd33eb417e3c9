"""`build-swarm fix-blocked --apply`: every blocked package of the demo cured by its first remedy, released.

One story on one embedded swarm: blocked for five reasons, shown with the proof, cured, built, released.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from swarm_node.demo.faults import FAULTS
from swarm_node.model.state import State
from tests.e2e.swarm import Swarm, furnish, goes_on, named, of_a_story, settled

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(3000)]

BY_PACKAGE = {fault.package: fault for fault in FAULTS}
FIRST = {
    "games-misc/cometfall": "build-swarm sync-overlays extra",
    "app-text/starlore": "build-swarm sync-fix altair deneb vega",
    "x11-drivers/starlight-drivers": "build-swarm build-local =x11-drivers/starlight-drivers-1.0",
    "net-misc/skywire": "build-swarm unblock =net-misc/skywire-1.0",
    "app-misc/planisphere": (
        "build-swarm configure =app-misc/planisphere-1.0 package.use 'app-misc/planisphere north'"
    ),
}


@pytest.fixture(scope="module")
def swarm(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Swarm]:
    """A swarm with the demo's own client profiles."""
    yield from of_a_story(furnish(tmp_path_factory.mktemp("swarm")).start(), request)


@pytest.fixture(autouse=True)
def story(swarm: Swarm, request: pytest.FixtureRequest) -> None:
    goes_on(swarm, request)


def run(swarm: Swarm, *words: str) -> "subprocess.CompletedProcess[str]":
    """The installed program, as an operator calls it."""
    command = [sys.executable, "-m", "swarm_console", "--gateway", swarm.gateway, "--run", *words]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=1500, env={**os.environ, "NO_COLOR": "1"}
    )


def listed(swarm: Swarm) -> dict[str, Any]:
    """The clusters by the category/name of their first package."""
    done = run(swarm, "fix-blocked", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    clusters = json.loads(done.stdout)["clusters"]
    return {cluster["builds"][0].rpartition("-")[0]: cluster for cluster in clusters}


async def test_each_is_shown_with_its_proof_its_place_and_its_first_remedy(swarm: Swarm) -> None:
    await swarm.act("fresh")
    await swarm.until(settled)
    found = listed(swarm)
    assert {name: cluster["remedies"][0]["line"] for name, cluster in found.items()} == FIRST
    for name, cluster in found.items():
        proofs = cluster["evidence"]
        assert any(BY_PACKAGE[name].sign in proof["text"] for proof in proofs), proofs
        for proof in proofs:
            if proof["attempt"]:
                log = (await swarm.log(proof["attempt"])).splitlines()
                assert proof["text"] in log[proof["line"] - 1]
    assert "+app-misc/planisphere north" in found["app-misc/planisphere"]["remedies"][0]["diff"]


async def test_an_unknown_name_changes_nothing(swarm: Swarm) -> None:
    done = run(swarm, "fix-blocked", "--apply", "planispere")
    assert done.returncode == 1
    assert "did you mean planisphere" in done.stderr
    assert len(listed(swarm)) == len(FIRST)


async def test_all_first_remedies_in_turn_cure_everything(swarm: Swarm) -> None:
    done = run(swarm, "fix-blocked", "--apply", "--yes", "--wait", "--json")
    document = json.loads(done.stdout)
    assert done.returncode == 0, (document, done.stderr)
    assert {cure["result"] for cure in document["cures"]} == {"applied"}
    assert sorted(cure["line"] for cure in document["cures"]) == sorted(FIRST.values())
    assert set(document["built"].values()) == {"staged"}
    state: State = await swarm.get("state", State)
    assert not state.by_status("blocked")
    assert named(state, "x11-drivers/starlight-drivers").pinned == "orchestrator-local"
    assert [(change.status, change.settled) for change in state.changes.values()] == [("kept", True)]
    assert {action for cures in state.cures.values() for action, times in cures.items() if times > 0} == {
        "sync-overlays",
        "sync-fix",
        "build-local",
        "unblock",
        "configure",
    }


async def test_the_line_was_kept_for_the_swarm_and_its_desktop(swarm: Swarm) -> None:
    kept = swarm.directory / "profiles/desktop/etc/portage/package.use/zz-swarm"
    assert kept.read_text().splitlines()[-1] == "app-misc/planisphere north"
    said = await swarm.emerge("--pretend", "--verbose", "--oneshot", "app-misc/planisphere")
    assert 'USE="north -south"' in said


async def test_what_was_cured_is_verified_and_released(swarm: Swarm) -> None:
    report = await swarm.act("verify")
    assert (report["score"], report["findings"]) == (0, [])
    assert (await swarm.act("finalize", verify_id=report["verify_id"]))["release"] == 1
    world = (swarm.directory / "profiles/desktop/world").read_text().split()
    await swarm.emerge("--getbinpkgonly", "--usepkgonly", "--noreplace", "--oneshot", *world)
    for program in ("cometfall", "skywire", "starlore", "planisphere"):
        assert await swarm.run(f"usr/bin/{program}"), program


async def test_nothing_is_left_to_fix_and_nothing_to_build(swarm: Swarm) -> None:
    done = run(swarm, "fix-blocked", "--apply")
    assert (done.returncode, done.stdout) == (0, "✓ nothing is blocked\n")
    assert (await swarm.act("plan"))["totals"] == dict.fromkeys(
        ("needed", "building", "complete", "blocked"), 0
    )
