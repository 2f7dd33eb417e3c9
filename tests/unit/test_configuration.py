"""A machine's etc/portage: equal text where machines are configured alike, and nothing secret in it."""

import os
from pathlib import Path

import pytest

from swarm_node.portage.configuration import FILE_MOST, digest, read_configuration
from swarm_node.portage.install import Portage
from swarm_node.portage.prefix import Account, Binrepo, Prefix, Repository, make_prefix
from swarm_node.portage.redaction import GONE, redacted
from swarm_node.portage.repositories import enter


def machine(home: Path, **make_conf: str) -> Prefix:
    """A prefix with two trees, all of it below `home`."""
    trees = [
        Repository("demo", home / "trees/demo", "git", "https://example.org/demo.git"),
        Repository("demo-extra", home / "trees/demo-extra", "rsync", "rsync://example.org/extra", 10),
    ]
    profile = trees[0].location / "profiles/default"
    profile.mkdir(parents=True, exist_ok=True)
    portage = Portage(Path("/venv/bin/python"), Path("/venv/bin"), None)
    account = Account("portage", "portage", 250, 250)
    return make_prefix(
        home / "prefix",
        repositories=trees,
        profile=profile,
        make_conf=make_conf,
        portage=portage,
        account=account,
    )


def write(prefix: Prefix, name: str, text: str | bytes) -> None:
    path = prefix.configuration / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)


def test_machines_that_differ_in_their_places_alone_are_alike(tmp_path: Path) -> None:
    here, there = machine(tmp_path / "a"), machine(tmp_path / "elsewhere/b")
    found = read_configuration(here)
    assert found == read_configuration(there)
    assert digest(found) == digest(read_configuration(there))
    assert found["make.profile"] == "→ <demo>/profiles/default\n"
    assert "location = <demo-extra>\n" in found["repos.conf"]
    assert str(tmp_path) not in "".join(found.values())


def test_what_is_configured_otherwise_shows(tmp_path: Path) -> None:
    here, there = machine(tmp_path / "a"), machine(tmp_path / "b")
    write(there, "package.use/desktop", "media-video/mpv -lua\n")
    before, after = read_configuration(here), read_configuration(there)
    assert digest(before) != digest(after)
    assert after.keys() - before.keys() == {"package.use/desktop"}


@pytest.mark.parametrize(
    ("name", "mine", "yours"),
    [
        ("make.conf", 'USE="x"\n', '# mine\n\nUSE="x"\n   # more\n'),
        ("make.conf", 'MAKEOPTS="-j4 -l 4.5"\n', 'MAKEOPTS="-j32 -l 30"\n'),
        ("make.conf", 'MAKEOPTS="-j$(nproc)"\n', 'MAKEOPTS="-j8"\n'),
        ("make.conf", 'EMERGE_DEFAULT_OPTS="--jobs=3 -v"', 'EMERGE_DEFAULT_OPTS="--jobs=9 -v"'),
        ("package.use", "a/b c", "a/b c\n"),
        ("package.use/.swp", "one", "two"),
        ("package.use/old~", "one", "two"),
    ],
)
def test_what_says_nothing_of_a_package_counts_for_nothing(
    name: str, mine: str, yours: str, tmp_path: Path
) -> None:
    here, there = machine(tmp_path / "a"), machine(tmp_path / "b")
    write(here, name, mine)
    write(there, name, yours)
    assert read_configuration(here) == read_configuration(there)


@pytest.mark.parametrize(
    ("name", "mine", "yours"),
    [
        ("make.conf", 'CFLAGS="-O2 -j1"\n', 'CFLAGS="-O2 -j2"\n'),
        ("make.conf", 'MAKEOPTS="-j4"\n', 'MAKEOPTS="-j4 V=1"\n'),
        ("patches/a/b/fix.patch", "# one\n", "# two\n"),
        ("bashrc", "# one\n", "# two\n"),
    ],
)
def test_what_may_matter_counts(name: str, mine: str, yours: str, tmp_path: Path) -> None:
    here, there = machine(tmp_path / "a"), machine(tmp_path / "b")
    write(here, name, mine)
    write(there, name, yours)
    assert digest(read_configuration(here)) != digest(read_configuration(there))


def test_repos_conf_in_any_form_is_one_text(tmp_path: Path) -> None:
    here, there = machine(tmp_path / "a"), machine(tmp_path / "b")
    text = (there.configuration / "repos.conf").read_text()
    (there.configuration / "repos.conf").unlink()
    first, second = text.split("[demo]")
    write(there, "repos.conf/one.conf", "# the main tree\n[demo]" + second)
    write(there, "repos.conf/two.conf", first)
    assert read_configuration(here) == read_configuration(there)
    enter(there, Repository("third", tmp_path / "third"))
    added = read_configuration(there)["repos.conf"]
    assert "[third]" in added
    assert "[third]" not in read_configuration(here)["repos.conf"]


def test_what_is_no_text_is_told_by_its_hash(tmp_path: Path) -> None:
    prefix = machine(tmp_path)
    write(prefix, "package.use/binary", b"\0\1\2")
    write(prefix, "package.use/latin", b"\xe9\n")
    write(prefix, "savedconfig/sys-kernel/linux", "CONFIG_X=y\n" * FILE_MOST)
    found = read_configuration(prefix)
    assert found["package.use/binary"].startswith("<3 bytes, SHA-256 ")
    assert found["package.use/latin"].startswith("<2 bytes, SHA-256 ")
    assert found["savedconfig/sys-kernel/linux"].startswith(f"<{11 * FILE_MOST} bytes")


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    prefix = machine(tmp_path)
    os.mkfifo(prefix.configuration / "pipe")
    (prefix.configuration / "gone").symlink_to(tmp_path / "nowhere")
    (prefix.configuration / "loop").symlink_to(prefix.configuration, target_is_directory=True)
    (prefix.configuration / os.fsdecode(b"caf\xe9")).write_text("x\n")
    found = read_configuration(prefix)
    assert found["pipe"] == found["gone"] == "<no file>\n"
    assert found["caf\N{REPLACEMENT CHARACTER}"] == "x\n"
    assert len(found) <= 2_002


def test_no_secret_leaves_the_machine(tmp_path: Path) -> None:
    prefix = machine(tmp_path, FETCHCOMMAND="wget --password=hunter1 --header 'X: hunter2' ${URI}")
    write(prefix, "binrepos.conf", "[b]\nsync-uri = https://me:hunter3@host/p\n")
    write(prefix, "gnupg/private-keys-v1.d/key", "hunter4\n")
    write(prefix, "bashrc", 'export RSYNC_PASSWORD="hunter5\nhunter6"\nmy_token: hunter7\n')
    write(prefix, "key", "-----BEGIN OPENSSH PRIVATE KEY-----\nhunter8\n")
    write(
        prefix, "repos.conf", f"[demo]\nlocation = {tmp_path}/trees/demo\nsync-uri = ssh://me:hunter9@h/x\n"
    )
    text = "".join(read_configuration(prefix).values())
    assert "hunter" not in text
    assert GONE in text
    assert "https://host/p" in text


@pytest.mark.parametrize(
    "text",
    [
        "dev-python/token-bucket a b",
        "dev-libs/password-store:0 -x",
        'BINPKG_GPG_SIGNING_KEY="0x1234"',
        "net-misc/curl http2 # see https://example.org/a@b",
        "sync-uri = git@example.org:repo.git",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redacted(text) == text


def test_binhosts_are_compared(tmp_path: Path) -> None:
    home = tmp_path / "a"
    machine(home)
    tree = Repository("demo", home / "trees/demo")
    profile = tree.location / "profiles/default"
    one = make_prefix(
        home / "prefix", repositories=[tree], profile=profile, binrepos=[Binrepo("p", "http://h/p", 3)],
        portage=Portage(Path("/venv/bin/python"), Path("/venv/bin"), None),
    )  # fmt: skip
    assert "priority = 3" in read_configuration(one)["binrepos.conf"]
