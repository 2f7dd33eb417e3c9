"""From `fresh` to what the desktop installs: one embedded swarm, its whole desktop, real Portage throughout.

The tests are one story, in this order: built, released, cured, released, and still there after a restart.
"""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from swarm_node.demo.faults import FAULTS, choose_use
from swarm_node.demo.site import DRONES
from swarm_node.model.refusal import Refused
from swarm_node.model.state import State
from swarm_node.portage.index import Index
from tests.e2e.swarm import (
    Swarm,
    blocked,
    deserted,
    family,
    furnish,
    goes_on,
    gone,
    named,
    of_a_story,
    settled,
)

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(3000)]

DIAGNOSES: Final = {
    "games-misc/cometfall": ("missing-overlay", "sync-overlays"),
    "app-text/starlore": ("tree-out-of-sync", "sync-fix"),
    "x11-drivers/starlight-drivers": ("kernel-specific", "build-local"),
    "net-misc/skywire": ("transient-network", "unblock"),
    "app-misc/planisphere": ("use-mismatch", "edit-portage-and-fresh"),
}
"""The handbook's table of errors: what each package's failure is taken for, and what would cure it."""


@pytest.fixture(scope="module")
def swarm(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Swarm]:
    """A swarm with the demo's own client profiles."""
    yield from of_a_story(furnish(tmp_path_factory.mktemp("swarm")).start(), request)


@pytest.fixture(autouse=True)
def story(swarm: Swarm, request: pytest.FixtureRequest) -> None:
    goes_on(swarm, request)


async def test_what_is_healthy_is_staged_and_the_rest_is_blocked_for_its_reason(swarm: Swarm) -> None:
    prepared = await swarm.act("fresh")
    assert prepared["totals"]["needed"] + prepared["totals"]["building"] >= 30
    state = await swarm.until(settled)
    assert blocked(state) == DIAGNOSES
    assert len(state.by_status("staged")) == len(state.builds) - len(DIAGNOSES)
    assert {build.measures.room for build in state.by_status("staged") if build.measures} == {
        node.facts.room for node in state.nodes.values() if node.facts.role == "drone"
    }


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.remedy)
async def test_a_failure_is_shown_in_its_own_words_with_the_command_that_cures_it(
    swarm: Swarm, fault: Any
) -> None:
    (shown,) = [one for one in await swarm.get("blocked") if one["build"].rpartition("-")[0] == fault.package]
    logs = [await swarm.log(attempt) for attempt in shown["attempts"]]
    assert any(fault.sign in text for text in [*logs, *shown["diagnosis"]["evidence"]])
    assert shown["diagnosis"]["summary"]
    assert shown["command"].startswith(f"build-swarm {fault.remedy}")
    (why,) = await swarm.get(f"why/{fault.package}")
    assert fault.remedy in msgspec.json.encode(why).decode()


async def test_a_transient_failure_was_tried_on_every_drone_first(swarm: Swarm) -> None:
    (shown,) = [one for one in await swarm.get("blocked") if "skywire" in one["build"]]
    assert sorted(shown["nodes"]) == sorted(drone.name for drone in DRONES)


async def test_no_build_log_complains_of_the_room(swarm: Swarm) -> None:
    state: State = await swarm.get("state", State)
    log = await swarm.log(named(state, "app-misc/deepfield").attempt or 0)
    assert ">>> Done." in log
    assert "gitconfig" not in log
    assert "Read-only file system" not in log


async def test_clients_see_nothing_before_a_release(swarm: Swarm) -> None:
    async with swarm.line() as line, line.session.get(f"{swarm.gateway}/packages/Packages") as answer:
        assert answer.status == 404
        assert (await answer.json())["error"]["hint"]


async def test_verified_it_is_released_and_the_desktop_installs_it(swarm: Swarm) -> None:
    report = await swarm.act("verify")
    assert report["score"] == len(DIAGNOSES), report["findings"]
    released = await swarm.act("finalize", verify_id=report["verify_id"])
    assert (released["release"], released["packages"]) == (1, report["packages"])
    said = await swarm.emerge("--getbinpkgonly", "--usepkgonly", "-1", "app-misc/constellation")
    assert ">>> Completed" in said
    assert (await swarm.run("usr/bin/constellation", "lyra")).startswith(
        "lyra: 5 stars, brightest Vega (0.03)\n"
    )
    with pytest.raises(AssertionError, match="cometfall"):
        await swarm.emerge("--getbinpkgonly", "--usepkgonly", "-1", "games-misc/cometfall")


@pytest.mark.parametrize(
    ("action", "params", "package"),
    [
        ("sync-overlays", {}, "games-misc/cometfall"),
        ("sync-fix", {}, "app-text/starlore"),
        ("unblock", {"packages": ["net-misc/skywire"]}, "net-misc/skywire"),
        ("build-local", {"package": "starlight-drivers"}, "x11-drivers/starlight-drivers"),
    ],
)
async def test_its_remedy_and_nothing_else_cures_a_failure(
    swarm: Swarm, action: str, params: dict[str, Any], package: str
) -> None:
    before = blocked(await swarm.get("state", State))
    assert package in before
    await swarm.act(action, **params)
    state = await swarm.until(settled)
    assert named(state, package).status == "staged"
    assert blocked(state) == {name: why for name, why in before.items() if name != package}


async def test_the_damaged_trees_are_in_step_again(swarm: Swarm) -> None:
    report = await swarm.act("sync-verify")
    assert report["in_step"], report["trees"]


async def test_a_line_of_package_use_and_a_fresh_start_cure_the_last(swarm: Swarm) -> None:
    await swarm.act("finalize")
    choose_use(swarm.directory / "profiles/desktop")
    prepared = await swarm.act("fresh")
    assert sum(prepared["totals"].values()) == 1
    state = await swarm.until(settled)
    assert [build.status for build in state.builds.values()] == ["staged"]
    report = await swarm.act("verify")
    assert (report["score"], report["findings"]) == (0, [])
    assert (await swarm.act("finalize"))["release"] == 3


async def test_the_desktop_installs_its_whole_world(swarm: Swarm) -> None:
    world = (swarm.directory / "profiles/desktop/world").read_text().split()
    await swarm.emerge("--getbinpkgonly", "--usepkgonly", "--noreplace", "--oneshot", *world)
    for program in ("cometfall", "skywire", "starlore", "planisphere", "meteorwatch"):
        assert await swarm.run(f"usr/bin/{program}"), program


async def test_what_changes_upstream_is_all_that_is_built_again(swarm: Swarm) -> None:
    with pytest.raises(Refused) as refused:
        await swarm.act("finalize")
    assert refused.value.code == "nothing_to_do"
    assert (await swarm.act("plan"))["totals"]["needed"] == 0


@pytest.mark.parametrize("how", [None, signal.SIGTERM, signal.SIGKILL], ids=["end of input", "TERM", "KILL"])
async def test_it_ends_with_all_it_started_and_comes_back_as_it_was(
    swarm: Swarm, how: signal.Signals | None
) -> None:
    before: State = await swarm.get("state", State)
    processes = family(swarm.pid)
    assert len(processes) >= 6
    code = swarm.end(how)
    assert code == (-how if how is signal.SIGKILL else 0)
    await gone(processes)
    await deserted(swarm.directory)
    swarm.start()
    after = await swarm.until(lambda state: all(node.up for node in state.nodes.values()))
    assert (after.current, after.releases, after.builds) == (before.current, before.releases, before.builds)
    assert after.next_attempt == before.next_attempt
    assert after.session == before.session
    assert packages(swarm.directory / "production/current") == packages(
        swarm.directory / "production/releases/3"
    )
    async with swarm.line() as line, line.session.get(f"{swarm.gateway}/packages/Packages") as answer:
        assert answer.status == 200


def packages(release: Path) -> set[str]:
    """What the index of a release lists."""
    return {entry.path for entry in Index.load(release / "Packages")}
