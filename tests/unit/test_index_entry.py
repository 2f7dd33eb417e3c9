"""One entry: Portage's fields and spelling, conditionals resolved, nothing foreign let in."""

from pathlib import Path

import pytest

from swarm_node.portage import gpkg
from swarm_node.portage.entry import Entry, Key, entry, of_file
from swarm_node.portage.limits import BadPackage
from tests.unit import gpkgs

PATH = "app-misc/hello/hello-1.0-3.gpkg.tar"


def package(place: Path, **changes: str | None) -> gpkg.Gpkg:
    """A package whose metadata has some values changed, read from a real file."""
    path = place / "hello-1.0-3.gpkg.tar"
    path.write_bytes(gpkgs.container(gpkgs.parts(metadata_tar=gpkgs.metadata_tar(changes))))
    return gpkg.read(path)


def made(place: Path, **changes: str | None) -> Entry:
    return entry(package(place, **changes), path=PATH, size=9, mtime=8, md5="m" * 32, sha1="s" * 40)


def test_text_is_portages(tmp_path: Path) -> None:
    assert made(tmp_path).text.decode() == (
        "BUILD_ID: 3\n"
        "BUILD_TIME: 1700000000\n"
        "CHOST: x86_64-pc-linux-gnu\n"
        "CPV: app-misc/hello-1.0\n"
        "DEFINED_PHASES: install\n"
        "EAPI: 8\n"
        "IUSE: +nls doc\n"
        "KEYWORDS: amd64\n"
        "LICENSE: GPL-2\n"
        f"MD5: {'m' * 32}\n"
        f"PATH: {PATH}\n"
        "PROVIDES: x86_64: libhello.so.1\n"
        "RDEPEND: dev-libs/libaa:0/1=\n"
        "REQUIRES: x86_64: libaa.so.1 libc.so.6\n"
        f"SHA1: {'s' * 40}\n"
        "SIZE: 9\n"
        "SLOT: 0/1\n"
        "USE: nls\n"
        "MTIME: 8\n"
        "REPO: demo\n"
        "\n"
    )


def test_defaults_are_left_out(tmp_path: Path) -> None:
    fields = made(tmp_path, SLOT="0", EAPI="0", USE="", RDEPEND=None).fields()
    assert not {"SLOT", "EAPI", "USE", "RDEPEND"} & fields.keys()


def test_key_and_place_are_at_hand_without_parsing(tmp_path: Path) -> None:
    found = made(tmp_path)
    assert (found.key, found.path, found.size) == (Key("app-misc/hello-1.0", 3), PATH, 9)


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("RDEPEND", "nls? ( a/b ) !nls? ( a/c ) doc? ( a/d )", "a/b"),
        ("RDEPEND", "|| ( nls? ( a/b ) a/c )", "|| ( a/b a/c )"),
        ("DEPEND", ">=a/b-1:0/1=[nls?] ( a/c )", ">=a/b-1:0/1=[nls] a/c"),
        ("LICENSE", "GPL-2 doc? ( FDL-1.3 )", "GPL-2"),
        ("RESTRICT", "doc? ( test )", None),
        ("PROPERTIES", "live", "live"),
    ],
)
def test_conditionals_are_resolved_by_the_packages_use(
    tmp_path: Path, name: str, value: str, shown: str | None
) -> None:
    assert made(tmp_path, **{name: value}).fields().get(name) == shown


@pytest.mark.parametrize(
    "value", ["a/b )", "( a/b", "nls? a/b", "no-slash", "=a/b", "( " * 5000 + ") " * 5000]
)
def test_dependencies_that_a_client_could_not_parse_are_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(BadPackage) as caught:
        made(tmp_path, RDEPEND=value)
    assert caught.value.code == "dependencies"
    assert caught.value.message.isprintable()


def test_what_could_command_a_client_is_stripped(tmp_path: Path) -> None:
    fields = made(
        tmp_path, FETCHCOMMAND="rm", RESUMECOMMAND="rm", URI="http://evil", BASE_URI="http://evil"
    ).fields()
    assert not {"FETCHCOMMAND", "RESUMECOMMAND", "URI", "BASE_URI"} & fields.keys()


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../x", "a/../b", "a//b", "a\nCPV: x", "a b", "", ".hidden", "a/-\x1b"]
)
def test_unusable_paths_are_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        entry(package(tmp_path), path=path, size=1, mtime=1, md5="", sha1="")


def test_file_is_measured(tmp_path: Path) -> None:
    read = package(tmp_path)
    file = tmp_path / "hello-1.0-3.gpkg.tar"
    fields = of_file(read, file, path=PATH).fields()
    assert (int(fields["SIZE"]), int(fields["MTIME"])) == (file.stat().st_size, int(file.stat().st_mtime))
    assert (len(fields["MD5"]), len(fields["SHA1"])) == (32, 40)
    with pytest.raises(FileNotFoundError):
        of_file(read, tmp_path / "gone", path=PATH)
