"""Trees with real git and rsync remotes: hashes, syncing, healing, overlays, refused addresses."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_node.model.refusal import Refused
from swarm_node.portage.install import Portage
from swarm_node.portage.prefix import Account, Prefix, Repository, repos_conf
from swarm_node.portage.repositories import enter, repositories
from swarm_node.portage.trees import add_overlay, checked_uri, fix, sync, tree_hash, trees

IDENTITY = ("-c", "user.name=test", "-c", "user.email=test@test.invalid", "-c", "init.defaultBranch=main")


def git(where: Path, *words: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", *IDENTITY, "-C", str(where), *words],
        check=True,
        capture_output=True,
        text=True,
        env=environment | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"},
    )
    return done.stdout.strip()


def write_tree(root: Path, name: str) -> Path:
    """A tree with one ebuild."""
    (root / "profiles").mkdir(parents=True)
    (root / "profiles/repo_name").write_text(f"{name}\n")
    (root / "app-misc/hello").mkdir(parents=True)
    (root / "app-misc/hello/hello-1.ebuild").write_text("EAPI=8\n")
    return root


def commit(root: Path, message: str = "change") -> str:
    git(root, "add", "-A")
    git(root, "commit", "--quiet", "--allow-empty", "-m", message)
    return git(root, "rev-parse", "HEAD")


@pytest.fixture
def upstream(tmp_path: Path, needs: Callable[..., None]) -> Path:
    """A git repository that holds the tree `demo`."""
    needs("git")
    root = write_tree(tmp_path / "upstream", "demo")
    git(root, "init", "--quiet")
    commit(root)
    return root


@pytest.fixture
def clone(tmp_path: Path, upstream: Path) -> Repository:
    """Where a drone will have the tree; nothing is there yet."""
    return Repository("demo", tmp_path / "repos/demo", "git", f"file://{upstream}")


@pytest.fixture
def prefix(tmp_path: Path) -> Prefix:
    """A prefix whose only repository is the local directory `main`."""
    root = tmp_path / "prefix"
    main = write_tree(tmp_path / "repos/main", "main")
    (root / "etc/portage").mkdir(parents=True)
    (root / "etc/portage/repos.conf").write_text(repos_conf([Repository("main", main)]))
    nobody = Account("nobody", "nobody", 65534, 65534)
    return Prefix(root, Portage(Path("/usr/bin/python3"), Path("/usr/bin"), None), nobody)


class TestGit:
    async def test_first_sync_clones_and_the_hash_is_the_commit(
        self, clone: Repository, upstream: Path
    ) -> None:
        assert await tree_hash(clone.location) == ""
        assert await sync(clone) == git(upstream, "rev-parse", "HEAD")

    async def test_sync_goes_forward(self, clone: Repository, upstream: Path) -> None:
        before = await sync(clone)
        (upstream / "app-misc/hello/hello-2.ebuild").write_text("EAPI=8\n")
        head = commit(upstream)
        assert await sync(clone) == head != before
        assert (clone.location / "app-misc/hello/hello-2.ebuild").exists()

    async def test_every_kind_of_local_change_shows_in_the_hash(self, clone: Repository) -> None:
        head = await sync(clone)
        ebuild = clone.location / "app-misc/hello/hello-1.ebuild"
        seen = {head}
        for change in (
            lambda: ebuild.write_text("EAPI=7\n"),
            lambda: ebuild.write_text("EAPI=9\n"),
            ebuild.unlink,
            lambda: (clone.location / "stray name\twith tab").write_text("x"),
            lambda: (clone.location / "stray name\twith tab").write_text("y"),
        ):
            change()
            found = await tree_hash(clone.location)
            assert found.startswith(f"{head}+")
            assert found not in seen
            seen.add(found)

    async def test_sync_keeps_local_damage_and_fix_heals_it(self, clone: Repository, upstream: Path) -> None:
        head = await sync(clone)
        (clone.location / "app-misc/hello/hello-1.ebuild").write_text("die\n")
        (clone.location / "app-misc/stray").mkdir()
        (clone.location / "app-misc/stray/stray-1.ebuild").write_text("EAPI=8\n")
        assert await sync(clone) != head
        assert await fix(clone) == head
        assert not (clone.location / "app-misc/stray").exists()

    async def test_a_merge_that_was_interrupted_is_gone_on_with(
        self, clone: Repository, upstream: Path
    ) -> None:
        await sync(clone)
        news = {
            "app-misc/hello/hello-1.ebuild": "EAPI=8\n# changed\n",
            "app-misc/hello/hello-2.ebuild": "EAPI=8\n",
            "app-misc/new one/new-1.ebuild": "EAPI=8\n",
            "late": "late\n",
        }
        for root, names in ((upstream, list(news)), (clone.location, list(news)[:-1])):
            for name in names:
                (root / name).parent.mkdir(exist_ok=True)
                (root / name).write_text(news[name])
        head = commit(upstream)
        assert await sync(clone) == head
        assert (clone.location / "late").read_text() == "late\n"

    @pytest.mark.parametrize("name", ["app-misc/hello/hello-1.ebuild", "app-misc/hello/hello-2.ebuild"])
    async def test_what_somebody_wrote_is_not_lost_to_what_upstream_has_there(
        self, name: str, clone: Repository, upstream: Path
    ) -> None:
        await sync(clone)
        (upstream / name).write_text("EAPI=8\n# theirs\n")
        (upstream / "app-misc/hello/hello-3.ebuild").write_text("EAPI=8\n")
        commit(upstream)
        (clone.location / name).write_text("EAPI=8\n# mine\n")
        (clone.location / "app-misc/hello/hello-3.ebuild").write_text("EAPI=8\n")
        with pytest.raises(Refused) as refused:
            await sync(clone)
        assert name in refused.value.message
        assert "sync-fix" in refused.value.hint
        assert (clone.location / name).read_text() == "EAPI=8\n# mine\n"

    async def test_fix_heals_a_local_commit_that_sync_refuses(
        self, clone: Repository, upstream: Path
    ) -> None:
        await sync(clone)
        (clone.location / "local").write_text("mine\n")
        commit(clone.location)
        (upstream / "theirs").write_text("theirs\n")
        head = commit(upstream)
        with pytest.raises(Refused) as refused:
            await sync(clone)
        assert "sync-fix" in refused.value.hint
        assert await fix(clone) == head

    async def test_fix_heals_a_broken_repository(self, clone: Repository) -> None:
        head = await sync(clone)
        (clone.location / ".git/HEAD").write_text("garbage\n")
        (clone.location / ".git/index.lock").touch()
        with pytest.raises(Refused):
            await tree_hash(clone.location)
        assert await fix(clone) == head
        assert [path.name for path in clone.location.parent.iterdir()] == ["demo"]

    async def test_fix_of_a_directory_that_is_no_clone_makes_it_one(self, clone: Repository) -> None:
        clone.location.mkdir(parents=True)
        (clone.location / "junk").touch()
        assert len(await fix(clone)) == 40
        assert not (clone.location / "junk").exists()

    async def test_the_branch_that_a_clone_follows_is_kept(self, clone: Repository, upstream: Path) -> None:
        git(upstream, "branch", "stable")
        git(upstream.parent, "clone", "--quiet", "--branch", "stable", clone.sync_uri, str(clone.location))
        stable = git(upstream, "rev-parse", "stable")
        commit(upstream, "only on main")
        assert await sync(clone) == await fix(clone) == stable

    async def test_an_upstream_that_is_gone_is_named_and_nothing_is_lost(
        self, clone: Repository, upstream: Path
    ) -> None:
        head = await sync(clone)
        upstream.rename(upstream.with_name("elsewhere"))
        for act in (sync, fix):
            with pytest.raises(Refused) as refused:
                await act(clone)
            assert refused.value.code == "bad_answer"
            assert "demo" in refused.value.message
        assert await tree_hash(clone.location) == head

    async def test_hooks_of_a_clone_never_run(self, clone: Repository, upstream: Path) -> None:
        await sync(clone)
        marker = clone.location.parent / "hook ran"
        for name in ("post-merge", "post-checkout", "reference-transaction"):
            hook = clone.location / ".git/hooks" / name
            hook.parent.mkdir(exist_ok=True)
            hook.write_text(f"#!/bin/sh\ntouch '{marker}'\n")
            hook.chmod(0o755)
        commit(upstream, "next")
        await sync(clone)
        await fix(clone)
        assert not marker.exists()


class TestContent:
    async def test_hash_follows_names_and_content_only(self, tmp_path: Path) -> None:
        one, two = (write_tree(tmp_path / name, "same") for name in ("one", "two"))
        first = await tree_hash(one)
        assert first == await tree_hash(two)
        (two / "app-misc/hello/hello-1.ebuild").write_text("EAPI=7\n")
        assert await tree_hash(two) != first
        (two / "app-misc/hello/hello-1.ebuild").rename(two / "app-misc/hello/hello-2.ebuild")
        assert await tree_hash(two) != first

    async def test_what_is_not_of_the_tree_does_not_count(self, tmp_path: Path) -> None:
        root = write_tree(tmp_path / "one", "same")
        first = await tree_hash(root)
        for name in ("distfiles", "packages", "local"):
            (root / name).mkdir()
            (root / name / "file").touch()
        assert await tree_hash(root) == first
        (root / "app-misc/packages").mkdir()
        (root / "app-misc/packages/file").touch()
        assert await tree_hash(root) != first

    async def test_links_count_by_their_target(self, tmp_path: Path) -> None:
        root = write_tree(tmp_path / "one", "same")
        (root / "link").symlink_to("profiles")
        first = await tree_hash(root)
        (root / "link").unlink()
        (root / "link").symlink_to("app-misc")
        assert await tree_hash(root) != first


class TestRsync:
    @pytest.fixture
    def mirrored(self, tmp_path: Path, needs: Callable[..., None]) -> Repository:
        needs("rsync")
        remote = write_tree(tmp_path / "remote", "mirrored")
        return Repository("mirrored", tmp_path / "repos/mirrored", "rsync", f"file://{remote}")

    async def test_sync_and_fix_make_it_equal(self, mirrored: Repository, tmp_path: Path) -> None:
        first = await sync(mirrored)
        assert first == await tree_hash(tmp_path / "remote")
        ebuild = mirrored.location / "app-misc/hello/hello-1.ebuild"
        status = ebuild.stat()
        ebuild.write_text("EAPI=7\n")
        os.utime(ebuild, ns=(status.st_atime_ns, status.st_mtime_ns))
        (mirrored.location / "stray").touch()
        assert await sync(mirrored) != first, "same size and time: only --checksum can see it"
        assert await fix(mirrored) == first

    async def test_links_out_of_the_tree_are_not_taken(self, mirrored: Repository, tmp_path: Path) -> None:
        (tmp_path / "remote/passwd").symlink_to("/etc/passwd")
        await sync(mirrored)
        assert not (mirrored.location / "passwd").is_symlink()

    async def test_a_daemon_serves_it(
        self, mirrored: Repository, tmp_path: Path, rsync_daemon: Callable[[Path], str]
    ) -> None:
        served = Repository("mirrored", mirrored.location, "rsync", rsync_daemon(tmp_path / "remote"))
        assert await sync(served) == await tree_hash(tmp_path / "remote")

    async def test_an_unreachable_daemon_is_named(
        self, mirrored: Repository, free_port: Callable[[], int]
    ) -> None:
        uri = f"rsync://127.0.0.1:{free_port()}/tree"
        with pytest.raises(Refused, match="mirrored"):
            await sync(Repository("mirrored", mirrored.location, "rsync", uri))


@pytest.fixture
def rsync_daemon(tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Callable[[Path], str]]:
    """Serve a directory by a real rsync daemon on loopback; answers the tree's URI."""
    daemons = []

    def serve(directory: Path) -> str:
        port = free_port()
        conf = tmp_path / "rsyncd.conf"
        account = "uid = 0\ngid = 0\n" if os.geteuid() == 0 else ""
        conf.write_text(f"use chroot = no\n{account}[tree]\npath = {directory}\nread only = yes\n")
        argv = [
            "rsync",
            "--daemon",
            "--no-detach",
            "--address=127.0.0.1",
            f"--port={port}",
            f"--config={conf}",
        ]
        daemons.append(subprocess.Popen(argv))
        uri = f"rsync://127.0.0.1:{port}/tree"
        while subprocess.run(["rsync", "--list-only", uri], capture_output=True, timeout=60).returncode:
            assert daemons[-1].poll() is None, "the rsync daemon ended"
        return uri

    yield serve
    for daemon in daemons:
        daemon.terminate()
        daemon.wait()


class TestOverlay:
    async def test_it_is_cloned_beside_the_main_repository_and_entered(
        self, prefix: Prefix, upstream: Path, tmp_path: Path
    ) -> None:
        overlay = await add_overlay(prefix, "demo", "git", f"file://{upstream}", 50)
        assert overlay.location == tmp_path / "repos/demo"
        assert [one.name for one in repositories(prefix)] == ["main", "demo"]
        assert trees(prefix) == (overlay,)
        assert "main-repo = main" in (prefix.configuration / "repos.conf").read_text()

    async def test_again_is_a_sync(self, prefix: Prefix, upstream: Path) -> None:
        await add_overlay(prefix, "demo", "git", f"file://{upstream}", 50)
        text = (prefix.configuration / "repos.conf").read_text()
        head = commit(upstream)
        overlay = await add_overlay(prefix, "demo", "git", f"file://{upstream}", 50)
        assert await tree_hash(overlay.location) == head
        assert (prefix.configuration / "repos.conf").read_text() == text

    async def test_another_address_replaces_the_entry(self, prefix: Prefix, upstream: Path) -> None:
        await add_overlay(prefix, "demo", "git", f"file://{upstream}", 50)
        await add_overlay(prefix, "demo", "git", str(upstream))
        assert (prefix.configuration / "repos.conf").read_text().count("[demo]") == 1
        assert trees(prefix)[0].sync_uri == str(upstream)

    async def test_a_directory_of_files_gets_one_more(self, prefix: Prefix, upstream: Path) -> None:
        conf = prefix.configuration / "repos.conf"
        text = conf.read_text()
        conf.unlink()
        conf.mkdir()
        (conf / "main.conf").write_text(text)
        await add_overlay(prefix, "demo", "git", f"file://{upstream}")
        assert sorted(path.name for path in conf.iterdir()) == ["demo.conf", "main.conf"]
        assert [one.name for one in repositories(prefix)] == ["main", "demo"]

    async def test_what_is_no_repository_leaves_nothing_behind(self, prefix: Prefix, upstream: Path) -> None:
        text = (prefix.configuration / "repos.conf").read_text()
        with pytest.raises(Refused, match="calls itself 'demo'"):
            await add_overlay(prefix, "other", "git", f"file://{upstream}")
        assert not (prefix.root.parent / "repos/other").exists()
        assert (prefix.configuration / "repos.conf").read_text() == text

    @pytest.mark.parametrize("name", ["", "../x", "-x", "a b", "x]\n[y", "DEFAULT", "x" * 64])
    async def test_names_that_no_repository_has(self, prefix: Prefix, name: str) -> None:
        with pytest.raises(Refused) as refused:
            await add_overlay(prefix, name, "git", "https://example.invalid/x.git")
        assert refused.value.code == "bad_name"


GOOD = [
    ("git", "https://example.org/x.git"),
    ("git", "ssh://git@example.org:22/x.git"),
    ("git", "git@example.org:group/x.git"),
    ("git", "file:///srv/x"),
    ("git", "/srv/x"),
    ("rsync", "rsync://rsync.example.org/gentoo-portage"),
    ("rsync", "file:///srv/x"),
]
BAD = [
    ("git", "ext::sh -c 'touch /tmp/x'"),
    ("git", "ext::touch%20x"),
    ("git", "--upload-pack=touch x"),
    ("git", "-oProxyCommand=x@y:z"),
    ("git", "ssh://-oProxyCommand=x/y"),
    ("git", "rsync://example.org/x"),
    ("git", "https:///x"),
    ("git", "file://host/x"),
    ("git", "https://example.org/x\n[evil]"),
    ("git", "x/y"),
    ("git", ""),
    ("rsync", "host:path"),
    ("rsync", "https://example.org/x"),
    ("rsync", "-e sh"),
    ("webrsync", "https://example.org/x"),
    ("", "https://example.org/x"),
]


@pytest.mark.parametrize(("sync_type", "uri"), GOOD)
def test_addresses_that_are_taken(sync_type: str, uri: str) -> None:
    assert checked_uri(sync_type, uri) == uri


@pytest.mark.parametrize(("sync_type", "uri"), BAD)
def test_addresses_that_are_refused(sync_type: str, uri: str) -> None:
    with pytest.raises(Refused) as refused:
        checked_uri(sync_type, uri)
    assert refused.value.code == "bad_request"
    assert refused.value.hint


@given(st.text(max_size=60), st.sampled_from(["git", "rsync"]))
def test_an_address_is_never_an_option_or_a_helper(uri: str, sync_type: str) -> None:
    try:
        checked_uri(sync_type, uri)
    except Refused:
        return
    assert not uri.startswith("-")
    assert "::" not in uri.partition("/")[0]
    assert uri.isprintable()


class TestReposConf:
    def write(self, prefix: Prefix, text: str) -> Prefix:
        (prefix.configuration / "repos.conf").write_text(text)
        return prefix

    def test_variables_and_auto_sync(self, prefix: Prefix) -> None:
        text = "[a]\nlocation = %(EPREFIX)s/a\nsync-type = git\nsync-uri = /x\nauto-sync = no\n"
        found = repositories(self.write(prefix, text))
        assert [(one.location, one.sync_type) for one in found] == [(prefix.root / "a", "")]

    @pytest.mark.parametrize(
        "text", ["location = x\n", "[a\n", "[a]\nlocation = %(NOPE)s\n", "[a]\nlocation=/a\npriority=x\n"]
    )
    def test_a_bad_file_is_named(self, prefix: Prefix, text: str) -> None:
        with pytest.raises(Refused, match=r"repos\.conf"):
            repositories(self.write(prefix, text))

    def test_a_missing_file_is_an_empty_one(self, prefix: Prefix) -> None:
        (prefix.configuration / "repos.conf").unlink()
        assert repositories(prefix) == ()

    def test_percent_survives(self, prefix: Prefix) -> None:
        wanted = Repository("a", Path("/srv/a"), "git", "https://example.org/a%20b.git", -5)
        enter(prefix, wanted)
        assert wanted in repositories(prefix)
