"""Staging: nothing is seen before it is whole, checked and recorded, whatever comes in between."""

import asyncio
import errno
import hashlib
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_node.model.refusal import Refused
from swarm_node.model.work import Artifact
from swarm_node.orchestrator.staging import Staging, Upload
from swarm_node.portage.index import Index
from tests.services.releases import package

CPV = "app-misc/hello-1.0"


@pytest.fixture
def staging(tmp_path: Path) -> Staging:
    return Staging(tmp_path / "staging")


def finish(upload: Upload, content: bytes, *, cpv: str = CPV, attempt: int = 7) -> Artifact:
    upload.write(content)
    digest = hashlib.sha512(content).hexdigest()
    return upload.finish(digest, cpv=cpv, build_id=attempt, repository="demo", slot="0")


def receive(staging: Staging, attempt: int = 7, cpv: str = CPV) -> Artifact:
    return finish(staging.upload(attempt), package(cpv, attempt), cpv=cpv, attempt=attempt)


def shown(staging: Staging) -> list[str]:
    """What somebody else reads in the index."""
    return [entry.path for entry in Index.load(staging.directory / "Packages")]


def files(staging: Staging) -> list[str]:
    return sorted(
        str(path.relative_to(staging.directory))
        for path in staging.directory.rglob("*")
        if path.is_file() and path.name != "Packages"
    )


def test_a_package_is_seen_once_it_is_published(staging: Staging) -> None:
    artifact = receive(staging)
    assert artifact.path == "app-misc/hello/hello-1.0-7.gpkg.tar"
    assert files(staging) == [artifact.path]
    assert shown(staging) == []
    staging.publish(artifact)
    assert shown(staging) == [artifact.path]
    path = staging.directory / artifact.path
    assert path.stat().st_mode & 0o777 == 0o444
    assert hashlib.sha512(path.read_bytes()).hexdigest() == artifact.sha512
    staging.withdraw(artifact.path)
    assert (shown(staging), files(staging)) == ([], [])
    staging.withdraw(artifact.path, "a/b/c")


@given(cut=st.integers(0, 10_000))
def test_an_upload_that_is_cut_leaves_nothing(cut: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    staging, content = Staging(tmp_path_factory.mktemp("staging")), package(CPV, 7)
    upload = staging.upload(7)
    upload.write(content[: cut % len(content)])
    with pytest.raises(Refused) as refused:
        upload.finish(None, cpv=CPV, build_id=7, repository="demo", slot="0")
    upload.abort()
    assert refused.value.code == "bad_package"
    assert files(staging) == []


def test_what_is_damaged_on_its_way_or_is_another_package_is_refused(staging: Staging) -> None:
    content = package(CPV, 7)
    wrong: list[dict[str, Any]] = [
        {"sha512": "0" * 128},
        {"cpv": "app-misc/hello-1.1"},
        {"build_id": 8},
        {"repository": "gentoo"},
        {"slot": "2"},
    ]
    for change in wrong:
        upload = staging.upload(7)
        upload.write(content)
        order = {"sha512": None, "cpv": CPV, "build_id": 7, "repository": "demo", "slot": "0"} | change
        with pytest.raises(Refused) as refused:
            upload.finish(**order)
        upload.abort()
        assert refused.value.code == "bad_package", change
        assert refused.value.hint
        assert files(staging) == []


def test_the_same_package_twice_at_once_is_one(staging: Staging) -> None:
    content, start = package(CPV, 7), threading.Barrier(8)

    def send() -> Artifact:
        upload = staging.upload(7)
        start.wait()
        return finish(upload, content)

    with ThreadPoolExecutor(8) as pool:
        found = {future.result() for future in [pool.submit(send) for _ in range(8)]}
    assert len(found) == 1
    assert files(staging) == [found.pop().path]


def test_another_package_for_the_same_attempt_never_replaces_the_first(staging: Staging) -> None:
    first = receive(staging)
    staging.publish(first)
    late = staging.upload(7)
    with pytest.raises(Refused) as refused:
        finish(late, package(CPV, 7, DESCRIPTION="another one"))
    late.abort()
    assert refused.value.code == "conflicting_result"
    assert hashlib.sha512((staging.directory / first.path).read_bytes()).hexdigest() == first.sha512
    assert files(staging) == [first.path]


def test_many_that_come_together_are_written_together(
    staging: Staging, monkeypatch: pytest.MonkeyPatch
) -> None:
    artifacts = [receive(staging, number, f"app-misc/hello{number}-1.0") for number in range(1, 41)]
    writes: list[int] = []
    entered, slow, write = threading.Event(), threading.Event(), Index.write

    def counted(index: Index, *args: Any, **kwargs: Any) -> int:
        writes.append(len(index))
        if len(writes) == 1:
            entered.set()
            slow.wait(60)
        return write(index, *args, **kwargs)

    monkeypatch.setattr(Index, "write", counted)
    with ThreadPoolExecutor(40) as pool:
        first = pool.submit(staging.publish, artifacts[0])
        assert entered.wait(60)
        others = [pool.submit(staging.publish, artifact) for artifact in artifacts[1:]]
        while len(staging._queued) < len(others):
            pass
        slow.set()
        for future in (first, *others):
            future.result()
    assert writes == [1, 40]
    assert len(shown(staging)) == 40


def test_an_index_that_cannot_be_written_is_written_by_the_next(
    staging: Staging, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = receive(staging, 1, "a-b/one-1"), receive(staging, 2, "a-b/two-1")

    def full(*_: Any, **__: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Index, "write", full)
        with pytest.raises(OSError, match="No space"):
            staging.publish(one)
    assert shown(staging) == []
    staging.publish(two)
    assert shown(staging) == [one.path, two.path]


def test_staging_that_is_cleared_ends_uploads_with_a_refusal(staging: Staging) -> None:
    staging.publish(receive(staging, 1))
    upload = staging.upload(2)
    upload.write(b"half")
    staging.clear()
    with pytest.raises(Refused) as refused:
        finish(upload, package(CPV, 2), attempt=2)
    upload.abort()
    assert refused.value.code in ("stale_attempt", "bad_package")
    assert (files(staging), shown(staging)) == ([], [])


def test_a_clear_never_turns_the_clock_of_the_index_back(staging: Staging) -> None:
    stamps = []
    for number in range(1, 4):
        staging.publish(receive(staging, number))
        stamps.append(Index.load(staging.directory / "Packages").timestamp)
        staging.clear()
        stamps.append(Index.load(staging.directory / "Packages").timestamp)
    assert stamps == sorted(set(stamps))
    again = Staging(staging.directory)
    again.reconcile([])
    assert Index.load(staging.directory / "Packages").timestamp > stamps[-1]


def test_after_a_crash_staging_is_what_was_recorded(staging: Staging) -> None:
    recorded, lost, short = (receive(staging, n, f"a-b/c{n}-1") for n in (1, 2, 3))
    staging.publish(lost)
    staging.publish(short)
    staging.upload(9).write(b"half an upload")
    stray = receive(staging, 4, "a-b/stray-1")
    staging.publish(stray)
    (staging.directory / lost.path).unlink()
    (staging.directory / short.path).unlink()
    (staging.directory / short.path).write_bytes(b"")
    again = Staging(staging.directory)
    assert again.reconcile([recorded, lost, short]) == [lost.path, short.path]
    assert shown(again) == [recorded.path]
    assert files(again) == [recorded.path, short.path]
    late = again.upload(1)
    with pytest.raises(Refused):
        finish(late, package("a-b/c1-1", 1, DESCRIPTION="other"), cpv="a-b/c1-1", attempt=1)


def test_a_damaged_index_is_made_anew(staging: Staging) -> None:
    artifact = receive(staging)
    staging.publish(artifact)
    whole = (staging.directory / "Packages").read_text().partition("\n\n")[2]
    (staging.directory / "Packages").write_bytes(b"\xff\xfe torn")
    again = Staging(staging.directory)
    assert again.reconcile([artifact]) == []
    assert (again.directory / "Packages").read_text().partition("\n\n")[2] == whole


def test_a_directory_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused) as refused:
        Staging(tmp_path / "file")
    assert "STAGING_DIR" in refused.value.hint


@pytest.fixture
def small_disk(short_dir: Path, needs_root: None, needs: Callable[..., None]) -> Iterator[Path]:
    """One megabyte."""
    needs("mount", "umount")
    disk = short_dir / "disk"
    disk.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True)
    if done.returncode:
        pytest.skip(f"cannot mount a tmpfs: {done.stderr.decode().strip()}")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


async def test_a_full_disk_takes_nothing_and_recovers(small_disk: Path) -> None:
    staging = Staging(small_disk / "staging")
    staging.publish(receive(staging, 1))
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * (512 << 10))
    upload = staging.upload(2)

    def fill() -> None:
        for _ in range(64):
            upload.write(os.urandom(1 << 14))

    with pytest.raises(OSError, match="No space left"):
        await asyncio.to_thread(fill)
    upload.abort()
    assert files(staging) == ["app-misc/hello/hello-1.0-1.gpkg.tar"]
    assert shown(staging) == ["app-misc/hello/hello-1.0-1.gpkg.tar"]
    ballast.unlink()
    staging.publish(receive(staging, 3))
    assert len(shown(staging)) == 2
