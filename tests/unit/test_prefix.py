"""A Portage prefix as files, and the environment and command lines that go with it."""

import os
import subprocess
from pathlib import Path

import pytest

from swarm_node.model.work import BuildOrder
from swarm_node.portage import install
from swarm_node.portage.emerge import (
    build_command,
    build_env,
    index_before,
    install_command,
    package_name,
    package_path,
    package_settings,
)
from swarm_node.portage.install import Portage, PortageMissing, find_portage
from swarm_node.portage.prefix import (
    Account,
    Binrepo,
    Prefix,
    Repository,
    binrepos_conf,
    make_prefix,
    portage_environment,
    repos_conf,
    set_binrepos,
)

EBUILDS = Path(__file__).parents[1] / "e2e/ebuilds"
ORDER = BuildOrder(
    attempt=7,
    build="app-misc/bb-1.0",
    cpv="app-misc/bb-1.0",
    slot="0",
    repository="trial",
    build_id=42,
    use=("loud", "-quiet"),
    install=("=dev-libs/libaa-1.0",),
)


def furnish(root: Path) -> Prefix:
    """A prefix over the little ebuilds."""
    trial = Repository("trial", EBUILDS, "git", "https://example.org/trial.git", 5)
    return make_prefix(
        root, repositories=[trial], profile=EBUILDS / "profiles/default", make_conf={"CFLAGS": "-O1"}
    )


def state(root: Path) -> dict[str, tuple[int, int]]:
    """Inode and time of every entry, to see what was written again."""
    return {str(path): (path.lstat().st_ino, path.lstat().st_mtime_ns) for path in root.rglob("*")}


def test_portage_accepts_the_prefix(tmp_path: Path) -> None:
    prefix = furnish(tmp_path / "p")
    asked = ("CFLAGS", "ARCH", "PKGDIR", "PORTAGE_TMPDIR", "EPREFIX", "CHOST")
    answer = subprocess.run(
        [prefix.portage.python, prefix.portage.bin / "portageq", "envvar", *asked],
        env=portage_environment(prefix),
        capture_output=True,
        text=True,
        check=True,
    )
    root = str(tmp_path / "p")
    expected = ["-O1", "amd64", f"{root}/var/cache/binpkgs", f"{root}/var/tmp", root, "x86_64-pc-linux-gnu"]
    assert answer.stdout.splitlines() == expected
    assert answer.stderr == "", "no repository of Gentoo's own is missed"


def test_furnishing_again_changes_nothing(tmp_path: Path) -> None:
    furnish(tmp_path / "p")
    before = state(tmp_path / "p")
    furnish(tmp_path / "p")
    assert state(tmp_path / "p") == before


def test_a_changed_profile_is_followed(tmp_path: Path) -> None:
    prefix = furnish(tmp_path / "p")
    other = Repository("other", tmp_path)
    make_prefix(prefix.root, repositories=[other], profile=tmp_path / "profile")
    assert (prefix.configuration / "make.profile").readlink() == tmp_path / "profile"
    assert "trial" not in (prefix.configuration / "repos.conf").read_text()


def test_a_prefix_needs_a_repository(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one"):
        make_prefix(tmp_path, repositories=[], profile=tmp_path)


def test_repos_conf_names_the_first_repository_as_main() -> None:
    text = repos_conf([Repository("a", Path("/a"), "git", "uri", 9), Repository("b", Path("/b"))])
    assert text == (
        "[DEFAULT]\nmain-repo = a\n\n"
        "[a]\nlocation = /a\nsync-type = git\nsync-uri = uri\npriority = 9\n\n"
        "[b]\nlocation = /b\n"
    )


def test_binrepos_say_plainly_whether_signatures_are_checked(tmp_path: Path) -> None:
    prefix = furnish(tmp_path / "p")
    set_binrepos(
        prefix, [Binrepo("staging", "http://127.0.0.1/s", 10), Binrepo("production", "http://h", 1, True)]
    )
    text = (prefix.configuration / "binrepos.conf").read_text()
    assert "[staging]\npriority = 10\nsync-uri = http://127.0.0.1/s\nverify-signature = false\n" in text
    assert "verify-signature = true" in text
    assert binrepos_conf([]) == ""


def test_the_hosts_own_world_gets_no_prefix_variables() -> None:
    portage = Portage(Path("/usr/bin/python3"), Path("/usr/bin"), None)
    host = Prefix(Path("/"), portage, Account("root", "root", 0, 0))
    environment = portage_environment(host)
    assert environment["PATH"] == "/usr/sbin:/usr/bin:/sbin:/bin"
    assert not {"PORTAGE_OVERRIDE_EPREFIX", "PORTAGE_USERNAME"} & set(environment)


def test_the_environment_is_complete_and_knows_nothing_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CFLAGS", "-O9")
    environment = portage_environment(furnish(tmp_path / "p"))
    assert "CFLAGS" not in environment
    assert environment["PATH"].split(":")[-1] == str(find_portage().bin)


def test_portage_is_missed_with_advice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "_candidates", lambda: iter([tmp_path]))
    with pytest.raises(PortageMissing, match="pip install portage"):
        find_portage()


def test_portage_is_found_in_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    emerge = tmp_path / "emerge"
    emerge.write_text("#!/nowhere/python3.99\n")
    emerge.chmod(0o755)
    monkeypatch.setattr(install.sys, "executable", "/nowhere/python")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin")
    found = find_portage()
    assert found.emerge == emerge
    assert found.python.exists(), "an interpreter that is gone is not believed"


def test_dependencies_come_as_binaries_and_the_package_alone_is_built() -> None:
    portage = find_portage()
    first, second = install_command(portage, ORDER.install), build_command(portage, ORDER.cpv, "trial")
    assert {"--getbinpkgonly", "--usepkgonly", "--oneshot"} <= set(first)
    assert {"--buildpkgonly", "--nodeps"} <= set(second)
    assert (first[-1], second[-1]) == ("=dev-libs/libaa-1.0", "=app-misc/bb-1.0::trial")


def test_jobs_are_the_smaller_of_the_order_and_the_cores() -> None:
    assert build_env(ORDER, 4, isolated=True)["MAKEOPTS"] == "-j4"
    assert "network-sandbox" in build_env(ORDER, 4, isolated=True)["FEATURES"].split()
    assert "network-sandbox" not in build_env(ORDER, 4, isolated=False)["FEATURES"].split()


def test_the_flags_of_the_order_are_the_rooms_package_use() -> None:
    settings = package_settings(ORDER)
    assert settings["package.use"] == "=app-misc/bb-1.0 loud -quiet\n"
    assert "=dev-libs/libaa-1.0\n" in settings["package.unmask"]


@pytest.mark.parametrize(
    ("package", "name"),
    [("bb-1.0", "bb"), ("foo-bar-1.2-r3", "foo-bar"), ("gtk+-2.24", "gtk+"), ("libx-r1-2_p3", "libx-r1")],
)
def test_the_name_of_a_package(package: str, name: str) -> None:
    assert package_name(package) == name


def test_build_ids_count_on_from_the_seeded_index() -> None:
    assert index_before("a/b-1", 1) == ""
    assert "BUILD_ID: 41\n" in index_before("a/b-1", 42)
    assert package_path("a/b-c-1-r2", 42) == "a/b-c/b-c-1-r2-42.gpkg.tar"
