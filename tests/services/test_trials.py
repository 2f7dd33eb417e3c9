"""`configure` over HTTP: refused with nothing changed, tried on one drone, written for all or taken back.

The resolver's answer is given; that Portage itself reads the line is shown in tests/e2e.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from swarm_node.model.configuration import facts_of
from swarm_node.model.work import Diagnosis, Line, PlanRow
from swarm_node.orchestrator import preparation, trials
from swarm_node.portage.profile import ClientProfile
from tests.services.orchestrators import Drone, Service, row, running, settings, until

LIB, MAP, OTHER = "dev-libs/lib-1.0", "app-misc/map-1.0", "app-misc/other-1.0"
USE = Line("package.use", "app-misc/map north")
UNFIT = Diagnosis("use-mismatch", "edit-portage-and-fresh", "breaks REQUIRED_USE", params=facts_of([USE]))


class Resolver:
    """Answers as Portage would for what stands in a profile: the map needs its line."""

    def __init__(self) -> None:
        self.asked: list[list[Path]] = []
        self.other: tuple[PlanRow, ...] = (row(LIB, profile="desk"), row(OTHER, profile="desk"))

    async def resolve(self, _: object, profiles: Sequence[ClientProfile]) -> tuple[PlanRow, ...]:
        self.asked.append([profile.path for profile in profiles])
        desk = next(profile for profile in profiles if profile.name == "desk")
        return (*self.other, self._map(USE.text in text_of(desk.portage / "package.use")))

    def _map(self, fit: bool) -> PlanRow:
        if fit:
            return row(MAP, LIB, profile="desk", use=("north", "-south"))
        return row(MAP, profile="desk", problem=UNFIT)


def text_of(path: Path) -> str:
    """Everything that Portage would read of a file or directory."""
    if not path.is_dir():
        return path.read_text() if path.exists() else ""
    return "".join(file.read_text() for file in sorted(path.iterdir()) if not file.name.startswith("."))


async def accepted(*_: object) -> None:
    """Whether Portage takes an atom is asked in tests/e2e."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    profile = tmp_path / "profiles/desk"
    (profile / "etc/portage/package.use").mkdir(parents=True)
    (profile / "etc/portage/package.use/mine").write_text("dev-libs/lib svg\n")
    (profile / "etc/portage/make.conf").write_text("CFLAGS=-O2\n")
    (profile / "world").write_text("app-misc/map\n")
    return tmp_path


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Resolver:
    found = Resolver()
    for module in (preparation, trials):
        monkeypatch.setattr(module, "resolve", found.resolve)
    monkeypatch.setattr(trials, "check_atoms", accepted)
    return found


@pytest.fixture
async def service(home: Path, resolver: Resolver) -> AsyncIterator[Service]:
    async with running(settings(home)) as service:
        await blocked(service)
        yield service


async def blocked(service: Service) -> None:
    await service.plan(
        row(LIB, profile="desk"), row(OTHER, profile="desk"), row(MAP, profile="desk", problem=UNFIT)
    )


async def tried(service: Service, **more: Any) -> Any:
    return await service.act("configure", package="map", lines=[USE.file, USE.text], **more)


async def build(drone: Drone, name: str, *, ok: bool = True) -> None:
    """Have a drone build what comes until it has had this."""
    for _ in range(10):
        order = await drone.begin(10)
        mine = order["build"] == name
        answer = await (drone.fail(order["attempt"]) if mine and not ok else drone.build(order))
        assert answer.status == 200
        if mine:
            return
    raise AssertionError(f"{name} was never handed out")


def written(home: Path) -> str:
    return text_of(home / "profiles/desk/etc/portage/package.use")


async def test_it_is_shown_as_a_diff_before_and_after(service: Service, home: Path) -> None:
    (cluster,) = await service.get("/api/v1/clusters")
    (seen,) = await service.get("/api/v1/blocked")
    first = cluster["remedies"][0]
    assert first["line"] == f"build-swarm configure ={MAP} package.use 'app-misc/map north'"
    assert seen["remedies"][0]["diff"] == first["diff"]
    assert first["diff"].splitlines() == [
        "--- /dev/null",
        "+++ desk/etc/portage/package.use/zz-swarm",
        "@@ -0,0 +1,2 @@",
        f"+# build-swarm: for {MAP}",
        "+app-misc/map north",
    ]
    await service.drone()
    assert (await tried(service))["diff"] == first["diff"]


async def test_it_is_tried_on_one_drone_with_the_profile_as_it_was(
    service: Service, home: Path, resolver: Resolver
) -> None:
    await service.drone("izar", cores=2)
    await service.drone("mizar", cores=16)
    before = written(home)
    done = await tried(service)
    assert (done["build"], done["node"], done["builds"], done["profile"]) == (MAP, "mizar", [MAP], "desk")
    assert written(home) == before
    assert not (home / "state/trials").exists()
    assert service.parts.swarm.state.builds[MAP].pinned == "mizar"
    assert service.parts.swarm.state.builds[OTHER].pinned is None
    (change,) = await service.get("/api/v1/changes")
    assert (change["status"], change["build"], change["lines"]) == ("tried", MAP, [["package.use", USE.text]])
    (why,) = await service.get("/api/v1/why/map")
    assert why["trial"] == "on trial on mizar: 'app-misc/map north' in package.use of desk"


async def test_what_is_built_is_kept_for_all(service: Service, home: Path) -> None:
    izar = await service.drone()
    await tried(service)
    await build(izar, MAP)
    await until(lambda: service.parts.swarm.state.changes[1].settled)
    assert written(home) == f"dev-libs/lib svg\n# build-swarm: for {MAP}\napp-misc/map north\n"
    assert service.status(MAP) == "staged"
    assert [change["status"] for change in await service.get("/api/v1/changes")] == ["kept"]


async def test_what_fails_is_taken_back_and_no_profile_was_touched(service: Service, home: Path) -> None:
    izar = await service.drone()
    before = written(home)
    await tried(service)
    await build(izar, MAP, ok=False)
    await until(lambda: service.parts.swarm.state.changes[1].settled)
    assert written(home) == before
    assert service.status(MAP) == "blocked"
    assert service.parts.swarm.state.builds[MAP].diagnosis == UNFIT
    (cluster,) = await service.get("/api/v1/clusters")
    assert cluster["remedies"][0]["person"], "what was taken back is no longer the first remedy"


async def test_an_operator_can_end_a_trial(service: Service) -> None:
    await service.drone()
    await tried(service)
    done = await service.act("configure", package=MAP, take_back=True)
    assert done == {"change": 1, "build": MAP, "taken_back": True, "lines": [["package.use", USE.text]]}
    assert service.status(MAP) == "blocked"
    again = await service.ask("POST", "/api/v1/actions/configure", json={"package": MAP, "take_back": True})
    assert again.code == "nothing_to_do"


async def test_if_portage_still_refuses_nothing_is_changed(service: Service, home: Path) -> None:
    await service.drone()
    before, seq = written(home), service.parts.swarm.state.seq
    lines = ["package.use", "app-misc/map wind"]
    answer = await service.ask("POST", "/api/v1/actions/configure", json={"package": "map", "lines": lines})
    assert answer.code == "unresolvable"
    error = answer.document["error"]
    assert error["message"] == f"with it, {MAP} still cannot be built: breaks REQUIRED_USE"
    assert error["hint"] == (
        f"try them together: build-swarm configure ={MAP} "
        "package.use 'app-misc/map wind' package.use 'app-misc/map north'"
    )
    assert (written(home), service.status(MAP)) == (before, "blocked")
    assert service.parts.swarm.state.seq == seq + 1, "only the audit"
    assert await service.get("/api/v1/changes") == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "bad_request"),
        ({"package": "map"}, "bad_request"),
        ({"package": 7, "lines": []}, "bad_request"),
        ({"package": "map", "lines": ["package.use"]}, "bad_request"),
        ({"package": "map", "lines": "package.use app-misc/map north"}, "bad_request"),
        ({"package": "map", "lines": ["make.conf", "app-misc/map north"]}, "bad_name"),
        ({"package": "map", "lines": ["../../world", "app-misc/map north"]}, "bad_name"),
        ({"package": "map", "lines": ["package.use", "north"]}, "bad_request"),
        ({"package": "map", "lines": ["package.use", "app-misc/map north\nUSE=x"]}, "bad_request"),
        ({"package": "map", "lines": ["package.use", "app-misc/map"]}, "bad_request"),
        ({"package": "nobody", "lines": ["package.use", "a/b c"]}, "unknown_package"),
        ({"package": "other", "lines": ["package.use", "a/b c"]}, "nothing_to_do"),
        ({"package": "map", "lines": ["package.use", USE.text], "node": "nobody"}, "unknown_node"),
        ({"package": "map", "lines": ["package.use", USE.text], "profile": "x"}, "bad_request"),
        ({"package": "map", "take_back": True}, "nothing_to_do"),
    ],
)
async def test_bad_input_is_refused(service: Service, body: Any, code: str) -> None:
    await service.drone()
    answer = await service.ask("POST", "/api/v1/actions/configure", json=body)
    assert answer.code == code
    assert service.status(MAP) == "blocked"


async def test_without_a_drone_or_without_the_profile_it_is_refused(service: Service, home: Path) -> None:
    body = {"package": "map", "lines": [USE.file, USE.text]}
    assert (await service.ask("POST", "/api/v1/actions/configure", json=body)).code == "nothing_to_do"
    (home / "profiles/desk").rename(home / "profiles/other")
    answer = await service.ask("POST", "/api/v1/actions/configure", json=body)
    assert answer.code == "bad_request"
    (seen,) = await service.get("/api/v1/blocked")
    assert seen["remedies"][0]["diff"] == ""


async def test_two_trials_of_one_package_at_once_are_refused(service: Service) -> None:
    await service.drone()
    body = {"package": MAP, "lines": [USE.file, USE.text]}
    asked = (service.ask("POST", "/api/v1/actions/configure", json=body) for _ in range(3))
    answers = await asyncio.gather(*asked)
    assert sorted(answer.status for answer in answers) == [200, 409, 409]
    assert len(service.parts.swarm.state.changes) == 1


async def test_a_trial_survives_a_restart(home: Path, resolver: Resolver) -> None:
    async with running(settings(home)) as service:
        await blocked(service)
        await service.drone()
        await tried(service)
    async with running(settings(home)) as service:
        izar = await service.drone("izar")
        await build(izar, MAP)
        await until(lambda: service.parts.swarm.state.changes[1].settled)
        assert "app-misc/map north" in written(home)


async def test_what_was_kept_and_not_yet_written_is_written_at_the_next_start(
    home: Path, resolver: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dead(_: object) -> None:
        await asyncio.Event().wait()

    with monkeypatch.context() as patch:
        patch.setattr(trials, "follow", dead)
        async with running(settings(home)) as service:
            await blocked(service)
            await tried_by(service)
    assert "app-misc/map north" not in written(home)
    for _ in range(2):  # twice is the same as once
        async with running(settings(home)) as service:
            await until(lambda: service.parts.swarm.state.changes[1].settled)
    assert written(home).count("app-misc/map north") == 1


async def tried_by(service: Service) -> None:
    """Try the line and build with it."""
    izar = await service.drone()
    await tried(service)
    await build(izar, MAP)
    assert service.parts.swarm.state.changes[1].status == "kept"


async def test_what_an_operator_removed_later_is_not_written_again(home: Path, resolver: Resolver) -> None:
    async with running(settings(home)) as service:
        await blocked(service)
        await tried_by(service)
        await until(lambda: service.parts.swarm.state.changes[1].settled)
    (home / "profiles/desk/etc/portage/package.use/zz-swarm").unlink()
    async with running(settings(home)):
        pass
    assert "app-misc/map north" not in written(home)


async def test_a_plain_file_is_added_to_and_keeps_its_mode(home: Path, resolver: Resolver) -> None:
    file = home / "profiles/desk/etc/portage/package.use"
    (file / "mine").unlink()
    file.rmdir()
    file.write_text("dev-libs/lib svg")
    file.chmod(0o640)
    async with running(settings(home)) as service:
        await blocked(service)
        await tried_by(service)
        await until(lambda: service.parts.swarm.state.changes[1].settled)
    assert file.read_text() == f"dev-libs/lib svg\n# build-swarm: for {MAP}\napp-misc/map north\n"
    assert file.stat().st_mode & 0o777 == 0o640


async def test_a_profile_that_cannot_be_written_is_tried_again(
    home: Path, resolver: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trials, "PATIENCE", 0.02)
    full = [OSError(28, "No space left on device"), OSError(30, "Read-only file system")]
    write = trials._replace

    def fails(path: Path, text: str) -> None:
        if full:
            raise full.pop()
        write(path, text)

    monkeypatch.setattr(trials, "_replace", fails)
    async with running(settings(home)) as service:
        await blocked(service)
        await tried_by(service)
        await until(lambda: service.parts.swarm.state.changes[1].settled)
    assert not full
    assert "app-misc/map north" in written(home)


async def test_reset_ends_a_trial_and_leaves_the_queue_empty(service: Service, home: Path) -> None:
    await service.drone()
    await tried(service)
    await service.act("reset")
    (change,) = await service.get("/api/v1/changes")
    assert (change["status"], change["reason"]) == ("taken back", "the session was cleared")
    assert await service.get("/api/v1/queue") == []
    assert "north" not in written(home)
