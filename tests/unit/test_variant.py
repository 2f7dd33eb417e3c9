"""A client profile with lines added: shown as a diff, copied without touching the original."""

import shutil
from pathlib import Path

import pytest

from swarm_node.model.work import Line
from swarm_node.portage.profile import ClientProfile, read_profile
from swarm_node.portage.variant import difference, varied, with_lines

USE = Line("package.use", "app-misc/map north")
LICENSE = Line("package.license", "app-misc/map EULA")
FOR = "app-misc/map-1"
ADDED = f"# build-swarm: for {FOR}\n"


@pytest.fixture
def profile(tmp_path: Path) -> ClientProfile:
    root = tmp_path / "profiles/desk"
    portage = root / "etc/portage"
    (portage / "package.use/kde").mkdir(parents=True)
    (portage / "package.use/mine").write_text("dev-libs/lib svg\n")
    (portage / "package.use/kde/plasma").write_text("kde-base/plasma x\n")
    (portage / "package.license").write_text("media-libs/codec FREE")
    (portage / "make.conf").write_text("CFLAGS=-O2\n")
    (tmp_path / "trees/profiles/default").mkdir(parents=True)
    (portage / "make.profile").symlink_to("../../../../trees/profiles/default")
    (portage / "savedconfig").symlink_to("/nowhere/at/all")
    (root / "world").write_text("app-misc/map\n")
    return read_profile(root)


def tree(root: Path) -> dict[str, str]:
    """Every file below a directory that can be read, through links, and where the broken links lead."""
    found = {}
    for path in sorted(root.rglob("*")):
        if path.is_file():
            found[str(path.relative_to(root))] = path.read_text()
        elif path.is_symlink() and path.is_dir():
            found |= {str(path.relative_to(root) / name): text for name, text in tree(path.resolve()).items()}
        elif path.is_symlink():
            found[str(path.relative_to(root))] = f"→ {path.readlink()}"
    return found


def test_a_directory_gets_a_file_of_our_own_and_a_plain_file_grows(profile: ClientProfile) -> None:
    changed = with_lines(profile, (USE, LICENSE), FOR)
    assert changed == {
        profile.portage / "package.use/zz-swarm": f"{ADDED}{USE.text}\n",
        profile.portage / "package.license": f"media-libs/codec FREE\n{ADDED}{LICENSE.text}\n",
    }


def test_a_file_that_is_not_there_becomes_a_directory(profile: ClientProfile) -> None:
    mask = Line("package.unmask", "=app-misc/map-1")
    assert list(with_lines(profile, (mask,), FOR)) == [profile.portage / "package.unmask/zz-swarm"]


def test_twice_is_the_same_as_once(profile: ClientProfile) -> None:
    for _ in range(2):
        for path, text in with_lines(profile, (USE, USE, LICENSE), FOR).items():
            path.write_text(text)
    own = (profile.portage / "package.use/zz-swarm").read_text()
    assert own.count(USE.text) == 1
    assert with_lines(profile, (USE, LICENSE), FOR) == {}
    second = Line("package.use", "app-misc/other x")
    assert with_lines(profile, (second,), "app-misc/other-1")[profile.portage / "package.use/zz-swarm"] == (
        f"{own}# build-swarm: for app-misc/other-1\n{second.text}\n"
    )


def test_the_diff_names_the_profile_and_shows_what_is_there(profile: ClientProfile) -> None:
    assert difference(profile, (LICENSE,), FOR).splitlines() == [
        "--- desk/etc/portage/package.license",
        "+++ desk/etc/portage/package.license",
        "@@ -1 +1,3 @@",
        " media-libs/codec FREE",
        f"+{ADDED.strip()}",
        f"+{LICENSE.text}",
    ]
    assert difference(profile, (), FOR) == ""


def test_the_copy_is_the_original_with_the_lines_and_leaves_it_alone(
    profile: ClientProfile, tmp_path: Path
) -> None:
    before = tree(profile.path)
    copy = varied(profile, with_lines(profile, (USE, LICENSE), FOR), tmp_path / "trials")
    assert (copy.name, copy.path) == ("desk", tmp_path / "trials/desk")
    after = tree(copy.path)
    assert after.pop("etc/portage/package.use/zz-swarm") == f"{ADDED}{USE.text}\n"
    assert after.pop("etc/portage/package.license").endswith(f"{LICENSE.text}\n")
    before_others = {name: text for name, text in before.items() if name != "etc/portage/package.license"}
    assert after == before_others
    assert (copy.portage / "make.profile").resolve() == tmp_path / "trees/profiles/default"
    assert tree(profile.path) == before
    assert read_profile(copy.path).world == profile.world


def test_a_copy_is_made_anew_and_can_be_removed_without_harm(profile: ClientProfile, tmp_path: Path) -> None:
    before = tree(profile.path)
    varied(profile, with_lines(profile, (USE,), FOR), tmp_path / "trials")
    copy = varied(profile, with_lines(profile, (LICENSE,), FOR), tmp_path / "trials")
    assert not (copy.portage / "package.use/zz-swarm").exists()
    shutil.rmtree(tmp_path / "trials")
    assert tree(profile.path) == before


def test_a_profile_whose_etc_portage_lies_elsewhere(profile: ClientProfile, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    (profile.portage / "package.use").rename(moved)
    (profile.portage / "package.use").symlink_to(moved)
    copy = varied(profile, with_lines(profile, (USE,), FOR), tmp_path / "trials")
    assert (copy.portage / "package.use/mine").read_text() == "dev-libs/lib svg\n"
    assert (copy.portage / "package.use/zz-swarm").exists()
    assert not (moved / "zz-swarm").exists()
