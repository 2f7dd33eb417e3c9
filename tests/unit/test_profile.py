"""Client profiles: what is read, what is refused and with which words."""

import platform
from pathlib import Path

import pytest

from swarm_node.model.refusal import Refused
from swarm_node.portage.prefix import Repository
from swarm_node.portage.profile import ARCHES, make_profile, read_profile, read_profiles


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    path = tmp_path / "profiles/desk"
    (path / "etc/portage/package.use").mkdir(parents=True)
    (path / "etc/portage/package.use/all").write_text("*/* svg\n")
    (path / "world").write_text(
        "app-misc/a\n# a remark\n\n>=dev-libs/b-1.0-r1:2/3::extra[svg,-x]  # why\n@system\n"
    )
    return path


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    location = tmp_path / "gentoo"
    (location / "profiles/default/here").mkdir(parents=True)
    arch = ARCHES.get(platform.machine(), platform.machine())
    (location / "profiles/profiles.desc").write_text(
        f"# arch path\n{arch} default/here stable\nm68k default/m68k dev\n"
    )
    return Repository("gentoo", location)


def test_atoms_sets_and_remarks(desk: Path) -> None:
    profile = read_profile(desk)
    assert profile.name == "desk"
    assert profile.world == ("app-misc/a", ">=dev-libs/b-1.0-r1:2/3::extra[svg,-x]", "@system")


def test_the_configuration_hash_follows_files_and_world(desk: Path) -> None:
    before = read_profile(desk).configuration
    assert read_profile(desk).configuration == before
    (desk / "etc/portage/package.use/all").write_text("*/* -svg\n")
    changed = read_profile(desk).configuration
    (desk / "world").write_text("app-misc/a\n")
    assert len({before, changed, read_profile(desk).configuration}) == 3


@pytest.mark.parametrize(
    "entry", ["app-misc", "app-misc/a --ask", "--root=/", "@world;", "app-misc/../a", "a/b c/d", "a/b\x1b"]
)
def test_a_bad_line_is_refused_with_its_number(desk: Path, entry: str) -> None:
    (desk / "world").write_text(f"app-misc/a\n{entry}\n")
    with pytest.raises(Refused, match=r"world:2: .* is not an atom") as refused:
        read_profile(desk)
    assert refused.value.code == "bad_request"
    assert refused.value.hint


def test_a_missing_world_and_a_binary_world(desk: Path) -> None:
    (desk / "world").write_bytes(b"\xff\xfe")
    with pytest.raises(Refused, match="not a text file"):
        read_profile(desk)
    (desk / "world").unlink()
    with pytest.raises(Refused, match="world: missing"):
        read_profile(desk)


def test_an_unreadable_file_is_named(desk: Path) -> None:
    (desk / "world").unlink()
    (desk / "world").mkdir()
    with pytest.raises(Refused, match="world: Is a directory"):
        read_profile(desk)


def test_directories_without_profiles(tmp_path: Path, desk: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(Refused, match="no client profile in it"):
        read_profiles(tmp_path / "empty")
    with pytest.raises(Refused, match="No such file"):
        read_profiles(tmp_path / "nowhere")
    with pytest.raises(Refused, match="no etc/portage"):
        read_profile(tmp_path / "empty")
    assert [profile.name for profile in read_profiles(desk.parent)] == ["desk"]


def test_a_name_that_no_directory_should_have(tmp_path: Path) -> None:
    (tmp_path / "two words/etc/portage").mkdir(parents=True)
    with pytest.raises(Refused, match="only letters"):
        read_profiles(tmp_path)


def test_without_make_profile_the_only_one_for_the_machine_is_meant(
    desk: Path, repository: Repository
) -> None:
    assert make_profile(read_profile(desk), [repository]) == repository.location / "profiles/default/here"


def test_a_link_to_another_machines_tree_leads_into_ours(desk: Path, repository: Repository) -> None:
    own = desk / "etc/portage/make.profile"
    own.symlink_to("../../var/db/repos/gentoo/profiles/default/here")
    assert make_profile(read_profile(desk), [repository]) == repository.location / "profiles/default/here"
    own.unlink()
    own.symlink_to("/var/db/repos/gentoo/profiles/default/nowhere")
    with pytest.raises(Refused, match="which no repository has"):
        make_profile(read_profile(desk), [repository])


def test_a_make_profile_of_its_own_is_kept(desk: Path, repository: Repository) -> None:
    own = desk / "etc/portage/make.profile"
    own.mkdir()
    (own / "parent").write_text("gentoo:default/here\n")
    assert make_profile(read_profile(desk), [repository]) == own


def test_no_or_many_profiles_for_the_machine(desk: Path, repository: Repository) -> None:
    (repository.location / "profiles/profiles.desc").unlink()
    with pytest.raises(Refused, match="has 0 profiles") as refused:
        make_profile(read_profile(desk), [repository])
    assert "link" in refused.value.hint
