"""finalize, rollback and recovery: with the real log, staging and production, but for HTTP."""

import asyncio
import errno
import shutil
import threading
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from swarm_node.model import commands as c
from swarm_node.model.refusal import Refused
from swarm_node.model.work import Diagnosis, PlanRow
from swarm_node.orchestrator.production import Built, Production
from swarm_node.orchestrator.release import finalize, recover, rollback, verify
from swarm_node.portage.index import Index
from tests.services.releases import package, paths, plan, stage, swarm, upload


async def test_a_release_holds_what_was_staged_and_staging_is_empty(tmp_path: Path) -> None:
    async with swarm(tmp_path) as parts:
        one, two = await stage(parts, "app-misc/hello-1.0", "dev-libs/aa-2.0")
        released = await finalize(parts)
        assert (released.release, released.packages, released.added, released.risk) == (1, 2, 2, 0)
        state = parts.swarm.state
        assert state.current == parts.production.current() == 1
        assert {build.status for build in state.builds.values()} == {"released"}
        assert parts.production.audit(1) == ()
        wanted = paths(("app-misc/hello-1.0", one), ("dev-libs/aa-2.0", two))
        assert {entry.path for entry in parts.production.index(1)} == wanted
        assert parts.production.index(1).header["URI"].endswith("/packages/releases/1")
        assert parts.staging.entries() == []
        assert not list(parts.staging.directory.glob("*/*/*"))


async def test_a_release_keeps_what_nothing_replaces(tmp_path: Path) -> None:
    async with swarm(tmp_path) as parts:
        await stage(parts, "app-misc/hello-1.0", "dev-libs/aa-2.0")
        await finalize(parts)
        (anew,) = await stage(parts, "app-misc/hello-1.0")
        released = await finalize(parts)
        assert (released.release, released.packages, released.added) == (2, 2, 1)
        keys = {(entry.key.cpv, entry.key.build_id) for entry in parts.production.index(2)}
        assert ("app-misc/hello-1.0", anew) in keys
        assert len(keys) == 2
        assert parts.production.audit(1) == parts.production.audit(2) == ()
        (change,) = parts.catalogue.difference(1, 2).changes
        assert (change.kind, change.after) == ("rebuilt", "app-misc/hello-1.0")


async def test_nothing_staged_is_nothing_to_release(tmp_path: Path) -> None:
    async with swarm(tmp_path) as parts:
        for act in (verify(parts), finalize(parts), rollback(parts, None)):
            with pytest.raises(Refused) as refused:
                await act
            assert (refused.value.code, bool(refused.value.hint)) == ("nothing_to_do", True)
        assert parts.production.current() is None


async def test_too_risky_unless_forced_with_a_reason(tmp_path: Path) -> None:
    async with swarm(tmp_path) as parts:
        await stage(parts, "app-misc/hello-1.0", RDEPEND="app-misc/never")
        for force in ("", "  "):
            with pytest.raises(Refused) as refused:
                await finalize(parts, force=force)
            assert refused.value.code == "too_risky"
        assert parts.production.current() is None
        released = await finalize(parts, force="trying it out")
        assert (released.release, released.risk, released.forced) == (1, 10, "trying it out")
        assert [finding.code for finding in released.findings] == ["unsatisfied-dependency"]


async def test_only_the_verdict_that_was_seen(tmp_path: Path) -> None:
    async with swarm(tmp_path) as parts:
        await stage(parts, "app-misc/hello-1.0")
        seen = (await verify(parts)).verify_id
        await stage(parts, "dev-libs/aa-2.0")
        for name in (seen, "0" * 16):
            with pytest.raises(Refused) as refused:
                await finalize(parts, verify_id=name)
            assert refused.value.code == "stale_verify"
        seen = (await verify(parts)).verify_id
        assert (await finalize(parts, verify_id=seen)).packages == 2


async def test_all_who_finalize_at_once_get_one_release(tmp_path: Path) -> None:
    async with swarm(tmp_path) as parts:
        await stage(parts, "app-misc/hello-1.0")
        seen = (await verify(parts)).verify_id
        wishes = [finalize(parts, verify_id=seen if number % 2 else "") for number in range(50)]
        found = await asyncio.gather(*wishes)
        assert {one.release for one in found} == {1}
        assert list(parts.swarm.state.releases) == [1]
        await stage(parts, "app-misc/hello-1.0")
        with pytest.raises(Refused):
            await finalize(parts, verify_id=seen)


async def test_rollback_while_finalize_runs_comes_before_or_after(tmp_path: Path) -> None:
    async with swarm(tmp_path) as parts:
        for name in ("app-misc/hello-1.0", "app-misc/hello-2.0"):
            await stage(parts, name)
            await finalize(parts)
        await stage(parts, "app-misc/hello-3.0")
        done = await asyncio.gather(finalize(parts), rollback(parts, 1), return_exceptions=True)
        assert not [one for one in done if isinstance(one, BaseException)]
        assert parts.swarm.state.current == parts.production.current()
        assert parts.production.audit(3) == ()


async def test_a_client_notices_a_rollback(tmp_path: Path) -> None:
    async with swarm(tmp_path) as parts:
        stamps = []
        for name in ("app-misc/hello-1.0", "app-misc/hello-2.0"):
            await stage(parts, name)
            await finalize(parts)
            stamps.append(_seen(parts.production))
        assert (await rollback(parts, None)).release == 1
        stamps.append(_seen(parts.production))
        assert (await rollback(parts, 2)).left == 1
        stamps.append(_seen(parts.production))
        await stage(parts, "app-misc/hello-3.0")
        await finalize(parts)
        stamps.append(_seen(parts.production))
        assert [uri for _, uri in stamps] == ["1", "2", "1", "2", "3"]
        assert all(later - earlier > 5 for (earlier, _), (later, _) in pairwise(stamps))
        kept = {path.name for path in (parts.production.directory / "releases").glob("[0-9]*")}
        assert kept == {"1", "2", "2.1", "3"}  # what was left last stays for whoever is just opening it


def _seen(production: Production) -> tuple[int, str]:
    """TIMESTAMP and release of the index that clients read now."""
    index = Index.load(production.directory / "current/Packages")
    return index.timestamp, index.header["URI"].rpartition("/")[2]


async def test_a_rollback_names_only_what_is_kept(tmp_path: Path) -> None:
    async with swarm(tmp_path, keep=2) as parts:
        for version in range(1, 5):
            await stage(parts, f"app-misc/hello-{version}.0")
            await finalize(parts)
        assert {n: r.status for n, r in parts.swarm.state.releases.items() if r.status != "forgotten"} == {
            3: "published",
            4: "published",
        }
        parts.production.swept()
        assert {path.name for path in (tmp_path / "production/releases").iterdir()} == {"3", "4"}
        for number in (1, 4, 99):
            with pytest.raises(Refused) as refused:
                await rollback(parts, number)
            assert refused.value.hint
        await rollback(parts, 3)
        assert parts.production.current() == 3


async def test_a_rollback_that_fails_is_taken_back(tmp_path: Path) -> None:
    async with swarm(tmp_path) as parts:
        for name in ("app-misc/hello-1.0", "app-misc/hello-2.0"):
            await stage(parts, name)
            await finalize(parts)
        shutil.rmtree(parts.production.path(1))
        with pytest.raises(Refused) as refused:
            await rollback(parts, 1)
        assert refused.value.code == "unknown_release"
        assert parts.swarm.state.current == parts.production.current() == 2


async def test_what_goes_wrong_before_clients_see_it_is_abandoned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with swarm(tmp_path) as parts:
        await stage(parts, "app-misc/hello-1.0")
        await finalize(parts)
        await stage(parts, "app-misc/hello-2.0")

        def full(*_: Any) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr("swarm_node.orchestrator.production.give", full)
            with pytest.raises(Refused) as refused:
                await finalize(parts)
        assert refused.value.code == "disk_full"
        assert parts.swarm.state.releases[2].status == "abandoned"
        assert parts.production.current() == 1
        parts.production.swept()
        assert {path.name for path in (tmp_path / "production/releases").iterdir()} == {"1"}
        assert (await finalize(parts)).release == 3
        assert parts.production.audit(3) == ()


async def test_staging_that_is_emptied_meanwhile_makes_no_release(tmp_path: Path) -> None:
    async with swarm(tmp_path) as parts:
        await stage(parts, "app-misc/hello-1.0")
        await verify(parts)
        shutil.rmtree(tmp_path / "staging/app-misc")
        with pytest.raises(Refused) as refused:
            await finalize(parts)
        assert refused.value.code == "stale_verify"
        assert parts.swarm.state.releases[1].status == "abandoned"
        report = await verify(parts)
        assert [finding.code for finding in report.findings] == ["integrity"]


async def test_a_flipped_bit_in_staging_is_found(tmp_path: Path) -> None:
    async with swarm(tmp_path) as parts:
        await stage(parts, "app-misc/hello-1.0")
        (path,) = (tmp_path / "staging").glob("*/*/*.gpkg.tar")
        content = bytearray(path.read_bytes())
        content[4000] ^= 1
        path.chmod(0o644)
        path.write_bytes(content)
        report = await verify(parts)
        assert [(finding.code, finding.points) for finding in report.findings] == [("integrity", 10)]


async def test_a_flipped_bit_in_production_is_found(tmp_path: Path) -> None:
    async with swarm(tmp_path) as parts:
        await stage(parts, "app-misc/hello-1.0", "dev-libs/aa-2.0")
        await finalize(parts)
        path = next((tmp_path / "production/current").glob("app-misc/*/*.gpkg.tar"))
        path.chmod(0o644)
        path.write_bytes(path.read_bytes()[:-1] + b"\1")
        assert parts.production.audit(1) == (str(path.relative_to(tmp_path / "production/current")),)


async def test_uploads_on_their_way_survive_a_release(tmp_path: Path) -> None:
    """What is not recorded yet is neither released nor lost."""
    async with swarm(tmp_path) as parts:
        await stage(parts, "app-misc/hello-1.0")
        half = parts.staging.upload(90)
        content = package("dev-libs/aa-2.0", 90)
        half.write(content[:100])
        whole = upload(parts, 91, "dev-libs/bb-1.0", package("dev-libs/bb-1.0", 91))
        await finalize(parts)
        half.write(content[100:])
        finished = half.finish(None, cpv="dev-libs/aa-2.0", build_id=90, repository="demo", slot="0")
        for artifact in (whole, finished):
            parts.staging.publish(artifact)
        assert {entry.path for entry in parts.staging.entries()} == {whole.path, finished.path}
        assert len(parts.production.index(1)) == 1


async def test_fresh_while_a_release_is_made_comes_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with swarm(tmp_path) as parts:
        await stage(parts, "app-misc/hello-1.0")
        loop, build = asyncio.get_running_loop(), Production.build
        clearing = threading.Thread(target=parts.staging.clear)

        def interrupted(*given: Any) -> Built:
            fresh = parts.swarm.submit(c.OpenSession(clear=True))
            asyncio.run_coroutine_threadsafe(fresh, loop).result(60)
            clearing.start()
            return build(*given)

        monkeypatch.setattr(Production, "build", interrupted)
        released = await finalize(parts)
        await asyncio.to_thread(clearing.join)
        assert (released.release, released.packages) == (1, 1)
        assert parts.production.audit(1) == ()
        assert parts.swarm.state.session.phase == "syncing"
        assert parts.swarm.state.builds == {}
        assert not list((tmp_path / "staging").glob("*/*/*"))


async def test_two_who_verify_at_once_see_the_same(tmp_path: Path) -> None:
    async with swarm(tmp_path) as parts:
        await stage(parts, "app-misc/hello-1.0")
        one, two = await asyncio.gather(verify(parts), verify(parts))
        assert one == two


async def test_blocked_packages_cost_a_point_and_more_where_they_are_needed(tmp_path: Path) -> None:
    async with swarm(tmp_path) as parts:
        await stage(parts, "app-misc/hello-1.0", RDEPEND="dev-libs/aa")
        blocked = [_blocked("dev-libs/aa-2.0"), _blocked("dev-libs/no-such")]
        await plan(parts, *blocked)
        report = await verify(parts)
        assert [(finding.code, finding.package, finding.points) for finding in report.findings] == [
            ("needed-blocked", "dev-libs/aa-2.0", 10),
            ("blocked", "dev-libs/no-such", 1),
        ]
        assert report.score == 11


def _blocked(cpv: str) -> PlanRow:
    return PlanRow(cpv, cpv, "0", "demo", "new", problem=Diagnosis("masked", "human"))


async def test_a_soname_that_a_released_package_needs_must_not_vanish(tmp_path: Path) -> None:
    async with swarm(tmp_path) as parts:
        await stage(parts, "dev-libs/aa-1.0", PROVIDES="x86_64: libaa.so.1")
        await finalize(parts)
        await stage(parts, "app-misc/hello-1.0", REQUIRES="x86_64: libaa.so.1 libc.so.6")
        assert (await finalize(parts)).risk == 0
        await stage(parts, "dev-libs/aa-2.0", PROVIDES="x86_64: libaa.so.2")
        report = await verify(parts)
        assert [(one.code, one.package) for one in report.findings] == [("lost-soname", "app-misc/hello-1.0")]
        await stage(parts, "app-misc/hello-1.0", REQUIRES="x86_64: libaa.so.2 libc.so.6")
        assert (await verify(parts)).score == 0


async def test_a_moved_slot_leaves_those_that_were_bound_to_it(tmp_path: Path) -> None:
    async with swarm(tmp_path) as parts:
        await stage(parts, "dev-libs/aa-1.0", SLOT="0/1")
        await finalize(parts)
        await stage(parts, "app-misc/hello-1.0", RDEPEND="dev-libs/aa:0/1=")
        await finalize(parts)
        await stage(parts, PlanRow("dev-libs/aa-1.0", "dev-libs/aa-1.0", "0/2", "demo", "slot"), SLOT="0/2")
        report = await verify(parts)
        assert [(one.code, one.package) for one in report.findings] == [
            ("unsatisfied-dependency", "app-misc/hello-1.0")
        ]


async def test_built_without_a_room_is_one_point_for_all(tmp_path: Path) -> None:
    async with swarm(tmp_path) as parts:
        await stage(parts, *(f"app-misc/hello{n}-1.0" for n in range(12)), room="none")
        report = await verify(parts)
        assert [(one.code, one.points) for one in report.findings] == [("no-room", 1)]
        assert "9 more" in report.findings[0].message


async def test_a_crash_between_the_symlink_and_the_log_is_rolled_forward(tmp_path: Path) -> None:
    async with swarm(tmp_path) as parts:
        await stage(parts, "app-misc/hello-1.0")
        await _until_visible(parts)
    async with swarm(tmp_path) as parts:
        release = parts.swarm.state.releases[1]
        assert (release.status, release.packages, release.added) == ("published", 1, 1)
        assert parts.swarm.state.by_status("staged") == []
        assert not list((tmp_path / "staging").glob("*/*/*"))


async def test_a_release_that_the_log_could_not_record_is_recorded_by_the_next(tmp_path: Path) -> None:
    async with swarm(tmp_path) as parts:
        await stage(parts, "app-misc/hello-1.0")
        await _until_visible(parts)
        assert (await finalize(parts)).release == 1
        assert parts.swarm.state.current == 1
        assert list(parts.swarm.state.releases) == [1]


async def _until_visible(parts: Any) -> None:
    """As much of finalize as there is before the log is told."""
    report = await verify(parts)
    await parts.swarm.submit(c.PrepareRelease(verify_id=report.verify_id))
    (build,) = parts.swarm.state.by_status("staged")
    (entry,) = parts.staging.entries()
    parts.production.build(1, None, parts.staging.directory, [(entry, build.artifact)])
    parts.production.publish(1)


async def test_a_crash_before_the_symlink_leaves_nothing(tmp_path: Path) -> None:
    async with swarm(tmp_path) as parts:
        await stage(parts, "app-misc/hello-1.0")
        report = await verify(parts)
        await parts.swarm.submit(c.PrepareRelease(verify_id=report.verify_id))
        (build,) = parts.swarm.state.by_status("staged")
        (entry,) = parts.staging.entries()
        parts.production.build(1, None, parts.staging.directory, [(entry, build.artifact)])
        (tmp_path / "production/releases/.7.new").mkdir()
    async with swarm(tmp_path) as parts:
        assert parts.swarm.state.releases[1].status == "abandoned"
        parts.production.swept()
        assert list((tmp_path / "production/releases").iterdir()) == []
        assert (await finalize(parts)).release == 2


async def test_a_log_that_is_lost_leaves_clients_what_they_have(tmp_path: Path) -> None:
    async with swarm(tmp_path) as parts:
        for version in (1, 2):
            await stage(parts, f"app-misc/hello-{version}.0")
            await finalize(parts)
        before = _seen(parts.production)[0]
    shutil.rmtree(tmp_path / "state")
    async with swarm(tmp_path) as parts:
        assert parts.production.current() == 0
        assert parts.production.audit(0) == ()
        assert _seen(parts.production) > (before + 5, "0")
        await stage(parts, "app-misc/hello-1.0")
        released = await finalize(parts)
        assert (released.release, released.packages) == (1, 2)
        assert parts.production.audit(1) == ()


async def test_a_plain_binhost_becomes_the_first_release(tmp_path: Path) -> None:
    async with swarm(tmp_path / "other") as parts:
        await stage(parts, "app-misc/hello-1.0", "dev-libs/aa-2.0")
        await finalize(parts)
        parts.production.swept()
    shutil.copytree(tmp_path / "other/production/releases/1", tmp_path / "production")
    (gone,) = (tmp_path / "production/dev-libs").glob("*/*")
    gone.unlink()
    (tmp_path / "secret").write_bytes(b"x" * 10)
    with (tmp_path / "production/Packages").open("a") as index:
        index.write("CPV: app-misc/evil-1\nMTIME: 1\nPATH: ../secret\nSIZE: 10\n\n")
    text = (tmp_path / "production/Packages").read_text().replace("PACKAGES: 2", "PACKAGES: 3")
    (tmp_path / "production/Packages").write_text(text)
    (tmp_path / "production/release.json").unlink()
    async with swarm(tmp_path) as parts:
        assert parts.production.current() == 0
        assert [entry.key.cpv for entry in parts.production.index(0)] == ["app-misc/hello-1.0"]
        assert (tmp_path / "production/Packages").is_file()
        await recover(parts)
        assert parts.production.current() == 0


async def test_a_production_directory_that_was_wiped_does_not_stop_the_start(tmp_path: Path) -> None:
    async with swarm(tmp_path) as parts:
        await stage(parts, "app-misc/hello-1.0")
        await finalize(parts)
    shutil.rmtree(tmp_path / "production")
    async with swarm(tmp_path) as parts:
        assert parts.production.current() is None
        await stage(parts, "app-misc/hello-2.0")
        assert (await finalize(parts)).packages == 1


def test_a_directory_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused) as refused:
        Production(tmp_path / "file", url="http://127.0.0.1")
    assert "PRODUCTION_DIR" in refused.value.hint
