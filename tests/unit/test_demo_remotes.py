"""The demo's upstreams: planted once, kept afterwards, and damaged only in a clone."""

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from swarm_node.demo.faults import FAULTS, choose_use, damage, damaged, install_kernel
from swarm_node.demo.remotes import TREES, Remotes, bump, commit, git, plant, rsync_config, rsync_uri
from swarm_node.demo.requirements import PROGRAMS, missing


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Remotes:
    if shutil.which("git") is None:
        pytest.skip("not installed: git")
    return plant(tmp_path_factory.mktemp("remotes"))


@pytest.fixture
def remotes(planted: Remotes, tmp_path: Path) -> Remotes:
    """Planted upstreams that a test may change."""
    shutil.copytree(planted.root, tmp_path / "remotes", symlinks=True)
    root = tmp_path / "remotes"
    return Remotes(root, root / "demo", root / "extra")


@pytest.fixture
def clone(remotes: Remotes, tmp_path: Path) -> Path:
    git(tmp_path, "clone", "--quiet", remotes.git_uri("demo"), str(tmp_path / "clone"))
    return tmp_path / "clone"


def packages(repository: Path) -> set[str]:
    return {path.parent.relative_to(repository).as_posix() for path in repository.glob("*/*/*.ebuild")}


def test_the_trees_hold_at_least_24_packages_beside_the_failing_ones(planted: Remotes) -> None:
    everything = packages(planted.demo) | packages(planted.extra)
    failing = {fault.package for fault in FAULTS}
    assert failing <= everything
    assert len(everything - failing) >= 24


def test_planting_again_keeps_what_was_committed_upstream(remotes: Remotes) -> None:
    head = bump(remotes.demo, "dev-libs/libephem", "2.1", subslot="3")
    assert plant(remotes.root) == remotes
    assert git(remotes.demo, "rev-parse", "HEAD") == head
    assert 'SLOT="0/3"' in (remotes.demo / "dev-libs/libephem/libephem-2.1.ebuild").read_text()


def test_a_changed_package_data_reaches_an_upstream_that_is_there(remotes: Remotes) -> None:
    marker = remotes.extra / ".git" / "planted"
    marker.write_text("older")
    (remotes.extra / "games-misc/cometfall/files/cometfall.c").write_text("int main(void) { return 1; }\n")
    plant(remotes.root)
    packaged = TREES / "extra/games-misc/cometfall/files/cometfall.c"
    assert (remotes.extra / "games-misc/cometfall/files/cometfall.c").read_text() == packaged.read_text()


def test_a_bump_has_a_manifest_of_its_own(remotes: Remotes) -> None:
    bump(remotes.demo, "dev-libs/libangle", "1.2")
    manifest = (remotes.demo / "dev-libs/libangle/Manifest").read_text()
    assert "EBUILD libangle-1.1.ebuild " in manifest
    assert "EBUILD libangle-1.2.ebuild " in manifest
    assert "AUX angle.c " in manifest


def test_what_cannot_be_bumped_says_so(remotes: Remotes) -> None:
    with pytest.raises(KeyError):
        bump(remotes.demo, "dev-libs/nothing", "1")
    with pytest.raises(ValueError, match="distfile"):
        bump(remotes.demo, "app-text/starlore", "2.0")


def test_nothing_is_written_outside_an_upstream(remotes: Remotes) -> None:
    for path in ("../outside", "/tmp/outside", ".git/config"):
        with pytest.raises(ValueError, match="outside"):
            commit(remotes.demo, {path: b"x"}, "no")
    assert not (remotes.root / "outside").exists()


def test_damage_outlives_a_pull_and_not_a_reset(remotes: Remotes, clone: Path) -> None:
    damage(clone)
    damage(clone)
    bump(remotes.demo, "dev-libs/libangle", "1.2")
    git(clone, "pull", "--quiet", "--ff-only")
    assert (clone / "dev-libs/libangle/libangle-1.2.ebuild").exists()
    assert damaged(clone)
    assert git(clone, "status", "--porcelain") == "M app-text/starlore/starlore-1.0.ebuild"
    git(clone, "fetch", "--quiet")
    git(clone, "reset", "--quiet", "--hard", "origin/main")
    git(clone, "clean", "-qfd")
    assert not damaged(clone)


def test_git_reads_no_configuration_of_this_user(
    planted: Remotes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".gitconfig").write_text("[user]\n\tname = somebody\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert "somebody" not in git(planted.demo, "config", "--list")


def test_git_failures_come_in_its_own_words(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"git log in .*not a git repository"):
        git(tmp_path, "log")


def test_the_overlay_comes_over_rsync_without_privileges(
    planted: Remotes, tmp_path: Path, free_port: Callable[[], int], needs: Callable[..., None]
) -> None:
    needs("rsync")
    port = free_port()
    config = tmp_path / "rsyncd.conf"
    config.write_text(rsync_config(planted, tmp_path, port))
    command = ["rsync", "--daemon", "--no-detach", f"--config={config}"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as daemon:
        try:
            fetch = ["rsync", "--archive", "--delete", f"{rsync_uri('extra', port)}/", f"{tmp_path}/got/"]
            until = time.monotonic() + 60
            while (done := subprocess.run(fetch, capture_output=True, check=False, timeout=60)).returncode:
                assert daemon.poll() is None, "the daemon ended"
                assert time.monotonic() < until, done.stderr.decode()
        finally:
            daemon.terminate()
    assert packages(tmp_path / "got") == {"games-misc/cometfall"}
    assert not (tmp_path / "got/.git").exists()


def test_cures_are_written_where_portage_looks(tmp_path: Path) -> None:
    install_kernel(tmp_path)
    assert "CONFIG_HZ=250" in (tmp_path / "usr/src/linux/.config").read_text()
    choose_use(tmp_path)
    assert "app-misc/planisphere" in (tmp_path / "etc/portage/package.use/planisphere").read_text()


def test_missing_programs_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert missing() == list(PROGRAMS)
