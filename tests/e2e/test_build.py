"""The drone's two-step build with real emerge: one CPV, dependencies as binaries, the BUILD_ID as ordered."""

import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from swarm_node.drone.build import Workshop, build
from swarm_node.drone.progress import Progress
from tests.e2e.workshop import build_now, furnish, order, phases, publish, served

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """A workshop with a binhost that has libaa."""
    home = tmp_path_factory.mktemp("build")
    (home / "served/packages").mkdir(parents=True)
    with served(home / "served") as address:
        made = furnish(home, address)
        publish(made, build_now(made, order("dev-libs/libaa")), home / "served/packages")
        yield made


async def test_a_package_with_a_dependency_is_built_as_ordered(workshop: Workshop) -> None:
    steps: list[Progress] = []
    heard = bytearray()
    wanted = order("bb", "libaa", attempt=41, use=("loud",), build_id=4711)
    outcome = await build(wanted, workshop, heard.extend, steps.append)
    assert outcome.ok, outcome.log.read_text()
    assert outcome.log.read_bytes() == heard
    assert outcome.package is not None
    assert outcome.package.name == "bb-1.0-4711.gpkg.tar"
    with tarfile.open(outcome.package) as package:
        names = package.getnames()
    assert "bb-1.0-4711/gpkg-1" in names
    assert metadata(outcome.package, "BUILD_ID") == "4711"
    assert metadata(outcome.package, "USE").split().count("loud") == 1
    assert "dev-libs/libaa:0/1=" in metadata(outcome.package, "RDEPEND")
    assert phases(steps)[-1] == "package"
    assert {"deps", "setup", "unpack", "compile", "install"} <= set(phases(steps))
    assert 1.0 in [step.fraction for step in steps if step.phase == "compile"]


async def test_cargo_is_asked_for_its_counter(workshop: Workshop) -> None:
    steps: list[Progress] = []
    outcome = await build(order("crate", attempt=6), workshop, on_phase=steps.append)
    log = outcome.log.read_text()
    assert outcome.ok, log
    assert [step.fraction for step in steps if step.phase == "compile"][-1] == 0.75
    assert "   Compiling bb v0.1.0\n   Compiling cc v0.1.0\n    Finished" in log
    assert "Building [" not in log


async def test_the_flags_of_the_order_win_over_the_drones_own(workshop: Workshop) -> None:
    outcome = await build(order("bb", "libaa", attempt=2, use=("-loud",)), workshop)
    assert outcome.package is not None
    assert "loud" not in metadata(outcome.package, "USE").split()


async def test_a_repeated_attempt_starts_from_nothing(workshop: Workshop) -> None:
    first = await build(order("bb", "libaa", attempt=3), workshop)
    again = await build(order("bb", "libaa", attempt=3), workshop)
    assert first.ok and again.ok
    assert first.package == again.package


async def test_a_dependency_that_no_binhost_has_is_never_built_from_source(workshop: Workshop) -> None:
    outcome = await build(order("hidu", "libhid", attempt=4), workshop)
    assert not outcome.ok
    assert (outcome.reason, outcome.phase, outcome.package) == ("failed", "deps", None)
    assert "libhid" in outcome.log.read_text()


@pytest.mark.parametrize(
    ("use", "phase", "says"),
    [
        (("tui", "-gui"), "setup", "there is no terminal here"),
        (("tui", "gui"), "pretend", "picky"),
    ],
)
async def test_a_failure_names_its_phase(
    workshop: Workshop, use: tuple[str, ...], phase: str, says: str
) -> None:
    outcome = await build(order("picky", attempt=5, use=use), workshop)
    assert (outcome.ok, outcome.phase) == (False, phase), outcome.log.read_text()
    assert says in outcome.log.read_text()


async def test_an_unknown_package_is_refused_in_pretend(workshop: Workshop) -> None:
    outcome = await build(order("nowhere", attempt=6), workshop)
    assert (outcome.ok, outcome.phase) == (False, "pretend")
    assert "there are no ebuilds" in outcome.log.read_text()


async def test_a_failed_attempt_leaves_no_package(workshop: Workshop) -> None:
    outcome = await build(order("sneaky", "libaa", attempt=7), workshop)
    assert outcome.phase == "compile"
    assert [path for path in outcome.log.parent.rglob("*") if path.is_file()] == [outcome.log]


def metadata(package: Path, name: str) -> str:
    """One value of the package's metadata archive."""
    with tarfile.open(package) as outer:
        [member] = [one for one in outer.getmembers() if "/metadata.tar" in one.name]
        stream = outer.extractfile(member)
        with tarfile.open(fileobj=stream) as inner:
            value = inner.extractfile(f"metadata/{name}")
            assert value is not None
            return value.read().decode().strip()
